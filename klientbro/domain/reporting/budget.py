"""A year's budget from last year's figures: ± per cent, with its season or spread evenly.

Every account's year is last year × (1 + per cent), rounded to the øre once. Months are rounded to
the unit chosen; what is over goes on the month that weighs most, so that the twelve sum to the
year to the øre. 100 000 spread evenly in whole hundreds: eleven of 8 300 and one of 8 700.

Last year must be known in full: a month that was not fetched is never taken as zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

from klientbro.domain.accounts import AccountId
from klientbro.domain.money import ORE, ZERO, round_to_ore, sum_amounts
from klientbro.domain.periods import MONTHS_IN_YEAR, FinancialYear, Month, Period
from klientbro.domain.reporting.books import Gap, MonthBooks
from klientbro.lib.errors import KlientbroError

_HUNDRED = Decimal(100)
_ROUNDING = Context(prec=60, rounding=ROUND_HALF_UP)
UNITS = (ORE, Decimal(1), Decimal(100), Decimal(1000))

YearAmounts = Mapping[AccountId, Mapping[Month, Decimal]]


class Spread(StrEnum):
    """How a year is parted into months."""

    SEASON = "season"  # as last year
    EVEN = "even"


@dataclass(frozen=True, slots=True)
class BudgetRule:
    """What a budget is made by. percent: 3 is three per cent more than last year."""

    percent: Decimal = ZERO
    spread: Spread = Spread.SEASON
    unit: Decimal = ORE
    by_prefix: Mapping[str, Decimal] | None = None  # other per cents, by leading digits

    def percent_of(self, number: str) -> Decimal:
        """The account's own per cent: the longest prefix wins."""
        rules = self.by_prefix or {}
        for length in range(len(number), 0, -1):
            if (percent := rules.get(number[:length])) is not None:
                return percent
        return self.percent


class BudgetError(KlientbroError):
    """No budget can be made from last year: months of it are missing, and why."""

    def __init__(self, period: Period, gap: Gap) -> None:
        super().__init__(
            f"{period.first.key} to {period.last.key} has no figures ({gap.value}) to budget from"
        )
        self.period = period
        self.gap = gap


def from_last_year(
    books: MonthBooks, year: FinancialYear, rule: BudgetRule
) -> dict[AccountId, dict[Month, Decimal]]:
    """The year's budget by account and month, ledger sign. Accounts that did not move are left out.

    BudgetError when the twelve months before are not all known.
    """
    months = year.months()
    before = Period(months[0].plus(-MONTHS_IN_YEAR), months[-1].plus(-MONTHS_IN_YEAR))
    # every month of its own: a year taken over in the middle has months that nobody knows
    gap = next((found for one in before.months() if (found := books.gap(Period(one, one)))), None)
    if gap is not None:
        raise BudgetError(before, gap)
    made: dict[AccountId, dict[Month, Decimal]] = {}
    for account in books.accounts.values():
        if account.type.is_balance_sheet:
            continue
        last = [
            books.movement(account.id, Period(month, month)) or ZERO for month in before.months()
        ]
        if not any(last):
            continue
        percent = rule.percent_of(account.number)
        spread = scaled(last, sum_amounts(last), percent, rule.spread, rule.unit)
        made[account.id] = dict(zip(months, spread, strict=True))
    return made


def scaled(
    last_year: Sequence[Decimal], whole: Decimal, percent: Decimal, spread: Spread, unit: Decimal
) -> list[Decimal]:
    """Last year's months raised by the per cent; they sum to the whole year raised."""
    factor = 1 + percent / _HUNDRED
    total = round_to_ore(whole * factor)
    if spread is Spread.EVEN or not any(last_year):
        return spread_total(total, [Decimal(1)] * len(last_year), unit)
    return _closing([month * factor for month in last_year], total, unit)


def spread_total(total: Decimal, weights: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """The total parted by the weights, to the øre; evenly where all weights are nought."""
    sum_of_weights = sum(weights, Decimal(0))
    if sum_of_weights == 0:
        weights, sum_of_weights = [Decimal(1)] * len(weights), Decimal(len(weights))
    return _closing(
        [_ROUNDING.divide(total * weight, sum_of_weights) for weight in weights], total, unit
    )


def _closing(exact: Sequence[Decimal], total: Decimal, unit: Decimal) -> list[Decimal]:
    """Each rounded to the unit; what is over goes on the one that weighs most (the last)."""
    rounded = [_to_unit(amount, unit) for amount in exact]
    over = total - sum_amounts(rounded)
    if over != ZERO:
        heaviest = max(range(len(exact)), key=lambda at: (abs(exact[at]), at))
        rounded[heaviest] += over
    return rounded


def _to_unit(amount: Decimal, unit: Decimal) -> Decimal:
    steps = _ROUNDING.divide(amount, unit).quantize(Decimal(1), None, _ROUNDING)
    return round_to_ore(steps * unit)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A cell two people changed: what this one typed, and what stands there now."""

    account_id: AccountId
    month: Month
    typed: Decimal
    now: Decimal


Cells = Mapping[tuple[AccountId, Month], Decimal]


def merged(
    seen: Cells, now: Cells, typed: Cells
) -> tuple[dict[tuple[AccountId, Month], Decimal], tuple[Conflict, ...]]:
    """What was typed upon `seen`, put into `now`. Cells changed by both are conflicts, not put.

    One person's January and another's March both stand; two Januaries are named.
    """
    result = dict(now)
    conflicts = []
    for cell, amount in typed.items():
        current = now.get(cell, ZERO)
        if current not in (seen.get(cell, ZERO), amount):
            conflicts.append(Conflict(*cell, amount, current))
            continue
        result[cell] = amount
    return result, tuple(conflicts)


def changed_cells(before: Cells, after: Cells) -> Iterable[tuple[AccountId, Month]]:
    """The cells that stand differently; one that is missing is nought."""
    return (
        cell
        for cell in sorted({*before, *after})
        if before.get(cell, ZERO) != after.get(cell, ZERO)
    )
