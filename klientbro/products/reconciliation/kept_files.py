"""Files of large periods: made by a job, kept for download, the same for the same figures.

A file is known by what it says, but for who made it and when. Asked for again while nothing has
changed, it is the file that is there: same content, same checksum.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language, override

from klientbro.clients.models import Client
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.periods import Month
from klientbro.practice.books.access import ClientPage, read_client
from klientbro.products.reconciliation.models import KeptFile
from klientbro.products.reconciliation.period_excel import period_excel
from klientbro.products.reconciliation.period_file import PeriodFile, period_file
from klientbro.products.reconciliation.period_findings import matching_mark, with_findings
from klientbro.products.reconciliation.period_pdf import period_pdf
from klientbro.products.reconciliation.sheet import MonthSheet, month_sheet
from klientbro.sync.queue import LOOKING, Executes, defer
from klientbro.tenants.context import firm
from klientbro.tenants.models import User
from klientbro.tenants.services import firm_envelopes

logger = logging.getLogger(__name__)

LARGE = 400  # accounts, lines, notes and signatures: about a second to set as PDF
TASK = "klientbro.products.reconciliation.tasks.make_file"
SEALED_AS = "period_file"
STUCK_AFTER = timedelta(minutes=10)
STEPS = 4  # read, put in words, set, sealed
_NOBODY_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def is_large(sheet: MonthSheet) -> bool:
    """Whether the file is made by a job, not while somebody waits for a page."""
    written = sum(
        len(line.documentation.lines) + len(line.documentation.notes) + len(line.history)
        for line in sheet.lines
    )
    return len(sheet.lines) + written > LARGE


def ground_of(found: PeriodFile, matched: str = "") -> str:
    """A checksum of all the file says, in its language, but for who made it and when.

    What a difference consists of follows from the figures and from what has been matched: matched
    is matching_mark, read before the figures were.
    """
    accounts = [replace(each, findings=()) for each in found.accounts]
    plain = replace(found, made_at=_NOBODY_NEVER, made_by="", accounts=accounts)
    return hashlib.sha256(f"{get_language()}|{matched}|{plain!r}".encode()).hexdigest()


def file_bytes(found: PeriodFile, kind: str) -> bytes:
    """The file. The same figures, maker and moment give the same bytes."""
    return period_pdf(found) if kind == KeptFile.Kind.PDF else period_excel(found)


def standing_file(client_id: int, month: Month, kind: str, ground: str) -> KeptFile | None:
    """The file that says just this already, without its content."""
    return (
        _of(client_id, month, kind)
        .filter(state=KeptFile.State.DONE, ground=ground)
        .order_by("pk")
        .first()
    )


def newest_files(client_id: int, month: Month, kind: str, most: int = 10) -> list[KeptFile]:
    """The files of the period, the newest first, without their content."""
    return list(_of(client_id, month, kind).order_by("-pk")[:most])


def _of(client_id: int, month: Month, kind: str) -> QuerySet[KeptFile]:
    return (
        KeptFile.objects.filter(client_id=client_id, month=month.first_day, kind=kind)
        .select_related("asked_by")
        .defer("content_sealed")
    )


def ask_for_file(client_id: int, month: Month, kind: str, *, by: User) -> KeptFile:
    """Queues the making of a file, or gives the one that is being made. One at a time.

    One that has stood still for ten minutes is given up, so that it can be asked for again.
    """
    firm_id = current_firm_id()
    given_up = timezone.now() - STUCK_AFTER
    KeptFile.objects.filter(
        client_id=client_id,
        month=month.first_day,
        kind=kind,
        state__in=KeptFile.UNDER_WAY,
        moved_at__lt=given_up,
    ).update(state=KeptFile.State.FAILED)
    try:
        with transaction.atomic():
            asked = KeptFile.objects.create(
                firm_id=firm_id,
                client_id=client_id,
                month=month.first_day,
                kind=kind,
                language=(get_language() or "nb")[:2],
                asked_by=by,
            )
            with connection.cursor() as cursor:
                defer(
                    cast(Executes, cursor),
                    TASK,
                    {"firm_id": str(firm_id), "file_id": asked.pk},
                    priority=LOOKING,
                )
            return asked
    except IntegrityError as error:
        if "file_under_way_once" not in str(error):
            raise
    under_way = _of(client_id, month, kind).filter(state__in=KeptFile.UNDER_WAY).first()
    return under_way or ask_for_file(client_id, month, kind, by=by)


def make_file(firm_id: UUID, file_id: int) -> None:
    """The job. Run twice, or after a crash, it begins anew and writes one file.

    Progress is committed as it goes, so that the page can show it.
    """
    with firm(firm_id):
        asked = KeptFile.objects.select_related("asked_by", "client").filter(pk=file_id).first()
        if asked is None or asked.state not in KeptFile.UNDER_WAY:
            return
        client, month = asked.client, Month.of(asked.month)
        _move(asked.pk, 1)
    try:
        with override(asked.language):
            with firm(firm_id):
                matched = matching_mark(client.pk)
                found = _read(client, month, str(asked.asked_by or "–"))
            with firm(firm_id):
                _move(asked.pk, 2)
            ground = ground_of(found, matched)
            content = file_bytes(found, asked.kind)
        with firm(firm_id):
            _move(asked.pk, 3)
        with firm(firm_id):
            _finish(asked.pk, found, ground, content)
    except Exception:
        logger.exception("making the period file %s failed", file_id)
        with firm(firm_id):
            KeptFile.objects.filter(pk=file_id, state__in=KeptFile.UNDER_WAY).update(
                state=KeptFile.State.FAILED, moved_at=timezone.now()
            )


def content_of(kept: KeptFile) -> bytes:
    """The file as it was made."""
    return firm_envelopes().open_bytes(SEALED_AS, bytes(kept.content_sealed or b""))


def _read(client: Client, month: Month, made_by: str) -> PeriodFile:
    def read(page: ClientPage) -> PeriodFile:
        sheet = month_sheet(page.client, page.usable_books(), month)
        if sheet is None:
            raise LookupError(f"the ledger has nothing to say of {month.key}")
        return with_findings(period_file(page, sheet, timezone.now(), made_by), sheet)

    return read_client(client.public_id, read)


def _move(file_id: int, step: int) -> None:
    KeptFile.objects.filter(pk=file_id, state__in=KeptFile.UNDER_WAY).update(
        state=KeptFile.State.RUNNING, steps_done=step, moved_at=timezone.now()
    )


def _finish(file_id: int, found: PeriodFile, ground: str, content: bytes) -> None:
    KeptFile.objects.filter(pk=file_id, state__in=KeptFile.UNDER_WAY).update(
        state=KeptFile.State.DONE,
        steps_done=STEPS,
        ground=ground,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        content_sealed=firm_envelopes().seal_bytes(SEALED_AS, content),
        made_at=found.made_at,
        moved_at=timezone.now(),
    )
