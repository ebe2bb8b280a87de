"""A client's month as documentation under bokføringsloven § 11: what the PDF and the sheet say.

Every text is put in words here, once, so that both files say the same. Nothing is stored: the file
is made from one landing while it is asked for, and says as of when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from klientbro.clients.services.facts import people_of_firm
from klientbro.ledger.queries import month_marks
from klientbro.ledger.rows import Seal
from klientbro.lib.dates import format_date, format_time, oslo_date, to_oslo
from klientbro.practice.books.access import ClientPage
from klientbro.practice.pages import month_name
from klientbro.products.reconciliation.models import Note, SignOff
from klientbro.products.reconciliation.sheet import Line, LineState, MonthSheet
from klientbro.products.reconciliation.texts import (
    change_words,
    frequency_names,
    method_names,
    risk_names,
    state_words,
    truth_words,
)

HASH_SHOWN = 16


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature: who, when, and what it was bound to."""

    step: str
    by: str
    at: datetime
    balance: Decimal
    documented: Decimal | None
    landing: int
    comment: str


@dataclass(frozen=True, slots=True)
class AccountPart:
    """One account of the month. Amounts in the ledger's sign; None is not known."""

    number: str
    name: str
    method: str
    frequency: str
    truth: str
    truth_as_of: date | None
    assignee: str
    risk: str
    materiality: Decimal
    opening: Decimal
    closing: Decimal
    documented: Decimal | None
    difference: Decimal | None
    state: str
    is_worked: bool
    left_out_reason: str = ""
    prepared: Signed | None = None
    reviewed: Signed | None = None
    history: Sequence[Signed] = ()
    causes: Sequence[str] = ()
    lines: Sequence[tuple[str, Decimal]] = ()
    attachments: Sequence[tuple[str, str]] = ()
    notes: Sequence[tuple[str, str, str]] = ()
    # what the difference consists of; see period_findings.py
    findings: Sequence[tuple[str, Decimal]] = ()

    @property
    def is_documented(self) -> bool:
        """Whether anybody has written, attached or signed anything."""
        return bool(self.lines or self.attachments or self.notes or self.history)


@dataclass(frozen=True, slots=True)
class PeriodFile:
    """The whole period."""

    firm: str
    client: str
    orgnr: str
    period: str
    first_day: date
    last_day: date
    as_of: datetime | None
    system: str
    seal: Seal | None
    is_sealed: bool
    closed: str
    made_at: datetime
    made_by: str
    accounts: Sequence[AccountPart]

    @property
    def worked(self) -> list[AccountPart]:
        """Accounts of the month's work."""
        return [each for each in self.accounts if each.is_worked]

    @property
    def rest(self) -> list[AccountPart]:
        """Accounts left out or not due, with why."""
        return [each for each in self.accounts if not each.is_worked]


def period_file(page: ClientPage, sheet: MonthSheet, made_at: datetime, made_by: str) -> PeriodFile:
    """Everything the files say of the month. Three statements beyond the sheet's own."""
    (mark,) = month_marks(sheet.books, sheet.month, sheet.month, page.today)
    people = {person.pk: str(person) for person in people_of_firm()}
    closed = sheet.closed
    return PeriodFile(
        firm=page.client.firm.name,
        client=page.client.name,
        orgnr=page.client.orgnr or "",
        period=month_name(sheet.month),
        first_day=sheet.month.first_day,
        last_day=sheet.month.last_day,
        as_of=sheet.books.as_of,
        system=page.system_name,
        seal=mark.seal,
        is_sealed=mark.is_sealed,
        closed=_("Closed %(when)s by %(person)s")
        % {"when": moment(closed.closed_at), "person": closed.closed_by or "–"}
        if closed
        else "",
        made_at=made_at,
        made_by=made_by,
        accounts=[_account(line, people) for line in sheet.lines],
    )


def moment(at: datetime | None) -> str:
    """«18.11.2026 kl. 14:02», in Oslo."""
    if at is None:
        return "–"
    return f"{format_date(oslo_date(at))} {format_time(to_oslo(at))}"


def seal_words(found: PeriodFile) -> str:
    """Whether the month stands proved equal to the source, and by which seal."""
    if not found.is_sealed or found.seal is None:
        return _("The figures are not reconciled with the source.")
    return _(
        "Reconciled with the source to the øre %(when)s. Seal %(number)s, checksum %(hash)s."
    ) % {
        "when": moment(found.seal.sealed_at),
        "number": found.seal.id,
        "hash": found.seal.sheet_hash[:HASH_SHOWN],
    }


def signed_words(signed: Signed) -> str:
    """«Utført av Kari 18.11.2026 kl. 14:02: saldo 1 234,50, landing 12» without the amount."""
    return _("%(step)s by %(person)s %(when)s, bound to landing %(landing)s") % {
        "step": signed.step,
        "person": signed.by,
        "when": moment(signed.at),
        "landing": signed.landing,
    }


def _account(line: Line, people: dict[int, str]) -> AccountPart:
    return AccountPart(
        number=line.account.number,
        name=line.account.name,
        method=method_names()[line.plan.method.value],
        frequency=frequency_names()[line.plan.frequency.value],
        truth=truth_words(line.truth.code),
        truth_as_of=line.truth.as_of,
        assignee=people.get(line.plan.assignee_id or 0, ""),
        risk=risk_names().get(line.plan.risk, ""),
        materiality=line.plan.materiality,
        opening=line.opening,
        closing=line.closing,
        documented=line.truth.amount,
        difference=line.difference,
        state=state_words(line).text,
        is_worked=line.counts,
        left_out_reason=line.plan.left_out_reason if line.state is LineState.LEFT_OUT else "",
        prepared=_signed(line.prepared),
        reviewed=_signed(line.reviewed),
        history=[each for each in map(_signed, line.history) if each is not None],
        causes=[change_words(change) for change in line.causes],
        lines=[(each.text, each.amount) for each in line.documentation.lines],
        attachments=[(each.name, each.sha256) for each in line.documentation.attachments],
        notes=[_note(each) for each in line.documentation.notes],
    )


def _signed(sign_off: SignOff | None) -> Signed | None:
    if sign_off is None:
        return None
    return Signed(
        step=str(sign_off.get_step_display()),
        by=_("Klientbro, automatically") if sign_off.is_automatic else str(sign_off.by or "–"),
        at=sign_off.at,
        balance=sign_off.balance,
        documented=sign_off.documented,
        landing=sign_off.landing,
        comment=sign_off.comment,
    )


def _note(note: Note) -> tuple[str, str, str]:
    """Who wrote it and when, what, and whether it is resolved."""
    who = f"{note.written_by or '–'} {moment(note.written_at)}"
    return who, note.text, str(note.get_state_display())
