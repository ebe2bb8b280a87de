"""Lets whoever works for chosen clients see these alone, for the whole request."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from klientbro.clients.services.assigned import clients_of
from klientbro.tenants.context import chosen_clients


class ChosenClientsMiddleware:
    """After FirmMiddleware, within its firm. One question more, and only for them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        place = request.place  # type: ignore[attr-defined]  # of FirmMiddleware
        if place is None or place.has_all_clients:
            return self.get_response(request)
        with chosen_clients(*clients_of(place.member_id)):
            return self.get_response(request)
