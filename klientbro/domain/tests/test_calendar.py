"""Norwegian holidays, working days, and due dates that move past stacked holidays."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from dateutil.easter import easter
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.calendar import (
    Holiday,
    add_working_days,
    easter_sunday,
    first_working_day_after,
    is_working_day,
    last_working_day_by,
    move_to_working_day,
    public_holidays,
    reasons_off,
    working_days_between,
)

days = st.dates(date(1900, 1, 1), date(2199, 12, 1))


def day(text):
    return date(int(text[6:]), int(text[3:5]), int(text[:2]))


@pytest.mark.parametrize("text", ["05.04.2026", "28.03.2027", "16.04.2028", "31.03.2024"])
def test_easter_sunday_is_where_the_almanac_has_it(text):
    assert easter_sunday(day(text).year) == day(text)


@given(st.integers(1700, 3000))
def test_easter_is_what_another_reckoning_says(year):
    assert easter_sunday(year) == easter(year)


def test_year_before_the_gregorian_calendar_is_refused():
    with pytest.raises(ValueError, match="reckoned from 1700"):
        easter_sunday(1699)


def test_holidays_of_2026_are_the_twelve_of_the_law():
    names = {holiday.strftime("%d.%m"): why for holiday, why in public_holidays(2026).items()}

    assert names == {
        "01.01": (Holiday.NEW_YEARS_DAY,),
        "02.04": (Holiday.MAUNDY_THURSDAY,),
        "03.04": (Holiday.GOOD_FRIDAY,),
        "05.04": (Holiday.EASTER_SUNDAY,),
        "06.04": (Holiday.EASTER_MONDAY,),
        "01.05": (Holiday.LABOUR_DAY,),
        "14.05": (Holiday.ASCENSION_DAY,),
        "17.05": (Holiday.CONSTITUTION_DAY,),
        "24.05": (Holiday.WHIT_SUNDAY,),
        "25.05": (Holiday.WHIT_MONDAY,),
        "25.12": (Holiday.CHRISTMAS_DAY,),
        "26.12": (Holiday.BOXING_DAY,),
    }


def test_two_holidays_on_one_day_are_both_named():
    assert reasons_off(date(2027, 5, 17)) == (Holiday.CONSTITUTION_DAY, Holiday.WHIT_MONDAY)
    assert public_holidays(2008)[date(2008, 5, 1)] == (Holiday.LABOUR_DAY, Holiday.ASCENSION_DAY)


@pytest.mark.parametrize("text", ["24.12.2026", "31.12.2026", "22.05.2026"])
def test_eves_are_working_days_in_law(text):
    assert is_working_day(day(text))


def test_due_date_passes_a_saturday_a_sunday_and_two_holidays_on_one_day():
    moved = move_to_working_day(date(2027, 5, 15))

    assert moved.due == date(2027, 5, 18)
    assert [(off.day.day, off.reasons) for off in moved.passed] == [
        (15, (Holiday.SATURDAY,)),
        (16, (Holiday.SUNDAY, Holiday.WHIT_SUNDAY)),
        (17, (Holiday.CONSTITUTION_DAY, Holiday.WHIT_MONDAY)),
    ]
    assert not move_to_working_day(date(2026, 5, 15)).is_moved


@pytest.mark.parametrize(
    ("from_day", "after"),
    [
        ("12.06.2026", "15.06.2026"),
        ("01.04.2026", "07.04.2026"),
        ("30.04.2026", "04.05.2026"),
        ("24.12.2026", "28.12.2026"),
        ("15.05.2026", "18.05.2026"),
    ],
)
def test_first_working_day_after(from_day, after):
    assert first_working_day_after(day(from_day)) == day(after)


def test_pay_day_on_a_holiday_is_paid_before_it():
    assert last_working_day_by(date(2026, 4, 5)) == date(2026, 4, 1)
    assert last_working_day_by(date(2026, 6, 12)) == date(2026, 6, 12)


def test_working_days_are_counted_both_ways_over_easter():
    assert add_working_days(date(2026, 4, 1), 1) == date(2026, 4, 7)
    assert add_working_days(date(2026, 4, 7), -1) == date(2026, 4, 1)
    assert add_working_days(date(2026, 4, 5), 0) == date(2026, 4, 5)
    assert working_days_between(date(2026, 4, 1), date(2026, 4, 7)) == 2
    assert working_days_between(date(2026, 4, 7), date(2026, 4, 1)) == 0


@given(days)
def test_moved_day_is_the_nearest_working_day_not_before(any_day):
    moved = move_to_working_day(any_day)
    between = [any_day + timedelta(days=at) for at in range((moved.due - any_day).days)]

    assert is_working_day(moved.due)
    assert [off.day for off in moved.passed] == between
    assert not any(is_working_day(passed) for passed in between)
    # The longest run in any year is Maundy Thursday to Easter Monday.
    assert len(between) <= 5


@given(days, st.integers(-40, 40).filter(bool))
def test_working_days_added_are_the_working_days_passed(any_day, count):
    there = add_working_days(any_day, count)
    low, high = sorted((any_day, there))
    start_counts = is_working_day(any_day)

    assert is_working_day(there)
    assert working_days_between(low, high) == abs(count) + start_counts
