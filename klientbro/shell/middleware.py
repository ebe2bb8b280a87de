"""Norwegian unless the person has chosen otherwise, and a way back in when a session has ended."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRefresh

Handler = Callable[[HttpRequest], HttpResponse]


class ChosenLanguage:
    """The language of the cookie, else Norwegian: the browser's own wish is not asked.

    The help article, the accounting systems and the law are Norwegian; a browser that happens to be
    English should not meet other words than the article's.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        known = {code for code, _name in settings.LANGUAGES}
        language = wanted if wanted in known else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]  # as Django's own sets it
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Cookie",))
        return response


class SignInAgain:
    """A fragment asked for after the session has ended reloads the page, which asks to sign in.

    Without this the sign-in page would be put inside a table or a dialog.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_fragment = request.headers.get("HX-Request") == "true"
        location = response.headers.get("Location", "")
        if is_fragment and location.startswith(resolve_url(settings.LOGIN_URL)):
            return HttpResponseClientRefresh()
        return response
