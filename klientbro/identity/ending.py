"""Ends sessions: the next request of whoever held one asks for sign-in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from klientbro.identity.devices import browser_of, system_of
from klientbro.identity.models import Session
from klientbro.identity.sessions import key_hash, within_limits


@dataclass(frozen=True, slots=True)
class Seen:
    """One signed-in browser, for the list."""

    public_id: UUID
    browser: str
    system: str
    address: str
    signed_in_at: datetime
    last_seen_at: datetime
    ends_at: datetime
    is_this: bool


def sessions_of(user_id: int, this_key: str | None) -> Sequence[Seen]:
    """The user's sessions that still let in, this one first, then the latest seen."""
    this = key_hash(this_key or "")
    rows = Session.objects.filter(within_limits(), user_id=user_id).order_by("-last_seen_at")
    found = [
        Seen(
            row.public_id,
            browser_of(row.agent),
            system_of(row.agent),
            row.address,
            row.created_at,
            row.last_seen_at,
            _end(row),
            bytes(row.key_hash) == this,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: not one.is_this)


def _end(row: Session) -> datetime:
    idle: timedelta = settings.SESSION_IDLE
    absolute: timedelta = settings.SESSION_ABSOLUTE
    return min(row.created_at + absolute, row.last_seen_at + idle)


def has_session(user_id: int, public_id: UUID) -> bool:
    """Whether it is one of the user's own, and has not ended."""
    return Session.objects.filter(user_id=user_id, public_id=public_id).exists()


def end_session(user_id: int, public_id: UUID) -> bool:
    """Ends one of the user's own; False when it is not theirs or has ended already."""
    return bool(Session.objects.filter(user_id=user_id, public_id=public_id).delete()[0])


def end_sessions(user_id: int, *, but: str | None = None) -> int:
    """Ends all of the user's, but the one with the key. How many."""
    rows = Session.objects.filter(user_id=user_id)
    if but is not None:
        rows = rows.exclude(key_hash=key_hash(but))
    return rows.delete()[0]
