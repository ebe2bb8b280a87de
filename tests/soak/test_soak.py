"""Fifty seeds of random faults and deaths in every test run; `make soak` runs any number."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.soak.schedule import DOINGS, KINDS, Death, schedule_of

PROJECT = Path(__file__).resolve().parents[2]
SEEDS = 50


def soak(*arguments: str) -> tuple[int, list[str]]:
    """Runs the soak as `make soak` does; its exit code and what it said."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.soak", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, [*ended.stderr.splitlines(), *ended.stdout.splitlines()]


@pytest.mark.timeout(1500)
def test_fifty_seeds_lose_nothing_double_nothing_and_differ_by_no_ore() -> None:
    code, said = soak("--seeds", str(SEEDS), "--from", "1")
    assert said[-1] == f"seeds {SEEDS}, lost 0, doubled 0, difference 0.00", "\n".join(said)
    assert code == 0, "\n".join(said)


def test_seed_draws_the_same_schedule_each_time_and_another_seed_another() -> None:
    assert schedule_of(17) == schedule_of(17)
    assert schedule_of(17) != schedule_of(18)


def test_schedules_hold_every_fault_every_doing_and_every_death() -> None:
    rounds = [one for seed in range(1, 1001) for one in schedule_of(seed).rounds]
    assert {fault.kind for one in rounds for fault in one.faults} == set(KINDS)
    assert {doing for one in rounds for doing in one.doings} == set(DOINGS)
    deaths = [strike.death for one in rounds for strike in one.strikes]
    assert set(deaths) == set(Death)
    assert deaths.count(Death.REBOOT) > 100


def test_company_of_a_seed_has_at_most_three_hundred_postings() -> None:
    assert max(schedule_of(seed).postings for seed in range(1, 1001)) <= 300
