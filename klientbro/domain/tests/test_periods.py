"""Months, financial years of every shape, quarters and month ends."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.periods import (
    FinancialYear,
    Month,
    Period,
    change_year_end,
    extend_years,
    financial_years,
    month_ends,
    month_range,
    year_containing,
)

days = st.dates(date(1990, 1, 1), date(2060, 12, 31))
year_ends = st.integers(1, 12)


def spans(years):
    return [f"{year.start} {year.end} {year.label}" for year in years]


def test_month_knows_its_days_and_names():
    month = Month.of(date(2024, 2, 10))

    assert (month.first_day, month.last_day) == (date(2024, 2, 1), date(2024, 2, 29))
    assert (month.key, month.name) == ("2024-02", "February")
    assert Month.parse("2024-02") == month


def test_months_follow_each_other_over_new_year():
    assert Month(2025, 12).next() == Month(2026, 1)
    assert Month(2026, 1).previous() == Month(2025, 12)
    assert Month(2026, 3).plus(-12) == Month(2025, 3)


@pytest.mark.parametrize("key", ["2026-13", "2026-1", "oktober", ""])
def test_what_is_no_month_is_refused(key):
    with pytest.raises(ValueError, match=r"isoformat|month"):
        Month.parse(key)


def test_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="ends before it begins"):
        Period(Month(2026, 2), Month(2026, 1))


def test_calendar_years_from_conversion_to_today():
    years = financial_years(date(2023, 1, 1), 12, date(2025, 11, 18))

    assert spans(years) == [
        "2023-01-01 2023-12-31 2023",
        "2024-01-01 2024-12-31 2024",
        "2025-01-01 2025-12-31 2025",
    ]


def test_first_year_begins_at_its_ordinary_start_when_converted_in_mid_year():
    years = financial_years(date(2023, 7, 15), 12, date(2024, 1, 1))

    assert years[0].start == date(2023, 1, 1)


def test_broken_year_is_named_after_both_calendar_years():
    years = financial_years(date(2024, 7, 1), 6, date(2025, 7, 1))

    assert spans(years) == [
        "2024-07-01 2025-06-30 2024/2025",
        "2025-07-01 2026-06-30 2025/2026",
    ]


def test_year_end_in_february_follows_leap_years():
    years = financial_years(date(2023, 3, 1), 2, date(2024, 3, 1))

    assert [year.end for year in years] == [date(2024, 2, 29), date(2025, 2, 28)]


def test_changed_year_end_gives_a_short_year_between():
    years = extend_years(
        financial_years(date(2025, 1, 1), 12, date(2025, 1, 1)), 6, date(2026, 8, 1)
    )

    assert spans(years) == [
        "2025-01-01 2025-12-31 2025",
        "2026-01-01 2026-06-30 2026 (01–06)",
        "2026-07-01 2027-06-30 2026/2027",
    ]


def test_running_year_is_cut_short_when_the_new_year_end_is_still_ahead():
    known = financial_years(date(2024, 1, 1), 12, date(2025, 3, 5))

    years = change_year_end(known, 6, date(2025, 3, 5), date(2025, 8, 1))

    assert spans(years) == [
        "2024-01-01 2024-12-31 2024",
        "2025-01-01 2025-06-30 2025 (01–06)",
        "2025-07-01 2026-06-30 2025/2026",
    ]


def test_running_year_becomes_long_when_the_new_year_end_has_passed():
    known = financial_years(date(2025, 1, 1), 12, date(2025, 9, 5))

    years = change_year_end(known, 6, date(2025, 9, 5), date(2025, 9, 5))

    assert spans(years) == ["2025-01-01 2026-06-30 2025/2026 (01–06)"]


def test_no_year_becomes_longer_than_eighteen_months():
    known = financial_years(date(2025, 1, 1), 12, date(2025, 11, 5))

    years = change_year_end(known, 10, date(2025, 11, 5), date(2025, 11, 5))

    assert spans(years) == [
        "2025-01-01 2025-10-31 2025 (01–10)",
        "2025-11-01 2026-10-31 2025/2026",
    ]


def test_year_of_parts_of_months_is_refused():
    with pytest.raises(ValueError, match="whole months"):
        FinancialYear(date(2025, 1, 15), date(2025, 12, 31), "2025")


@pytest.mark.parametrize("month", [0, 13])
def test_year_end_that_is_no_month_is_refused(month):
    with pytest.raises(ValueError, match="year-end month"):
        financial_years(date(2025, 1, 1), month, date(2025, 1, 1))


def test_quarters_follow_the_years_own_start():
    year = FinancialYear.of_months(Month(2025, 5), Month(2026, 4))

    assert [(part.first.key, part.last.key) for part in year.quarters()] == [
        ("2025-05", "2025-07"),
        ("2025-08", "2025-10"),
        ("2025-11", "2026-01"),
        ("2026-02", "2026-04"),
    ]


def test_last_quarter_of_a_short_year_is_short():
    year = FinancialYear.of_months(Month(2026, 1), Month(2026, 4))

    assert year.quarters()[-1] == Period(Month(2026, 4), Month(2026, 4))


def test_month_ends_include_both_limits():
    ends = month_ends(date(2025, 1, 31), date(2025, 3, 31))

    assert ends == (date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31))


def test_month_that_has_not_ended_has_no_month_end():
    assert month_ends(date(2025, 2, 1), date(2025, 2, 27)) == ()


def test_day_outside_the_known_years_has_no_year():
    years = financial_years(date(2025, 1, 1), 12, date(2025, 1, 1))

    assert year_containing(years, date(2024, 12, 31)) is None


@given(days, year_ends, st.integers(0, 4000))
def test_years_cover_every_day_once(conversion, year_end, ahead):
    until = conversion + timedelta(days=ahead)

    years = financial_years(conversion, year_end, until)

    assert conversion in years[0]
    assert until in years[-1]
    assert all(later.start - earlier.end == timedelta(days=1) for earlier, later in pairwise(years))
    assert all(len(year.months()) == 12 for year in years)


@given(days, year_ends, year_ends, st.integers(0, 1500), st.integers(0, 800))
def test_years_cover_every_day_once_after_a_change_too(conversion, old, new, to_change, after):
    changed_on = conversion + timedelta(days=to_change)
    until = changed_on + timedelta(days=after)
    known = financial_years(conversion, old, changed_on)

    years = change_year_end(known, new, changed_on, until)

    assert until in years[-1]
    assert years[0].start == known[0].start
    assert all(later.start - earlier.end == timedelta(days=1) for earlier, later in pairwise(years))
    assert all(1 <= len(year.months()) <= 18 for year in years)
    assert len({year.label for year in years}) == len(years)


@given(days, year_ends)
def test_quarters_are_the_year(day, year_end):
    (year,) = financial_years(day, year_end, day)

    assert [m for part in year.quarters() for m in part.months()] == list(year.months())


@given(days, st.integers(-500, 500))
def test_months_counted_there_and_back_are_the_same(day, steps):
    month = Month.of(day)

    assert month.plus(steps).plus(-steps) == month
    assert month.months_until(month.plus(steps)) == steps
    assert len(list(month_range(month, month.plus(steps)))) == max(0, steps + 1)
