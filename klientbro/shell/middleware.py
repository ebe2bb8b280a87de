"""The language of the answer: Norwegian unless the person has chosen otherwise."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import trans_real

MOST_REMEMBERED = 20_000  # texts, many more than there are


class LanguageMiddleware:
    """By cookie only. Browsers are often set up in English by people who work in Norwegian."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        _remember(language)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


@cache
def _remember(language: str) -> None:
    """A text of the language is looked for once: a list of clients says a thousand of them."""
    found = trans_real.translation(language)
    found.gettext = lru_cache(MOST_REMEMBERED)(found.gettext)  # type: ignore[method-assign]
    found.ngettext = lru_cache(MOST_REMEMBERED)(found.ngettext)  # type: ignore[method-assign]
