"""Rates by date: the worked examples, and refusal of days nobody has looked up."""

from __future__ import annotations

import pickle
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.money import ZERO
from klientbro.domain.rates.employers_tax import EMPLOYERS_TAX, AgaZone, employers_tax
from klientbro.domain.rates.holiday_pay import (
    BASIC_AMOUNT,
    HOLIDAY_PAY,
    HolidayWeeks,
    earns_addition,
    holiday_pay,
)
from klientbro.domain.rates.income_tax import COMPANY_TAX, PERSON_INSTALMENTS
from klientbro.domain.rates.tables import DatedTable, RateNotKnownError
from klientbro.domain.rates.vat import (
    STANDARD_CODES,
    VAT_RATES,
    VatRate,
    VatSide,
    standard_code,
    vat_of,
)

IN_2026 = date(2026, 6, 30)
RATES = EMPLOYERS_TAX.at(IN_2026)
kroner = st.integers(0, 10**11).map(lambda ore: Decimal(ore).scaleb(-2))


def test_table_gives_the_value_of_the_day_it_begins():
    table = DatedTable("fee", ((date(2024, 1, 1), 1), (date(2025, 7, 1), 2)), None, "test")

    assert (table.at(date(2024, 1, 1)), table.at(date(2025, 6, 30))) == (1, 1)
    assert (table.at(date(2025, 7, 1)), table.at(date(2099, 1, 1))) == (2, 2)


def test_day_before_the_table_is_refused_with_what_it_covers():
    with pytest.raises(RateNotKnownError) as caught:
        VAT_RATES.at(date(2017, 12, 31))

    assert str(caught.value) == (
        "No VAT rate is known for 2017-12-31: the table covers 2018-01-01 to 2026-12-31. "
        "Add the new rate with its date and source."
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301


def test_day_past_what_was_checked_is_refused_unless_asked_for_as_assumed():
    with pytest.raises(RateNotKnownError):
        EMPLOYERS_TAX.at(date(2027, 1, 1))
    with pytest.raises(RateNotKnownError):
        EMPLOYERS_TAX.at_or_last_known(date(2024, 12, 31))

    known = EMPLOYERS_TAX.at_or_last_known(date(2027, 1, 1))
    assert known.is_assumed
    assert known.value == RATES
    assert not EMPLOYERS_TAX.at_or_last_known(IN_2026).is_assumed


@pytest.mark.parametrize(
    ("entries", "until"),
    [((), None), (((date(2025, 1, 1), 1), (date(2024, 1, 1), 2)), None)],
)
def test_table_without_rising_dates_is_refused(entries, until):
    with pytest.raises(ValueError, match="rising dates"):
        DatedTable("fee", entries, until, "test")


def test_table_checked_until_before_its_last_entry_is_refused():
    with pytest.raises(ValueError, match="checked until before"):
        DatedTable("fee", ((date(2025, 1, 1), 1),), date(2024, 1, 1), "test")


@pytest.mark.parametrize(
    ("rate", "vat"),
    [
        (VatRate.GENERAL, "25000.00"),
        (VatRate.MIDDLE, "15000.00"),
        (VatRate.LOW, "12000.00"),
        (VatRate.RAW_FISH, "11110.00"),
        (VatRate.ZERO, "0.00"),
    ],
)
def test_vat_of_a_hundred_thousand(rate, vat):
    assert vat_of(Decimal(100_000), rate, IN_2026) == Decimal(vat)


@pytest.mark.parametrize(
    ("day", "rate"),
    [("2020-03-31", "0.12"), ("2020-04-01", "0.06"), ("2021-09-30", "0.06"), ("2021-10-01", ".12")],
)
def test_low_rate_was_halved_in_the_pandemic(day, rate):
    assert VAT_RATES.at(date.fromisoformat(day))[VatRate.LOW] == Decimal(rate)


def test_standard_codes_know_side_rate_and_deduction():
    assert standard_code("3").rate_on(IN_2026) == Decimal("0.25")
    assert standard_code(" 86 ").side is VatSide.REVERSE_CHARGE
    assert (standard_code("86").is_deductible, standard_code("87").is_deductible) == (True, False)
    assert standard_code("52").rate is VatRate.ZERO
    assert standard_code("99") is None
    assert standard_code(None) is None
    assert all(code == entry.code for code, entry in STANDARD_CODES.items())


def test_employers_tax_of_holiday_pay_in_zone_one():
    assert employers_tax(Decimal(120_000), AgaZone.I, RATES).amount == Decimal("16920.00")


@pytest.mark.parametrize(
    ("zone", "tax"),
    [("I", 14100), ("Ia", 10600), ("II", 10600), ("III", 6400), ("IV", 5100), ("IVa", 7900)],
)
def test_employers_tax_by_zone(zone, tax):
    assert employers_tax(Decimal(100_000), AgaZone(zone), RATES).amount == tax
    assert employers_tax(Decimal(100_000), AgaZone.V, RATES).amount == ZERO


def test_zone_one_a_is_taxed_as_zone_one_when_the_allowance_is_used():
    million = Decimal(1_000_000)
    full = employers_tax(million, AgaZone.IA, RATES)
    nearly = employers_tax(million, AgaZone.IA, RATES, allowance_used=Decimal(840_000))
    spent = employers_tax(million, AgaZone.IA, RATES, allowance_used=Decimal(900_000))

    assert (full.amount, full.allowance_used) == (Decimal("106000.00"), Decimal("35000.00"))
    assert (nearly.amount, nearly.allowance_used) == (Decimal("131000.00"), Decimal("10000.00"))
    assert (spent.amount, spent.allowance_used) == (Decimal("141000.00"), ZERO)


def test_finance_tax_comes_on_top():
    assert employers_tax(Decimal(100_000), AgaZone.I, RATES, is_finance=True).amount == 19_100


@given(kroner, kroner)
def test_zone_one_a_lies_between_its_own_rate_and_zone_one(basis, used):
    tax = employers_tax(basis, AgaZone.IA, RATES, allowance_used=used).amount

    assert employers_tax(basis, AgaZone.II, RATES).amount <= tax
    assert tax <= employers_tax(basis, AgaZone.I, RATES).amount


def test_holiday_pay_by_weeks_and_age():
    rates = HOLIDAY_PAY.at(IN_2026)
    million = Decimal(1_000_000)
    g = BASIC_AMOUNT.at(date(2025, 12, 31))

    assert holiday_pay(million, HolidayWeeks.FIVE, rates) == Decimal("120000.00")
    assert holiday_pay(million, HolidayWeeks.FOUR_AND_A_DAY, rates) == Decimal("102000.00")
    assert holiday_pay(million, HolidayWeeks.FIVE, rates, basic_amount=g) == Decimal("137962.08")
    under = holiday_pay(Decimal(500_000), HolidayWeeks.FOUR_AND_A_DAY, rates, basic_amount=g)
    assert under == Decimal("62500.00")  # 12.5 %


def test_addition_is_earned_from_the_year_one_turns_59():
    assert earns_addition(1967, 2026)
    assert not earns_addition(1967, 2025)


def test_basic_amount_nobody_has_looked_up_is_refused():
    with pytest.raises(RateNotKnownError, match=r"basic amount \(G\)"):
        BASIC_AMOUNT.at(date(2026, 5, 1))


def test_income_tax_tables_know_their_years():
    assert COMPANY_TAX.at(IN_2026) == Decimal("0.22")
    assert PERSON_INSTALMENTS.at(date(2018, 1, 1))[1] == (5, 15)
    assert PERSON_INSTALMENTS.at(date(2026, 1, 1))[1] == (6, 15)
