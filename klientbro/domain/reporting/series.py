"""A few lines month by month, for charts: income, costs and result, this year and last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from klientbro.domain.money import ZERO
from klientbro.domain.periods import MONTHS_IN_YEAR, Month, Period
from klientbro.domain.report_lines import LineMapping
from klientbro.domain.reporting.books import MonthBooks

_INCOME = frozenset({"sales", "other_operating_income"})
_OUTSIDE_THE_RESULT = "appropriations"


@dataclass(frozen=True, slots=True)
class MonthPoint:
    """A month on a chart, shown sign; None where it is not known."""

    month: Month
    income: Decimal | None
    result: Decimal | None
    last_income: Decimal | None
    last_result: Decimal | None


def month_series(
    books: MonthBooks, months: Sequence[Month], mapping: LineMapping
) -> tuple[MonthPoint, ...]:
    """Operating income and net result of each month, and of the same month last year."""
    placed = [
        (account.id, mapping.place(account).line.code)
        for account in books.accounts.values()
        if not account.type.is_balance_sheet
    ]
    income = [id_ for id_, code in placed if code in _INCOME]
    result = [id_ for id_, code in placed if code != _OUTSIDE_THE_RESULT]
    return tuple(
        MonthPoint(
            month,
            _sum(books, income, month),
            _sum(books, result, month),
            _sum(books, income, month.plus(-MONTHS_IN_YEAR)),
            _sum(books, result, month.plus(-MONTHS_IN_YEAR)),
        )
        for month in months
    )


def _sum(books: MonthBooks, accounts: Sequence[str], month: Month) -> Decimal | None:
    """Income is credit in the ledger, so the sign turns."""
    moved = books.movements(accounts, Period(month, month))
    return None if moved is None else ZERO - sum(moved.values(), ZERO)
