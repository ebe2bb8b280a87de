"""A client's month in Avstemming: every account with its plan, its truth and its signatures.

Everything is worked out when it is shown, from one landing: a signature is compared with the books
as they stand, so nothing that has moved can look green.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from klientbro.clients.models import Client
from klientbro.clients.services.facts import facts_for_rules
from klientbro.domain.accounts import Account, AccountId, AccountType
from klientbro.domain.client_facts import ClientFacts as RuleFacts
from klientbro.domain.money import ZERO
from klientbro.domain.periods import MONTHS_IN_YEAR, Month, Period
from klientbro.domain.reconciliation.methods import Method
from klientbro.domain.reconciliation.payroll import (
    HOLIDAY_PAY_DUE,
    HOLIDAY_PAY_PAID,
    EarnedHolidayPay,
)
from klientbro.domain.reconciliation.sign_offs import (
    Change,
    SignedPosting,
    Snapshot,
    compare_snapshots,
    is_suspended,
)
from klientbro.ledger.queries import trial_balance_of
from klientbro.ledger.queries.payroll import PayrollYear, payroll_years
from klientbro.ledger.queries.reconciling import (
    ChartAccount,
    Touched,
    chart,
    credited_by_day,
    is_proved,
    items_at,
    touched_since,
)
from klientbro.ledger.rows import BooksState
from klientbro.products.reconciliation.documentation import Documentation, documentation_of
from klientbro.products.reconciliation.models import ClosedPeriod, SignOff
from klientbro.products.reconciliation.plan import Plan, plans_of
from klientbro.products.reconciliation.progress import Counts
from klientbro.products.reconciliation.statements import statement_balances
from klientbro.products.reconciliation.truths import (
    CREDITED,
    CREDITED_MONTHS,
    Grounds,
    Truth,
    truth_of,
)
from klientbro.products.reconciliation.vat_term import VatGround, is_vat_account, vat_ground
from klientbro.products.reconciliation.written import written_for


class LineState(StrEnum):
    """Where an account stands in the month."""

    LEFT_OUT = "left_out"
    NOT_DUE = "not_due"
    WAITING = "waiting"  # the truth is not known yet
    DIFFERS = "differs"
    READY = "ready"  # agrees, not signed
    TO_REVIEW = "to_review"
    REVIEWED = "reviewed"
    SUSPENDED = "suspended"
    RETURNED = "returned"


@dataclass(slots=True)
class Line:
    """One account of the month. Amounts in the ledger's sign."""

    account: Account
    plan: Plan
    is_due: bool
    opening: Decimal
    closing: Decimal
    truth: Truth
    documentation: Documentation
    prepared: SignOff | None = None
    reviewed: SignOff | None = None
    returned: SignOff | None = None
    changes: tuple[Change, ...] = ()
    changed_at: datetime | None = None
    history: list[SignOff] = field(default_factory=list)

    @property
    def difference(self) -> Decimal | None:
        """Balance less what documents it; None while that is not known."""
        return None if self.truth.amount is None else self.closing - self.truth.amount

    @property
    def agrees(self) -> bool:
        """Within the materiality, and what the truth itself allows."""
        difference = self.difference
        if difference is None:
            return False
        return abs(difference) <= max(self.plan.materiality, self.truth.tolerance)

    @property
    def is_suspended(self) -> bool:
        return self.prepared is not None and is_suspended(self.changes)

    @property
    def causes(self) -> tuple[Change, ...]:
        """The changes that suspend, the balance first."""
        return tuple(change for change in self.changes if change.suspends)

    @property
    def state(self) -> LineState:
        if self.plan.is_left_out:
            return LineState.LEFT_OUT
        if self.prepared is not None:
            if self.is_suspended:
                return LineState.SUSPENDED
            return LineState.REVIEWED if self.reviewed is not None else LineState.TO_REVIEW
        if not self.is_due:
            return LineState.NOT_DUE
        if self.returned is not None:
            return LineState.RETURNED
        if self.difference is None:
            return LineState.WAITING
        return LineState.READY if self.agrees else LineState.DIFFERS

    @property
    def counts(self) -> bool:
        """Whether the account is part of the month's work."""
        return self.state not in (LineState.LEFT_OUT, LineState.NOT_DUE)


@dataclass(frozen=True, slots=True)
class MonthSheet:
    """All accounts of a client's month, from one landing."""

    client_id: int
    month: Month
    books: BooksState
    lines: tuple[Line, ...]
    is_proved: bool
    is_locked: bool
    closed: ClosedPeriod | None
    grounds: Grounds | None = None
    newest_sign_off: int | None = None  # of the whole month, whatever accounts are shown
    elsewhere: tuple[SignOff, ...] = ()  # signed on accounts that this chart has never had

    def line(self, account_id: str) -> Line | None:
        return next((line for line in self.lines if line.account.id == account_id), None)

    @property
    def counts(self) -> Counts:
        """What the lists show of the month."""
        states = [line.state for line in self.lines if line.counts]
        return Counts(
            to_do=len(states),
            prepared=sum(
                state in (LineState.TO_REVIEW, LineState.REVIEWED, LineState.SUSPENDED)
                for state in states
            ),
            reviewed=states.count(LineState.REVIEWED),
            suspended=states.count(LineState.SUSPENDED),
            differing=states.count(LineState.DIFFERS),
        )


def month_sheet(
    client: Client, books: BooksState, month: Month, *, only: AccountId | None = None
) -> MonthSheet | None:
    """The month, None before the ledger can say anything of it. A fixed number of statements.

    only: an account whose line alone is made; what only others rest on is not read. The caller
    reads it in one landing (practice/books' read_client does).
    """
    balance = trial_balance_of(books, Period(month, month), include_unused=True)
    if balance is None or not books.is_covered(month):
        return None
    written = written_for(client.pk, month)
    charted = chart(books.connection_id, month)
    accounts = [each for each in charted if not each.is_closed or each.account.id in written.worked]
    year = books.year_of(month)
    year_start = year.first_month.month if year else 1
    plans = plans_of(written, accounts)
    documentation = documentation_of(written)
    openings: dict[str, Decimal] = {}
    closings: dict[str, Decimal] = {}
    for row in balance.rows:
        if row.account is None or row.figures.closing is None:
            continue
        openings[row.account.id] = row.figures.opening or ZERO
        closings[row.account.id] = row.figures.closing
    rules = facts_for_rules(written.facts, year_start)
    shown = accounts if only is None else [each for each in accounts if each.account.id == only]
    grounds = Grounds(
        month=month,
        year_end=year.end if year else None,
        facts=rules,
        closings=closings,
        accounts={each.account.id: each for each in accounts},
        items=items_at(books.connection_id, month.last_day),
        statements=statement_balances(client.pk, month.last_day),
        documentation=documentation,
        vat=_vat_ground(books, rules, month, shown, plans),
        credited=_credited(books, month, shown),
        holiday=_holiday(books, month, shown),
    )
    signed = _signatures(written.sign_offs)
    lines = [
        Line(
            account=each.account,
            plan=plans[each.account.id],
            is_due=plans[each.account.id].frequency.is_due_in(month, year_start),
            opening=openings.get(each.account.id, ZERO),
            closing=closings.get(each.account.id, ZERO),
            truth=truth,
            documentation=documentation.get(each.account.id, Documentation()),
            history=signed.get(each.account.id, []),
        )
        for each, truth in (
            (each, truth_of(each, plans[each.account.id], grounds)) for each in shown
        )
        if _belongs(each, plans[each.account.id], closings, openings, documentation, signed)
        or _is_missed(each, truth)
    ]
    proved = is_proved(books.connection_id, month)
    locked = books.lock_date is not None and books.lock_date >= month.last_day
    for line in lines:
        _place_signatures(line)
    _compare(lines, books, month, is_proved_now=proved, is_locked_now=locked)
    return MonthSheet(
        client_id=client.pk,
        month=month,
        books=books,
        lines=tuple(lines),
        is_proved=proved,
        is_locked=locked,
        closed=written.closed,
        grounds=grounds,
        newest_sign_off=max((each.pk for each in written.sign_offs), default=None),
        elsewhere=_elsewhere(signed, charted),
    )


def _vat_ground(
    books: BooksState,
    facts: RuleFacts,
    month: Month,
    accounts: Sequence[ChartAccount],
    plans: Mapping[str, Plan],
) -> VatGround | None:
    """What the VAT accounts rest on, where the client has any."""
    if not any(
        plans[each.account.id].method is Method.VAT and is_vat_account(each.account.number)
        for each in accounts
    ):
        return None
    return vat_ground(books.connection_id, facts, month, books.covered_from)


def _credited(
    books: BooksState, month: Month, accounts: Sequence[ChartAccount]
) -> list[tuple[str, date, Decimal]] | None:
    """What withheld tax and employer's tax were credited lately, where the client has them."""
    if not any(each.account.number.strip().startswith(CREDITED) for each in accounts):
        return None
    first = month.plus(1 - CREDITED_MONTHS).first_day
    return credited_by_day(books.connection_id, CREDITED, first, month.last_day)


def _holiday(
    books: BooksState, month: Month, accounts: Sequence[ChartAccount]
) -> EarnedHolidayPay | None:
    """What holiday pay has been earned and paid, where the client has any and the year is held."""
    first = date(month.year, 1, 1)
    prefixes = (HOLIDAY_PAY_DUE, HOLIDAY_PAY_PAID)
    is_held = books.covered_from is not None and books.covered_from <= first
    if not is_held or not any(
        each.account.number.strip().startswith(prefixes) for each in accounts
    ):
        return None
    before = date(month.year - 1, 1, 1)
    years = payroll_years(books.connection_id, before, month.first_day)
    this = years.get(month.year, PayrollYear())
    last = years.get(month.year - 1, PayrollYear())
    if not any((this.due, this.cost, last.due, last.cost)):
        return None  # nothing is put aside in the ledger: a list is needed
    if this.wages and not this.cost and month.month < MONTHS_IN_YEAR:
        return None  # put aside once a year, in December: until then nobody can say what is right
    is_last_held = books.covered_from is not None and books.covered_from <= before
    return EarnedHolidayPay(this.wages, this.cost, this.due, last.wages if is_last_held else None)


def _belongs(
    each: ChartAccount,
    plan: Plan,
    closings: Mapping[str, Decimal],
    openings: Mapping[str, Decimal],
    documentation: Mapping[str, Documentation],
    signed: Mapping[str, Sequence[SignOff]],
) -> bool:
    """Balance-sheet accounts in use, and any that a person has chosen, documented or signed."""
    id_ = each.account.id
    if plan.source == "client" or id_ in documentation or id_ in signed:
        return True
    if not each.account.type.is_balance_sheet:
        return False
    return bool(closings.get(id_)) or bool(openings.get(id_)) or each.has_postings


def _is_missed(each: ChartAccount, truth: Truth) -> bool:
    """A balance-sheet account nobody has used, that should hold something all the same."""
    return each.account.type.is_balance_sheet and truth.is_automatic and bool(truth.amount)


def _signatures(sign_offs: Sequence[SignOff]) -> dict[str, list[SignOff]]:
    """Every signature of the month by account, oldest first."""
    found: dict[str, list[SignOff]] = {}
    for sign_off in sign_offs:
        found.setdefault(sign_off.account_id, []).append(sign_off)
    return found


def _elsewhere(
    signed: Mapping[str, Sequence[SignOff]], accounts: Sequence[ChartAccount]
) -> tuple[SignOff, ...]:
    """The last signature on each account that only another accounting system's chart had."""
    known = {each.account.id for each in accounts}
    return tuple(held[-1] for id_, held in sorted(signed.items()) if id_ not in known)


def _place_signatures(line: Line) -> None:
    """The newest of each kind that still counts: a return or withdrawal takes both away."""
    for sign_off in line.history:
        if sign_off.step == SignOff.Step.PREPARED:
            line.prepared, line.reviewed, line.returned = sign_off, None, None
        elif sign_off.step == SignOff.Step.REVIEWED:
            line.reviewed = sign_off
        else:
            is_return = sign_off.step == SignOff.Step.RETURNED
            line.prepared, line.reviewed = None, None
            line.returned = sign_off if is_return else None


def _compare(
    lines: Sequence[Line],
    books: BooksState,
    month: Month,
    *,
    is_proved_now: bool,
    is_locked_now: bool,
) -> None:
    """What has changed under each signature. Two statements for all of them."""
    signed = [line for line in lines if line.prepared is not None]
    if not signed:
        return
    landings = {
        line.account.id: _rules(line).landing
        for line in signed
        # what was signed in the newest landing cannot have moved since
        if _rules(line).snapshot.get("connection") == books.connection_id
        and _rules(line).landing < books.landing
    }
    touched = touched_since(books.connection_id, landings, month)
    for line in signed:
        before = snapshot_of(line, month, touched.before.get(line.account.id, ()))
        now = current_snapshot(line, month, touched, is_proved_now, is_locked_now)
        line.changes = compare_snapshots(before, now, touched.elsewhere)
        line.changed_at = touched.at.get(line.account.id)


def _rules(line: Line) -> SignOff:
    """The signature that the comparison begins from: the review when there is one."""
    found = line.reviewed or line.prepared
    if found is None:
        raise ValueError("the account has no signature")
    return found


def snapshot_of(line: Line, month: Month, postings: Sequence[SignedPosting] = ()) -> Snapshot:
    """What was signed, from the signature's own record."""
    stored = _rules(line).snapshot
    total = stored.get("subledger_total")
    return Snapshot(
        account_id=line.account.id,
        number=stored["number"],
        name=stored["name"],
        type=AccountType(stored["type"]),
        first_day=month.first_day,
        last_day=month.last_day,
        opening=Decimal(stored["opening"]),
        closing=Decimal(stored["closing"]),
        postings=tuple(postings),
        subledger_total=Decimal(total) if total is not None else None,
        statement=stored["statement"],
        documentation=stored["documentation"],
        method=stored["method"],
        is_locked=stored["is_locked"],
        is_proved=stored["is_proved"],
    )


def current_snapshot(
    line: Line, month: Month, touched: Touched | None, is_proved_now: bool, is_locked_now: bool
) -> Snapshot:
    """The same as it stands now; of the postings only those that differ."""
    return Snapshot(
        account_id=line.account.id,
        number=line.account.number,
        name=line.account.name,
        type=line.account.type,
        first_day=month.first_day,
        last_day=month.last_day,
        opening=line.opening,
        closing=line.closing,
        postings=touched.after.get(line.account.id, ()) if touched else (),
        subledger_total=line.truth.subledger,
        statement=line.truth.statement,
        documentation=line.documentation.mark,
        method=line.plan.method.value,
        is_locked=is_locked_now,
        is_proved=is_proved_now,
    )
