"""Which method an account is suggested, how often, and which accounts should be at zero."""

from __future__ import annotations

from datetime import date

import pytest

from klientbro.domain.periods import Month
from klientbro.domain.reconciliation.methods import (
    ExpectedZero,
    Frequency,
    Method,
    SuggestedBy,
    expected_zero,
    suggest_method,
)
from klientbro.domain.tests.books import account
from klientbro.domain.tests.sheets import of_type


@pytest.mark.parametrize(
    ("number", "method", "truth"),
    [
        ("1200", "list", "asset_register"),
        ("1460", "list", "count"),
        ("1500", "receivables", "customer_subledger"),
        ("1580", "list", "own_list"),
        ("1720", "schedule", "accrual_schedule"),
        ("1900", "list", "count"),
        ("1920", "bank", "bank_statement"),
        ("19201", "bank", "bank_statement"),
        ("2050", "manual", "decisions"),
        ("2240", "list", "lenders_statement"),
        ("2380", "bank", "bank_statement"),
        ("2400", "payables", "supplier_subledger"),
        ("2500", "manual", "tax_computation"),
        ("2600", "payroll", "a_melding"),
        ("2700", "vat", "vat_specification"),
        ("2740", "vat", "vat_specification"),
        ("2770", "payroll", "a_melding"),
        ("2780", "payroll", "a_melding"),
        ("2781", "holiday_pay", "holiday_pay_list"),
        ("2800", "manual", "decisions"),
        ("2910", "list", "own_list"),
        ("2930", "payroll", "a_melding"),
        ("2940", "holiday_pay", "holiday_pay_list"),
        ("2960", "list", "later_invoices"),
        ("2965", "schedule", "accrual_schedule"),
        ("3000", "manual", "own_assessment"),
    ],
)
def test_method_of_common_accounts(number, method, truth):
    suggestion = suggest_method(account(number))

    assert (suggestion.method.value, suggestion.truth) == (method, truth)


def test_what_the_source_says_goes_before_the_number():
    odd = of_type("1399", "asset")

    assert suggest_method(odd, control="customer").method is Method.RECEIVABLES
    assert suggest_method(odd, control="supplier").by is SuggestedBy.CONTROL_ACCOUNT
    assert suggest_method(odd, is_bank_account=True).by is SuggestedBy.BANK_ACCOUNT
    assert suggest_method(odd).prefix == "13"


def test_type_goes_before_the_digits():
    assert suggest_method(of_type("1920", "equity")).method is Method.MANUAL
    assert suggest_method(of_type("9100", "liability")).by is SuggestedBy.TYPE


def test_frequency_follows_the_clients_own_year():
    half = [m for m in range(1, 13) if Frequency.HALF_YEARLY.is_due_in(Month(2026, m))]
    broken = [m for m in range(1, 13) if Frequency.YEARLY.is_due_in(Month(2026, m), 7)]
    quarters = [m for m in range(1, 13) if Frequency.QUARTERLY.is_due_in(Month(2026, m), 2)]

    assert half == [6, 12]
    assert broken == [6]
    assert quarters == [1, 4, 7, 10]
    assert all(Frequency.MONTHLY.is_due_in(Month(2026, m)) for m in range(1, 13))


def test_accounts_that_should_be_at_zero():
    end = date(2026, 12, 31)

    assert expected_zero(account("1950"), date(2025, 12, 31)) is None
    assert expected_zero(account("1950"), date(2026, 1, 31)) is ExpectedZero.WITHHOLDING_ACCOUNT
    assert expected_zero(account("9999"), end) is ExpectedZero.HELPER_ACCOUNT
    paid = ExpectedZero.PAID_HOLIDAY_PAY_AT_YEAR_END
    assert expected_zero(account("2945"), end, year_end=end) is paid
    assert expected_zero(account("2945"), date(2026, 6, 30), year_end=end) is None
    moved = ExpectedZero.VAT_AFTER_TRANSFER
    assert expected_zero(account("2711"), end, is_transferred=True) is moved
    assert expected_zero(account("2711"), end) is None
    assert expected_zero(account("2740"), end, is_transferred=True) is None
