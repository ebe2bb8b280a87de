"""The period of a page, read from its address and written back to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.http import QueryDict
from django.utils.http import urlencode

from klientbro.domain.periods import FinancialYear, Month, Period, month_range
from klientbro.ledger.rows import BooksState
from klientbro.lib.dates import oslo_date

YEAR_TO_DATE = "hittil"
SINGLE_MONTH = "maned"
WHOLE_YEAR = "aar"


@dataclass(frozen=True, slots=True)
class ChosenPeriod:
    """A month, shown alone, with the year up to it, or with the whole year.

    In the address: `til=2026-10&vis=hittil`.
    """

    month: Month
    view: str
    year: FinancialYear
    first: Month
    last: Month

    @property
    def period(self) -> Period:
        match self.view:
            case "maned":
                return Period(self.month, self.month)
            case "aar":
                return self.year.period
        return Period(self.year.first_month, self.month)

    @property
    def is_month(self) -> bool:
        return self.view == SINGLE_MONTH

    @property
    def previous(self) -> Month | None:
        return self.month.previous() if self.month > self.first else None

    @property
    def next(self) -> Month | None:
        return self.month.next() if self.month < self.last else None

    def months(self) -> tuple[Month, ...]:
        """Every month that can be chosen, newest first."""
        return tuple(reversed(tuple(month_range(self.first, self.last))))

    def query(self, *, month: Month | None = None, view: str | None = None, **more: str) -> str:
        """The address of the same page for another month or view."""
        values = {"til": (month or self.month).key, "vis": view or self.view} | more
        return "?" + urlencode({name: value for name, value in values.items() if value})


def chosen_period(
    books: BooksState,
    asked: QueryDict,
    today: date,
    views: Iterable[str] = (YEAR_TO_DATE, SINGLE_MONTH),
) -> ChosenPeriod:
    """The period asked for; without one, the month our figures stand in.

    A month outside the books is moved to the nearest inside, so that an old address still answers.
    """
    as_of = oslo_date(books.as_of) if books.as_of else today
    newest = Month.of(as_of)
    current = _year_of(books, newest)
    first = books.first_month or newest
    last = max(current.last_month, books.last_month or newest)
    month = _month(asked.get("til", "")) or newest
    month = min(max(month, first), last)
    allowed = list(views)
    view = asked.get("vis", "")
    return ChosenPeriod(
        month=month,
        view=view if view in allowed else allowed[0],
        year=_year_of(books, month),
        first=first,
        last=last,
    )


def _month(text: str) -> Month | None:
    try:
        return Month.parse(text)
    except ValueError:
        return None


def _year_of(books: BooksState, month: Month) -> FinancialYear:
    """The books' own year; a calendar year where the source has not said."""
    return books.year_of(month) or FinancialYear.of_months(
        Month(month.year, 1), Month(month.year, 12)
    )


@dataclass(frozen=True, slots=True)
class PeriodLinks:
    """The ways to other periods and views of the same page, and to the page without a filter."""

    previous: str
    next: str
    views: tuple[tuple[str, str], ...]
    kept: tuple[tuple[str, str], ...]
    without_filter: str


def period_links(asked: QueryDict, chosen: ChosenPeriod, views: Iterable[str]) -> PeriodLinks:
    """Links that keep the filter of the address and begin at the first page."""
    kept = tuple(
        (name, value)
        for name, value in asked.items()
        if name not in ("til", "vis", "side") and isinstance(value, str) and value
    )

    def link(month: Month, view: str) -> str:
        return "?" + urlencode({"til": month.key, "vis": view} | dict(kept))

    return PeriodLinks(
        previous=link(chosen.previous, chosen.view) if chosen.previous else "",
        next=link(chosen.next, chosen.view) if chosen.next else "",
        views=tuple((view, link(chosen.month, view)) for view in views),
        kept=(("vis", chosen.view), *kept),
        without_filter=chosen.query(),
    )
