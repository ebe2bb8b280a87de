"""Stands behind the gate: counts what a person reads of a firm, and stops what nobody needs.

What hands over a file is declared beside the permissions, and counted before anything is made of
it. An answer that turns out to be a file all the same is counted then: none can be forgotten. What
is handed over stands in the log.
"""

from __future__ import annotations

from collections.abc import Callable
from time import time as clock
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from klientbro.operations.files_noted import note_file
from klientbro.operations.reading_limits import reading
from klientbro.operations.reading_stops import stopped
from klientbro.tenants.permissions import FILES, Open, need_of

_SAME_AGAIN = ("GET", "HEAD", "OPTIONS")
# Asks again by the clock under an address that says how often it has asked: one page all the same.
_ASKS_AGAIN = frozenset({"books:document_state"})
_COUNTED = "_klientbro_file_counted"


class ReadingMiddleware:
    """After GateMiddleware, which has refused by now whoever may not go there at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not is_file(response) or not is_of_firm(request):
            return response
        if not hasattr(request, _COUNTED):
            now = clock()
            stop = reading.file(_user_id(request), now)
            if stop is not None:
                answer = stopped(request, stop, now)
                # its file is closed with the answer: to close the response itself would tell
                # Django that the request is over, connections and all
                answer._resource_closers += response._resource_closers  # type: ignore[attr-defined]  # as Django keeps them
                return answer
        note_file(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if not is_of_firm(request):
            return None
        user_id, now = _user_id(request), clock()
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in FILES:
            setattr(request, _COUNTED, True)
            stop = reading.file(user_id, now)
        else:
            stop = reading.page(user_id, _same_page(request, name), now)
        return None if stop is None else stopped(request, stop, now)


def _same_page(request: HttpRequest, name: str) -> object:
    """What makes it the same page when it is asked for again; None for what changes something."""
    if request.method not in _SAME_AGAIN:
        return None
    path = request.path if name in _ASKS_AGAIN else request.get_full_path()
    return request.firm.id, path  # type: ignore[attr-defined]


def is_file(response: HttpResponseBase) -> bool:
    """Whether a browser would save it."""
    return response.headers.get("Content-Disposition", "").startswith("attachment")


def is_of_firm(request: HttpRequest) -> bool:
    """Whether it is a firm's page. What is the person's own stays open: the way out, above all."""
    if getattr(request, "place", None) is None or request.resolver_match is None:
        return False
    need = need_of(request.resolver_match.view_name, request.method or "")
    return need is not None and need not in (Open.ANYBODY, Open.OWN)


def _user_id(request: HttpRequest) -> int:
    return int(request.user.pk or 0)
