"""What the ledger's queries answer with: frozen records, no database behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from klientbro.domain.accounts import AccountId, AccountType
from klientbro.domain.money import ZERO
from klientbro.domain.periods import FinancialYear, Month, Period


@dataclass(frozen=True, slots=True)
class BooksState:
    """A client's books as they stand: whose they are, how far they reach, as of when.

    as_of: when the last complete run was published; figures never say more than that.
    covered_from: first day of the unbroken history held; earlier periods are missing, not zero.
    last_month: the last month with postings, which may lie ahead of today.
    """

    connection_id: int
    connection_public_id: UUID
    client_id: int
    system: str
    is_active: bool
    is_deleted: bool
    deactivated_at: datetime | None
    stage: str
    landing: int
    complete_landing: int
    as_of: datetime | None
    conversion_date: date | None
    year_end_month: int
    currency: str
    lock_date: date | None
    covered_from: date | None
    anchor_date: date | None
    is_anchored_at_conversion: bool
    results_restart: bool
    postings: int
    last_month: Month | None
    years: tuple[FinancialYear, ...]

    @property
    def is_usable(self) -> bool:
        """Whether this year has landed, so that there are figures to show."""
        return self.stage != "new" and self.anchor_date is not None

    @property
    def is_fetching_history(self) -> bool:
        """Whether older periods are still to come."""
        return self.is_usable and not self.is_anchored_at_conversion

    @property
    def is_stopped(self) -> bool:
        """Whether nothing new comes: deactivated, or the integration removed."""
        return not self.is_active

    @property
    def first_month(self) -> Month | None:
        """The first month the source has books for, fetched or not."""
        day = self.conversion_date or self.covered_from
        return Month.of(day) if day else None

    def is_covered(self, month: Month) -> bool:
        """Whether every posting of the month is held, or the books had not begun."""
        if self.covered_from is None:
            return False
        return self.is_anchored_at_conversion or month.first_day >= self.covered_from

    def year_of(self, month: Month) -> FinancialYear | None:
        """The financial year the month is in."""
        return next((year for year in self.years if month in year.period), None)


class MonthState(StrEnum):
    """Where a month stands against the source, as a mark on the strip shows it."""

    SEALED = "sealed"
    DIFFERS = "differs"
    MOVING = "moving"  # the source changed while it was compared: tried again
    UNPROVED = "unproved"
    OPEN = "open"  # the month has not ended
    AHEAD = "ahead"
    MISSING = "missing"  # history still to be fetched
    BEFORE = "before"  # before the books began


@dataclass(frozen=True, slots=True)
class Seal:
    """The record that a month equals the source. `movement`: opening is the source's own."""

    id: int
    month: Month
    kind: str
    landing: int
    sealed_at: datetime
    accounts: int
    postings: int
    undisposed: Decimal
    sheet_hash: str


@dataclass(frozen=True, slots=True)
class MonthMark:
    """One month on the strip."""

    month: Month
    state: MonthState
    proved_at: datetime | None = None
    seal: Seal | None = None
    changed_after_lock: bool = False
    difference_count: int = 0

    @property
    def is_sealed(self) -> bool:
        return self.state is MonthState.SEALED


@dataclass(frozen=True, slots=True)
class AccountDifference:
    """An account where the source and our copy stand apart at a month's end."""

    account_id: AccountId
    number: str
    name: str
    ours: Decimal
    source: Decimal

    @property
    def amount(self) -> Decimal:
        """What our copy lacks: source less ours."""
        return self.source - self.ours


@dataclass(frozen=True, slots=True)
class ProofDetails:
    """What the last proof of a month said."""

    month: Month
    state: MonthState
    proved_at: datetime | None
    changed_after_lock: bool
    differences: tuple[AccountDifference, ...]
    seal: Seal | None

    @property
    def sum_of_differences(self) -> Decimal:
        return sum((difference.amount for difference in self.differences), ZERO)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account of the chart, with how it stands there now."""

    id: AccountId
    number: str
    name: str
    type: AccountType
    is_active: bool
    agriculture_department: str
    control: str | None


@dataclass(frozen=True, slots=True)
class PostingFilter:
    """What a reader narrowed postings down by. Empty: everything."""

    text: str = ""
    number: Decimal | None = None  # a number searched for: a voucher number or an amount
    smallest: Decimal | None = None
    largest: Decimal | None = None
    voucher_no: int | None = None
    department: str = ""
    project: str = ""

    @property
    def is_empty(self) -> bool:
        return self == PostingFilter()


@dataclass(frozen=True, slots=True)
class PostingRow:
    """A posting on an account. `balance` is None when filtered or when history is missing."""

    source_id: str
    posting_date: date
    voucher_id: str
    voucher_no: int
    voucher_type: str
    text: str
    party: str
    vat_code: str
    department: str
    project: str
    currency: str
    currency_amount: Decimal | None
    amount: Decimal
    balance: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PostingPage:
    """One page of an account's postings in a period.

    opening and closing are the account's balances around the period, None where not fetched.
    total_amount is the movement, or the sum of what the filter let through.
    """

    account: AccountRow
    period: Period
    opening: Decimal | None
    closing: Decimal | None
    rows: tuple[PostingRow, ...]
    page: int
    pages: int
    total_rows: int
    total_amount: Decimal
    brought_forward: Decimal | None  # balance before the page's first row
    is_filtered: bool
    is_whole: bool  # every month of the period is held


@dataclass(frozen=True, slots=True)
class VoucherReference:
    """Another voucher, by number and id."""

    voucher_id: str
    voucher_no: int
    posting_date: date | None = None


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """One line of a voucher."""

    source_id: str
    account_id: AccountId
    account_number: str
    account_name: str
    posting_date: date
    text: str
    party_kind: str
    party_no: str
    party: str
    vat_code: str
    vat_name: str
    vat_rate: Decimal | None
    vat_amount: Decimal | None
    department: str
    project: str
    currency: str
    currency_amount: Decimal | None
    amount: Decimal

    @property
    def posting_month(self) -> Month:
        return Month.of(self.posting_date)

    @property
    def debit(self) -> Decimal | None:
        return self.amount if self.amount > 0 else None

    @property
    def credit(self) -> Decimal | None:
        return -self.amount if self.amount < 0 else None


@dataclass(frozen=True, slots=True)
class LateChange:
    """A voucher that came to a month after it was locked or sealed, or its VAT return filed.

    reason: lock, seal or vat_return. lock_opening: whether we saw that the lock had been opened.
    """

    id: int
    landing: int
    month: Month
    voucher_id: str
    voucher_no: int
    reason: str
    source_created_at: datetime | None
    late_after: datetime
    lock_date: date | None
    result_effect: Decimal
    found_at: datetime
    term_first: date | None = None
    term_last: date | None = None
    vat_return_no: int | None = None
    vat_return_id: str | None = None
    lock_opening: str | None = None

    @property
    def result_better(self) -> Decimal:
        """How much higher the month's result became: income is credit, so the sign turns."""
        return ZERO - self.result_effect


@dataclass(frozen=True, slots=True)
class VoucherMonth:
    """A month a voucher has lines in, and how that month stands."""

    month: Month
    state: MonthState
    seals: tuple[Seal, ...]
    locked_at: datetime | None  # when we first saw a lock date that covers it


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher with everything that belongs to it. `is_gone`: no longer in the source."""

    voucher_id: str
    voucher_no: int
    series: str
    type: str
    voucher_date: date | None
    text: str
    is_reversed: bool
    is_gone: bool
    lines: tuple[VoucherLine, ...]
    reverses: tuple[VoucherReference, ...]
    reversed_by: tuple[VoucherReference, ...]
    corrects: tuple[VoucherReference, ...]
    corrected_by: tuple[VoucherReference, ...]
    same_number: tuple[VoucherReference, ...]
    previous: VoucherReference | None
    next: VoucherReference | None
    months: tuple[VoucherMonth, ...]
    late_changes: tuple[LateChange, ...]
    created_at: datetime | None
    changed_at: datetime | None
    first_seen_at: datetime | None
    last_seen_change_at: datetime | None

    @property
    def debit(self) -> Decimal:
        return sum((line.amount for line in self.lines if line.amount > 0), ZERO)

    @property
    def credit(self) -> Decimal:
        return -sum((line.amount for line in self.lines if line.amount < 0), ZERO)

    @property
    def difference(self) -> Decimal:
        return self.debit - self.credit

    @property
    def balances(self) -> bool:
        return self.difference == ZERO


@dataclass(frozen=True, slots=True)
class VoucherFilter:
    """What a reader narrowed vouchers down by. A number finds it in any period."""

    text: str = ""
    number: int | None = None
    type: str = ""


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """A voucher in a list, with its lines of the period."""

    voucher_id: str
    voucher_no: int
    series: str
    type: str
    posting_date: date
    text: str
    lines: int
    amount: Decimal  # sum of its debit lines
    is_reversed: bool
    is_reversal: bool
    is_late: bool


@dataclass(frozen=True, slots=True)
class VoucherPage:
    rows: tuple[VoucherRow, ...]
    page: int
    pages: int
    total_rows: int


@dataclass(frozen=True, slots=True)
class LateChangePage:
    rows: tuple[LateChange, ...]
    page: int
    pages: int
    total_rows: int


@dataclass(frozen=True, slots=True)
class BalanceEffect:
    """What one landing did to an account's balance at a month's end."""

    account_id: AccountId
    number: str
    name: str
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class ItemTotal:
    """Open items of one side, and the control accounts at the same date (None when unknown)."""

    side: str
    as_of: date
    taken_at: datetime
    items: int
    total: Decimal
    control_total: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        return None if self.control_total is None else self.total - self.control_total


@dataclass(frozen=True, slots=True)
class Findings:
    """Answers to a quick search in one client's books."""

    accounts: tuple[AccountRow, ...]
    vouchers: tuple[VoucherReference, ...]
