"""The identity jobs: letters as soon as they are asked for, and what is over deleted."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from allauth.idp.oidc.models import Token
from django.db import DatabaseError, connections
from django.utils import timezone
from procrastinate.contrib.django import app

from klientbro.audit.sign_ins import note_failed_sign_ins
from klientbro.identity.letters import send_invitations, send_notices, send_reset_letters
from klientbro.identity.models import Invitation
from klientbro.identity.openid_provider.keys import delete_old_keys
from klientbro.identity.sessions import SessionStore
from klientbro.sync.queue import QUEUE
from klientbro.tenants.context import firm
from klientbro.tenants.models import SignInLink
from klientbro.tenants.walking import for_every_firm

# What an invitation became is worth a look back, not a register of addresses for ever.
KEPT = timedelta(days=90)


@app.periodic(cron="* * * * *")
@app.task(queue=QUEUE, queueing_lock="letters", name="klientbro.identity.tasks.send_letters")
async def send_letters(timestamp: int) -> None:
    """Sends what waits; asked for at once, and every minute for what a mail server refused."""
    await asyncio.to_thread(send_letters_now, timezone.now())


def send_letters_now(now: datetime) -> None:
    """Forgotten passwords first: somebody waits for those."""
    send_reset_letters(now)
    send_notices(now)

    def send(firm_id: UUID) -> int:
        return send_invitations(firm_id, now)

    for_every_firm(send, "sending invitations", foreseen=DatabaseError)


@app.periodic(cron="41 * * * *")
@app.task(queue=QUEUE, queueing_lock="tidy_identity", name="klientbro.identity.tasks.tidy")
async def tidy(timestamp: int) -> None:
    """Deletes sessions that let nobody in, spent links, and what is over in each firm."""
    await asyncio.to_thread(tidy_now, timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queue=QUEUE, queueing_lock="failed_sign_ins", name="klientbro.identity.tasks.note_failed")
async def note_failed(timestamp: int) -> None:
    """Failed sign-ins stand in the logs a minute later."""
    await asyncio.to_thread(note_failed_now)


def note_failed_now() -> None:
    """Until none waits."""
    try:
        while note_failed_sign_ins():
            pass
    finally:
        connections.close_all()


def tidy_now(now: datetime) -> None:
    """Sessions and links first, then firm by firm."""
    SessionStore.clear_expired()
    SignInLink.objects.filter(expires_at__lt=now).delete()

    def delete_old(firm_id: UUID) -> int:
        with firm(firm_id):
            invitations = Invitation.objects.filter(asked_at__lt=now - KEPT).delete()[0]
            tokens = Token.objects.filter(expires_at__lt=now).delete()[0]
            return int(invitations + tokens + delete_old_keys(now))

    for_every_firm(delete_old, "deleting what is over", foreseen=DatabaseError)
