"""What every answer tells a browser, and how large a request may be.

Errors, redirects, downloads and static files pass here too; what an answer has said itself stands.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from klientbro.shell.error_pages import too_large

_FRAMED = (
    # Chromium's viewer of PDFs is an object of the file's own
    "default-src 'none'; object-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


class HeadersMiddleware:
    """Outermost of all: puts on what is missing, so that no new page can forget it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        # Pages hold figures of clients: nothing of them stays in a browser, or on the way to it.
        # Static files say otherwise themselves.
        headers.setdefault("Cache-Control", "private, no-store")
        gone = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if gone is not None and gone["max-age"] == 0:  # signed out, or thrown out
            headers.setdefault("Clear-Site-Data", '"storage"')
        if settings.SECURE_HSTS_SECONDS:
            # also where a proxy has not told of TLS: browsers heed it over TLS alone
            policy = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains"
            headers.setdefault("Strict-Transport-Security", policy)
        return response


class SizeMiddleware:
    """Refuses a body larger than anything here could want, before a byte of it is read.

    Django reads no further than the length that is claimed: a body without one is empty.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        claimed = request.META.get("CONTENT_LENGTH") or "0"
        if claimed.isdecimal() and int(claimed) > settings.MOST_BODY_BYTES:
            return too_large(request)
        return self.get_response(request)


def may_be_framed(response: HttpResponse) -> HttpResponse:
    """For somebody else's file, shown in a frame of our own page.

    Nothing in it may run or reach out, and no other site may show it.
    """
    response["Content-Security-Policy"] = _FRAMED
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
