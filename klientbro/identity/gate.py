"""Stands before every page: asks what the table of permissions says that its address asks for.

A person without a firm, or short of the sign-in their firm asks for, waits; whoever's role does not
allow it is refused, whatever id the address holds; so is everybody where the table says nothing.

No question to the database: FirmMiddleware has asked already. Once a minute the session's row is
told that its person is here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from klientbro.identity.recency import came_through_provider
from klientbro.practice.permissions import ActRefusedError
from klientbro.tenants.permissions import Open, allows, need_of
from klientbro.tenants.services import Place

logger = logging.getLogger(__name__)

# What htmx asks by the clock, with nobody at the keyboard, does not keep a session alive (kb.js).
UNATTENDED = "KB-Unattended"
SET_UP = "mfa_index"


class GateMiddleware:
    """After FirmMiddleware, whose answer it reads."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and UNATTENDED not in request.headers:
            request.session.note_seen()  # type: ignore[attr-defined]  # our own store
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        need = need_of(name, request.method or "")
        if need is None:
            logger.error("the address %s is not declared in tenants/permissions.py", name)
            raise ActRefusedError(())
        if need is Open.ANYBODY:
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        closed = request.closed_places  # type: ignore[attr-defined]
        if need is Open.OWN:
            if closed and opens_more(name) and came_through_provider(request):
                return _closed(request, closed, is_own=True)
            return None
        place = request.place  # type: ignore[attr-defined]
        if place is None and closed:
            return _closed(request, closed)
        if place is None:
            return render(request, "identity/no_firm.html", status=403)
        if place.lacks_second_factor:
            if request.headers.get("HX-Request") == "true":
                return HttpResponseClientRedirect(redirect(SET_UP).url)
            return redirect(SET_UP)
        if not allows(place.acts, need):
            raise ActRefusedError(need if isinstance(need, frozenset) else ())
        return None


_OPEN_MORE = {
    "account_change_password",
    "account_set_password",
    "identity:change_address",
    "identity:confirm_address",
}


def opens_more(name: str) -> bool:
    """Whether the address changes what lets the person in to all of their firms."""
    return name in _OPEN_MORE or name.startswith("mfa_")


def _closed(request: HttpRequest, closed: Sequence[Place], *, is_own: bool = False) -> HttpResponse:
    context = {"closed": closed, "is_own": is_own}
    return render(request, "identity/sign_on/closed.html", context, status=403)
