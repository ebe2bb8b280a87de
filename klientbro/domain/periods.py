"""Months, periods and financial years. Years may be short, long or broken, never assumed."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from klientbro.lib.i18n import gettext_noop

MONTHS_IN_YEAR = 12
MONTHS_IN_QUARTER = 3
# The longest year the Accounting Act allows when a business starts or changes its year end.
LONGEST_YEAR_MONTHS = 18

_DAY = timedelta(days=1)
_VAT_MONTHS = {
    "monthly": 1,
    "bi_monthly": 2,
    "quarterly": 3,
    "half_yearly": 6,
    "yearly": MONTHS_IN_YEAR,
}
# Django's own catalogue has the Norwegian names under these sources.
_MONTH_NAMES = (
    gettext_noop("January"),
    gettext_noop("February"),
    gettext_noop("March"),
    gettext_noop("April"),
    gettext_noop("May"),
    gettext_noop("June"),
    gettext_noop("July"),
    gettext_noop("August"),
    gettext_noop("September"),
    gettext_noop("October"),
    gettext_noop("November"),
    gettext_noop("December"),
)


class Month(NamedTuple):
    """A calendar month. A tuple, because a trial balance compares thousands of them."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> Month:
        """The month a day is in."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, key: str) -> Month:
        """Read `2026-10`. ValueError otherwise."""
        return cls.of(date.fromisoformat(f"{key}-01"))

    @property
    def key(self) -> str:
        """`2026-10`: for addresses, sorting and storage."""
        return f"{self.year:04}-{self.month:02}"

    @property
    def name(self) -> str:
        """English source of the month's name, without the year."""
        return _MONTH_NAMES[self.month - 1]

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    def plus(self, months: int) -> Month:
        """The month so many months later, or earlier when negative."""
        years, month = divmod(self.month - 1 + months, MONTHS_IN_YEAR)
        return Month(self.year + years, month + 1)

    def next(self) -> Month:
        return self.plus(1)

    def previous(self) -> Month:
        return self.plus(-1)

    def months_until(self, later: Month) -> int:
        """How many months from this one to the later; negative when it is earlier."""
        return (later.year - self.year) * MONTHS_IN_YEAR + later.month - self.month


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months from `first` to `last`, both included."""

    first: Month
    last: Month

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"period ends before it begins: {self.first.key} to {self.last.key}")

    @property
    def first_day(self) -> date:
        return self.first.first_day

    @property
    def last_day(self) -> date:
        return self.last.last_day

    def months(self) -> tuple[Month, ...]:
        return tuple(month_range(self.first, self.last))

    def __contains__(self, month: Month) -> bool:
        return self.first <= month <= self.last


@dataclass(frozen=True, slots=True)
class FinancialYear:
    """A financial year: whole months, usually twelve."""

    start: date
    end: date
    label: str

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"financial year ends before it begins: {self.start} to {self.end}")
        if self.start != self.first_month.first_day or self.end != self.last_month.last_day:
            raise ValueError(f"financial year is not whole months: {self.start} to {self.end}")

    @classmethod
    def of_months(cls, first: Month, last: Month) -> FinancialYear:
        """The year of these months with its usual label."""
        return cls(first.first_day, last.last_day, year_label(first, last))

    @property
    def first_month(self) -> Month:
        return Month.of(self.start)

    @property
    def last_month(self) -> Month:
        return Month.of(self.end)

    @property
    def period(self) -> Period:
        return Period(self.first_month, self.last_month)

    def months(self) -> tuple[Month, ...]:
        return self.period.months()

    def quarters(self) -> tuple[Period, ...]:
        """Three months at a time from the year's own start; a short year ends with a short one."""
        months = self.months()
        parts = [
            months[at : at + MONTHS_IN_QUARTER] for at in range(0, len(months), MONTHS_IN_QUARTER)
        ]
        return tuple(Period(part[0], part[-1]) for part in parts)

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


def year_label(first: Month, last: Month) -> str:
    """`2025` for a calendar year, `2024/2025` for a broken one, `2025 (01–06)` for a part.

    The months are written for every year not of twelve, since a changed year end can give two
    years in one calendar year.
    """
    years = str(first.year) if first.year == last.year else f"{first.year}/{last.year}"
    if first.months_until(last) == MONTHS_IN_YEAR - 1:
        return years
    return f"{years} ({first.month:02}–{last.month:02})"


def financial_years(
    conversion_date: date, year_end_month: int, until: date
) -> tuple[FinancialYear, ...]:
    """The years from the one containing the conversion date to the one containing `until`.

    The first begins at its ordinary start, also when the books were converted in mid-year: result
    accounts then hold an opening from before the conversion, and it belongs to that whole year.
    """
    last = _year_end_on_or_after(Month.of(conversion_date), year_end_month)
    first_year = FinancialYear.of_months(last.plus(1 - MONTHS_IN_YEAR), last)
    return extend_years((first_year,), year_end_month, until)


def extend_years(
    known: Sequence[FinancialYear], year_end_month: int, until: date
) -> tuple[FinancialYear, ...]:
    """The known years and those that follow, to the one containing `until`.

    After a change of year end the first one that follows is short: known through 31.12.2025 and
    year end June gives 2026 (01–06), then 2026/2027.
    """
    if not known:
        raise ValueError("financial years are extended from at least one known year")
    years = list(known)
    while years[-1].end < until:
        first = years[-1].last_month.next()
        years.append(FinancialYear.of_months(first, _year_end_on_or_after(first, year_end_month)))
    return tuple(years)


def change_year_end(
    known: Sequence[FinancialYear], year_end_month: int, changed_on: date, until: date
) -> tuple[FinancialYear, ...]:
    """The years after a new year-end month was seen on `changed_on`.

    Years that ended before that day stay. The one running then keeps its start and ends at the
    first new year end on or after the day, unless that makes it longer than the law allows; then
    at the one before.
    """
    kept = [year for year in known if year.end < changed_on]
    running = year_containing(known, changed_on)
    if running is not None:
        first = running.first_month
        last = _year_end_on_or_after(Month.of(changed_on), year_end_month)
        if first.months_until(last) >= LONGEST_YEAR_MONTHS:
            last = last.plus(-MONTHS_IN_YEAR)
        kept.append(FinancialYear.of_months(first, last))
    return extend_years(kept, year_end_month, until)


def year_containing(years: Sequence[FinancialYear], day: date) -> FinancialYear | None:
    """The year the day is in, None when it is outside them all."""
    return next((year for year in years if day in year), None)


def vat_term(day: date, vat_period: str | None) -> tuple[date, date]:
    """First and last day of the VAT term a day is in, by the company's way of reporting.

    Ordinary reporting is two-monthly, from January: 15 March lies in 1 March–30 April. What we do
    not know is taken as that.
    """
    if vat_period == "weekly":
        monday = day - day.weekday() * _DAY
        return monday, monday + 6 * _DAY
    month = Month.of(day)
    if vat_period == "half_monthly":
        middle = date(day.year, day.month, 15)
        return (month.first_day, middle) if day <= middle else (middle + _DAY, month.last_day)
    length = _VAT_MONTHS.get(vat_period or "", _VAT_MONTHS["bi_monthly"])
    first = Month(day.year, (day.month - 1) // length * length + 1)
    return first.first_day, first.plus(length - 1).last_day


def month_range(first: Month, last: Month) -> Iterator[Month]:
    """The months from first to last, both included; none when last is earlier."""
    for step in range(first.months_until(last) + 1):
        yield first.plus(step)


def month_ends(first: date, last: date) -> tuple[date, ...]:
    """Every last day of a month from `first` to `last`, both days included."""
    ends = (month.last_day for month in month_range(Month.of(first), Month.of(last)))
    return tuple(end for end in ends if end <= last)


def day_before(day: date) -> date:
    """The day before: openings stand at the end of the day before the first one covered."""
    return day - _DAY


def _year_end_on_or_after(month: Month, year_end_month: int) -> Month:
    if not 1 <= year_end_month <= MONTHS_IN_YEAR:
        raise ValueError(f"no such year-end month: {year_end_month}")
    same_year = Month(month.year, year_end_month)
    return same_year if same_year >= month else Month(month.year + 1, year_end_month)
