"""Where sessions are kept: a row each, with its person, which can be listed and taken away.

Idle and absolute limits are compared when the session is read, so that a changed setting holds for
sessions that exist already. A row that is gone lets nobody in, and is never written anew: a request
that was under way while its session was ended ends with it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

SEEN_FROM = "_seen_from"
# Being here is noted once a minute: more often would be a write for every page.
NOTED_EVERY = timedelta(minutes=1)


class SessionStore(SessionBase):
    """Django's sessions in rows of our own; each call is one statement."""

    row_created_at: datetime | None = None
    row_last_seen_at: datetime | None = None

    def load(self) -> dict[str, Any]:
        from klientbro.identity.models import Session

        row = (
            Session.objects.filter(within_limits(), key_hash=key_hash(self.session_key or ""))
            .only("content", "created_at", "last_seen_at")
            .first()
        )
        if row is None:
            self._session_key = None
            return {}
        self.row_created_at, self.row_last_seen_at = row.created_at, row.last_seen_at
        return dict(self.decode(row.content))

    def exists(self, session_key: str) -> bool:
        from klientbro.identity.models import Session

        return Session.objects.filter(key_hash=key_hash(session_key)).exists()

    def create(self) -> None:
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        from klientbro.identity.models import Session

        if self.session_key is None:
            self.create()
            return
        content = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        now = timezone.now()
        seen_from = content.get(SEEN_FROM, {})
        user = content.get("_auth_user_id")
        values: dict[str, Any] = {
            "content": self.encode(content),
            "user_id": int(user) if user else None,
            "address": seen_from.get("address", ""),
            "agent": seen_from.get("agent", ""),
        }
        hashed = key_hash(self.session_key)
        if not must_create:
            if not Session.objects.filter(key_hash=hashed).update(**values):
                raise UpdateError
            return
        try:
            with transaction.atomic():
                Session.objects.create(key_hash=hashed, created_at=now, last_seen_at=now, **values)
        except IntegrityError as error:
            raise CreateError from error
        self.row_created_at = self.row_last_seen_at = now

    def delete(self, session_key: str | None = None) -> None:
        from klientbro.identity.models import Session

        key = session_key if session_key is not None else self.session_key
        if key is not None:
            Session.objects.filter(key_hash=key_hash(key)).delete()

    def note_seen(self) -> None:
        """Moves the idle limit on, at most once a minute."""
        from klientbro.identity.models import Session

        now = timezone.now()
        if self.row_last_seen_at is None or now - self.row_last_seen_at < NOTED_EVERY:
            return
        Session.objects.filter(key_hash=key_hash(self.session_key or "")).update(last_seen_at=now)
        self.row_last_seen_at = now

    @classmethod
    def clear_expired(cls) -> None:
        """Deletes what neither limit lets in any more."""
        from klientbro.identity.models import Session

        Session.objects.exclude(within_limits()).delete()


def within_limits() -> Q:
    """The sessions that still let somebody in."""
    now = timezone.now()
    return Q(
        last_seen_at__gt=now - settings.SESSION_IDLE,
        created_at__gt=now - settings.SESSION_ABSOLUTE,
    )


def key_hash(session_key: str) -> bytes:
    """What the table knows a session by."""
    return hashlib.sha256(session_key.encode()).digest()
