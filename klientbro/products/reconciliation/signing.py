"""Signing accounts: preparer, reviewer, return and withdrawal, each bound to what was signed.

Two people at once: the account's month is locked while one signs, and the page's own view of the
figures must be the present one, so nobody signs what they have not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.national_id import hide_national_ids
from klientbro.domain.reconciliation.sign_offs import Change, snapshot_hash
from klientbro.products.reconciliation.closing import refuse_when_closed
from klientbro.products.reconciliation.models import SignOff, Suspension
from klientbro.products.reconciliation.progress import write_progress
from klientbro.products.reconciliation.sheet import (
    Line,
    LineState,
    MonthSheet,
    current_snapshot,
)
from klientbro.tenants.models import User


@dataclass(frozen=True, slots=True)
class Seen:
    """What the person saw when they pressed: the hash of the account's figures."""

    account_id: str
    mark: str


def mark_of(sheet: MonthSheet, line: Line) -> str:
    """The figures of the account as a short text, for the form that signs it."""
    return snapshot_hash(
        current_snapshot(line, sheet.month, None, sheet.is_proved, sheet.is_locked)
    )[:24]


def prepare(sheet: MonthSheet, seen: Sequence[Seen], comment: str, *, by: User) -> int:
    """Signs accounts as prepared. How many; RefusedError names the first that cannot be.

    A difference beyond the materiality, or a document that is required and missing, needs a
    comment; then the signature says so.
    """
    signed = 0
    with transaction.atomic():
        _lock(sheet)
        refuse_when_closed(sheet.client_id, sheet.month)
        for line in _lines(sheet, seen):
            if line.state is LineState.TO_REVIEW or line.state is LineState.REVIEWED:
                continue  # somebody was here first; signing again would take the review away
            _check_ground(line, comment)
            _write(sheet, line, SignOff.Step.PREPARED, by, comment)
            signed += 1
    return signed


def review(
    sheet: MonthSheet,
    seen: Sequence[Seen],
    comment: str,
    *,
    by: User,
    may_review_own: bool = False,
) -> int:
    """Signs accounts as reviewed. The reviewer is another than the preparer, unless the firm has
    one person only."""
    signed = 0
    with transaction.atomic():
        _lock(sheet)
        refuse_when_closed(sheet.client_id, sheet.month)
        for line in _lines(sheet, seen):
            if line.state is LineState.REVIEWED:
                continue
            if line.prepared is None:
                raise RefusedError(
                    _("%(account)s has not been prepared yet.") % {"account": _name(line)}
                )
            if line.state is LineState.SUSPENDED:
                raise RefusedError(
                    _("%(account)s has changed since it was prepared. Prepare it again first.")
                    % {"account": _name(line)}
                )
            if line.prepared.by_id == by.pk and not may_review_own:
                raise RefusedError(
                    _("You prepared %(account)s yourself. Another person must review it.")
                    % {"account": _name(line)}
                )
            if line.documentation.open_notes:
                raise RefusedError(
                    _("%(account)s has a note that is not resolved.") % {"account": _name(line)}
                )
            _write(sheet, line, SignOff.Step.REVIEWED, by, comment)
            signed += 1
    return signed


def send_back(sheet: MonthSheet, account_id: str, comment: str, *, by: User) -> None:
    """Returns an account to its preparer; the comment says why."""
    if not comment.strip():
        raise RefusedError(_("Write what must be done before it is sent back."), field="comment")
    with transaction.atomic():
        _lock(sheet)
        refuse_when_closed(sheet.client_id, sheet.month)
        line = _line(sheet, account_id)
        if line.prepared is None:
            raise RefusedError(
                _("%(account)s has not been prepared yet.") % {"account": _name(line)}
            )
        _write(sheet, line, SignOff.Step.RETURNED, by, comment)


def withdraw(sheet: MonthSheet, account_id: str, *, by: User) -> None:
    """Takes one's own signature back; it stays in the history."""
    with transaction.atomic():
        _lock(sheet)
        refuse_when_closed(sheet.client_id, sheet.month)
        line = _line(sheet, account_id)
        newest = line.reviewed or line.prepared
        if newest is None:
            return
        if newest.by_id != by.pk:
            raise RefusedError(
                _("%(person)s signed this. Send it back instead.") % {"person": newest.by or "–"}
            )
        _write(sheet, line, SignOff.Step.WITHDRAWN, by, "")


def sign_empty_accounts(sheet: MonthSheet) -> int:
    """Signs accounts at zero at both ends of the month that are held against nothing else.

    Always marked as automatic, and only where the firm has asked for it.
    """
    signed = 0
    with transaction.atomic():
        _lock(sheet)
        if sheet.closed is not None:
            return 0
        refuse_when_closed(sheet.client_id, sheet.month)  # closed since the sheet was read
        for line in sheet.lines:
            is_empty = not line.opening and not line.closing and not line.documentation.lines
            if is_empty and line.counts and line.prepared is None:
                _write(sheet, line, SignOff.Step.PREPARED, None, "", is_automatic=True)
                _write(sheet, line, SignOff.Step.REVIEWED, None, "", is_automatic=True)
                signed += 1
    return signed


def note_suspensions(sheet: MonthSheet) -> list[Suspension]:
    """Writes each new cause under each signature once; those that are new, to be told of."""
    found = [
        Suspension(
            firm_id=current_firm_id(),
            sign_off=line.reviewed or line.prepared,
            cause=change.kind.value,
            detail={
                "before": change.before,
                "after": change.after,
                "voucher": change.voucher,
            },
        )
        for line in sheet.lines
        if line.is_suspended
        for change in _one_of_each(line)
    ]
    held = set(
        Suspension.objects.filter(sign_off__in=[each.sign_off_id for each in found]).values_list(
            "sign_off_id", "cause"
        )
    )
    new = [each for each in found if (each.sign_off_id, each.cause) not in held]
    Suspension.objects.bulk_create(new, ignore_conflicts=True)
    write_progress(sheet.client_id, sheet.month.first_day, sheet.counts)
    return new


def _one_of_each(line: Line) -> list[Change]:
    """The first change of each kind."""
    return list({change.kind: change for change in reversed(line.causes)}.values())


def _check_ground(line: Line, comment: str) -> None:
    if line.difference is None and not comment.strip():
        raise RefusedError(
            _("%(account)s has nothing that documents it. Add a line or write a comment.")
            % {"account": _name(line)},
            field="comment",
        )
    if not line.agrees and not comment.strip():
        raise RefusedError(
            _("%(account)s has a difference. Explain it in a comment.") % {"account": _name(line)},
            field="comment",
        )
    if line.plan.needs_document and not line.documentation.attachments and not comment.strip():
        raise RefusedError(
            _("%(account)s must have a document. Attach one, or write why there is none.")
            % {"account": _name(line)},
            field="comment",
        )


def _lines(sheet: MonthSheet, seen: Sequence[Seen]) -> list[Line]:
    found = []
    for each in seen:
        line = _line(sheet, each.account_id)
        if mark_of(sheet, line) != each.mark:
            raise RefusedError(
                _("%(account)s has changed since you loaded the page. Look at it again.")
                % {"account": _name(line)},
                code="stale",
            )
        found.append(line)
    return found


def _line(sheet: MonthSheet, account_id: str) -> Line:
    line = sheet.line(account_id)
    if line is None:
        raise RefusedError(_("The account is no longer there. Load the page again."), code="gone")
    return line


def _write(
    sheet: MonthSheet,
    line: Line,
    step: SignOff.Step,
    by: User | None,
    comment: str,
    *,
    is_automatic: bool = False,
) -> None:
    snapshot = current_snapshot(line, sheet.month, None, sheet.is_proved, sheet.is_locked)
    total = snapshot.subledger_total
    SignOff.objects.create(
        firm_id=current_firm_id(),
        client_id=sheet.client_id,
        account_id=line.account.id,
        month=sheet.month.first_day,
        step=step,
        is_automatic=is_automatic,
        by=by,
        comment=hide_national_ids(comment.strip()),
        landing=sheet.books.landing,
        balance=line.closing,
        documented=line.truth.amount,
        snapshot={
            "connection": sheet.books.connection_id,
            "number": snapshot.number,
            "name": snapshot.name,
            "type": snapshot.type.value,
            "opening": f"{snapshot.opening:f}",
            "closing": f"{snapshot.closing:f}",
            "subledger_total": f"{total:f}" if total is not None else None,
            "statement": snapshot.statement,
            "documentation": snapshot.documentation,
            "method": snapshot.method,
            "is_locked": snapshot.is_locked,
            "is_proved": snapshot.is_proved,
        },
    )


def _lock(sheet: MonthSheet) -> None:
    """One signature at a time in a client's month. The sheet was read before: signatures written
    meanwhile are found by asking once more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 12))",
            [f"{sheet.client_id} {sheet.month.key}"],
        )
    newest = (
        SignOff.objects.filter(client_id=sheet.client_id, month=sheet.month.first_day)
        .order_by("-pk")
        .values_list("pk", flat=True)
        .first()
    )
    if newest != sheet.newest_sign_off:
        raise RefusedError(
            _("Somebody else has just signed in this month. Load the page again."), code="stale"
        )


def _name(line: Line) -> str:
    return f"{line.account.number} {line.account.name}"
