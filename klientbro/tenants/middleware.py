"""Sets the signed-in user's firm for the whole request, streaming bodies excepted."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from klientbro.lib.log_context import working_on
from klientbro.tenants.context import acting_as, firm_set
from klientbro.tenants.services import firms_of_user

SESSION_FIRM = "firm"


class FirmMiddleware:
    """The firm stands in the session; membership is asked anew on every request.

    A streaming body runs after this has returned: its generator sets the firm itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.firm = None  # type: ignore[attr-defined]
        if not request.user.is_authenticated:
            return self.get_response(request)
        firms = firms_of_user(request.user.pk)
        wanted = request.session.get(SESSION_FIRM)
        chosen = next((firm for firm in firms if str(firm.id) == wanted), None)
        if chosen is None and firms:
            chosen = firms[0]
            request.session[SESSION_FIRM] = str(chosen.id)
        request.firm = chosen  # type: ignore[attr-defined]
        firm_id: UUID | None = chosen.id if chosen else None
        with firm_set(firm_id), acting_as(request.user.pk), working_on(firm_id=firm_id):
            return self.get_response(request)
