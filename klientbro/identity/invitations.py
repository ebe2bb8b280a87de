"""Invitations to the firm: many at a time or none, sent again, withdrawn, and accepted once.

The letter is written by the worker, and only then does its link exist: nothing secret waits in the
queue or the database. The link says which firm it is for; its token is compared behind that firm's
wall.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Client
from klientbro.clients.services.assigned import choose_clients
from klientbro.clients.services.rows import current_firm_id
from klientbro.identity.choosing import Choice
from klientbro.identity.invitation_lines import Invitee, Problem
from klientbro.identity.models import Invitation
from klientbro.sync.queue import FIRST, Executes, defer
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Membership, User

LIFETIME = timedelta(days=7)
SECRET_BYTES = 32
FIRM_BYTES = 16
LETTERS_TASK = "klientbro.identity.tasks.send_letters"


@dataclass(frozen=True, slots=True)
class Accepted:
    """Who has joined which firm; `is_new`: they have never signed in."""

    firm_id: UUID
    user: User
    is_new: bool


def problems_with(invitees: Sequence[Invitee]) -> Sequence[Problem]:
    """Whom the firm cannot invite: those it has, and those it has asked already. Two statements."""
    addresses = [one.email for one in invitees]
    have = dict(
        Membership.objects.filter(user__email__in=addresses).values_list(
            "user__email", "disabled_at"
        )
    )
    asked = set(open_invitations().filter(email__in=addresses).values_list("email", flat=True))
    problems = []
    for one in invitees:
        if one.email in have and have[one.email] is not None:
            reason = _("This person's access to the firm is closed.")
            cure = _("Open it again in the list of users, and take the line out.")
        elif one.email in have:
            reason = _("This person belongs to the firm already.")
            cure = _("Take the line out.")
        elif one.email in asked:
            reason = _("This person has an invitation already.")
            cure = _("Send it again from the list of invitations, and take the line out.")
        else:
            continue
        problems.append(Problem(one.line, one.email, _("E-mail address"), reason, cure))
    return problems


def open_invitations() -> QuerySet[Invitation]:
    """Those neither accepted nor withdrawn, expired ones too."""
    return Invitation.objects.filter(used_at=None, withdrawn_at=None)


def invite(invitees: Sequence[Invitee], choice: Choice, by: User) -> int:
    """Asks all of them into the current firm, or none. How many."""
    firm_id = current_firm_id()
    now = timezone.now()
    clients = Client.objects.filter(public_id__in=choice.client_ids)
    client_ids = sorted(clients.values_list("pk", flat=True))
    try:
        with transaction.atomic():
            Invitation.objects.bulk_create(
                Invitation(
                    firm_id=firm_id,
                    email=one.email,
                    name=one.name,
                    role=choice.role,
                    has_all_clients=choice.has_all_clients,
                    client_ids=client_ids,
                    invited_by=by,
                    asked_at=now,
                )
                for one in invitees
            )
            ask_for_letters()
    except IntegrityError as error:
        raise RefusedError(
            _("Somebody else has just invited one of them. Nothing was sent: press once more.")
        ) from error
    return len(invitees)


def send_again(public_id: UUID) -> Invitation | None:
    """A new link for seven new days; the old one ends at once. None when it is not open."""
    with transaction.atomic():
        found = open_invitations().select_for_update().filter(public_id=public_id).first()
        if found is None:
            return None
        found.asked_at = timezone.now()
        found.token_hash = found.sent_at = found.expires_at = found.next_try_at = None
        found.attempts = 0
        found.save()
        ask_for_letters()
        return found


def withdraw(public_id: UUID) -> Invitation | None:
    """Its link lets nobody in any more. None when it is not open."""
    with transaction.atomic():
        found = open_invitations().select_for_update().filter(public_id=public_id).first()
        if found is None:
            return None
        found.withdrawn_at = timezone.now()
        found.token_hash = None
        found.save(update_fields=["withdrawn_at", "token_hash"])
        return found


def ask_for_letters() -> None:
    """The worker writes what waits, once this transaction has committed."""
    with connection.cursor() as cursor:
        defer(
            cast(Executes, cursor),
            LETTERS_TASK,
            {"timestamp": 0},
            priority=FIRST,
            queueing_lock="letters",
        )


def new_token(firm_id: UUID) -> tuple[str, bytes]:
    """What stands in a link, and what is stored of it."""
    secret = secrets.token_bytes(SECRET_BYTES)
    return base64.urlsafe_b64encode(firm_id.bytes + secret).decode(), _hash(secret)


def find_invitation(token: str) -> Invitation | None:
    """The invitation that the link stands for while it can be accepted."""
    firm_id, secret = _read(token)
    if firm_id is None:
        return None
    with firm_set(firm_id), transaction.atomic():
        return _usable(secret).select_related("firm", "invited_by").first()


def accept(token: str) -> Accepted | None:
    """Makes the person a member, once: of two presses at the same time one wins."""
    firm_id, secret = _read(token)
    if firm_id is None:
        return None
    with firm_set(firm_id), transaction.atomic():
        found = _usable(secret).select_for_update().first()
        if found is None:
            return None
        user = User.objects.filter(email=found.email).first()
        if user is None:
            user = User.objects.create_user(found.email, name=found.name)
        elif not user.is_active:
            return None
        join(found, user)
        return Accepted(firm_id, user, user.last_login is None)


def join(found: Invitation, user: User) -> None:
    """Makes the person what the invitation says, and uses it up."""
    member, is_new = Membership.objects.get_or_create(
        firm_id=found.firm_id,
        user=user,
        defaults={"role": found.role, "has_all_clients": found.has_all_clients},
    )
    if is_new:
        clients = Client.objects.filter(pk__in=found.client_ids)  # one may be gone meanwhile
        choose_clients(member, list(clients.values_list("public_id", flat=True)))
    found.used_at = timezone.now()
    found.save(update_fields=["used_at"])


def _usable(secret: bytes) -> QuerySet[Invitation]:
    return open_invitations().filter(token_hash=_hash(secret), expires_at__gt=timezone.now())


def _read(token: str) -> tuple[UUID | None, bytes]:
    try:
        body = base64.urlsafe_b64decode(token.encode())
    except (binascii.Error, ValueError):
        return None, b""
    if len(body) != FIRM_BYTES + SECRET_BYTES:
        return None, b""
    return UUID(bytes=body[:FIRM_BYTES]), body[FIRM_BYTES:]


def _hash(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()
