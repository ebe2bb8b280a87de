"""Account types, groups on the trial balance, and the order of a chart of accounts."""

from __future__ import annotations

import pytest

from klientbro.domain.accounts import (
    Account,
    AccountGroup,
    AccountType,
    account_sort_key,
    group_of,
)


@pytest.mark.parametrize(
    ("account_type", "is_balance_sheet"),
    [
        ("asset", True),
        ("liability", True),
        ("equity", True),
        ("income", False),
        ("expense", False),
    ],
)
def test_only_income_and_expense_begin_each_year_at_zero(account_type, is_balance_sheet):
    assert AccountType(account_type).is_balance_sheet is is_balance_sheet


@pytest.mark.parametrize(
    ("number", "account_type", "group"),
    [
        ("1920", "asset", "assets"),
        ("2050", "equity", "equity_and_liabilities"),
        ("2400", "liability", "equity_and_liabilities"),
        ("3000", "income", "income"),
        ("43100", "expense", "expenses"),
        ("5000", "expense", "expenses"),
        ("8050", "income", "finance"),
        ("8150", "expense", "finance"),
        ("81500", "expense", "finance"),
        ("8300", "expense", "tax_and_appropriations"),
        ("8600", "expense", "tax_and_appropriations"),
        ("8800", "expense", "tax_and_appropriations"),
        ("8960", "expense", "tax_and_appropriations"),
        ("8500", "expense", "expenses"),
        ("8400", "income", "income"),
    ],
)
def test_account_stands_in_its_group(number, account_type, group):
    assert group_of(AccountType(account_type), number) == group


@pytest.mark.parametrize(
    ("number", "account_type", "group"),
    [
        ("8960", "equity", "equity_and_liabilities"),
        ("8050", "asset", "assets"),
        ("1500", "expense", "expenses"),
        ("2990", "income", "income"),
    ],
)
def test_the_sources_type_wins_over_the_leading_digits(number, account_type, group):
    assert Account("7", number, "Konto", AccountType(account_type)).group == group


def test_accounts_are_ordered_digit_by_digit():
    numbers = ["5000", "1501", "43100", "15000", "1920", "1500"]

    assert sorted(numbers, key=account_sort_key) == [
        *("1500", "15000", "1501", "1920", "43100", "5000")
    ]


def test_every_group_has_a_heading_and_a_sum_line():
    assert [group.heading for group in AccountGroup] == [
        "Assets",
        "Equity and liabilities",
        "Income",
        "Expenses",
        "Finance",
        "Tax and appropriations",
    ]
    assert all(group.total_heading.startswith("Total ") for group in AccountGroup)
