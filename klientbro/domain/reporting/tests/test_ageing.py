"""Ageing: bands by due date, credits kept apart, dates that cannot be right."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.money import ZERO, sum_amounts
from klientbro.domain.reporting.ageing import AgedItem, Band, Side, ageing, band_of

DAY = date(2026, 10, 31)


def item(due, balance="1000.00", party="10001", posted=date(2026, 9, 1)):
    return AgedItem(party, f"Kunde {party}", "1001", 20501, posted, due, Decimal(balance))


@pytest.mark.parametrize(
    ("due", "band"),
    [
        (date(2026, 11, 14), Band.NOT_DUE),
        (date(2026, 10, 31), Band.NOT_DUE),
        (date(2026, 10, 30), Band.TO_30),
        (date(2026, 10, 10), Band.TO_30),
        (date(2026, 10, 1), Band.TO_30),
        (date(2026, 9, 30), Band.TO_60),
        (date(2026, 9, 1), Band.TO_60),
        (date(2026, 8, 31), Band.TO_90),
        (date(2026, 8, 2), Band.TO_90),
        (date(2026, 8, 1), Band.OVER_90),
        (None, Band.NO_DATE),
        (date(2062, 10, 31), Band.NO_DATE),
        (date(1926, 10, 31), Band.NO_DATE),
    ],
)
def test_band_of_an_item(due, band):
    assert band_of(item(due), Side.CUSTOMER, DAY) is band


def test_worked_example_of_a_customer():
    found = ageing(
        [item(date(2026, 10, 10), "600.00"), item(date(2026, 6, 1), "400.00")], Side.CUSTOMER, DAY
    )

    assert found.parties[0].bands[Band.TO_30] == Decimal("600.00")
    assert found.parties[0].bands[Band.OVER_90] == Decimal("400.00")
    assert (found.total, found.overdue) == (Decimal("1000.00"), Decimal("1000.00"))
    assert found.parties[0].oldest_days == 152


def test_credit_is_listed_and_not_netted_away():
    found = ageing([item(date(2026, 10, 10), "600.00"), item(None, "-250.00")], Side.CUSTOMER, DAY)

    assert found.bands[Band.TO_30] == Decimal("600.00")
    assert found.bands[Band.CREDIT] == Decimal("-250.00")
    assert found.overdue == Decimal("600.00")
    assert found.total == Decimal("350.00")


def test_what_we_owe_suppliers_is_shown_positive():
    found = ageing([item(date(2026, 10, 10), "-600.00")], Side.SUPPLIER, DAY)

    assert (found.total, found.bands[Band.TO_30]) == (Decimal("600.00"), Decimal("600.00"))


def test_date_that_cannot_be_right_is_named():
    odd = item(date(2062, 10, 31))

    assert ageing([odd, item(None)], Side.CUSTOMER, DAY).odd == (odd,)


def test_those_who_owe_most_that_is_overdue_come_first():
    found = ageing(
        [
            item(date(2026, 12, 1), "9000.00", "1"),
            item(date(2026, 10, 1), "50.00", "2"),
            item(date(2026, 9, 1), "70.00", "3"),
        ],
        Side.CUSTOMER,
        DAY,
    )

    assert [party.party_no for party in found.parties] == ["3", "2", "1"]


items = st.builds(
    item,
    st.one_of(st.none(), st.dates(date(1990, 1, 1), date(2080, 1, 1))),
    st.integers(-(10**7), 10**7).map(lambda ore: str(Decimal(ore).scaleb(-2))),
    st.sampled_from(["1", "2", "3"]),
    st.one_of(st.none(), st.dates(date(2020, 1, 1), DAY)),
)


@given(st.lists(items), st.sampled_from(Side), st.integers(-400, 400))
def test_bands_and_parties_sum_to_what_is_open(open_items, side, days):
    found = ageing(open_items, side, DAY + timedelta(days=days))

    total = sum_amounts(one.balance for one in open_items)
    assert found.total == (total if side is Side.CUSTOMER else ZERO - total)
    assert sum_amounts(party.total for party in found.parties) == found.total
    assert sum(len(party.items) for party in found.parties) == len(open_items)
