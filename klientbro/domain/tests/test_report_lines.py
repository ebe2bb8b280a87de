"""Report lines: where accounts stand, overrides, the statements and their laws."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.accounts import AccountType
from klientbro.domain.money import ZERO, sum_amounts
from klientbro.domain.report_lines import (
    LINES,
    LineMapping,
    LineOverride,
    MappingLevel,
    PresentationMove,
    Statement,
    balance_sheet,
    income_statement,
    line_of,
)
from klientbro.domain.tests.books import account
from klientbro.domain.tests.sheets import WORKED_EXAMPLE, of_type, parse_sheet

STANDARD = LineMapping()
amounts = st.integers(-(10**9), 10**9).map(lambda ore: Decimal(ore).scaleb(-2))
numbers = st.from_regex(r"[1-9][0-9]{2,7}", fullmatch=True)


@pytest.mark.parametrize(
    ("number", "kind", "line"),
    [
        ("1000", "asset", "intangible_assets"),
        ("1130", "asset", "tangible_assets"),
        ("1230", "asset", "tangible_assets"),
        ("1350", "asset", "financial_assets"),
        ("1460", "asset", "inventory"),
        ("1500", "asset", "receivables"),
        ("1749", "asset", "receivables"),
        ("1810", "asset", "investments"),
        ("19201", "asset", "cash"),
        ("2000", "equity", "paid_in_equity"),
        ("2039", "equity", "paid_in_equity"),
        ("2040", "equity", "retained_equity"),
        ("2060", "equity", "retained_equity"),
        ("2120", "liability", "provisions"),
        ("2240", "liability", "long_term_loans"),
        ("2380", "liability", "credit_institutions"),
        ("2400", "liability", "trade_payables"),
        ("2500", "liability", "tax_payable"),
        ("2600", "liability", "public_duties"),
        ("2740", "liability", "public_duties"),
        ("2800", "liability", "dividend"),
        ("2940", "liability", "other_short_term_debt"),
        ("3000", "income", "sales"),
        ("3300", "expense", "sales"),
        ("3400", "income", "other_operating_income"),
        ("3500", "income", "sales"),
        ("3900", "income", "other_operating_income"),
        ("43100", "expense", "cost_of_goods"),
        ("5800", "expense", "payroll_cost"),
        ("6010", "expense", "depreciation"),
        ("6300", "expense", "other_operating_cost"),
        ("7830", "expense", "other_operating_cost"),
        ("8050", "income", "finance_income"),
        ("8150", "expense", "finance_cost"),
        ("8300", "expense", "tax_cost"),
        ("8600", "expense", "tax_cost"),
        ("8400", "income", "extraordinary_items"),
        ("8800", "expense", "appropriations"),
        ("8960", "expense", "appropriations"),
    ],
)
def test_standard_line_of(number, kind, line):
    assert STANDARD.place(of_type(number, kind)).line.code == line


@pytest.mark.parametrize(
    ("number", "kind", "line"),
    [
        ("8960", "equity", "retained_equity"),
        ("8160", "income", "finance_income"),
        ("8070", "expense", "finance_cost"),
        ("2740", "asset", "receivables"),
        ("5800", "income", "payroll_cost"),
    ],
)
def test_the_sources_type_goes_before_the_digits(number, kind, line):
    assert STANDARD.place(of_type(number, kind)).line.code == line


@pytest.mark.parametrize(
    ("number", "kind", "line"),
    [
        ("9999", "asset", "unmapped_assets"),
        ("9999", "liability", "unmapped_equity_and_debt"),
        ("3000", "equity", "unmapped_equity_and_debt"),
        ("1920", "expense", "unmapped_result"),
        ("9", "income", "unmapped_result"),
    ],
)
def test_account_no_rule_knows_is_shown_as_unmapped(number, kind, line):
    placement = STANDARD.place(of_type(number, kind))

    assert placement.line.code == line
    assert placement.is_unmapped


def test_longest_prefix_wins_within_a_level_and_the_client_before_the_firm():
    mapping = LineMapping(
        client=[LineOverride("43", "other_operating_cost")],
        firm=[LineOverride("4300", "payroll_cost"), LineOverride("45", "payroll_cost")],
    )

    assert mapping.place(account("4300")).line.code == "other_operating_cost"
    assert mapping.place(account("4300")).level is MappingLevel.CLIENT
    assert mapping.place(account("4500")).level is MappingLevel.FIRM
    assert mapping.place(account("4000")).level is MappingLevel.STANDARD
    longer = LineMapping(
        client=[LineOverride("43", "payroll_cost"), LineOverride("43100", "cost_of_goods")]
    )
    assert longer.place(account("43100")).line.code == "cost_of_goods"
    assert longer.place(account("43101")).line.code == "payroll_cost"


def test_override_to_the_other_statement_is_passed_over_and_named():
    wrong = LineOverride("19", "sales")
    placement = LineMapping(client=[wrong]).place(account("1920"))

    assert placement.line.code == "cash"
    assert placement.level is MappingLevel.STANDARD
    assert placement.passed_over == (wrong,)


@pytest.mark.parametrize(
    ("prefix", "line", "message"),
    [
        ("19", "current_assets", "worked out"),
        ("19", "unmapped_assets", "worked out"),
        ("20", "unappropriated_result", "worked out"),
        ("", "cash", "begins with account digits"),
        ("1 9", "cash", "begins with account digits"),
        ("19", "bank", "no report line 'bank'"),
    ],
)
def test_impossible_override_is_refused(prefix, line, message):
    with pytest.raises(ValueError, match=message):
        LineOverride(prefix, line)


def test_two_lines_for_one_prefix_are_refused():
    with pytest.raises(ValueError, match="client overrides put 19 on both cash and inventory"):
        LineMapping(client=[LineOverride("19", "cash"), LineOverride("19", "inventory")])


def test_worked_example_adds_up_as_the_reference_says():
    sheet = parse_sheet(WORKED_EXAMPLE)
    income = income_statement(sheet, STANDARD)
    balance = balance_sheet(sheet, STANDARD)

    assert sum_amounts(amount for _, amount in sheet) == ZERO
    assert income.amount("operating_income") == 2_000_000
    assert income.amount("operating_cost") == 1_830_000
    assert income.amount("operating_result") == 170_000
    assert income.amount("result_before_tax") == 160_000
    assert income.amount("net_result") == 124_800
    assert balance.amount("total_assets") == 1_000_000
    assert balance.amount("total_equity_and_debt") == 1_000_000
    assert balance.amount("equity") == 404_800
    assert balance.amount("unappropriated_result") == 124_800
    assert balance.amount("short_term_debt") == 395_200
    assert balance.amount("current_assets") == 700_000
    assert balance.unmapped == income.unmapped == ()


def test_lines_open_to_their_accounts_in_the_order_of_the_chart():
    balance = balance_sheet(parse_sheet(WORKED_EXAMPLE), STANDARD)

    receivables = balance.line("receivables")
    assert [one.account.number for one in receivables.accounts] == ["1500", "1700"]
    debt = balance.line("other_short_term_debt").accounts[0]
    assert (debt.ledger, debt.shown) == (Decimal("-120000.00"), Decimal("120000.00"))
    with pytest.raises(ValueError, match="is no line of the balance_sheet"):
        balance.amount("sales")


def test_bank_in_credit_is_debt_and_vat_in_debit_a_receivable():
    sheet = [
        (account("1920"), Decimal("-500.00")),
        (account("1930"), Decimal("200.00")),
        (account("2740"), Decimal("300.00")),
    ]
    balance = balance_sheet(sheet, STANDARD)

    assert balance.amount("cash") == 200
    overdraft = balance.line("credit_institutions").accounts[0]
    assert (overdraft.shown, overdraft.moved) == (500, PresentationMove.BANK_IN_CREDIT)
    refund = balance.line("receivables").accounts[0]
    assert (refund.shown, refund.moved) == (300, PresentationMove.VAT_IN_DEBIT)
    chosen = LineMapping(client=[LineOverride("1920", "cash")])
    assert balance_sheet(sheet, chosen).amount("cash") == -300


def test_missing_amount_makes_every_sum_above_it_missing_and_no_other():
    sheet = [(account("3000"), None), (account("4300"), Decimal(40)), (account("1920"), ZERO)]
    income = income_statement(sheet, STANDARD)

    assert income.amount("operating_income") is None
    assert income.amount("net_result") is None
    assert income.amount("operating_cost") == 40
    assert balance_sheet(sheet, STANDARD).amount("unappropriated_result") is None
    assert balance_sheet(sheet, STANDARD).amount("total_assets") == 0


def test_lines_have_both_names_and_sum_only_lines_above_them():
    seen = set()
    for code, line in LINES.items():
        assert line.code == code
        assert line.name_nb.strip()
        assert line.name_en.strip()
        assert {part for part, _ in line.sums} <= seen
        seen.add(code)
    assert line_of("cash").statement is Statement.BALANCE


@st.composite
def any_sheet(draw):
    """Accounts of every type with numbers of any length, and the earlier years' rest."""
    kinds = st.sampled_from(AccountType)
    chosen = draw(st.dictionaries(numbers, st.tuples(kinds, amounts), max_size=25))
    sheet = [(of_type(number, kind), amount) for number, (kind, amount) in chosen.items()]
    return sheet, -sum_amounts(amount for _, amount in sheet)


@given(any_sheet())
def test_assets_equal_equity_and_debt_and_no_account_is_dropped(case):
    sheet, undisposed = case
    balance = balance_sheet(sheet, STANDARD, undisposed)
    income = income_statement(sheet, STANDARD)

    assert balance.amount("total_assets") == balance.amount("total_equity_and_debt")
    shown = [one.account for part in (*balance.lines, *income.lines) for one in part.accounts]
    assert sorted(one.number for one in shown) == sorted(one.number for one, _ in sheet)
    result = sum_amounts(amount for one, amount in sheet if not one.type.is_balance_sheet)
    assert income.amount("net_result") - income.amount("appropriations") == -result


@given(any_sheet(), st.lists(st.tuples(numbers, st.sampled_from(sorted(LINES))), max_size=6))
def test_overrides_move_amounts_between_lines_but_never_change_the_totals(case, wanted):
    sheet, undisposed = case
    overrides = {
        prefix: LineOverride(prefix, code) for prefix, code in wanted if LINES[code].takes_accounts
    }
    mapping = LineMapping(client=overrides.values())
    balance = balance_sheet(sheet, mapping, undisposed)

    assert balance.amount("total_assets") == balance.amount("total_equity_and_debt")


@given(numbers, st.sampled_from(AccountType))
def test_every_account_stands_on_a_line_of_its_own_statement(number, kind):
    placement = STANDARD.place(of_type(number, kind))

    wanted = Statement.BALANCE if kind.is_balance_sheet else Statement.INCOME
    assert placement.line.statement is wanted
    assert number.startswith(placement.prefix)
