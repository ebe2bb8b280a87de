"""When a client is due: often where it is worked with, rarely where it sleeps, never in herds."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.lib.dates import OSLO
from klientbro.sync.queue import DUE, ROUTINE
from klientbro.sync.schedule import (
    Frequency,
    Use,
    Wish,
    is_office_time,
    next_round,
    next_try,
    priority_of,
    use_of,
)

TUESDAY_TEN = datetime(2026, 11, 17, 10, tzinfo=OSLO)
TUESDAY_NIGHT = datetime(2026, 11, 17, 22, tzinfo=OSLO)
SATURDAY = datetime(2026, 11, 21, 11, tzinfo=OSLO)
YESTERDAY = TUESDAY_TEN - timedelta(days=1)


def minutes(wish: Wish, now: datetime, chance: float = 0.5) -> float:
    return (next_round(wish, now, chance) - now) / timedelta(minutes=1)


def test_client_in_use_is_due_each_quarter_in_office_hours() -> None:
    assert minutes(Wish(opened_at=YESTERDAY), TUESDAY_TEN) == 15


def test_sleeping_client_is_due_rarely() -> None:
    assert minutes(Wish(), TUESDAY_TEN) == 240
    assert minutes(Wish(opened_at=TUESDAY_TEN - timedelta(days=40)), TUESDAY_TEN) == 240


def test_client_opened_this_month_is_between_the_two() -> None:
    assert minutes(Wish(opened_at=TUESDAY_TEN - timedelta(days=10)), TUESDAY_TEN) == 60


def test_near_deadline_counts_as_in_use_and_goes_before_routine() -> None:
    near = Wish(deadline=date(2026, 11, 19))
    assert use_of(near, TUESDAY_TEN) is Use.IN_USE
    assert priority_of(near, TUESDAY_TEN) == DUE
    for day in (date(2026, 11, 25), date(2026, 11, 10), None):
        assert priority_of(Wish(deadline=day), TUESDAY_TEN) == ROUTINE


def test_at_night_it_is_due_when_the_office_opens_spread_over_the_first_round() -> None:
    wish = Wish(opened_at=YESTERDAY)
    late = TUESDAY_NIGHT + timedelta(hours=6)  # 04:00; four hours on is after seven
    opens = datetime(2026, 11, 18, 7, tzinfo=OSLO)
    assert next_round(wish, late, 0.0) == opens
    assert next_round(wish, late, 0.99) < opens + timedelta(minutes=15)
    assert minutes(wish, TUESDAY_NIGHT) == 240


@pytest.mark.parametrize(
    "moment",
    [
        SATURDAY,
        datetime(2026, 12, 25, 10, tzinfo=OSLO),
        datetime(2027, 5, 17, 10, tzinfo=OSLO),
        datetime(2026, 4, 2, 10, tzinfo=OSLO),  # Maundy Thursday
        TUESDAY_NIGHT,
        datetime(2026, 11, 17, 6, 59, tzinfo=OSLO),
    ],
)
def test_weekends_holidays_and_nights_are_no_office_time(moment: datetime) -> None:
    assert not is_office_time(Wish(), moment)


def test_hours_are_counted_in_oslo_in_summer_and_winter() -> None:
    from datetime import UTC

    assert is_office_time(Wish(), datetime(2026, 7, 1, 5, 0, tzinfo=UTC))  # 07:00 summer time
    assert not is_office_time(Wish(), datetime(2026, 11, 17, 5, 0, tzinfo=UTC))  # 06:00


def test_firms_own_hours_are_followed() -> None:
    assert is_office_time(Wish(from_hour=6, to_hour=23), TUESDAY_NIGHT)


def test_only_on_opening_is_still_fetched_once_a_day() -> None:
    wish = Wish(Frequency.OPENING, opened_at=YESTERDAY)
    assert minutes(wish, TUESDAY_TEN) == minutes(wish, TUESDAY_NIGHT) == 24 * 60


@given(
    st.sampled_from(Frequency),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 made aware below
    st.one_of(st.none(), st.integers(0, 90)),
    st.floats(0, 0.999),
)
def test_every_client_is_due_within_a_day_and_a_tenth_and_never_at_once(
    frequency: Frequency, naive: datetime, opened: int | None, chance: float
) -> None:
    now = naive.replace(tzinfo=OSLO)
    wish = Wish(frequency, opened_at=None if opened is None else now - timedelta(days=opened))
    due = next_round(wish, now, chance)
    assert timedelta(0) < due - now <= timedelta(hours=24 * 1.1 + 1)  # an hour for the clocks


@given(st.floats(0, 0.999), st.floats(1, 86_400))
def test_failed_run_is_never_tried_sooner_than_its_cause_says(
    chance: float, seconds: float
) -> None:
    due = next_try(TUESDAY_TEN, seconds, chance)
    assert timedelta(seconds=seconds) <= due - TUESDAY_TEN <= timedelta(seconds=seconds * 1.1)


def test_thousand_clients_spread_over_their_round() -> None:
    wish = Wish(opened_at=YESTERDAY)
    by_minute: dict[int, int] = {}
    for number in range(1000):
        minute = int(minutes(wish, TUESDAY_TEN, number / 1000))
        by_minute[minute] = by_minute.get(minute, 0) + 1
    assert max(by_minute.values()) <= 1000 / 3 + 1
