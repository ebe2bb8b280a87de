"""How a company's books are cut: this year first, then backwards, no gap and no overlap."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.connectors.contract import Known, Resource, Unit
from klientbro.connectors.errors import ContractError, RangeTooLargeError
from klientbro.connectors.poweroffice.planning import (
    MOST_DAYS,
    asked_since,
    plan_postings,
    split_unit,
    window_days,
)


def calendar_years(first: int, last: int) -> tuple[tuple[date, date], ...]:
    return tuple((date(year, 1, 1), date(year, 12, 31)) for year in range(first, last + 1))


KNOWN = Known(today=date(2026, 11, 22), years=calendar_years(2023, 2026))


def ranges(units: tuple[Unit, ...]) -> list[tuple[str, str]]:
    return [(str(unit.first), str(unit.last)) for unit in units]


def test_first_plan_is_the_future_then_this_year_then_history_backwards() -> None:
    assert ranges(plan_postings(None, KNOWN)) == [
        ("2027-01-01", "2028-01-01"),
        ("2026-01-01", "2026-12-31"),
        ("2025-01-01", "2025-12-31"),
        ("2024-01-01", "2024-12-31"),
        ("2022-12-31", "2023-12-31"),
    ]


def test_opening_voucher_of_a_leap_year_costs_no_request_of_its_own() -> None:
    known = replace(KNOWN, years=calendar_years(2024, 2024), today=date(2024, 5, 1))
    assert ranges(plan_postings(None, known))[1:] == [("2023-12-31", "2024-12-31")]


def test_what_changed_is_one_open_unit_over_all_dates() -> None:
    assert plan_postings("2026-11-01T00:00:00.0000000+00:00", KNOWN) == (
        Unit(
            Resource.POSTINGS,
            date(2022, 12, 31),
            date(2031, 12, 31),
            since="2026-11-01T00:00:00.0000000+00:00",
            is_complete=False,
        ),
    )


def test_only_missing_history_is_planned() -> None:
    held = replace(KNOWN, covered_from=date(2025, 1, 1))
    assert ranges(plan_postings(None, held)) == [
        ("2024-01-01", "2024-12-31"),
        ("2022-12-31", "2023-12-31"),
    ]


def test_history_broken_off_within_a_year_goes_on_from_there() -> None:
    held = replace(KNOWN, covered_from=date(2024, 7, 1))
    assert ranges(plan_postings(None, held))[0] == ("2024-01-01", "2024-06-30")


def test_nothing_is_planned_when_all_is_held_or_nothing_is_known() -> None:
    assert plan_postings(None, replace(KNOWN, covered_from=date(2022, 12, 31))) == ()
    assert plan_postings(None, replace(KNOWN, years=())) == ()


def test_long_first_year_is_cut_in_even_pieces() -> None:
    years = ((date(2024, 7, 1), date(2025, 12, 31)), (date(2026, 1, 1), date(2026, 12, 31)))
    assert ranges(plan_postings(None, replace(KNOWN, years=years)))[2:] == [
        ("2025-04-01", "2025-12-31"),
        ("2024-06-30", "2025-03-31"),
    ]


def test_broken_financial_year_is_asked_for_as_it_is() -> None:
    years = ((date(2025, 7, 1), date(2026, 6, 30)), (date(2026, 7, 1), date(2027, 6, 30)))
    assert ranges(plan_postings(None, replace(KNOWN, years=years)))[:2] == [
        ("2027-07-01", "2028-06-30"),
        ("2026-07-01", "2027-06-30"),
    ]


@pytest.mark.parametrize(
    ("rows_per_day", "longest_days", "days"),
    [
        (None, None, MOST_DAYS),
        (1500.0, None, 133),
        (1.0, None, MOST_DAYS),
        (1500.0, 30, 30),
        (None, 90, 90),
        (1e9, None, 1),
    ],
)
def test_busy_company_is_asked_for_shorter_ranges(
    rows_per_day: float | None, longest_days: int | None, days: int
) -> None:
    known = replace(KNOWN, rows_per_day=rows_per_day, longest_days=longest_days)
    assert window_days(known) == days


@given(
    first_year=st.integers(2015, 2026),
    conversion_month=st.integers(1, 12),
    rows_per_day=st.one_of(st.none(), st.floats(1, 50_000)),
    longest_days=st.one_of(st.none(), st.integers(1, 400)),
)
def test_pieces_follow_each_other_without_gap_and_stay_short(
    first_year: int, conversion_month: int, rows_per_day: float | None, longest_days: int | None
) -> None:
    years = list(calendar_years(first_year, 2026))
    years[0] = (date(first_year, conversion_month, 1), years[0][1])
    known = Known(date(2026, 11, 22), tuple(years), None, rows_per_day, longest_days)
    units = plan_postings(None, known)
    days = [(unit.first or date.min, unit.last or date.max) for unit in units]
    assert all(earlier[1] + timedelta(1) == later[0] for later, earlier in pairwise(days))
    assert days[-1][0] == years[0][0] - timedelta(1)
    assert all((last - first).days < window_days(known) for first, last in days[1:])


def test_unit_is_split_with_the_newer_half_first() -> None:
    unit = Unit(Resource.POSTINGS, date(2026, 1, 1), date(2026, 12, 31), token="3/9/20000")
    assert split_unit(unit) == (
        Unit(Resource.POSTINGS, date(2026, 7, 3), date(2026, 12, 31)),
        Unit(Resource.POSTINGS, date(2026, 1, 1), date(2026, 7, 2)),
    )


def test_two_days_are_split_and_one_is_not() -> None:
    two = Unit(Resource.POSTINGS, date(2026, 1, 1), date(2026, 1, 2))
    assert [half.first for half in split_unit(two)] == [date(2026, 1, 2), date(2026, 1, 1)]
    with pytest.raises(RangeTooLargeError):
        split_unit(replace(two, last=two.first))
    with pytest.raises(RangeTooLargeError):
        split_unit(Unit(Resource.ACCOUNTS))


@pytest.mark.parametrize(
    ("watermark", "asked"),
    [
        ("2026-03-05T07:00:00.1234567+00:00", "2026-03-05T06:50:00.1234560+00:00"),
        ("2026-01-01T00:05:00Z", "2025-12-31T23:55:00.0000000+00:00"),
        ("2026-03-05T09:00:00+02:00", "2026-03-05T06:50:00.0000000+00:00"),
    ],
)
def test_new_rows_are_asked_for_from_ten_minutes_before_the_watermark(
    watermark: str, asked: str
) -> None:
    assert asked_since(watermark) == asked


def test_watermark_of_another_kind_is_refused() -> None:
    with pytest.raises(ContractError):
        asked_since("page 7")


def test_a_long_reading_makes_the_next_question_go_further_back() -> None:
    """Edits to early pages while late ones were read lie before the largest timestamp seen."""
    known = Known(
        today=date(2026, 11, 18),
        years=((date(2026, 1, 1), date(2026, 12, 31)),),
        covered_from=date(2026, 1, 1),
        overlap_seconds=600 + 1800,
    )

    [unit] = plan_postings("2026-11-18T10:00:00.0000000+00:00", known)

    assert unit.since == "2026-11-18T09:30:00.0000000+00:00"
