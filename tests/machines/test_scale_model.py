"""The model behind the sizing page: repeatable, never over the allowance, served by urgency."""

from __future__ import annotations

import random
from datetime import datetime

from bench.scale_model import Found, Key, Mix, Source, percentile
from klientbro.lib.dates import OSLO
from klientbro.sync.schedule import Use

TUESDAY = datetime(2026, 3, 10, tzinfo=OSLO)


def day(clients: int, seed: int = 1, **how: object) -> Found:
    return Key(clients, random.Random(seed), TUESDAY, **how).run(24)  # noqa: S311  # type: ignore[arg-type]


def test_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    assert day(40).all == day(40).all
    assert day(40).all != day(40, seed=2).all


def test_every_voucher_becomes_visible_after_it_was_posted() -> None:
    found = day(60)
    assert len(found.all) > 200
    assert min(found.all) > 0


def test_allowance_is_never_passed_in_any_hour() -> None:
    slow = Source(requests_per_second=0.5)
    found = day(400, source=slow)
    assert max(found.requests_by_hour) <= 0.5 * 3600 + 20  # one round may begin before the hour
    assert max(found.requests_by_hour) > 0.9 * 0.5 * 3600


def test_client_in_use_is_fresh_within_a_round_and_a_little_when_there_is_room() -> None:
    found = day(100)
    office = [second for hour in range(8, 16) for second in found.by_hour[hour]]
    assert 5 * 60 < percentile(office, 0.5) < 10 * 60
    assert percentile(office, 0.99) < 15 * 60 * 1.1 + 60


def test_somebody_who_opens_a_client_is_served_before_a_long_queue() -> None:
    mix = Mix(openings=((Use.IN_USE, 2.0), (Use.QUIET, 0.0), (Use.SLEEPING, 0.0)))
    found = day(400, mix=mix, source=Source(requests_per_second=0.5))
    office = [second for hour in range(8, 16) for second in found.by_hour[hour]]
    assert percentile(found.opened, 0.95) < percentile(office, 0.5)


def test_percentile_is_a_value_that_was_seen() -> None:
    assert [percentile([3.0, 1.0, 2.0, 4.0], share) for share in (0.25, 0.5, 0.99)] == [1, 2, 4]
    assert percentile([], 0.5) == 0
