"""What happens at sign-in, and when somebody's ways to sign in change."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import password_set
from allauth.mfa.signals import authenticator_added
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from klientbro.identity import notices
from klientbro.identity.sessions import SEEN_FROM
from klientbro.tenants.models import User
from klientbro.tenants.network import network_address

AGENT_LENGTH = 300


def connect() -> None:
    """Listens, once a process."""
    user_logged_in.connect(note_where_from, dispatch_uid="klientbro.identity.where_from")
    password_set.connect(note_chosen_password, dispatch_uid="klientbro.identity.password_set")
    notices.connect()
    authenticator_added.connect(end_other_sessions, dispatch_uid="klientbro.identity.others_out")


def note_where_from(request: HttpRequest, **_more: Any) -> None:
    """The session remembers device and place of sign-in, for the list of sessions."""
    request.session[SEEN_FROM] = {
        "address": network_address(request),
        "agent": request.META.get("HTTP_USER_AGENT", "")[:AGENT_LENGTH],
    }


def note_chosen_password(request: HttpRequest, user: User, **_more: Any) -> None:
    """Whoever has just chosen a password is not asked for it again to set up what comes next."""
    record_authentication(request, user, method="password", reauthenticated=True)


def end_other_sessions(request: HttpRequest, user: User, **_more: Any) -> None:
    """A new factor is worth nothing where somebody already sits inside without it."""
    from klientbro.identity.ending import end_sessions

    end_sessions(user.pk, but=request.session.session_key)
