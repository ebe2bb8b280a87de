"""Writes each person's digest and sends it: at most one a period, and never two different ones.

A digest and what it tells are noted in one transaction; it is sent afterwards. Killed between the
sending and the note of it, the same text goes out once more with the same Message-ID, by which
mail programs know it.
"""

from __future__ import annotations

import logging
import smtplib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection as database
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klientbro.clients.services.assigned import who_may
from klientbro.connectors.registry import connectors
from klientbro.domain.national_id import hide_national_ids
from klientbro.lib.dates import format_date, format_time, oslo_date
from klientbro.operations.alerts import FAILURE, Item, items_for_people, observe
from klientbro.operations.models import Digest, Notice
from klientbro.operations.set_aside import set_aside_subject, told_set_aside
from klientbro.products.reconciliation.telling import (
    SetAside,
    clients_told_of,
    forget_told,
    note_told,
    set_aside_for_people,
)
from klientbro.sync.causes import cause_text
from klientbro.tenants.context import firm
from klientbro.tenants.models import Firm, Membership, User
from klientbro.tenants.permissions import Act

logger = logging.getLogger(__name__)
LAST_WAIT = timedelta(hours=6)
KEPT_DAYS = 400


def write_digests(firm_id: UUID, now: datetime) -> int:
    """Notes what has changed and writes what people of the firm must be told. How many digests."""
    with firm(firm_id):
        with database.cursor() as cursor:  # two workers at once: the second finds it done
            cursor.execute(
                "select pg_advisory_xact_lock(hashtextextended('alerts:' || %s, 11))",
                [str(firm_id)],
            )
        observe(firm_id, now)
        waiting = items_for_people(now)
        aside = set_aside_for_people(now)
        concerned = {*waiting, *aside}
        lately = now - timedelta(hours=settings.ENVIRONMENT.alert_hours)
        told_lately = set(
            Digest.objects.filter(created_at__gt=lately, user_id__in=concerned).values_list(
                "user_id", flat=True
            )
        )
        members = Membership.current.filter(user_id__in=concerned - told_lately)
        users = User.objects.in_bulk(members.values_list("user_id", flat=True))
        for user_id, user in users.items():
            _write(firm_id, user, waiting.get(user_id, []), aside.get(user_id, []), now)
        return len(users)


def _write(
    firm_id: UUID, user: User, items: Sequence[Item], aside: Sequence[SetAside], now: datetime
) -> None:
    host = urlsplit(settings.ENVIRONMENT.public_url).hostname or "localhost"
    with translation.override(settings.LANGUAGE_CODE):
        subject, body = composed(Firm.objects.get(pk=firm_id).name, user, items, aside)
    digest = Digest.objects.create(
        firm_id=firm_id,
        user=user,
        message_id=f"<{uuid.uuid4()}@{host}>",
        subject=subject,
        body=body,
        created_at=now,
    )
    Notice.objects.bulk_create(
        Notice(
            firm_id=firm_id,
            alert=item.alert,
            digest=digest,
            user=user,
            kind=item.kind,
            cause=item.cause,
        )
        for item in items
    )
    note_told(aside, user.pk)


def composed(
    firm_name: str, user: User, items: Sequence[Item], aside: Sequence[SetAside] = ()
) -> tuple[str, str]:
    """Subject and text, in the language in force."""
    failures = [item for item in items if item.kind == FAILURE]
    recovered = [item for item in items if item.kind != FAILURE]
    parts = []
    if failures:
        parts.append(
            ngettext("%(count)s client needs you", "%(count)s clients need you", len(failures))
            % {"count": len(failures)}
        )
    if recovered:
        parts.append(
            ngettext("%(count)s is well again", "%(count)s are well again", len(recovered))
            % {"count": len(recovered)}
        )
    if aside:
        parts.append(set_aside_subject(aside))
    subject = f"{settings.BRAND}: {', '.join(parts)}"
    body = render_to_string(
        "operations/digest.txt",
        {
            "name": user.name or user.email,
            "firm": firm_name,
            "failures": [_told(item) for item in failures],
            "recovered": [_told(item) for item in recovered],
            "aside": told_set_aside(aside),
            "hours": settings.ENVIRONMENT.alert_hours,
            "brand": settings.BRAND,
        },
    )
    return hide_national_ids(subject)[:200], hide_national_ids(body)


def _told(item: Item) -> dict[str, str]:
    """A line's words. Explanations without what the source itself has said: it may name people."""
    connection = item.alert.connection
    system = connection.integration.system
    text = cause_text(item.cause)
    explanation = _(text.explanation)
    found = connectors().get(system)
    return {
        "client": connection.name,
        "system": found.name if found else system,
        "title": _(text.title),
        "explanation": "" if "{" in explanation else explanation,
        "action": _(text.action),
        "since": _moment(item.alert.failing_since),
        "well_since": _moment(item.alert.well_since) if item.alert.well_since else "",
        "link": settings.ENVIRONMENT.public_url.rstrip("/")
        + reverse("portal:integration", args=[system])
        + f"?q={quote(hide_national_ids(connection.name))}",
    }


def _moment(value: datetime) -> str:
    return _("%(date)s at %(time)s") % {
        "date": format_date(oslo_date(value)),
        "time": format_time(value),
    }


def send_digests(firm_id: UUID, now: datetime) -> int:
    """Sends what is written and not sent, one by one. How many went out."""
    sent = 0
    while _send_next(firm_id, now):
        sent += 1
    return sent


def _send_next(firm_id: UUID, now: datetime) -> bool:
    with firm(firm_id):
        digest = (
            Digest.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(Q(next_try_at__isnull=True) | Q(next_try_at__lte=now), sent_at__isnull=True)
            .select_related("user")
            .order_by("id")
            .first()
        )
        if digest is None:
            return False
        if not _is_still_theirs(digest):
            # with what it noted: whoever answers for the clients now is told instead
            forget_told(digest.user_id, named_in=digest.body)
            digest.delete()
            return True
        try:
            EmailMessage(
                digest.subject,
                digest.body,
                settings.ENVIRONMENT.email_from,
                [digest.user.email],
                headers={"Message-ID": digest.message_id, "Auto-Submitted": "auto-generated"},
            ).send()
        except (OSError, smtplib.SMTPException) as error:
            digest.attempts += 1
            wait = min(timedelta(minutes=2**digest.attempts), LAST_WAIT)
            digest.next_try_at = now + wait
            digest.save(update_fields=["attempts", "next_try_at"])
            logger.warning("digest %s could not be sent: %s", digest.pk, type(error).__name__)
            return True
        digest.sent_at = now
        digest.attempts += 1
        digest.save(update_fields=["sent_at", "attempts"])
        return True


def _is_still_theirs(digest: Digest) -> bool:
    """Whether the person may still know of what it tells. It may have waited for the mail server
    for days, and they may have lost their access, or the clients, since."""
    may = who_may()
    told = Notice.objects.filter(digest=digest).values_list(
        "alert__connection__client_id", flat=True
    )
    aside = clients_told_of(digest.user_id)
    hidden = [name for id_, name in aside.items() if not may(digest.user_id, id_, Act.SEE)]
    return (
        Membership.current.filter(user_id=digest.user_id).exists()
        and all(may(digest.user_id, client_id, Act.SEE_SOURCES) for client_id in set(told))
        and not any(hide_national_ids(name) in digest.body for name in hidden)
    )


def prune_digests(firm_id: UUID, now: datetime) -> None:
    """What has been told long ago."""
    old = now - timedelta(days=KEPT_DAYS)
    with firm(firm_id):
        Digest.objects.filter(sent_at__lt=old).delete()
