"""Laws over generated lines and items: the walk closes, nothing lost, nothing counted twice."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from klientbro.domain.calendar import is_working_day
from klientbro.domain.liquidity.buckets import Horizon, balances, last_day, periods, walk
from klientbro.domain.liquidity.habits import Habit
from klientbro.domain.liquidity.items import (
    Item,
    ItemRules,
    Overdue,
    Settled,
    Side,
    brought_up_to_date,
    item_lines,
    total,
)
from klientbro.domain.liquidity.lines import CashLine, Certainty, Kind, Reason, Source, SourceKind
from klientbro.domain.liquidity.lowest import depth, path_to
from klientbro.domain.liquidity.scenarios import Change, ChangeKind, apply
from klientbro.domain.liquidity.schedules import (
    Actual,
    Interval,
    Planned,
    planned_lines,
    spread_over,
)
from klientbro.domain.money import ZERO

STARTS = some.dates(date(2024, 1, 1), date(2027, 12, 31))
AMOUNTS = some.decimals(-9_999_999, 9_999_999, places=2).filter(bool)
KINDS = some.sampled_from(list(Kind))


@some.composite
def line_sets(draw: some.DrawFn) -> tuple[date, Decimal, list[CashLine]]:
    start = draw(STARTS)
    made = draw(some.lists(some.tuples(some.integers(0, 400), AMOUNTS, KINDS), max_size=30))
    lines = [
        CashLine(
            f"k{at}",
            start + timedelta(days=days),
            amount,
            kind,
            Certainty.DUE,
            Source(SourceKind.OPEN_ITEM, Reason.ITEM_DUE),
            revenue_part=amount if kind is Kind.CUSTOMERS else ZERO,
        )
        for at, (days, amount, kind) in enumerate(made)
    ]
    return start, draw(AMOUNTS), lines


@given(line_sets(), some.sampled_from(list(Horizon)))
def test_the_walk_closes_and_holds_every_line_of_its_days_once(
    made: tuple[date, Decimal, list[CashLine]], horizon: Horizon
) -> None:
    start, opening, lines = made
    buckets = walk(opening, lines, start, horizon)
    until = last_day(start, horizon)
    inside = [line for line in lines if line.day <= until]
    held = [line.key for bucket in buckets for line in bucket.lines]
    assert sorted(held) == sorted(line.key for line in inside)
    assert buckets[0].opening == opening
    for earlier, later in pairwise(buckets):
        assert later.opening == earlier.closing
        assert later.first == earlier.last + timedelta(days=1)
    assert buckets[-1].closing == opening + sum((line.amount for line in inside), ZERO)
    assert (buckets[0].first, buckets[-1].last) == (start, until)


@given(line_sets())
def test_the_three_bucketings_tell_the_same_of_the_same_day(
    made: tuple[date, Decimal, list[CashLine]],
) -> None:
    start, opening, lines = made
    daily = {b.day: b.amount for b in balances(opening, lines, start, date(2029, 12, 31))}
    for horizon in Horizon:
        for bucket in walk(opening, lines, start, horizon):
            assert bucket.closing == daily[bucket.last]


@given(STARTS)
def test_the_horizons_are_thirty_days_thirteen_weeks_and_twelve_months(start: date) -> None:
    assert [len(periods(start, horizon)) for horizon in Horizon] == [30, 13, 12]
    assert all(first <= last for horizon in Horizon for first, last in periods(start, horizon))


@given(line_sets())
def test_the_way_to_the_lowest_day_sums_to_it(
    made: tuple[date, Decimal, list[CashLine]],
) -> None:
    start, opening, lines = made
    held = balances(opening, lines, start, last_day(start, Horizon.MONTHS))
    found = depth(held, ZERO).lowest
    path = path_to(opening, lines, found.day)
    assert path.amount == found.amount == min(one.amount for one in held)


@some.composite
def item_sets(draw: some.DrawFn) -> tuple[date, Side, list[Item]]:
    start = draw(STARTS)
    near = some.one_of(some.none(), some.integers(-500, 500))
    made = draw(
        some.lists(some.tuples(some.integers(1, 4), AMOUNTS, near, near, near), max_size=20)
    )

    def day(days: int | None) -> date | None:
        return None if days is None else start + timedelta(days=days)

    items = [
        Item(f"i{at}", str(party), "", amount, day(due), day(posted), at, expected=day(expected))
        for at, (party, amount, due, posted, expected) in enumerate(made)
    ]
    return start, draw(some.sampled_from(list(Side))), items


@given(item_sets(), some.sampled_from(list(Overdue)), some.integers(-14, 60))
def test_items_become_lines_or_are_told_and_nothing_is_lost_or_doubled(
    made: tuple[date, Side, list[Item]], overdue: Overdue, days: int
) -> None:
    start, side, items = made
    found = item_lines(side, items, {"1": Habit(days, 4)}, ItemRules(overdue=overdue), start)
    counted = sum((line.amount for line in found.lines), ZERO)
    left = sum((one.amount for one in found.left_out), ZERO)
    assert counted + left == total(items)
    assert len({line.key for line in found.lines}) == len(found.lines)
    assert all(line.day >= start and is_working_day(line.day) for line in found.lines)
    sign = 1 if side is Side.CUSTOMER else -1
    assert all(line.amount * sign > 0 for line in found.lines)


@given(item_sets(), some.lists(some.tuples(some.integers(1, 5), AMOUNTS), max_size=8))
def test_bringing_items_up_to_date_keeps_every_partys_sum(
    made: tuple[date, Side, list[Item]], since: list[tuple[int, Decimal]]
) -> None:
    start, _side, items = made
    settled = [Settled(str(party), start, amount, n) for n, (party, amount) in enumerate(since)]
    after = brought_up_to_date(items, settled)
    for party in "12345":
        before = total(one for one in items if one.party == party)
        moved = sum((one.amount for one in settled if one.party == party), ZERO)
        assert total(one for one in after if one.party == party) == before + moved


@given(
    STARTS,
    some.integers(-40, 40),
    some.sampled_from(list(Interval)),
    some.lists(some.tuples(some.integers(-40, 60), some.integers(60, 140)), max_size=12),
)
def test_an_actual_takes_at_most_one_line_and_a_line_one_actual(
    start: date, first: int, interval: Interval, actual: list[tuple[int, int]]
) -> None:
    until = last_day(start, Horizon.MONTHS)
    plan = Planned("p", "P", Decimal(-100), start + timedelta(days=first), interval, party="9")
    actuals = [
        Actual(f"a{n}", start + timedelta(days=days), Decimal(-amount), party="9", vouchers=(n,))
        for n, (days, amount) in enumerate(actual)
    ]
    alone = planned_lines([plan], [], [], start, until)
    found = planned_lines([plan], [], actuals, start, until)
    assert len(found.lines) + len(found.left_out) == len(alone.lines)
    used = [one.vouchers for one in found.left_out]
    assert len(set(used)) == len(used) <= len(actuals)


@given(AMOUNTS, STARTS, some.integers(0, 45))
def test_an_amount_is_spread_to_the_ore_within_its_days(
    amount: Decimal, first: date, length: int
) -> None:
    parts = spread_over(amount, first, first + timedelta(days=length), first)
    assert sum(part for _, part in parts) == amount
    assert [day for day, _ in parts] == sorted({day for day, _ in parts})
    assert all(day >= first for day, _ in parts)


@given(line_sets(), some.integers(1, 60), some.integers(-90, 200).filter(bool))
def test_a_scenario_moves_days_without_sums_and_revenue_only_what_follows_it(
    made: tuple[date, Decimal, list[CashLine]], days: int, percent: int
) -> None:
    start, _opening, lines = made
    later = apply(lines, (), [Change(ChangeKind.LATER, days=days)], start).lines
    assert sum(one.amount for one in later) == sum(one.amount for one in lines)
    more = apply(lines, (), [Change(ChangeKind.REVENUE, percent=Decimal(percent))], start).lines
    still = {one.key: one.amount for one in lines if one.kind is not Kind.CUSTOMERS}
    assert {one.key: one.amount for one in more if one.key in still} == still
