"""Entries for how people come in: sign-ins that held and that failed, passwords, second factors.

A person may belong to several firms, so each of them gets the entry. Who types an address that
nobody has leaves none: there is no firm whose business it is.
"""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from klientbro.audit.services import note_in
from klientbro.tenants.context import acting_as
from klientbro.tenants.models import User
from klientbro.tenants.network import network_address
from klientbro.tenants.services import places_of_user

_ACTS = {
    "signed_in": user_logged_in,
    "signed_out": user_logged_out,
    "password_changed": password_changed,
    "password_set": password_set,
    "password_reset": password_reset,
    "factor_added": authenticator_added,
    "factor_removed": authenticator_removed,
    "factor_renewed": authenticator_reset,
}
_listeners: list[Any] = []  # signals hold them weakly


def listen() -> None:
    """Once a process."""
    for action, signal in _ACTS.items():
        _listeners.append(_noting(action))
        signal.connect(_listeners[-1], dispatch_uid=f"klientbro.audit.{action}")
    user_login_failed.connect(_failed, dispatch_uid="klientbro.audit.sign_in_failed")


def _noting(action: str) -> Any:
    def noted(request: HttpRequest | None = None, user: User | None = None, **more: Any) -> None:
        if user is not None:
            factor = getattr(more.get("authenticator"), "type", "")
            _note(action, user, request, {"factor": str(factor)} if factor else {})

    return noted


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_more: Any) -> None:
    typed = str(credentials.get("email") or credentials.get("username") or "")
    user = User.objects.filter(email__iexact=typed).first() if typed else None
    if user is not None:
        _note("sign_in_failed", user, request, {})


def _note(action: str, user: User, request: HttpRequest | None, told: dict[str, object]) -> None:
    """The person is the one it is about, also where nobody is signed in yet."""
    address = network_address(request) if request is not None else ""
    with acting_as(user.pk, address=address):
        for place in places_of_user(user.pk):
            note_in(place.firm.id, action, "tenants_user", told)
