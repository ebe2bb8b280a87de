"""What payroll accounts should stand at: withheld tax, employer's tax, holiday pay.

Source: norwegian-accounting.md §9 and §11 [S-32][S-33]. All balances in the ledger's sign: debt is
negative. Holiday pay due 120 000 (2940 = −120 000), none paid, zone I: 2781 = −16 920.00; with
2940 −150 000 and 2945 +30 000 the base is 120 000 again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.client_facts import ClientFacts
from klientbro.domain.deadlines.payroll import employers_tax as employers_tax_deadline
from klientbro.domain.deadlines.payroll import withheld_tax as withheld_tax_deadline
from klientbro.domain.money import ZERO, round_to_ore, sum_amounts
from klientbro.domain.periods import Month
from klientbro.domain.rates.employers_tax import EMPLOYERS_TAX
from klientbro.domain.rates.holiday_pay import HOLIDAY_PAY

WITHHELD_TAX = "2600"
EMPLOYERS_TAX_DUE = "2770"
EMPLOYERS_TAX_ON_PAY = "2780"
EMPLOYERS_TAX_ON_HOLIDAY_PAY = "2781"
ACCRUED_PAY = "2930"
HOLIDAY_PAY_DUE = "2940"
HOLIDAY_PAY_PAID = "2945"


class ExpectationRule(StrEnum):
    """How an expected balance was worked out."""

    WITHHELD_REPORTED_LESS_PAID = "withheld_reported_less_paid"
    EMPLOYERS_TAX_REPORTED_LESS_PAID = "employers_tax_reported_less_paid"
    RATE_TIMES_ACCRUED_PAY = "rate_times_accrued_pay"
    RATE_TIMES_HOLIDAY_PAY = "rate_times_holiday_pay"
    HOLIDAY_PAY_OF_BASIS = "holiday_pay_of_basis"
    HOLIDAY_PAY_OF_WAGES = "holiday_pay_of_wages"
    WITHHELD_NOT_YET_DUE = "withheld_not_yet_due"
    EMPLOYERS_TAX_NOT_YET_DUE = "employers_tax_not_yet_due"


@dataclass(frozen=True, slots=True)
class Expectation:
    """An account, what it should stand at and does; `is_assumed_rate`: last year's rate used.

    parts: what the expected balance is the sum of, where it is more than base times rate.
    """

    account: str
    rule: ExpectationRule
    expected: Decimal
    actual: Decimal
    base: Decimal
    rate: Decimal | None = None
    is_assumed_rate: bool = False
    overdue: Decimal = ZERO
    parts: tuple[tuple[str, Decimal], ...] = ()

    @property
    def difference(self) -> Decimal:
        """Actual less expected."""
        return self.actual - self.expected

    def agrees(self, tolerance: Decimal = Decimal("1.00")) -> bool:
        """Within a krone by default: rates are applied per employee in payroll, in sum here."""
        return abs(self.difference) <= tolerance


@dataclass(frozen=True, slots=True)
class Reported:
    """An amount of the a-melding: the pay day and what was withheld, or is owed, by it."""

    pay_date: date
    amount: Decimal


def balance_of(balances: Mapping[str, Decimal], prefix: str) -> Decimal:
    """The sum of accounts whose number begins so: 2940 and 29401."""
    return sum_amounts(
        amount for number, amount in balances.items() if number.strip().startswith(prefix)
    )


def withheld_tax_expectation(
    balances: Mapping[str, Decimal], reported: Iterable[Reported], paid: Decimal, as_of: date
) -> Expectation:
    """2600 = −(withheld by pay days up to the day − paid); what was due before is overdue.

    Withheld 30 000 on 12.06.2026, nothing paid by 30.06.2026: expected −30 000, all overdue.
    """
    known = [one for one in reported if one.pay_date <= as_of]
    owed = sum_amounts(one.amount for one in known) - paid
    due = sum_amounts(
        one.amount for one in known if withheld_tax_deadline(one.pay_date).due < as_of
    )
    rule = ExpectationRule.WITHHELD_REPORTED_LESS_PAID
    return _owed(balances, WITHHELD_TAX, rule, owed, overdue=max(due - paid, ZERO))


def employers_tax_expectation(
    balances: Mapping[str, Decimal], reported: Iterable[Reported], paid: Decimal, as_of: date
) -> Expectation:
    """2770 = −(tax on pay up to the day − paid), with what unpaid terms had due before it."""
    known = [one for one in reported if one.pay_date <= as_of]
    owed = sum_amounts(one.amount for one in known) - paid
    due = sum_amounts(
        one.amount
        for one in known
        if employers_tax_deadline(one.pay_date.year, (one.pay_date.month + 1) // 2).due < as_of
    )
    rule = ExpectationRule.EMPLOYERS_TAX_REPORTED_LESS_PAID
    return _owed(balances, EMPLOYERS_TAX_DUE, rule, owed, overdue=max(due - paid, ZERO))


def not_yet_due(
    balances: Mapping[str, Decimal], account: str, posted: Iterable[Reported], as_of: date
) -> Expectation:
    """2600 or 2770 when everything due has been paid: what is posted and falls due after the day.

    posted: what the ledger itself has credited the account, by day, positive. Withheld 30 000 on
    30.06.2026 falls due on 01.07: 2600 = −30 000 on 30.06. Withheld on 12.06 it should be nothing.
    The day of the posting stands for the pay day, which the ledger does not know [assumed].
    """
    is_withheld = account == WITHHELD_TAX
    due_of = _withheld_due if is_withheld else _employers_tax_due
    owed = sum_amounts(
        one.amount for one in posted if one.pay_date <= as_of and due_of(one.pay_date) > as_of
    )
    rule = (
        ExpectationRule.WITHHELD_NOT_YET_DUE
        if is_withheld
        else ExpectationRule.EMPLOYERS_TAX_NOT_YET_DUE
    )
    actual = balance_of(balances, account)
    expected = ZERO - owed
    return Expectation(account, rule, expected, actual, owed, overdue=max(expected - actual, ZERO))


def _withheld_due(day: date) -> date:
    return withheld_tax_deadline(day).due


def _employers_tax_due(day: date) -> date:
    return employers_tax_deadline(day.year, (day.month + 1) // 2).due


def accrued_employers_tax(
    balances: Mapping[str, Decimal], facts: ClientFacts, as_of: date
) -> tuple[Expectation, ...]:
    """2780 on accrued pay and 2781 on holiday pay not yet paid out, at the client's rate.

    In zone Ia the lower rate is used: the allowance is settled in the a-melding [assumed].
    """
    rate, is_assumed = _rate(facts, as_of)
    holiday = balance_of(balances, HOLIDAY_PAY_DUE) + balance_of(balances, HOLIDAY_PAY_PAID)
    pay = balance_of(balances, ACCRUED_PAY)
    accounts = (
        (EMPLOYERS_TAX_ON_PAY, ExpectationRule.RATE_TIMES_ACCRUED_PAY, pay),
        (EMPLOYERS_TAX_ON_HOLIDAY_PAY, ExpectationRule.RATE_TIMES_HOLIDAY_PAY, holiday),
    )
    return tuple(
        Expectation(
            account,
            rule,
            round_to_ore(base * rate),
            balance_of(balances, account),
            base,
            rate,
            is_assumed,
        )
        for account, rule, base in accounts
    )


def holiday_pay_expectation(
    balances: Mapping[str, Decimal],
    basis: Decimal,
    facts: ClientFacts,
    as_of: date,
    *,
    paid: Decimal = ZERO,
    additions: Decimal = ZERO,
) -> Expectation:
    """2940 with 2945 = −(basis × rate + additions over 60 − paid): 1 000 000 at 12 % is −120 000.

    basis: pay that earns holiday pay and is not paid out yet. additions: from the payroll list,
    since age is known there.
    """
    rate = HOLIDAY_PAY.at(as_of).of(facts.holiday_weeks)
    expected = ZERO - round_to_ore(basis * rate + additions - paid)
    actual = balance_of(balances, HOLIDAY_PAY_DUE) + balance_of(balances, HOLIDAY_PAY_PAID)
    rule = ExpectationRule.HOLIDAY_PAY_OF_BASIS
    return Expectation(HOLIDAY_PAY_DUE, rule, expected, actual, basis, rate)


@dataclass(frozen=True, slots=True)
class EarnedHolidayPay:
    """What the ledger tells of holiday pay in the calendar year up to a day, debit positive.

    wages: what earns it: accounts 50 and 51 but 518. cost: movement on 5180. due: movement on 2940
    and 2945 together. wages_last_year: None where the history does not reach so far back.
    """

    wages: Decimal
    cost: Decimal
    due: Decimal
    wages_last_year: Decimal | None = None

    @property
    def paid(self) -> Decimal:
        """What has left the debt otherwise than by being earned: its movement and 5180's together.

        Earned 10 000 (5180 +10 000, 2940 −10 000) is nothing paid; 30 000 on 2945 is 30 000. Moving
        2945 to 2940 at the year's end is nothing.
        """
        return self.due + self.cost


def holiday_pay_of_wages(
    balances: Mapping[str, Decimal], earned: EarnedHolidayPay, facts: ClientFacts, as_of: date
) -> Expectation:
    """2940 with 2945 = −(rate × last year's wages + rate × this year's − paid this year).

    Wages 1 000 000 last year at 12 %, none paid: −120 000. Last year's 1 250 000 with 30 000 paid
    out on 2945: −120 000 again. Where last year's wages are not held, what stood at the year's
    beginning is taken for last year's. What is left of it after the holiday month is overdue. The
    addition for those over 60 is known to payroll only [assumed: a difference shows it].
    """
    rate = HOLIDAY_PAY.at(as_of).of(facts.holiday_weeks)
    actual = balance_of(balances, HOLIDAY_PAY_DUE) + balance_of(balances, HOLIDAY_PAY_PAID)
    if earned.wages_last_year is None:
        last_year = earned.due - actual  # what stood at the beginning, as a positive debt
    else:
        last_year = round_to_ore(earned.wages_last_year * rate)
    this_year = round_to_ore(earned.wages * rate)
    holiday_month_ended = as_of >= Month(as_of.year, facts.holiday_pay_month).last_day
    left = max(last_year - earned.paid, ZERO) if holiday_month_ended else ZERO
    return Expectation(
        HOLIDAY_PAY_DUE,
        ExpectationRule.HOLIDAY_PAY_OF_WAGES,
        ZERO - (last_year + this_year - earned.paid),
        actual,
        earned.wages,
        rate,
        overdue=left,
        parts=(
            ("last_year", ZERO - last_year),
            ("this_year", ZERO - this_year),
            ("paid", earned.paid),
        ),
    )


def _rate(facts: ClientFacts, as_of: date) -> tuple[Decimal, bool]:
    """The client's rate with finance tax, and whether it is only carried on from last year."""
    rates = EMPLOYERS_TAX.at_or_last_known(as_of)
    rate = rates.value.by_zone[facts.aga_zone]
    if facts.pays_finance_tax:
        rate += rates.value.finance_tax
    return rate, rates.is_assumed


def _owed(
    balances: Mapping[str, Decimal],
    account: str,
    rule: ExpectationRule,
    owed: Decimal,
    *,
    overdue: Decimal,
) -> Expectation:
    actual = balance_of(balances, account)
    return Expectation(account, rule, ZERO - owed, actual, owed, overdue=overdue)
