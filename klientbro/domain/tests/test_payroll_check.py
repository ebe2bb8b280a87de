"""What payroll accounts should stand at."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from klientbro.domain.client_facts import ClientFacts
from klientbro.domain.rates.employers_tax import AgaZone
from klientbro.domain.rates.holiday_pay import HolidayWeeks
from klientbro.domain.reconciliation.payroll import (
    EarnedHolidayPay,
    Reported,
    accrued_employers_tax,
    employers_tax_expectation,
    holiday_pay_expectation,
    holiday_pay_of_wages,
    withheld_tax_expectation,
)

END = date(2026, 6, 30)
FACTS = ClientFacts()


def sheet(**balances):
    return {number.strip("k"): Decimal(amount) for number, amount in balances.items()}


def test_employers_tax_on_holiday_pay_of_the_worked_example():
    pay, holiday = accrued_employers_tax(sheet(k2940="-120000", k2781="-16920"), FACTS, END)

    assert holiday.expected == Decimal("-16920.00")
    assert holiday.agrees()
    assert not holiday.is_assumed_rate
    assert (pay.account, pay.expected, pay.actual) == ("2780", 0, 0)


def test_holiday_pay_paid_out_leaves_the_base():
    balances = sheet(k2940="-150000", k2945="30000", k2781="-21150", k2930="-10000", k2780="-1410")
    pay, holiday = accrued_employers_tax(balances, FACTS, END)

    assert (holiday.base, holiday.expected) == (-120_000, Decimal("-16920.00"))
    assert holiday.difference == Decimal("-4230.00")
    assert not holiday.agrees()
    assert pay.agrees()


def test_zone_finance_tax_and_next_years_rate():
    facts = ClientFacts(aga_zone=AgaZone.III, pays_finance_tax=True)
    _, holiday = accrued_employers_tax(sheet(k2940="-100000"), facts, date(2027, 1, 31))

    assert holiday.expected == Decimal("-11400.00")
    assert holiday.rate == Decimal("0.114")
    assert holiday.is_assumed_rate


def test_withheld_tax_is_what_is_reported_less_what_is_paid():
    reported = [
        Reported(date(2026, 5, 12), Decimal(28_000)),
        Reported(date(2026, 6, 12), Decimal(30_000)),
        Reported(date(2026, 7, 10), Decimal(31_000)),
    ]

    open_june = withheld_tax_expectation(sheet(k2600="-30000"), reported, Decimal(28_000), END)
    assert open_june.agrees()
    assert open_june.overdue == 30_000
    same_day = withheld_tax_expectation(
        sheet(k2600="-30000"), reported[:2], Decimal(28_000), date(2026, 6, 15)
    )
    assert same_day.overdue == 0


def test_employers_tax_due_follows_the_two_month_terms():
    reported = [
        Reported(date(2026, 4, 12), Decimal(14_100)),
        Reported(date(2026, 6, 12), Decimal(15_000)),
    ]
    check = employers_tax_expectation(sheet(k2770="-29100"), reported, Decimal(0), END)

    assert check.agrees()
    assert check.overdue == 14_100  # due 15.05; May and June fall due 15.07


def test_holiday_pay_liability_of_its_basis():
    check = holiday_pay_expectation(sheet(k2940="-120000"), Decimal(1_000_000), FACTS, END)
    assert check.agrees()

    four_weeks = ClientFacts(holiday_weeks=HolidayWeeks.FOUR_AND_A_DAY)
    shorter = holiday_pay_expectation(
        sheet(k2940="-120000", k2945="20000"),
        Decimal(1_000_000),
        four_weeks,
        END,
        paid=Decimal(20_000),
        additions=Decimal(5_000),
    )
    assert shorter.expected == -87_000
    assert shorter.difference == -13_000


def earned(wages="0", cost="0", due="0", last_year=None):
    years_wages = None if last_year is None else Decimal(last_year)
    return EarnedHolidayPay(Decimal(wages), Decimal(cost), Decimal(due), years_wages)


def test_holiday_pay_of_last_years_wages_stands_until_the_holiday_month():
    # norwegian-accounting.md §11: basis 1 000 000 at 12 % is 120 000
    check = holiday_pay_of_wages(
        sheet(k2940="-120000"), earned(last_year="1000000"), FACTS, date(2026, 1, 31)
    )
    assert check.expected == -120_000
    assert check.agrees()
    assert check.overdue == 0


def test_what_is_paid_out_on_2945_leaves_the_base_of_the_worked_example():
    # §9: 2940 −150 000 and 2945 +30 000 is a debt of 120 000, on which 2781 is 16 920
    balances = sheet(k2940="-150000", k2945="30000")
    check = holiday_pay_of_wages(
        balances, earned(due="30000", last_year="1250000"), FACTS, date(2026, 5, 31)
    )
    assert (check.expected, check.actual) == (-120_000, -120_000)
    tax = accrued_employers_tax(balances, FACTS, date(2026, 5, 31))[1]
    assert tax.expected == Decimal("-16920.00")


def test_earning_this_year_and_clearing_2945_at_the_years_end_are_no_payment():
    # 500 000 in wages: 60 000 on 5180 and 2940. 2945 +30 000 moved to 2940: nothing in sum.
    check = holiday_pay_of_wages(
        sheet(k2940="-60000"),
        earned(wages="500000", cost="60000", due="0", last_year="500000"),
        FACTS,
        date(2026, 12, 31),
    )
    assert check.parts == (("last_year", -60_000), ("this_year", -60_000), ("paid", 60_000))
    assert check.agrees()
    assert check.overdue == 0


def test_what_is_left_of_last_years_after_the_holiday_month_is_overdue():
    last_year = earned(wages="400000", cost="48000", due="52000", last_year="1000000")
    before = holiday_pay_of_wages(sheet(k2940="-68000"), last_year, FACTS, date(2026, 5, 31))
    after = holiday_pay_of_wages(sheet(k2940="-68000"), last_year, FACTS, END)
    assert before.overdue == 0
    assert after.overdue == 20_000  # 100 000 of 120 000 is paid
    assert after.agrees()


def test_four_weeks_earn_at_the_acts_own_rate():
    four_weeks = ClientFacts(holiday_weeks=HolidayWeeks.FOUR_AND_A_DAY)
    check = holiday_pay_of_wages(
        sheet(k2940="-120000"), earned(last_year="1000000"), four_weeks, date(2026, 1, 31)
    )
    assert check.expected == -102_000
    assert check.difference == -18_000


def test_where_last_years_wages_are_not_held_its_closing_balance_stands_for_them():
    check = holiday_pay_of_wages(
        sheet(k2940="-84000"), earned(wages="200000", cost="24000", due="-24000"), FACTS, END
    )
    assert check.parts[0] == ("last_year", -60_000)
    assert check.agrees()
    assert check.overdue == 60_000
