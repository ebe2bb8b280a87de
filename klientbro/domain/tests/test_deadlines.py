"""Due dates: every row of the table in norwegian-accounting.md §13, and what clients get."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.calendar import is_working_day
from klientbro.domain.client_facts import ClientFacts, CompanyForm, VatFrequency
from klientbro.domain.deadlines import DeadlineKind, Duty, deadlines_for
from klientbro.domain.deadlines.annual import accounts_adoption, accounts_filing
from klientbro.domain.deadlines.payroll import (
    a_melding,
    employers_tax,
    holiday_pay,
    withheld_tax,
    withheld_tax_of_term,
)
from klientbro.domain.deadlines.tax import (
    advance_tax_company,
    advance_tax_person,
    remaining_tax,
    tax_return,
)
from klientbro.domain.deadlines.vat import reverse_charge, two_monthly, vat_deadlines, vat_term_of
from klientbro.domain.periods import FinancialYear, Month

LIMITED = ClientFacts(
    company_form=CompanyForm.AS,
    vat_frequency=VatFrequency.TWO_MONTHLY,
    has_payroll=True,
    pay_day=12,
)


def day(text):
    return date(int(text[6:]), int(text[3:5]), int(text[:2]))


def dues(deadlines):
    return [f"{one.due:%d.%m.%Y}" for one in deadlines]


@pytest.mark.parametrize(
    ("year", "number", "due"),
    [
        (2025, 3, "01.09.2025"),
        (2026, 1, "10.04.2026"),
        (2026, 2, "10.06.2026"),
        (2026, 3, "31.08.2026"),
        (2026, 4, "12.10.2026"),
        (2026, 5, "10.12.2026"),
        (2026, 6, "10.02.2027"),
        (2027, 1, "12.04.2027"),
        (2027, 2, "10.06.2027"),
        (2027, 3, "31.08.2027"),
        (2027, 4, "11.10.2027"),
        (2027, 5, "10.12.2027"),
        (2027, 6, "10.02.2028"),
    ],
)
def test_vat_of_two_months(year, number, due):
    found = two_monthly(year, number)

    assert found.due == day(due)
    assert found.duties == (Duty.FILE, Duty.PAY)
    assert found.key == f"vat_return:{year}-T{number}"


def test_vat_once_a_year():
    yearly = list(vat_deadlines(VatFrequency.YEARLY, 2026))
    primary = list(vat_deadlines(VatFrequency.YEARLY_PRIMARY, 2026))

    assert dues(yearly) == ["10.03.2027"]
    assert dues(vat_deadlines(VatFrequency.YEARLY, 2027)) == ["10.03.2028"]
    assert dues(primary) == ["12.04.2027"]
    assert yearly[0].key == "vat_return:2026"


def test_vat_of_each_month_is_due_a_month_and_ten_days_after():
    found = dues(vat_deadlines(VatFrequency.MONTHLY, 2026))

    assert found[0] == "10.03.2026"
    assert found[1] == "10.04.2026"
    assert found[5] == "10.08.2026"
    assert found[11] == "10.02.2027"


def test_reverse_charge_is_due_each_quarter():
    found = [reverse_charge(2026, quarter) for quarter in (1, 2, 3, 4)]

    assert dues(found) == ["11.05.2026", "10.08.2026", "10.11.2026", "10.02.2027"]
    assert found[0].term.first_day == date(2026, 1, 1)


def test_who_is_not_registered_has_no_vat_deadline():
    assert list(vat_deadlines(VatFrequency.NOT_REGISTERED, 2026)) == []
    assert vat_term_of(VatFrequency.NOT_REGISTERED, date(2026, 6, 1)) is None


@pytest.mark.parametrize(
    ("year", "number", "due"),
    [
        (2026, 1, "16.03.2026"),
        (2026, 2, "15.05.2026"),
        (2026, 3, "15.07.2026"),
        (2026, 4, "15.09.2026"),
        (2026, 5, "16.11.2026"),
        (2026, 6, "15.01.2027"),
        (2027, 1, "15.03.2027"),
        (2027, 2, "18.05.2027"),
        (2027, 3, "15.07.2027"),
        (2027, 4, "15.09.2027"),
        (2027, 5, "15.11.2027"),
        (2027, 6, "17.01.2028"),
    ],
)
def test_employers_tax(year, number, due):
    assert employers_tax(year, number).due == day(due)


@pytest.mark.parametrize(
    ("paid", "due"),
    [
        ("12.06.2026", "15.06.2026"),
        ("01.04.2026", "07.04.2026"),
        ("30.04.2026", "04.05.2026"),
        ("24.12.2026", "28.12.2026"),
        ("15.05.2026", "18.05.2026"),
        ("01.01.2026", "02.01.2026"),
        ("31.12.2025", "15.01.2026"),
        ("10.11.2025", "15.01.2026"),
        ("12.06.2025", "15.07.2025"),
    ],
)
def test_withheld_tax_by_the_rule_of_the_pay_day(paid, due):
    assert withheld_tax(day(paid)).due == day(due)


def test_withheld_tax_and_employers_tax_part_from_2026():
    assert withheld_tax_of_term(2025, 6).due == employers_tax(2025, 6).due
    assert withheld_tax(date(2026, 6, 12)).key == "withheld_tax:2026-06-12"
    with pytest.raises(ValueError, match="follows each pay day"):
        withheld_tax_of_term(2026, 1)


@pytest.mark.parametrize(
    ("month", "due"),
    [
        ("2026-03", "07.04.2026"),
        ("2027-03", "05.04.2027"),
        ("2026-08", "07.09.2026"),
        ("2027-08", "06.09.2027"),
        ("2026-12", "05.01.2027"),
    ],
)
def test_a_melding(month, due):
    assert a_melding(Month.parse(month)).due == day(due)


def test_advance_tax_of_companies():
    assert dues(advance_tax_company(2025)) == ["16.02.2026", "15.04.2026"]
    assert dues(advance_tax_company(2026)) == ["15.02.2027", "15.04.2027"]
    assert dues(advance_tax_company(2027)) == ["15.02.2028", "18.04.2028"]


def test_advance_tax_of_persons():
    assert dues(advance_tax_person(2026)) == [
        "16.03.2026",
        "15.06.2026",
        "15.09.2026",
        "15.12.2026",
    ]
    assert dues(advance_tax_person(2025))[1] == "16.06.2025"


def test_tax_return_of_2024_was_due_on_the_monday():
    assert tax_return(2024).due == date(2025, 6, 2)


def test_remaining_tax_is_due_three_weeks_after_the_assessment():
    assert remaining_tax(date(2026, 6, 24)).due == date(2026, 7, 15)


def test_annual_accounts_follow_the_financial_year():
    calendar_year = FinancialYear.of_months(Month(2026, 1), Month(2026, 12))
    broken = FinancialYear.of_months(Month(2025, 7), Month(2026, 6))

    assert accounts_adoption(calendar_year).due == date(2027, 6, 30)
    assert accounts_filing(calendar_year).due == date(2027, 7, 31)  # a Saturday: it stands
    assert accounts_adoption(broken).due == date(2026, 12, 31)
    assert accounts_filing(broken).due == date(2027, 1, 31)
    assert accounts_filing(broken).key == "annual_accounts_filing:2025/2026"


def test_holiday_pay_falls_on_the_june_pay_day_before_a_day_off():
    assert holiday_pay(LIMITED, 2026).due == date(2026, 6, 12)
    assert holiday_pay(LIMITED, 2027).due == date(2027, 6, 11)  # the 12th is a Saturday
    assert holiday_pay(LIMITED, 2026).key == "holiday_pay:2025"
    assert holiday_pay(ClientFacts(has_payroll=True), 2026) is None


def test_month_shorter_than_the_pay_day_pays_on_its_last_working_day():
    facts = ClientFacts(has_payroll=True, pay_day=31)

    assert facts.pay_date(Month(2027, 2)) == date(2027, 2, 26)
    assert facts.pay_date(Month(2026, 6)) == date(2026, 6, 30)
    assert ClientFacts(pay_day=12).pay_date(Month(2026, 6)) is None


def test_limited_company_with_payroll_in_june_2026():
    found = deadlines_for(LIMITED, date(2026, 6, 1), date(2026, 6, 30))

    assert [f"{one.due:%d.%m} {one.key}" for one in found] == [
        "01.06 additional_advance_tax:2025",
        "01.06 tax_return:2025",
        "05.06 a_melding:2026-05",
        "10.06 vat_return:2026-T2",
        "12.06 holiday_pay:2025",
        "15.06 withheld_tax:2026-06-12",
        "30.06 annual_accounts_adoption:2025",
    ]


def test_sole_proprietor_pays_advance_tax_in_the_year_and_files_no_accounts():
    facts = ClientFacts(company_form=CompanyForm.ENK, vat_frequency=VatFrequency.YEARLY)
    kinds = {one.kind for one in deadlines_for(facts, date(2026, 1, 1), date(2026, 12, 31))}

    assert kinds == {
        DeadlineKind.VAT_RETURN,
        DeadlineKind.ADVANCE_TAX_PERSON,
        DeadlineKind.ADDITIONAL_ADVANCE_TAX,
        DeadlineKind.TAX_RETURN,
    }


def test_partnership_only_reports():
    facts = ClientFacts(company_form=CompanyForm.ANS)

    found = deadlines_for(facts, date(2026, 1, 1), date(2026, 12, 31))
    assert [one.kind for one in found] == [DeadlineKind.TAX_RETURN]


def test_the_clients_own_fact_goes_before_what_the_form_suggests():
    facts = ClientFacts(
        company_form=CompanyForm.FLI, files_annual_accounts=True, pays_advance_tax=True
    )
    kinds = {one.kind for one in deadlines_for(facts, date(2026, 1, 1), date(2026, 12, 31))}

    assert DeadlineKind.ANNUAL_ACCOUNTS_FILING in kinds
    assert DeadlineKind.ADVANCE_TAX_COMPANY in kinds
    silent = ClientFacts(company_form=CompanyForm.AS, pays_advance_tax=False)
    assert DeadlineKind.ADVANCE_TAX_COMPANY not in {
        one.kind for one in deadlines_for(silent, date(2026, 1, 1), date(2026, 12, 31))
    }


def test_deadlines_before_the_work_began_and_after_it_ended_are_left_out():
    facts = ClientFacts(
        vat_frequency=VatFrequency.TWO_MONTHLY,
        starts_on=date(2026, 3, 1),
        ends_on=date(2026, 6, 30),
    )

    found = deadlines_for(facts, date(2026, 1, 1), date(2027, 12, 31))
    assert [one.term.key for one in found] == ["2026-T2", "2026-T3"]


def test_term_that_ends_on_the_first_day_of_the_work_is_ours():
    facts = ClientFacts(vat_frequency=VatFrequency.MONTHLY, starts_on=date(2026, 3, 31))

    first = deadlines_for(facts, date(2026, 1, 1), date(2026, 12, 31))[0]
    assert first.term.key == "2026-03"


def test_missing_facts_are_named():
    assert ClientFacts(has_payroll=True).missing == ("company_form", "pay_day")
    assert LIMITED.missing == ()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pay_day": 0}, "pay_day must be"),
        ({"year_start_month": 13}, "year_start_month must be"),
        ({"holiday_pay_month": 0}, "holiday_pay_month must be"),
        ({"starts_on": date(2026, 2, 1), "ends_on": date(2026, 1, 1)}, "is before starts_on"),
    ],
)
def test_impossible_facts_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        ClientFacts(**wrong)


def test_year_end_follows_the_start():
    assert [ClientFacts(year_start_month=start).year_end_month for start in (1, 2, 7)] == [12, 1, 6]


facts_strategy = st.builds(
    ClientFacts,
    company_form=st.sampled_from(CompanyForm),
    vat_frequency=st.sampled_from(VatFrequency),
    has_payroll=st.booleans(),
    pay_day=st.none() | st.integers(1, 31),
    holiday_pay_month=st.integers(1, 12),
    year_start_month=st.integers(1, 12),
)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(facts_strategy, days, st.integers(0, 400), st.integers(0, 400))
def test_two_stretches_of_days_give_what_the_whole_gives(facts, first, length, more):
    middle = first + timedelta(days=length)
    last = middle + timedelta(days=more + 1)

    whole = deadlines_for(facts, first, last)
    parts = deadlines_for(facts, first, middle) + deadlines_for(
        facts, middle + timedelta(days=1), last
    )
    assert whole == parts
    assert len({one.key for one in whole}) == len(whole)


_STAND = {DeadlineKind.ANNUAL_ACCOUNTS_ADOPTION, DeadlineKind.ANNUAL_ACCOUNTS_FILING}


@given(facts_strategy, days)
def test_every_other_deadline_falls_on_a_working_day_after_its_term_began(facts, first):
    for one in deadlines_for(facts, first, first + timedelta(days=365)):
        assert one.kind in _STAND or is_working_day(one.due)
        assert one.term.first_day < one.due
        assert one.nominal <= one.due


@given(days)
def test_every_day_lies_in_one_two_month_term(any_day):
    term = vat_term_of(VatFrequency.TWO_MONTHLY, any_day)

    assert term.first_day <= any_day <= term.last_day
    assert vat_term_of(VatFrequency.MONTHLY, any_day).key == Month.of(any_day).key
