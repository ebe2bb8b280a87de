"""Three workers and two webs on one database: cut off, killed, added, stopped; nothing doubles."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from django.test import Client

from klientbro.sync.tests.support import Connected
from tests.machines.books import (
    all_done,
    assert_nothing_lost_or_doubled,
    holder,
    is_done,
    queue,
    seconds_to_move,
)
from tests.machines.estate import WEBS, WORKERS, Estate

Connect = Callable[..., Connected]


def connect_many(connect: Connect, *numbers: int, page_seconds: float) -> list[Connected]:
    books = [connect(number) for number in numbers]
    books[0].simulator.fault(
        "slow", path="/accounttransactions", parameters={"seconds": page_seconds}
    )
    return books


def test_work_moves_between_machines_and_nothing_doubles(
    estate: Estate, connect: Connect, client: Client, user: object
) -> None:
    books = connect_many(connect, 21, 1, 22, page_seconds=0.12)
    for host in WORKERS:
        estate.start_worker(host)
    estate.wait_until_working(*WORKERS)
    for host in WEBS:
        estate.start_web(host)
    for one in books:
        queue(one)

    # one is cut off: another goes on
    cut, moved = holder(estate, books, among=set(WORKERS))
    estate.relay.cut(cut)
    after_cut = seconds_to_move(estate, moved, cut)

    # one is killed as when the power goes: the third goes on
    killed, moved = holder(estate, books, among=set(WORKERS) - {cut})
    estate.machines[killed].kill()
    after_kill = seconds_to_move(estate, moved, killed)
    print(f"moved after a cut in {after_cut:.1f} s, after a kill in {after_kill:.1f} s")

    # one is added, and the first finds its way back by itself
    estate.start_worker(killed)
    estate.relay.heal(cut)
    estate.wait_until_working(*WORKERS)
    estate.wait_for(lambda: all_done(books), 90, "the end of the syncs")
    for one in books:
        assert_nothing_lost_or_doubled(estate, one)

    # who has signed in on one web is signed in on the other
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    cookie = f"klientbro_session={client.cookies['klientbro_session'].value}"
    for host in WEBS:
        estate.wait_for(lambda host=host: estate.answers(host), 60, f"the web of {host}")
        assert "Kari Nordahl" in estate.get(host, "/integrasjoner/", cookie)


@pytest.mark.soak
def test_machine_that_hears_nothing_writes_nothing_late_and_stopping_hands_over(
    estate: Estate, connect: Connect
) -> None:
    books = connect_many(connect, 21, 1, page_seconds=0.12)
    pair = WORKERS[:2]
    for host in pair:
        estate.start_worker(host)
    estate.wait_until_working(*pair)
    for one in books:
        queue(one)

    # nothing comes through for a machine that holds a client, and nobody is told
    silent, moved = holder(estate, books, among=set(pair))
    estate.relay.stop(silent)
    seconds = seconds_to_move(estate, moved, silent)
    estate.relay.heal(silent)

    # it hears again; the one that took over is stopped in the middle of its work, and hands it over
    taker, moved = holder(estate, books, among=set(pair) - {silent})
    code = estate.machines[taker].stop(seconds=30)
    assert code == 0, estate.machines[taker].log
    handed_over = seconds_to_move(estate, moved, taker)
    print(f"moved after silence in {seconds:.1f} s, handed over in {handed_over:.1f} s")
    estate.wait_for(lambda: all(is_done(one) for one in books), 90, "the end of the syncs")
    for one in books:
        assert_nothing_lost_or_doubled(estate, one)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_random_cuts_silences_and_deaths_for_many_seeds(
    seed: int, estate: Estate, connect: Connect
) -> None:
    """Eight misfortunes at moments drawn from the seed; then every ledger equals its source."""
    chance = random.Random(seed)  # noqa: S311 repeatable moments
    books = connect_many(connect, 21, 1, 22, page_seconds=0.15)
    for host in WORKERS:
        estate.start_worker(host)
    estate.wait_until_working(*WORKERS)
    for one in books:
        queue(one)
    for _ in range(8):
        host = chance.choice(WORKERS)
        misfortune = chance.choice(("cut", "stop", "kill", "ask"))
        if misfortune == "kill":
            estate.machines[host].kill()
        elif misfortune == "ask":
            assert estate.machines[host].stop(seconds=60) in (0, -15)
        else:
            getattr(estate.relay, misfortune)(host)
        deadline = time.monotonic() + chance.uniform(0.5, 9.0)
        estate.wait_for(lambda until=deadline: time.monotonic() > until, 20, "the misfortune")
        estate.relay.heal(host)
        if not estate.machines[host].is_running:
            estate.start_worker(host)
    estate.wait_for(lambda: all_done(books), 180, "the end of the syncs")
    for one in books:
        assert_nothing_lost_or_doubled(estate, one)
