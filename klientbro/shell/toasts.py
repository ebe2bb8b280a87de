"""Short messages over the page, and closing the dialog, for answers to htmx."""

from __future__ import annotations

from typing import Literal, TypeVar

from django.http.response import HttpResponseBase
from django_htmx.http import trigger_client_event

Tone = Literal["success", "info", "warning", "danger"]
R = TypeVar("R", bound=HttpResponseBase)


def toast(response: R, text: str, tone: Tone = "success") -> R:
    """Shows `text` when the answer arrives; warning and danger stay until closed."""
    trigger_client_event(response, "toast", {"text": text, "tone": tone})
    return response


def close_dialog(response: R) -> R:
    """Closes the dialog when the answer has been swapped in."""
    trigger_client_event(response, "dialog-close", {})
    return response
