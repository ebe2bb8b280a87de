"""What a person chooses for their own browser: light or dark, and one-letter keys. In cookies."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

SCHEME_COOKIE = "klientbro_color_scheme"
SCHEMES = ("auto", "light", "dark")
KEYS_COOKIE = "klientbro_keys"
_YEAR = 365 * 24 * 3600


def color_scheme(request: HttpRequest) -> str:
    """auto follows the machine."""
    chosen = request.COOKIES.get(_full_name(SCHEME_COOKIE), "")
    return chosen if chosen in SCHEMES else "auto"


def has_letter_keys(request: HttpRequest) -> bool:
    """Whether J and K move. They can be turned off (WCAG 2.1.4: speech input types letters)."""
    return request.COOKIES.get(_full_name(KEYS_COOKIE)) != "off"


def remember(response: HttpResponse, cookie: str, value: str) -> None:
    """Keeps a choice for a year, in this browser."""
    response.set_cookie(
        _full_name(cookie),
        value,
        max_age=_YEAR,
        samesite="Lax",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _full_name(cookie: str) -> str:
    return f"{settings.COOKIE_PREFIX}{cookie}"
