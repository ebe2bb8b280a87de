"""When a template's task is due: by a deadline of the law, by the pay day, or by the calendar.

Every rule gives terms with lasting keys, so that working them out again finds the same tasks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from klientbro.domain.calendar import last_working_day_by, move_to_working_day
from klientbro.domain.client_facts import ClientFacts
from klientbro.domain.deadlines import DeadlineKind, deadlines_for
from klientbro.domain.periods import MONTHS_IN_YEAR, FinancialYear, Month, month_range

FURTHEST_OFFSET = 60


class Rule(StrEnum):
    """What a due date follows.

    VAT, VAT_REVERSE_CHARGE, A_MELDING: so many days after (negative: before) the deadline.
    PAY_DAY: the same around each month's pay day. MONTHLY, QUARTERLY: that day of the month after
    the period. AFTER_YEAR: that day and month counted from the financial year's end, month 1 the
    first after it.
    """

    VAT = "vat"
    VAT_REVERSE_CHARGE = "vat_reverse_charge"
    A_MELDING = "a_melding"
    PAY_DAY = "pay_day"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    AFTER_YEAR = "after_year"


_DEADLINES = {
    Rule.VAT: DeadlineKind.VAT_RETURN,
    Rule.VAT_REVERSE_CHARGE: DeadlineKind.VAT_REVERSE_CHARGE,
    Rule.A_MELDING: DeadlineKind.A_MELDING,
}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time a rule falls due: for which term, and when."""

    term: str
    first_day: date
    last_day: date
    due: date


def occurrences(
    rule: Rule, facts: ClientFacts, first: date, last: date, *, day: int | None, month: int | None
) -> Iterator[Occurrence]:
    """The times the rule falls due from first to last, both included."""
    for found in _unlimited(rule, facts, first, last, day or 0, month or 1):
        if first <= found.due <= last:
            yield found


def _unlimited(
    rule: Rule, facts: ClientFacts, first: date, last: date, day: int, month: int
) -> Iterator[Occurrence]:
    wide = timedelta(days=FURTHEST_OFFSET)
    months = list(month_range(Month.of(first).plus(-4), Month.of(last).plus(1)))
    if rule in _DEADLINES:
        for deadline in deadlines_for(facts, first - wide, last + wide):
            if deadline.kind is _DEADLINES[rule]:
                term = deadline.term
                yield Occurrence(
                    term.key, term.first_day, term.last_day, _around(deadline.due, day)
                )
    elif rule is Rule.PAY_DAY:
        for each in months:
            paid = facts.pay_date(each)
            if paid is not None:
                yield Occurrence(each.key, each.first_day, each.last_day, _around(paid, day))
    elif rule is Rule.MONTHLY:
        for each in months:
            yield Occurrence(each.key, each.first_day, each.last_day, _day_of(each.next(), day))
    elif rule is Rule.QUARTERLY:
        for each in months:
            if each.month % 3 == 0:
                start = each.plus(-2)
                key = f"{each.year:04}-Q{each.month // 3}"
                yield Occurrence(key, start.first_day, each.last_day, _day_of(each.next(), day))
    else:
        for year in range(first.year - 2, last.year + 1):
            ends = Month(year, facts.year_end_month)
            period = FinancialYear.of_months(ends.plus(1 - MONTHS_IN_YEAR), ends)
            yield Occurrence(f"{year:04}", period.start, period.end, _day_of(ends.plus(month), day))


def _around(day: date, offset: int) -> date:
    """So many days after, moved on; so many before, moved back, so that it stays before."""
    if offset < 0:
        return last_working_day_by(day + timedelta(days=offset))
    return move_to_working_day(day + timedelta(days=offset)).due if offset else day


def _day_of(month: Month, day: int) -> date:
    wanted = date(month.year, month.month, min(max(day, 1), month.last_day.day))
    return move_to_working_day(wanted).due
