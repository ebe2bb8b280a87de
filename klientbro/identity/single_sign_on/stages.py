"""The last steps of every sign-in: the second factor, and which firms the way in opens."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.stages import LoginStage
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from klientbro.tenants.models import User
from klientbro.tenants.services import places_of_user
from klientbro.tenants.ways_in import RECOVERY, SINGLE_SIGN_ON, opened

# What a sign-in carries from its first step to its last: allauth keeps it with the login.
WAY = "way"
REFUSED = 403


class SecondFactor(AuthenticateStage):  # type: ignore[misc]  # allauth ships no types
    """Asks for the person's own factor, unless the firm lets its provider's count."""

    def _should_handle(self, request: HttpRequest) -> bool:
        way = (self.login.signal_kwargs or {}).get(WAY)
        if way and way["kind"] == SINGLE_SIGN_ON and way["meets_factor"]:
            return False
        return bool(super()._should_handle(request))


class WayIn(LoginStage):  # type: ignore[misc]  # allauth ships no types
    """Notes the way in, and ends a sign-in that would open none of the person's firms."""

    key = "klientbro_way_in"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        way = (self.login.signal_kwargs or {}).get(WAY) or _recovery(self.request, user)
        places = places_of_user(user.pk)
        if places and not opened(places, way, user.email):
            context = {"closed": [place for place in places if place.firm.sign_on]}
            page = render(self.request, "identity/sign_on/demanded.html", context, status=REFUSED)
            return page, False
        self.request.way_in = way
        return None, True


def login_stages() -> list[str]:
    """Ours in the place of allauth's own, and ours last."""
    here = __name__
    return [f"{here}.SecondFactor", f"{here}.WayIn"]


def _recovery(request: HttpRequest, user: User) -> dict[str, Any] | None:
    """A recovery code after the password is the way in when the provider fails."""
    records = get_authentication_records(request, user)
    last = records[-1] if records else {}
    used = last.get("type") == Authenticator.Type.RECOVERY_CODES
    return {"kind": RECOVERY} if used and last.get("method") == "mfa" else None
