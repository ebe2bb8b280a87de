"""What every template knows: the brand, the firm, the rail, and how the person wants it shown."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from klientbro.shell.appearance import chosen_scheme
from klientbro.shell.navigation import sections


def shell(request: HttpRequest) -> dict[str, Any]:
    """The rail is made only when a template asks for it, so fragments cost no query."""
    return {
        "brand": settings.BRAND,
        "firm": getattr(request, "firm", None),
        "rail": SimpleLazyObject(lambda: sections(request.path)),
        "scheme": chosen_scheme(request),
        "languages": settings.LANGUAGES,
        "finder_url": reverse("shell:find"),
    }
