"""Wages and what follows them: withheld tax, employer's tax, holiday pay.

Source: norwegian-accounting.md §11, §14. Withheld tax follows each pay day from 2026 and two-month
terms before; employer's tax the 15th after two months; holiday pay in the holiday month.
What is posted takes the place of what was expected, month by month.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from statistics import median_low

from klientbro.domain.client_facts import ClientFacts
from klientbro.domain.deadlines.payroll import (
    PAY_DAY_RULE_FROM,
    withheld_tax,
    withheld_tax_of_term,
)
from klientbro.domain.deadlines.payroll import employers_tax as employers_tax_deadline
from klientbro.domain.liquidity.duties import LATE_DAYS, SMALLEST_REST, Duties, Duty
from klientbro.domain.liquidity.lines import (
    Certainty,
    Found,
    Kind,
    Notice,
    Reason,
    bank_day,
)
from klientbro.domain.money import ZERO, round_to_ore
from klientbro.domain.periods import Month, month_range
from klientbro.domain.rates.employers_tax import EMPLOYERS_TAX, AgaZone, employers_tax
from klientbro.domain.rates.holiday_pay import HOLIDAY_PAY
from klientbro.domain.rates.tables import RateNotKnownError

PATTERN_MONTHS = 6
# Wages of a passed pay day that nobody has posted are waited for this long.
GRACE_DAYS = 10
# 25 days of holiday are taken off a month's pay of 26 days: what is left of it [assumed].
PAY_LEFT_IN_HOLIDAY_MONTH = Decimal(1) / Decimal(26)
_TERM_MONTHS = 2


@dataclass(frozen=True, slots=True)
class PayrollPattern:
    """What the last months' payroll lets one expect: a month's gross, and the share withheld.

    holiday_share: the part of an ordinary month that is paid in the holiday month.
    """

    facts: ClientFacts
    gross: Decimal
    withheld_share: Decimal
    holiday_share: Decimal
    holiday_share_is_assumed: bool
    months: int


@dataclass(frozen=True, slots=True)
class PayrollChoices:
    """What a person has set; None follows the client's facts or the history."""

    pay_day: int | None = None
    gross: Decimal | None = None
    is_off: bool = False


def learn_payroll(
    duties: Duties,
    facts: ClientFacts,
    choices: PayrollChoices,
    pay_days: Sequence[date],
    start: date,
) -> tuple[PayrollPattern | None, Notice | None]:
    """The pattern of the last six months with payroll, the holiday month left out.

    pay_days: days on which net wages left the bank; their usual day of the month is the pay day
    where nobody has told one.
    """
    if choices.is_off:
        return None, None
    this = Month.of(start)
    months = [
        month
        for month in month_range(this.plus(-12), this)
        if duties.moved(Duty.GROSS, month) > 0 and month.month != facts.holiday_pay_month
    ][-PATTERN_MONTHS:]
    expects = facts.has_payroll or choices.gross is not None
    is_recent = bool(months) and months[-1] >= this.plus(-2)
    if not is_recent and choices.gross is None:
        return None, Notice.NO_PAYROLL_HISTORY if expects else None
    day = choices.pay_day or facts.pay_day
    if day is None and pay_days:
        day = median_low(each.day for each in pay_days)
    if day is None:
        return None, Notice.NO_PAY_DAY
    gross = choices.gross
    if gross is None:
        gross = median_low(sorted(duties.moved(Duty.GROSS, month) for month in months))
    total = sum((duties.moved(Duty.GROSS, month) for month in months), ZERO)
    withheld = sum((-duties.moved(Duty.WITHHELD, month) for month in months), ZERO)
    share = withheld / total if total > 0 else Decimal("0.30")
    holiday, is_assumed = _holiday_share(duties, facts, gross, this)
    pattern = PayrollPattern(
        facts=replace(facts, has_payroll=True, pay_day=day),
        gross=gross,
        withheld_share=min(max(share, ZERO), Decimal("0.6")),
        holiday_share=holiday,
        holiday_share_is_assumed=is_assumed,
        months=len(months),
    )
    return pattern, None


def payroll_lines(
    duties: Duties,
    pattern: PayrollPattern | None,
    facts: ClientFacts,
    start: date,
    until: date,
) -> Found:
    """Net wages, withheld tax, employer's tax and holiday pay from start to the last day."""
    found = Found()
    months = list(month_range(Month.of(start).plus(-2), Month.of(until)))
    gross = {month: _gross(duties, pattern, month, start) for month in months}
    holiday = _holiday_pay(duties, pattern, start, until, found)
    _wages(duties, pattern, gross, start, until, found)
    _withheld(duties, pattern, gross, start, until, found)
    _employers_tax(duties, pattern, facts, gross, holiday, start, until, found)
    return found


def _gross(
    duties: Duties, pattern: PayrollPattern | None, month: Month, start: date
) -> tuple[Decimal, bool]:
    """The month's gross, and whether it is posted. Nothing is expected of months long past."""
    posted = duties.moved(Duty.GROSS, month)
    if posted > 0:
        return posted, True
    if pattern is None:
        return ZERO, False
    paid = pattern.facts.pay_date(month)
    if paid is None or paid < start - timedelta(days=GRACE_DAYS):
        return ZERO, False
    share = pattern.holiday_share if month.month == pattern.facts.holiday_pay_month else Decimal(1)
    return round_to_ore(pattern.gross * share), False


def _wages(
    duties: Duties,
    pattern: PayrollPattern | None,
    gross: dict[Month, tuple[Decimal, bool]],
    start: date,
    until: date,
    found: Found,
) -> None:
    owed = duties.owed(Duty.WAGES)
    posted = [month for month, (_, is_posted) in gross.items() if is_posted]
    if owed > 0 and posted:
        month = posted[-1]
        nominal = pattern.facts.pay_date(month) if pattern else None
        day = bank_day(nominal or start, start)
        late = nominal is not None and nominal < start
        found.lines.append(
            duties.line(
                Duty.WAGES,
                f"wages:{month.key}",
                day,
                -owed,
                Kind.WAGES,
                Reason.LATE_DUTY if late else Reason.WAGES_POSTED,
                certainty=Certainty.POSTED,
                nominal=nominal,
                facts=(("month", month.key),),
            )
        )
    elif owed > SMALLEST_REST:
        found.left_out.append(duties.unexplained(Duty.WAGES, owed))
    if pattern is None:
        return
    for month, (amount, is_posted) in gross.items():
        paid = pattern.facts.pay_date(month)
        if is_posted or not amount or paid is None or paid > until:
            continue
        net = amount - round_to_ore(amount * pattern.withheld_share)
        found.lines.append(
            duties.line(
                Duty.GROSS,
                f"wages:{month.key}",
                bank_day(paid, start),
                -net,
                Kind.WAGES,
                Reason.WAGES_EXPECTED,
                certainty=Certainty.RULE,
                nominal=paid,
                facts=(
                    ("month", month.key),
                    ("gross", str(amount)),
                    ("months", str(pattern.months)),
                    *_holiday_fact(pattern, month),
                ),
            )
        )


def _withheld(
    duties: Duties,
    pattern: PayrollPattern | None,
    gross: dict[Month, tuple[Decimal, bool]],
    start: date,
    until: date,
    found: Found,
) -> None:
    """Posted and owed: by the rule of its pay day. Expected: the same, for each coming pay day."""
    left = duties.owed(Duty.WITHHELD)
    for month in sorted(gross, reverse=True):
        amount, is_posted = gross[month]
        if not is_posted or left <= 0:
            continue
        part = min(left, -duties.moved(Duty.WITHHELD, month))
        if part <= 0:
            continue
        nominal = _withheld_due(pattern, month)
        if nominal < start - timedelta(days=LATE_DAYS):
            continue
        left -= part
        found.lines.append(
            duties.line(
                Duty.WITHHELD,
                f"withheld:{month.key}",
                bank_day(nominal, start),
                -part,
                Kind.WITHHELD_TAX,
                Reason.LATE_DUTY if nominal < start else Reason.WITHHELD_POSTED,
                certainty=Certainty.POSTED,
                nominal=nominal,
                facts=(("month", month.key), ("duty", Duty.WITHHELD.value)),
            )
        )
    if left > SMALLEST_REST:
        found.left_out.append(duties.unexplained(Duty.WITHHELD, left))
    if pattern is None:
        return
    for month, (amount, is_posted) in gross.items():
        paid = pattern.facts.pay_date(month)
        if is_posted or not amount or paid is None:
            continue
        nominal = _withheld_due(pattern, month)
        part = round_to_ore(amount * pattern.withheld_share)
        if nominal > until or not part:
            continue
        found.lines.append(
            duties.line(
                Duty.WITHHELD,
                f"withheld:{month.key}",
                bank_day(nominal, start),
                -part,
                Kind.WITHHELD_TAX,
                Reason.WITHHELD_EXPECTED,
                certainty=Certainty.RULE,
                nominal=nominal,
                facts=(
                    ("month", month.key),
                    ("paid", paid.isoformat()),
                    ("share", str(round(pattern.withheld_share * 100))),
                ),
            )
        )


def _withheld_due(pattern: PayrollPattern | None, month: Month) -> date:
    paid = pattern.facts.pay_date(month) if pattern else None
    if paid is None:
        paid = month.last_day
    if paid < PAY_DAY_RULE_FROM:
        return withheld_tax_of_term(paid.year, (paid.month + 1) // _TERM_MONTHS).due
    return withheld_tax(paid).due


def _employers_tax(
    duties: Duties,
    pattern: PayrollPattern | None,
    facts: ClientFacts,
    gross: dict[Month, tuple[Decimal, bool]],
    holiday: dict[Month, Decimal],
    start: date,
    until: date,
    found: Found,
) -> None:
    """Term by term, the newest first: what is posted and still owed, and the rate of the rest."""
    left = duties.owed(Duty.AGA)
    first = Month.of(start).plus(-3)
    terms = sorted(
        {
            (month.year, (month.month + 1) // _TERM_MONTHS)
            for month in month_range(first, Month.of(until))
        },
        reverse=True,
    )
    used: dict[int, Decimal] = {}
    lines = []
    for year, number in terms:
        deadline = employers_tax_deadline(year, number)
        months = tuple(
            month_range(Month.of(deadline.term.first_day), Month.of(deadline.term.last_day))
        )
        posted = min(
            max(left, ZERO), max(ZERO, -sum((duties.moved(Duty.AGA, m) for m in months), ZERO))
        )
        if deadline.due < start - timedelta(days=LATE_DAYS):
            continue
        left -= posted
        basis = sum((gross[m][0] for m in months if m in gross and not gross[m][1]), ZERO) + sum(
            (holiday.get(m, ZERO) for m in months), ZERO
        )
        expected = ZERO
        if basis and deadline.due >= start:
            expected = _tax_of(basis, facts, deadline.term.last_day, used, found)
        if not posted and not expected:
            continue
        late = deadline.due < start
        is_known = not expected
        lines.append(
            duties.line(
                Duty.AGA,
                f"aga:{deadline.term.key}",
                bank_day(deadline.due, start),
                -(posted + expected),
                Kind.EMPLOYERS_TAX,
                Reason.LATE_DUTY if late else Reason.AGA_TERM,
                certainty=Certainty.POSTED if is_known else Certainty.RULE,
                nominal=deadline.nominal,
                facts=(
                    ("term", deadline.term.key),
                    ("posted", str(posted)),
                    ("basis", str(basis)),
                    ("zone", facts.aga_zone.value),
                    ("duty", Duty.AGA.value),
                ),
            )
        )
    found.lines += [line for line in lines if (line.nominal or line.day) <= until]
    if left > SMALLEST_REST:
        found.left_out.append(duties.unexplained(Duty.AGA, left))


def _tax_of(
    basis: Decimal, facts: ClientFacts, day: date, used: dict[int, Decimal], found: Found
) -> Decimal:
    try:
        known = EMPLOYERS_TAX.at_or_last_known(day)
    except RateNotKnownError:
        known = EMPLOYERS_TAX.at_or_last_known(EMPLOYERS_TAX.first_day)
    if known.is_assumed and facts.aga_zone is not AgaZone.V:
        found.notices[Notice.RATE_ASSUMED] = str(day.year)
    tax = employers_tax(
        basis,
        facts.aga_zone,
        known.value,
        allowance_used=used.get(day.year, ZERO),
        is_finance=facts.pays_finance_tax,
    )
    used[day.year] = used.get(day.year, ZERO) + tax.allowance_used
    return tax.amount


def _holiday_pay(
    duties: Duties, pattern: PayrollPattern | None, start: date, until: date, found: Found
) -> dict[Month, Decimal]:
    """Paid in the holiday month, for last year: what stands on 2940, or is earned this year.

    Answers with what is paid by month: employer's tax of it falls in the term of payment.
    """
    paid_out: dict[Month, Decimal] = {}
    if pattern is None:
        return paid_out
    facts = pattern.facts
    for year in range(start.year, until.year + 1):
        month = Month(year, facts.holiday_pay_month)
        paid = facts.pay_date(month)
        if paid is None or paid < start or paid > until or duties.moved(Duty.GROSS, month) > 0:
            continue
        basis = ZERO
        if year == start.year:
            this_year = sum(
                (
                    duties.moved(Duty.HOLIDAY, m)
                    for m in month_range(Month(year, 1), Month.of(start))
                ),
                ZERO,
            )
            amount = duties.owed(Duty.HOLIDAY) + min(this_year, ZERO)
        else:
            basis = _earned_in(duties, pattern, start, year - 1)
            rates = HOLIDAY_PAY.at_or_last_known(date(year - 1, 12, 31)).value
            amount = round_to_ore(basis * rates.of(facts.holiday_weeks))
        if amount <= 0:
            continue
        paid_out[month] = amount
        found.lines.append(
            duties.line(
                Duty.HOLIDAY,
                f"holiday:{year - 1}",
                bank_day(paid, start),
                -amount,
                Kind.HOLIDAY_PAY,
                Reason.HOLIDAY_PAY,
                certainty=Certainty.RULE,
                nominal=paid,
                facts=(("year", str(year - 1)), ("basis", str(basis) if basis else "")),
            )
        )
    return paid_out


def _earned_in(duties: Duties, pattern: PayrollPattern, start: date, year: int) -> Decimal:
    """Gross of the year: what is posted, and the pattern for the months to come."""
    total = ZERO
    for number in range(1, 13):
        month = Month(year, number)
        amount, _posted = _gross(duties, pattern, month, start)
        total += amount
    return total


def _holiday_share(
    duties: Duties, facts: ClientFacts, gross: Decimal, this: Month
) -> tuple[Decimal, bool]:
    """How much of ordinary pay the last holiday month had; else what 25 days off leave of it."""
    last = Month(this.year, facts.holiday_pay_month)
    if last >= this:
        last = last.plus(-12)
    seen = duties.moved(Duty.GROSS, last)
    if seen > 0 and gross > 0 and last > duties.since:
        return min(seen / gross, Decimal(1)), False
    return PAY_LEFT_IN_HOLIDAY_MONTH, True


def _holiday_fact(pattern: PayrollPattern, month: Month) -> tuple[tuple[str, str], ...]:
    if month.month != pattern.facts.holiday_pay_month:
        return ()
    return (("holiday", "assumed" if pattern.holiday_share_is_assumed else "seen"),)
