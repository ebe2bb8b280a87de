"""A personal number that somebody has typed into a search does not stay in the address.

The page is led on to the same address with the number masked: no history, bookmark, `Referer` or
printed page keeps it, and nothing here reads it. No search finds by it: it is kept sealed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from klientbro.domain.national_id import hide_national_ids

READS = ("GET", "HEAD")
# What is too short to hold eleven digits, or holds too few, is not looked at twice.
_LEAST = 11
_DIGIT = re.compile(r"[0-9]", re.ASCII)


class TypedNumbersMiddleware:
    """Asked before anybody knows who it is: the address is read nowhere else first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.META.get("QUERY_STRING", "")
        if request.method in READS and len(_DIGIT.findall(asked)) >= _LEAST:
            masked = without_numbers(request.GET)
            if masked is not None:
                return HttpResponseRedirect(f"{request.path}?{masked.urlencode()}")
        return self.get_response(request)


def without_numbers(asked: QueryDict) -> QueryDict | None:
    """The same with every valid personal number masked; None where there is none."""
    masked = QueryDict(mutable=True)
    for name, values in asked.lists():
        masked.setlist(hide_national_ids(name), [hide_national_ids(value) for value in values])
    return None if masked == asked else masked
