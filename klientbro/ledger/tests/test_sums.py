"""Sheets found month after month equal those added up anew for each."""

from __future__ import annotations

import uuid
from dataclasses import fields
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.periods import Month
from klientbro.ledger.books import Books
from klientbro.ledger.sums import Sheets, closings

TYPES = {"bank": "asset", "debt": "liability", "sales": "income", "rent": "expense"}
MONTHS = [Month(2024 + index // 12, index % 12 + 1) for index in range(36)]
ACCOUNTS = st.sampled_from([*TYPES, "heard of by nobody"])
AMOUNTS = st.decimals("-1000", "1000", places=2)


def books(*, year_end_month: int, anchor: date | None, results_restart: bool) -> Books:
    given_values = {
        "firm_id": uuid.uuid4(),
        "conversion_date": date(2024, 1, 1),
        "year_end_month": year_end_month,
        "anchor_date": anchor,
        "results_restart": results_restart,
        "year_days": [],
    }
    return Books(**{field.name: given_values.get(field.name, 0) for field in fields(Books)})


@given(
    opening=st.dictionaries(ACCOUNTS, AMOUNTS),
    sums=st.dictionaries(
        st.tuples(ACCOUNTS, st.sampled_from([month.first_day for month in MONTHS])), AMOUNTS
    ),
    anchor=st.none() | st.sampled_from([date(2023, 12, 31), *(month.last_day for month in MONTHS)]),
    year_end_month=st.integers(1, 12),
    results_restart=st.booleans(),
    asked=st.permutations(MONTHS),
)
def test_sheet_of_a_month_is_what_all_sums_until_then_give(
    opening: dict[str, Decimal],
    sums: dict[tuple[str, date], Decimal],
    anchor: date | None,
    year_end_month: int,
    results_restart: bool,
    asked: list[Month],
) -> None:
    ours = books(year_end_month=year_end_month, anchor=anchor, results_restart=results_restart)
    sheets = Sheets(ours, opening, sums, TYPES)
    for month in asked:
        expected = closings(ours, month.last_day, opening, sums, TYPES)
        assert sheets.at(month.last_day) == expected
