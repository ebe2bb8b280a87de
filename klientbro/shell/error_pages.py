"""What is shown when a request cannot be answered: what happened and what to do, never a trace."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template import loader
from django.utils import translation

from klientbro.shell.icons import BRAND_MARK
from klientbro.shell.preferences import color_scheme


def server_error(request: HttpRequest) -> HttpResponse:
    """Without context processors: whatever failed may fail again in them."""
    return HttpResponseServerError(_plain_page(request, "500.html"))


def too_large(request: HttpRequest) -> HttpResponse:
    """More than a request may carry; before anybody has asked who it is."""
    page = _plain_page(request, "413.html")
    return HttpResponse(page, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _plain_page(request: HttpRequest, template: str) -> str:
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(language):
        return loader.render_to_string(
            template,
            {
                "brand": settings.BRAND,
                "brand_mark": BRAND_MARK,
                "color_scheme": color_scheme(request),
            },
        )
