"""Days and moments survive parsing, zones and display."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.lib.dates import (
    end_of_day,
    format_date,
    format_time,
    oslo_date,
    parse_date,
    parse_timestamp,
    parse_typed_date,
    start_of_day,
)


def test_seven_decimals_are_kept_in_the_raw_text():
    stamp = parse_timestamp("2025-03-31T08:03:00.1234567+00:00")

    assert stamp.moment == datetime(2025, 3, 31, 8, 3, 0, 123456, tzinfo=UTC)
    assert stamp.nanoseconds == 700
    assert stamp.raw == "2025-03-31T08:03:00.1234567+00:00"


@pytest.mark.parametrize(
    "text",
    [
        *("2025-03-31T08:03:00Z", "2025-03-31T08:03:00+00:00", "2025-03-31T10:03:00.0+02:00"),
        *("2025-03-31T08:03:00.0000000+00:00", "2025-03-31T03:33:00.000-04:30"),
    ],
)
def test_every_form_of_a_moment_is_the_same_moment_in_utc(text):
    assert parse_timestamp(text).moment == datetime(2025, 3, 31, 8, 3, tzinfo=UTC)
    assert parse_timestamp(text).moment.tzinfo is UTC


def test_stamps_are_ordered_finer_than_microseconds():
    earlier = parse_timestamp("2025-03-31T08:03:00.1234561+00:00")
    later = parse_timestamp("2025-03-31T10:03:00.1234569+02:00")

    assert max(earlier, later) == later


@pytest.mark.parametrize(
    "text",
    [
        *("", "2025-03-31", "2025-03-31T08:03:00", "2025-03-31 08:03:00Z", "20250331T080300Z"),
        *("2025-02-30T08:03:00Z", "2025-03-31T25:03:00Z", "2025-03-31T08:03:00Z\n"),
    ],
)
def test_what_is_no_moment_with_offset_is_refused(text):
    with pytest.raises(ValueError, match=r"timestamp|day|hour"):
        parse_timestamp(text)


@pytest.mark.parametrize("text", ["2025-3-31", "20250331", "2025-W14-1", "2025-02-30", "", "x"])
def test_what_is_no_iso_date_is_refused(text):
    with pytest.raises(ValueError, match=r"date|day"):
        parse_date(text)


@pytest.mark.parametrize("typed", ["31.12.2026", " 2026-12-31 ", "31.12.2026\n"])
def test_typed_date_is_read_in_both_forms(typed):
    assert parse_typed_date(typed) == date(2026, 12, 31)


@pytest.mark.parametrize("typed", ["31.02.2026", "12/31/2026", "31.12.26", "", "i går"])
def test_typed_text_that_is_no_date_is_none(typed):
    assert parse_typed_date(typed) is None


def test_late_evening_in_utc_is_the_next_day_in_norway():
    assert oslo_date(datetime(2025, 12, 31, 23, 30, tzinfo=UTC)) == date(2026, 1, 1)
    assert oslo_date(datetime(2025, 6, 30, 22, 0, tzinfo=UTC)) == date(2025, 7, 1)


def test_time_is_shown_on_a_norwegian_clock():
    assert format_time(datetime(2026, 11, 18, 13, 2, tzinfo=UTC)) == "14:02"


def test_moment_without_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        oslo_date(datetime(2026, 11, 18, 13, 2))  # noqa: DTZ001 the case under test


def test_days_when_the_clock_changes_are_23_and_25_hours():
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)

    assert end_of_day(spring) - start_of_day(spring) == timedelta(hours=23)
    assert end_of_day(autumn) - start_of_day(autumn) == timedelta(hours=25)


def test_day_is_written_dd_mm_yyyy():
    assert format_date(date(2026, 3, 4)) == "04.03.2026"


def test_moment_is_not_taken_for_a_day():
    with pytest.raises(TypeError, match="oslo_date"):
        format_date(datetime(2026, 3, 4, tzinfo=UTC))


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_written_day_reads_back_as_itself(day):
    assert parse_typed_date(format_date(day)) == day
    assert parse_date(day.isoformat()) == day
    assert oslo_date(start_of_day(day)) == day
