"""Sets the signed-in user's firm for the whole request, streaming bodies excepted."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CSRF_SESSION_KEY, rotate_token

from klientbro.lib.log_context import working_on
from klientbro.tenants.context import acting_as, firm_set
from klientbro.tenants.network import network_address
from klientbro.tenants.services import places_of_user
from klientbro.tenants.ways_in import SESSION_WAY, opened

SESSION_FIRM = "firm"


def work_in(request: HttpRequest, firm_id: UUID) -> None:
    """The firm of the session from now on. Forms of the firm before that are still open, in another
    window, are refused: what they hold would be written in the wrong firm."""
    before = request.session.get(SESSION_FIRM)
    request.session[SESSION_FIRM] = str(firm_id)
    if before is not None and before != str(firm_id):
        request.session.pop(CSRF_SESSION_KEY, None)  # of this request too, if it is judged later
        rotate_token(request)


class FirmMiddleware:
    """The firm stands in the session; membership is asked anew on every request.

    A streaming body runs after this has returned: its generator sets the firm itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.place = None  # type: ignore[attr-defined]
        request.places = ()  # type: ignore[attr-defined]
        request.closed_places = ()  # type: ignore[attr-defined]
        request.firm = None  # type: ignore[attr-defined]
        if not request.user.is_authenticated:
            return self.get_response(request)
        belongs = places_of_user(request.user.pk)
        places = opened(belongs, request.session.get(SESSION_WAY), request.user.email)
        inside = {place.firm.id for place in places}
        wanted = request.session.get(SESSION_FIRM)
        chosen = next((place for place in places if str(place.firm.id) == wanted), None)
        if chosen is None and places:
            chosen = places[0]
            work_in(request, chosen.firm.id)
        request.place = chosen  # type: ignore[attr-defined]
        request.places = tuple(places)  # type: ignore[attr-defined]
        # what the person belongs to but has not come in to: their firms that ask for another way
        request.closed_places = tuple(  # type: ignore[attr-defined]
            place for place in belongs if place.firm.id not in inside
        )
        request.firm = chosen.firm if chosen else None  # type: ignore[attr-defined]
        firm_id: UUID | None = chosen.firm.id if chosen else None
        acting = acting_as(request.user.pk, address=network_address(request))
        with firm_set(firm_id), acting, working_on(firm_id=firm_id):
            return self.get_response(request)
