"""VAT accounts against the term's specification, code by code."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from klientbro.domain.reconciliation.vat import (
    VatFinding,
    VatLine,
    check_vat_term,
    line_of_posting,
    payable_of,
)

DAY = date(2026, 6, 10)
MOVEMENTS = {
    "2700": Decimal("-25000.00"),
    "2704": Decimal("-5000.00"),
    "2710": Decimal("10000.00"),
    "2714": Decimal("5000.00"),
    "3000": Decimal("-100000.00"),
    "2740": Decimal("-8000.00"),
}


def line(voucher, code, base, output="0", input_="0", **more):
    return VatLine(voucher, DAY, code, Decimal(base), Decimal(output), Decimal(input_), **more)


LINES = [
    line("1", "3", "-100000", output="-25000"),
    line("2", "1", "40000", input_="10000"),
    line("3", "86", "20000", output="-5000", input_="5000"),
]


def findings(check):
    return [(one.finding.value, str(one.amount), one.subject) for one in check.problems]


def test_worked_example_is_fifteen_thousand_to_pay():
    check = check_vat_term(LINES, MOVEMENTS)

    assert payable_of(MOVEMENTS) == check.payable == check.payable_by_codes == 15_000
    assert check.agrees
    assert [(one.code, one.posted, one.difference) for one in check.codes] == [
        ("1", 10_000, 0),
        ("3", -25_000, 0),
        ("86", 0, 0),
    ]


def test_account_numbers_of_any_length_count():
    assert payable_of({"27001": Decimal(-25), "2710": Decimal(10), "27": Decimal(99)}) == 15


def test_voucher_off_its_rate_by_more_than_a_krone_is_named():
    lines = [
        line("1", "3", "-100", output="-24"),
        line("2", "3", "-100", output="-23.99"),
        line("3", "31", "-100", output="-15"),
    ]

    check = check_vat_term(lines, {"2700": Decimal("-47.99"), "2701": Decimal("-15")})
    assert findings(check) == [("voucher_off_rate", "1.01", "3: 2")]


def test_lines_of_a_voucher_are_taken_together():
    lines = [line("1", "3", "-100", output="-26"), line("1", "3", "-100", output="-24")]

    assert check_vat_term(lines, {"2700": Decimal(-50)}).agrees


def test_posting_on_a_vat_account_without_code_parts_accounts_from_codes():
    check = check_vat_term(LINES, {**MOVEMENTS, "2710": Decimal(9_000)})

    assert findings(check) == [("accounts_differ_from_codes", "1000.00", "")]


def test_voucher_booked_straight_to_a_vat_account_is_named():
    vouchers = {"1": Decimal(-25_000), "2": Decimal(10_000), "3": Decimal(0)}
    loss = {**MOVEMENTS, "2700": Decimal("-18211.32")}

    assert check_vat_term(LINES, MOVEMENTS, account_vouchers=vouchers).agrees
    named = check_vat_term(LINES, loss, account_vouchers={**vouchers, "4": Decimal("6788.68")})
    assert findings(named) == [("voucher_differs_from_codes", "6788.68", "4")]
    unnamed = check_vat_term(LINES, loss, account_vouchers=vouchers)
    assert findings(unnamed) == [("accounts_differ_from_codes", "-6788.68", "")]


def test_filed_return_that_no_longer_holds_is_flagged():
    assert check_vat_term(LINES, MOVEMENTS, filed_payable=Decimal(15_000)).agrees
    check = check_vat_term(LINES, MOVEMENTS, filed_payable=Decimal(14_000))

    assert findings(check) == [("return_differs", "1000.00", "")]


def test_after_the_transfer_term_accounts_are_zero_and_2740_is_what_is_unpaid():
    settled = {"2700": Decimal(0), "2740": Decimal(-15_000)}
    fine = check_vat_term(LINES, MOVEMENTS, closing=settled, unpaid_returns=Decimal(15_000))
    wrong = check_vat_term(
        LINES,
        MOVEMENTS,
        closing={"2700": Decimal(-100), "2740": Decimal(-14_900)},
        unpaid_returns=Decimal(15_000),
    )

    assert fine.agrees
    assert findings(wrong) == [
        ("not_transferred", "-100", "2700"),
        ("settlement_differs", "100.00", ""),
    ]


def test_drafts_waiting_are_told():
    assert [one.finding for one in check_vat_term(LINES, MOVEMENTS, drafts=3).problems] == [
        VatFinding.DRAFTS_WAITING
    ]


def test_code_nobody_knows_has_no_expectation_unless_the_source_gives_its_rate():
    unknown = [line("1", "X9", "-100", output="-25")]
    known = [line("1", "X9", "-100", output="-25", rate=Decimal("0.25"))]
    movement = {"2700": Decimal(-25)}

    check = check_vat_term(unknown, movement)
    assert check.codes[0].expected is check.codes[0].difference is None
    assert findings(check) == [("unknown_code", "-25.00", "X9")]
    assert check_vat_term(known, movement).agrees


@pytest.mark.parametrize(
    ("one", "movement"),
    [
        (line("1", "87", "20000", output="-5000"), {"2704": Decimal(-5000)}),
        (line("1", "52", "-1000"), {}),
        (line("1", "6", "-1000"), {}),
        (line("1", "14", "1000", input_="250"), {"2711": Decimal(250)}),
        (line("1", "32", "-1000", output="-111.10"), {"2702": Decimal("-111.10")}),
    ],
)
def test_codes_of_every_side(one, movement):
    assert check_vat_term([one], movement).agrees


def test_export_with_vat_is_odd():
    check = check_vat_term([line("1", "52", "-1000", output="-250")], {"2700": Decimal(-250)})

    assert findings(check) == [("voucher_off_rate", "-250.00", "52: 1")]


@pytest.mark.parametrize(
    ("code", "base", "vat", "output", "input_"),
    [
        ("3", "-100", "-25", "-25", "0"),
        ("3", "40", "10", "10", "0"),
        ("1", "100", "25", "0", "25"),
        ("1", "-40", "-10", "0", "-10"),
        ("86", "200", "50", "-50", "50"),
        ("86", "200", "-50", "-50", "50"),
        ("86", "-40", "10", "10", "-10"),
        ("87", "200", "50", "-50", "0"),
        ("X9", "100", "25", "0", "25"),
        ("X9", "-100", "-25", "-25", "0"),
    ],
)
def test_posting_with_its_vat_gives_a_line_with_two_sides(code, base, vat, output, input_):
    found = line_of_posting("1", DAY, code, Decimal(base), Decimal(vat), Decimal("0.25"))

    assert (found.output_vat, found.input_vat) == (Decimal(output), Decimal(input_))
    assert check_vat_term([found], {"2700": found.output_vat, "2710": found.input_vat}).agrees
