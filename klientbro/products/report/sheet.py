"""A client's books as a report needs them: figures, where each month stands, lines and budget."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from klientbro.domain.accounts import AccountId
from klientbro.domain.money import ZERO
from klientbro.domain.periods import (
    LONGEST_YEAR_MONTHS,
    MONTHS_IN_YEAR,
    FinancialYear,
    Month,
    Period,
)
from klientbro.domain.report_lines import LineMapping
from klientbro.domain.reporting.books import MonthBooks
from klientbro.domain.reporting.columns import Column
from klientbro.domain.reporting.grid import RememberedMapping
from klientbro.ledger.queries.months import state_of
from klientbro.ledger.queries.reporting import ProvedMonth, proved_months, report_books
from klientbro.ledger.rows import BooksState, MonthState
from klientbro.practice.lines.services import mapping_of, overrides_for
from klientbro.practice.models import LineRule

_TWO_YEARS_BACK = 2 * MONTHS_IN_YEAR - 1
_NOT_EQUAL = (MonthState.DIFFERS, MonthState.MOVING)
_NOT_PROVED = (MonthState.OPEN, MonthState.UNPROVED, MonthState.AHEAD)


@dataclass(frozen=True, slots=True)
class MonthStanding:
    """Where a month stands against the source.

    result_difference: how much higher the source's result is, for the year so far; None where the
    month does not differ. accounts: how many accounts part.
    """

    month: Month
    state: MonthState
    result_difference: Decimal | None = None
    accounts: int = 0


@dataclass(frozen=True, slots=True)
class ReportSheet:
    """Everything a report page shows of one client, read from one landing."""

    client_id: int
    state: BooksState
    month: Month
    books: MonthBooks
    controls: Mapping[AccountId, str]
    mapping: LineMapping
    marks: Mapping[Month, MonthStanding]
    today: date

    @property
    def year(self) -> FinancialYear:
        return self.books.year_of(self.month)

    def tone(self, period: Period) -> str:
        """The seal of a column: equal to the source in every month, or what is lacking."""
        states = {self.standing(month).state for month in period.months()}
        if states <= {MonthState.SEALED}:
            return "sealed"
        if states & set(_NOT_EQUAL):
            return "unsealed"
        return "open" if states & set(_NOT_PROVED) else "none"

    def column_tone(self, column: Column) -> str:
        return self.tone(column.period) if column.is_known else "none"

    def standing(self, month: Month) -> MonthStanding:
        found = self.marks.get(month)
        if found is not None:
            return found
        return MonthStanding(month, state_of(self.state, month, None, self.today))

    def year_so_far(self) -> tuple[MonthStanding, ...]:
        """Every month of the financial year through the one shown."""
        return tuple(self.standing(one) for one in self.year.months() if one <= self.month)


def year_for(state: BooksState, month: Month) -> FinancialYear:
    """The financial year of the month; a calendar year where the source has not said."""
    return state.year_of(month) or FinancialYear.of_months(
        Month(month.year, 1), Month(month.year, 12)
    )


def report_sheet(
    client_id: int,
    state: BooksState,
    month: Month,
    today: date,
    also: Collection[AccountId] = (),
    years_before: int = 0,
) -> ReportSheet:
    """The client's figures two years back from the month. Three statements.

    also: accounts of a budget, wanted though nothing has moved on them. years_before: more whole
    years, a changed one counted as long as it may be.
    """
    since = month.plus(-_TWO_YEARS_BACK - years_before * LONGEST_YEAR_MONTHS)
    year = state.year_of(month)
    if year is not None:
        since = min(since, year.first_month.plus(-MONTHS_IN_YEAR))
    until = max(month, year.last_month) if year is not None else month
    found = report_books([state], since, until, also)[state.connection_id]
    proofs = proved_months([state.connection_id], since, until)[state.connection_id]
    return ReportSheet(
        client_id,
        state,
        month,
        found.books,
        found.controls,
        RememberedMapping(overrides_for(client_id)),
        {one: _standing(state, one, proof, found.books, today) for one, proof in proofs.items()},
        today,
    )


def mappings_of(client_ids: Collection[int]) -> dict[int, LineMapping]:
    """The mapping of each client: its own rules before the firm's. One statement."""
    own: dict[int, dict[str, str]] = {client_id: {} for client_id in client_ids}
    firm: dict[str, str] = {}
    rules = LineRule.objects.filter(Q(client__in=list(client_ids)) | Q(client=None))
    for owner, prefix, line in rules.values_list("client_id", "prefix", "line"):
        (firm if owner is None else own[owner])[prefix] = line
    return {client_id: RememberedMapping(mapping_of(held, firm)) for client_id, held in own.items()}


def chosen_month(state: BooksState, typed: str, today: date) -> Month:
    """The month asked for, inside the books; without one, the month that has last ended."""
    first, last = month_limits(state, today)
    try:
        wanted = Month.parse(typed)
    except ValueError:
        wanted = Month.of(today).previous()
    return min(max(wanted, first), last)


def month_limits(state: BooksState, today: date) -> tuple[Month, Month]:
    """The first and last month a report can be made for."""
    now = Month.of(today)
    first = state.first_month or now
    year = state.year_of(now)
    last = max(now, state.last_month or now, year.last_month if year else now)
    return min(first, last), last


def months_to_choose(state: BooksState, today: date) -> Sequence[Month]:
    """Every month a report can be made for, newest first."""
    first, last = month_limits(state, today)
    return [last.plus(-back) for back in range(first.months_until(last) + 1)]


def _standing(
    state: BooksState, month: Month, proof: ProvedMonth, books: MonthBooks, today: date
) -> MonthStanding:
    shown = state_of(state, month, proof.state.value, today)
    if shown is not MonthState.DIFFERS:
        return MonthStanding(month, shown)
    result = ZERO
    for account_id, ours, source in proof.differences:
        account = books.accounts.get(account_id)
        if account is not None and not account.type.is_balance_sheet:
            result -= source - ours
    return MonthStanding(month, shown, result, len(proof.differences))
