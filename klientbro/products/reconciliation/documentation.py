"""What documents an account's balance in a month: lines, carried lines, attachments, notes.

Nothing a person has written is ever deleted: it is marked as removed, with who and when.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.money import ZERO
from klientbro.domain.national_id import hide_national_ids
from klientbro.domain.periods import Month
from klientbro.products.reconciliation.closing import refuse_when_closed
from klientbro.products.reconciliation.models import Attachment, DocumentedLine, Note
from klientbro.products.reconciliation.written import Written
from klientbro.tenants.models import User

TEXT_LENGTH = 200
NOTE_LENGTH = 4000


@dataclass(slots=True)
class Documentation:
    """Everything that documents one account in one month. Attachments come without content."""

    lines: list[DocumentedLine] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    removed_attachments: list[Attachment] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def total(self) -> Decimal | None:
        """The sum of the lines, ledger sign; None when there are none."""
        return sum((line.amount for line in self.lines), ZERO) if self.lines else None

    @property
    def mark(self) -> str:
        """Changes when a line or an attachment does; '' when there is nothing."""
        if not self.lines and not self.attachments:
            return ""
        digest = hashlib.sha256()
        for line in sorted(self.lines, key=lambda each: str(each.public_id)):
            digest.update(f"{line.public_id}:{line.amount:f};".encode())
        for attachment in sorted(self.attachments, key=lambda each: each.sha256):
            digest.update(f"{attachment.sha256};".encode())
        return digest.hexdigest()

    @property
    def open_notes(self) -> int:
        return sum(1 for note in self.notes if note.state == Note.State.OPEN)


def documentation_of(written: Written) -> dict[str, Documentation]:
    """The month's documentation by account."""
    found: dict[str, Documentation] = defaultdict(Documentation)
    for line in written.lines:
        found[line.account_id].lines.append(line)
    for attachment in written.attachments:
        held = found[attachment.account_id]
        is_there = attachment.removed_at is None
        (held.attachments if is_there else held.removed_attachments).append(attachment)
    for note in written.notes:
        found[note.account_id].notes.append(note)
    return found


def add_line(
    client_id: int,
    account_id: str,
    month: Month,
    text: str,
    amount: Decimal,
    *,
    by: User,
    is_carried: bool = False,
    voucher_no: int | None = None,
    source: str = "",
) -> DocumentedLine:
    """Adds a line. RefusedError for an empty text or a closed month."""
    text = hide_national_ids(" ".join(text.split()))
    if not text:
        raise RefusedError(_("Write what the amount is."), field="text")
    if len(text) > TEXT_LENGTH:
        raise RefusedError(
            _("The text is too long. Use at most %(most)s characters.") % {"most": TEXT_LENGTH},
            field="text",
        )
    with transaction.atomic():
        refuse_when_closed(client_id, month)
        return DocumentedLine.objects.create(
            firm_id=current_firm_id(),
            client_id=client_id,
            account_id=account_id,
            month=month.first_day,
            text=text,
            amount=amount,
            is_carried=is_carried,
            voucher_no=voucher_no,
            source=source,
            added_by=by,
        )


def remove_line(client_id: int, line_id: UUID, *, by: User) -> DocumentedLine | None:
    """Marks a line as removed; None when it was removed already or is not there."""
    with transaction.atomic():
        line = (
            DocumentedLine.objects.select_for_update()
            .filter(client_id=client_id, public_id=line_id, removed_at=None)
            .first()
        )
        if line is None:
            return None
        refuse_when_closed(client_id, Month.of(line.month))
        line.removed_at, line.removed_by = timezone.now(), by
        line.save(update_fields=["removed_at", "removed_by"])
        return line


def carry_forward(client_id: int, month: Month, *, by: User, without: Collection[str] = ()) -> int:
    """Brings last month's carried lines into the month; how many. Unresolved notes come by
    themselves.

    Twice, or from two pages at once, brings each once. without: rows whose lines are settled by
    now and are left behind (see timing.py).
    """
    before = month.previous()
    with transaction.atomic():
        refuse_when_closed(client_id, month)
        carried = DocumentedLine.objects.filter(
            client_id=client_id, month=before.first_day, is_carried=True, removed_at=None
        )
        there = set(
            DocumentedLine.objects.filter(
                client_id=client_id, month=month.first_day, carried_from__isnull=False
            ).values_list("carried_from_id", flat=True)
        )
        settled = set(without) - {""}
        new = [
            DocumentedLine(
                firm_id=line.firm_id,
                client_id=client_id,
                account_id=line.account_id,
                month=month.first_day,
                text=line.text,
                amount=line.amount,
                voucher_no=line.voucher_no,
                source=line.source,
                is_carried=True,
                carried_from=line,
                added_by=by,
            )
            for line in carried
            if line.pk not in there and line.source not in settled
        ]
        DocumentedLine.objects.bulk_create(new, ignore_conflicts=True)
        return len(new)


def write_note(
    client_id: int,
    account_id: str,
    month: Month,
    text: str,
    *,
    by: User,
    must_be_resolved: bool = False,
    assignee_id: int | None = None,
) -> Note:
    """A comment, or a note somebody must resolve before the account is reviewed."""
    text = hide_national_ids(text.strip())
    if not text:
        raise RefusedError(_("Write a comment first."), field="text")
    return Note.objects.create(
        firm_id=current_firm_id(),
        client_id=client_id,
        account_id=account_id,
        month=month.first_day,
        text=text[:NOTE_LENGTH],
        state=Note.State.OPEN if must_be_resolved else Note.State.COMMENT,
        assignee_id=assignee_id,
        written_by=by,
    )


def resolve_note(client_id: int, note_id: UUID, *, by: User) -> bool:
    """Marks a note as resolved; False when it was, or was only a comment."""
    now = timezone.now()
    return bool(
        Note.objects.filter(client_id=client_id, public_id=note_id, state=Note.State.OPEN).update(
            state=Note.State.RESOLVED, resolved_at=now, resolved_by=by
        )
    )
