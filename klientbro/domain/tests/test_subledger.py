"""Control account against sub-ledger: every planted difference found and named, none invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.money import ZERO, sum_amounts
from klientbro.domain.reconciliation.open_items import OpenItem, compare_open_items
from klientbro.domain.reconciliation.subledger import (
    DifferenceKind,
    SubledgerEntry,
    are_digits_swapped,
    compare_entries,
)

AS_OF = date(2026, 6, 30)
KIND = DifferenceKind


def entries(table):
    """Entries from rows of id, party, voucher, day.month and amount; `-` for an empty text."""
    found = []
    for row in table.strip().splitlines():
        id_, party, voucher, day, amount = row.split()
        number, month = map(int, day.split("."))
        found.append(
            SubledgerEntry(
                id_,
                party.strip("-"),
                voucher.strip("-"),
                date(2026, month, number),
                Decimal(amount),
            )
        )
    return found


def named(comparison):
    return [
        (one.kind.value, (one.ledger or one.subledger).id, str(one.effect))
        for one in comparison.differences
    ]


BOTH = """
a 10 1001 05.06 1000.00
b 10 1002 07.06 -400.00
c 11 1003 09.06 2500.00
"""


def test_equal_books_agree():
    comparison = compare_entries(entries(BOTH), entries(BOTH), AS_OF)

    assert comparison.agrees
    assert (comparison.ledger_balance, comparison.difference) == (Decimal(3100), ZERO)


@pytest.mark.parametrize(
    ("ledger", "subledger", "expected"),
    [
        ("x 12 1009 01.06 50.00", "", ("missing_in_subledger", "x", "50.00")),
        ("", "x 12 1009 01.06 50.00", ("missing_in_ledger", "x", "-50.00")),
        ("x 10 1001 05.06 1000.00", "", ("doubled_in_ledger", "x", "1000.00")),
        ("", "x 10 1001 05.06 1000.00", ("doubled_in_subledger", "x", "-1000.00")),
        (
            "x 12 1009 01.06 1540.00",
            "y 12 1009 01.06 1450.00",
            ("swapped_digits", "x", "90.00"),
        ),
        ("x 12 1009 01.06 50.00", "y 12 1009 01.06 57.00", ("wrong_amount", "x", "-7.00")),
        ("x 12 1009 01.06 50.00", "y 12 1009 01.06 -50.00", ("wrong_sign", "x", "100.00")),
        ("x 12 1009 01.07 50.00", "y 12 1009 30.06 50.00", ("wrong_period", "x", "-50.00")),
        ("x 12 1009 31.05 50.00", "y 12 1009 01.06 50.00", ("wrong_period", "x", "0.00")),
        ("x 12 1009 01.06 50.00", "y 13 1009 01.06 50.00", ("wrong_party", "x", "0.00")),
        ("x - 1009 01.06 50.00", "", ("no_party", "x", "50.00")),
    ],
)
def test_difference_is_named(ledger, subledger, expected):
    comparison = compare_entries(
        entries(BOTH + ledger), entries(BOTH + subledger) if subledger else entries(BOTH), AS_OF
    )

    assert named(comparison) == [expected]
    assert comparison.explained == comparison.difference


def test_two_errors_that_cancel_do_not_agree():
    ledger = entries(BOTH + "x 12 1 01.06 50.00")
    subledger = entries(BOTH + "y 13 2 01.06 50.00")

    comparison = compare_entries(ledger, subledger, AS_OF)
    assert comparison.difference == ZERO
    assert not comparison.agrees
    assert [one.kind for one in comparison.differences] == [
        KIND.MISSING_IN_SUBLEDGER,
        KIND.MISSING_IN_LEDGER,
    ]


def test_another_day_in_the_same_month_is_no_difference():
    moved = entries(BOTH.replace("05.06", "06.06"))

    assert compare_entries(entries(BOTH), moved, AS_OF).agrees


def test_swapped_digits_go_before_a_nearer_amount():
    ledger = entries("a 10 1 01.06 1540.00\nb 10 1 01.06 1600.00")
    subledger = entries("x 10 1 01.06 1450.00\ny 10 1 01.06 1545.00")

    assert named(compare_entries(ledger, subledger, AS_OF)) == [
        ("swapped_digits", "a", "90.00"),
        ("wrong_amount", "b", "55.00"),
    ]


def test_doubled_one_names_what_it_repeats():
    comparison = compare_entries(entries(BOTH + "x 10 1001 05.06 1000.00"), entries(BOTH), AS_OF)

    assert comparison.differences[0].twin.id == "a"


@pytest.mark.parametrize(
    ("one", "other", "swapped"),
    [
        ("1540.00", "1450.00", True),
        ("1540.00", "1504.00", True),
        ("105.00", "15.00", True),
        ("10.01", "10.10", True),
        ("1540.00", "1045.00", False),
        ("1540.00", "1540.00", False),
        ("1540.00", "-1450.00", False),
        ("1540.00", "1541.00", False),
    ],
)
def test_swapped_digits(one, other, swapped):
    assert are_digits_swapped(Decimal(one), Decimal(other)) is swapped
    assert are_digits_swapped(Decimal(other), Decimal(one)) is swapped


@st.composite
def books(draw):
    """Entries with their own voucher each, and amounts no two of which are near each other."""
    count = draw(st.integers(1, 12))
    bases = draw(st.lists(st.integers(1, 900), min_size=count, max_size=count, unique=True))
    signs = draw(st.lists(st.sampled_from([1, -1]), min_size=count, max_size=count))
    parties = draw(st.lists(st.sampled_from("ABC"), min_size=count, max_size=count))
    days = draw(st.lists(st.integers(0, 80), min_size=count, max_size=count))
    return [
        SubledgerEntry(
            f"e{at}",
            parties[at],
            f"{1000 + at}",
            date(2026, 4, 1) + timedelta(days=days[at]),
            # …12.34: digits that can be swapped to something new.
            Decimal(signs[at] * (bases[at] * 10_000 + 1234)).scaleb(-2),
        )
        for at in range(count)
    ]


def _other_month(entry):
    shift = 45 if entry.day.month < 5 else -45
    return replace(entry, day=entry.day + timedelta(days=shift))


def _swap_digits(entry):
    # …12.34 becomes …21.34.
    change = Decimal("9.00") if entry.amount > ZERO else Decimal("-9.00")
    return replace(entry, amount=entry.amount + change)


PLANTS = {
    KIND.MISSING_IN_SUBLEDGER: lambda ledger, sub, at: sub.pop(at),
    KIND.MISSING_IN_LEDGER: lambda ledger, sub, at: ledger.pop(at),
    KIND.DOUBLED_IN_LEDGER: lambda ledger, sub, at: ledger.append(
        replace(ledger[at], id=f"{ledger[at].id}-again")
    ),
    KIND.DOUBLED_IN_SUBLEDGER: lambda ledger, sub, at: sub.append(
        replace(sub[at], id=f"{sub[at].id}-again")
    ),
    KIND.WRONG_AMOUNT: lambda ledger, sub, at: sub.__setitem__(
        at, replace(sub[at], amount=sub[at].amount + Decimal("5.00"))
    ),
    KIND.SWAPPED_DIGITS: lambda ledger, sub, at: sub.__setitem__(at, _swap_digits(sub[at])),
    KIND.WRONG_PERIOD: lambda ledger, sub, at: sub.__setitem__(at, _other_month(sub[at])),
}


@given(books(), st.data())
def test_every_planted_difference_is_found_and_named_and_none_invented(entries_, data):
    ledger, sub = list(entries_), list(entries_)
    chosen = data.draw(
        st.lists(st.sampled_from(entries_), unique_by=lambda one: one.id, max_size=len(entries_))
    )
    planted = {}
    for entry in chosen:
        kind = data.draw(st.sampled_from(sorted(PLANTS)))
        planted[entry.voucher] = kind
        side = ledger if kind is KIND.MISSING_IN_LEDGER else sub
        if kind in (KIND.WRONG_AMOUNT, KIND.SWAPPED_DIGITS, KIND.WRONG_PERIOD):
            side = sub
        at = next(place for place, one in enumerate(side) if one.voucher == entry.voucher)
        if kind is KIND.DOUBLED_IN_LEDGER:
            at = next(place for place, one in enumerate(ledger) if one.voucher == entry.voucher)
        PLANTS[kind](ledger, sub, at)

    comparison = compare_entries(reversed(ledger), sub, AS_OF)
    assert {one.voucher: one.kind for one in comparison.differences} == planted
    assert len(comparison.differences) == len(planted)
    assert comparison.explained == comparison.difference
    assert comparison.agrees is not bool(planted)


OPEN_LEDGER = """
i1 10 1001 05.05 1000.00
p1 10 2001 20.05 -400.00
i2 10 1002 01.06 500.00
p2 10 2002 15.06 -500.00
i3 11 1003 09.06 2500.00
"""
OPEN_ITEMS = [
    OpenItem("o1", "10", "1001", date(2026, 5, 5), Decimal(1000), Decimal(600)),
    OpenItem("o3", "11", "1003", date(2026, 6, 9), Decimal(2500), Decimal(2500)),
]


def test_settled_invoices_and_part_payments_are_no_difference():
    comparison = compare_open_items(entries(OPEN_LEDGER), OPEN_ITEMS, AS_OF)

    assert comparison.agrees
    assert comparison.ledger_balance == comparison.subledger_balance == 3100


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("x 11 1009 02.06 750.00", ("missing_in_subledger", "x", "750.00")),
        ("x - 1009 02.06 750.00", ("no_party", "x", "750.00")),
        ("x 11 1003 09.06 2500.00", ("doubled_in_ledger", "x", "2500.00")),
        ("x 12 1009 02.06 750.00", ("missing_in_subledger", "x", "750.00")),
    ],
)
def test_posting_without_open_item_is_traced(extra, expected):
    comparison = compare_open_items(entries(OPEN_LEDGER + extra), OPEN_ITEMS, AS_OF)

    assert named(comparison) == [expected]
    assert comparison.explained == comparison.difference


def test_open_item_that_differs_is_named():
    swapped = replace(OPEN_ITEMS[1], amount=Decimal(5200), balance=Decimal(5200))
    late = replace(OPEN_ITEMS[1], day=date(2026, 5, 31))
    first = OPEN_ITEMS[0]

    assert named(compare_open_items(entries(OPEN_LEDGER), [first, swapped], AS_OF)) == [
        ("swapped_digits", "i3", "-2700.00")
    ]
    assert named(compare_open_items(entries(OPEN_LEDGER), [first, late], AS_OF)) == [
        ("wrong_period", "i3", "0.00")
    ]
    assert named(compare_open_items(entries(OPEN_LEDGER), [first], AS_OF)) == [
        ("missing_in_subledger", "i3", "2500.00")
    ]


def test_part_paid_item_listed_twice_counts_what_is_left_of_it():
    again = replace(OPEN_ITEMS[0], id="o1-again")

    comparison = compare_open_items(entries(OPEN_LEDGER), [*OPEN_ITEMS, again], AS_OF)
    assert named(comparison) == [("doubled_in_subledger", "o1-again", "-600.00")]
    assert comparison.explained == comparison.difference == -600


def test_item_whose_posting_is_in_the_next_month_is_in_the_wrong_period():
    ledger = entries(OPEN_LEDGER.replace("i3 11 1003 09.06", "i3 11 1003 09.07"))

    comparison = compare_open_items(ledger, OPEN_ITEMS, AS_OF)
    assert named(comparison) == [("wrong_period", "i3", "-2500.00")]


def test_equal_postings_are_given_as_candidates_and_not_guessed():
    ledger = entries("i1 10 1001 05.05 100.00\ni2 10 1002 06.05 100.00\np 10 9 01.06 -100.00")

    comparison = compare_open_items(ledger, [], AS_OF)
    (difference,) = comparison.differences
    assert difference.ledger is None
    assert [one.id for one in difference.candidates] == ["i1", "i2"]
    assert difference.effect == 100


def test_two_missing_items_are_found_though_a_settled_one_equals_their_sum():
    ledger = entries(
        "s 10 1 01.05 300.00\np 10 2 02.05 -300.00\na 10 3 03.05 100.00\nb 10 4 04.05 200.00"
    )

    assert named(compare_open_items(ledger, [], AS_OF)) == [
        ("missing_in_subledger", "b", "200.00"),
        ("missing_in_subledger", "a", "100.00"),
    ]


def test_settled_pairs_do_not_hide_which_two_are_missing():
    pairs = "".join(f"s{at} 10 {at}1 01.05 150.00\np{at} 10 {at}2 02.05 -150.00\n" for at in (1, 2))
    ledger = entries(pairs + "a 10 3 03.05 100.00\nb 10 4 04.05 200.00")

    assert named(compare_open_items(ledger, [], AS_OF)) == [
        ("missing_in_subledger", "b", "200.00"),
        ("missing_in_subledger", "a", "100.00"),
    ]


def test_two_missing_of_which_one_has_an_equal_are_not_guessed():
    ledger = entries(
        "s 10 1 01.05 200.00\np 10 2 02.05 -200.00\na 10 3 03.05 100.00\nb 10 4 04.05 200.00"
    )

    (difference,) = compare_open_items(ledger, [], AS_OF).differences
    assert difference.kind is KIND.UNEXPLAINED
    assert difference.effect == 300
    assert len(difference.candidates) == 4


def test_item_listed_twice_in_place_of_another_is_found_though_totals_agree():
    ledger = entries("a 10 1 01.05 500.00\nb 10 2 02.05 500.00")
    item = OpenItem("o1", "10", "1", date(2026, 5, 1), Decimal(500), Decimal(500))

    comparison = compare_open_items(ledger, [item, replace(item, id="o2")], AS_OF)
    assert comparison.difference == comparison.explained == 0
    assert named(comparison) == [
        ("doubled_in_subledger", "o2", "-500.00"),
        ("missing_in_subledger", "b", "500.00"),
    ]


def test_what_no_posting_explains_is_stated():
    items = [replace(OPEN_ITEMS[0], balance=Decimal("612.34")), OPEN_ITEMS[1]]

    comparison = compare_open_items(entries(OPEN_LEDGER), items, AS_OF)
    assert [(one.kind, one.effect) for one in comparison.differences] == [
        (KIND.UNEXPLAINED, Decimal("-12.34"))
    ]


@st.composite
def open_books(draw):
    """Invoices, some settled in full or in part, and the open items a right source would list."""
    postings, items = [], []
    for entry in draw(books()):
        settled = draw(st.sampled_from([0, 40, 100]))
        postings.append(entry)
        part = (entry.amount * settled / 100).quantize(Decimal("0.01"))
        if part:
            payment = replace(entry, id=f"p{entry.id}", voucher=f"9{entry.voucher}", amount=-part)
            postings.append(replace(payment, day=entry.day + timedelta(days=5)))
        if settled < 100:
            items.append(
                OpenItem(
                    f"o{entry.id}",
                    entry.party,
                    entry.voucher,
                    entry.day,
                    entry.amount,
                    entry.amount - part,
                )
            )
    return postings, items


@given(open_books())
def test_right_open_items_agree_with_any_books(case):
    postings, items = case
    comparison = compare_open_items(postings, items, AS_OF)

    assert comparison.agrees
    assert comparison.differences == ()


def _shift(item, amount):
    return replace(item, amount=item.amount + amount, balance=item.balance + amount)


@given(open_books(), st.data())
def test_one_planted_fault_among_open_items_is_found_and_named(case, data):
    postings, items = case
    if not items:
        return
    at = data.draw(st.integers(0, len(items) - 1))
    item = items[at]
    kind = data.draw(
        st.sampled_from(
            [KIND.DOUBLED_IN_SUBLEDGER, KIND.WRONG_AMOUNT, KIND.SWAPPED_DIGITS, KIND.WRONG_PERIOD]
        )
    )
    sign = 1 if item.amount > ZERO else -1
    if kind is KIND.DOUBLED_IN_SUBLEDGER:
        items.append(replace(item, id="again"))
    elif kind is KIND.WRONG_AMOUNT:
        items[at] = _shift(item, Decimal("5.00"))
    elif kind is KIND.SWAPPED_DIGITS:
        items[at] = _shift(item, Decimal("9.00") * sign)
    else:
        items[at] = _other_month(item)

    comparison = compare_open_items(postings, items, AS_OF)
    assert [(one.kind, one.voucher) for one in comparison.differences] == [(kind, item.voucher)]
    assert comparison.explained == comparison.difference


@given(open_books(), st.data())
def test_missing_open_item_is_found_whole(case, data):
    postings, items = case
    whole = [item for item in items if not item.settled]
    if not whole:
        return
    gone = data.draw(st.sampled_from(whole))
    items.remove(gone)

    comparison = compare_open_items(postings, items, AS_OF)
    assert comparison.explained == comparison.difference == gone.balance
    assert [(one.kind, one.voucher) for one in comparison.differences] == [
        (KIND.MISSING_IN_SUBLEDGER, gone.voucher)
    ]


@given(open_books(), open_books())
def test_differences_explain_all_that_parts_any_two_books(one, other):
    comparison = compare_open_items(one[0], other[1], AS_OF)

    assert comparison.explained == comparison.difference
    assert comparison.subledger_balance == sum_amounts(item.balance for item in other[1])
    by_entries = compare_entries(one[0], other[0], AS_OF)
    assert by_entries.explained == by_entries.difference
