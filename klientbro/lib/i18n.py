"""Marks texts for translation in code that knows no Django; the page translates when it shows."""

from __future__ import annotations


def gettext_noop(message: str) -> str:
    """Return the English source unchanged; `makemessages` finds it by this function's name."""
    return message
