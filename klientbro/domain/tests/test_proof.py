"""What counts as equal, and a fingerprint that equal sheets share."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.money import ZERO
from klientbro.domain.proof import (
    Difference,
    compare,
    find_parts_of_ore,
    sheet_hash,
    sum_by_account,
    sum_of_differences,
)

sheets = st.dictionaries(
    st.text("0123456789", min_size=1, max_size=7),
    st.integers(-(10**12), 10**12).map(lambda count: Decimal(count).scaleb(-2)),
)


def sheet(text):
    """`1920 100.00` per line."""
    rows = (line.split() for line in text.strip().splitlines())
    return {account: Decimal(amount) for account, amount in rows}


def test_difference_is_the_source_less_our_copy():
    ours = sheet("""
        2400  -862348.52
        2710   131044.86
        6620    74580.00
        1920  2471342.07
    """)
    source = sheet("""
        2400  -863598.52
        2710   131294.86
        6620    75580.00
        1920  2471342.07
    """)

    differences = compare(ours, source)

    assert [(d.account_id, d.amount) for d in differences] == [
        ("2400", Decimal("-1250.00")),
        ("2710", Decimal("250.00")),
        ("6620", Decimal("1000.00")),
    ]
    assert sum_of_differences(differences) == ZERO


def test_missing_on_either_side_is_zero():
    assert compare(sheet("1920 0.00"), {}) == []
    assert compare({}, sheet("1920 0.00")) == []


def test_empty_answer_is_an_all_zero_sheet():
    ours = sheet("1920 5.00")

    assert compare(ours, {}) == [Difference("1920", Decimal("5.00"), ZERO)]


def test_floating_point_noise_in_the_source_is_no_difference():
    assert compare(sheet("1920 0.30"), sheet("1920 0.30000000000000004")) == []


def test_parts_of_an_ore_among_our_postings_are_a_difference():
    (difference,) = compare(sheet("1920 100.004"), sheet("1920 100.004"))

    assert difference.amount == Decimal("-0.004")


def test_rows_per_agriculture_department_are_summed():
    rows = [
        ("1920", Decimal("10.10")),
        ("1920", Decimal("0.2000000000000003")),
        ("3000", Decimal("-1")),
    ]

    assert sum_by_account(rows) == sheet("1920 10.30\n3000 -1.00")


def test_postings_in_parts_of_an_ore_are_findings():
    findings = find_parts_of_ore([("p1", Decimal("10.50")), ("p2", Decimal("10.005"))])

    assert [(finding.posting_id, finding.amount) for finding in findings] == [
        ("p2", Decimal("10.005"))
    ]


def test_hash_is_over_lines_of_id_and_amount_with_two_decimals():
    expected = hashlib.sha256(b"1920;130.00\n3000;-30.50\n").hexdigest()

    assert sheet_hash({"3000": Decimal("-30.5"), "1920": Decimal("130")}) == expected


def test_parts_of_an_ore_change_the_hash():
    assert sheet_hash(sheet("1920 1.004")) != sheet_hash(sheet("1920 1.00"))


@given(sheets)
def test_sheet_equals_itself(balances):
    assert compare(balances, balances) == []


@given(sheets, sheets)
def test_sheets_have_the_same_hash_exactly_when_nothing_differs(one, other):
    assert (sheet_hash(one) == sheet_hash(other)) == (compare(one, other) == [])


@given(sheets, sheets)
def test_differences_added_to_our_copy_make_the_source(ours, source):
    mended = {**ours}
    for difference in compare(ours, source):
        mended[difference.account_id] = ours.get(difference.account_id, ZERO) + difference.amount

    assert compare(mended, source) == []


@given(sheets)
def test_order_and_zero_rows_do_not_change_the_hash(balances):
    backwards = dict(reversed(balances.items()))

    assert sheet_hash({**backwards, "no such account": ZERO}) == sheet_hash(balances)
