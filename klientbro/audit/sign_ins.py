"""Entries for how people come in: sign-ins that held and that failed, passwords, second factors.

A person may belong to several firms, so each of them gets the entry. Who types an address that
nobody has leaves none: there is no firm whose business it is. That must not be seen from outside,
so a wrong password is first one row, whoever's it is, and a job makes the entries.
"""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from klientbro.audit.models import FailedSignIn
from klientbro.audit.services import note_in
from klientbro.tenants.context import acting_as
from klientbro.tenants.models import User
from klientbro.tenants.network import network_address
from klientbro.tenants.services import places_of_user
from klientbro.tenants.ways_in import SESSION_WAY

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
MOST = 1_000  # at a time
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
    user = User.objects.filter(email=typed.lower()).only("pk").first()
    FailedSignIn.objects.create(
        user=user,
        at=timezone.now(),
        address=network_address(request)[:64] if request is not None else "",
    )


@transaction.atomic
def note_failed_sign_ins() -> int:
    """Puts what waits in the logs of each person's firms: one entry a place. How many waited.

    Killed on the way, it has noted nothing and deleted nothing; of two at once each takes its own.
    """
    waiting = list(
        FailedSignIn.objects.select_for_update(skip_locked=True, of=("self",)).order_by("id")[:MOST]
    )
    FailedSignIn.objects.filter(pk__in=[one.pk for one in waiting]).delete()
    grouped: dict[tuple[int, str], list[FailedSignIn]] = {}
    for one in waiting:
        if one.user_id is not None:
            grouped.setdefault((one.user_id, one.address), []).append(one)
    for (user_id, address), tries in grouped.items():
        told = {
            "tries": len(tries),
            "first": tries[0].at.isoformat(timespec="seconds"),
            "last": tries[-1].at.isoformat(timespec="seconds"),
        }
        with acting_as(user_id, address=address):
            for place in places_of_user(user_id):
                note_in(place.firm.id, "sign_in_failed", "tenants_user", told)
    return len(waiting)


def _note(action: str, user: User, request: HttpRequest | None, told: dict[str, object]) -> None:
    """The person is the one it is about, also where nobody is signed in yet."""
    address = network_address(request) if request is not None else ""
    way = _way(request)
    if action == "signed_in" and way is not None:
        told = told | {"by": way["kind"]}
    with acting_as(user.pk, address=address):
        for place in places_of_user(user.pk):
            if way is None or way.get("firm", str(place.firm.id)) == str(place.firm.id):
                note_in(place.firm.id, action, "tenants_user", told)


def _way(request: HttpRequest | None) -> dict[str, Any] | None:
    """How the person has come in, or is just coming in. A firm's provider opens that firm alone."""
    if request is None:
        return None
    session = getattr(request, "session", {})
    return getattr(request, "way_in", None) or session.get(SESSION_WAY)
