"""Light, dark or as the machine has it: a cookie the server reads, so that no page flashes."""

from __future__ import annotations

from django.http import HttpRequest

COOKIE = "klientbro_scheme"
COOKIE_SECONDS = 365 * 24 * 3600
SCHEMES = ("light", "dark", "auto")


def chosen_scheme(request: HttpRequest) -> str:
    """The scheme of the cookie; as the machine has it when there is none."""
    wanted = request.COOKIES.get(COOKIE, "")
    return wanted if wanted in SCHEMES else "auto"
