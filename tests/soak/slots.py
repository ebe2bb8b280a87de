"""Plays seeds several at once: slots, each with a database server and a simulator of its own."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from tests.soak.schedule import schedule_of
from tests.soak.seed import run_seed
from tests.soak.tally import Tally
from tests.soak.world import World

_FORK = multiprocessing.get_context("fork")  # a slot begins with everything in memory


@dataclass
class Played:
    """One seed: its counts, what was wrong if anything was, and its story."""

    number: int
    tally: Tally
    wrong: str = ""
    story: list[str] = field(default_factory=list)


def prepare(home: Path, slots: int) -> None:
    """Makes one world ready, and a copy of it for every slot."""
    ready = World(home / "ready")
    with ready:
        pass
    for slot in range(slots):
        ready.copy_to(home / str(slot))


def play(home: Path, slots: int, first: int, seeds: int) -> Iterator[Played]:
    """The seeds in the order in which they end. A slot takes the next one when it is free."""
    taken: Synchronized[int] = _FORK.Value("i", 0)
    told, processes = [], []
    for slot in range(slots):
        ours, theirs = _FORK.Pipe(duplex=False)
        process = _FORK.Process(
            target=_play_slot, args=(home / str(slot), taken, first, seeds, theirs, os.getpid())
        )
        process.start()
        theirs.close()
        told.append(ours)
        processes.append(process)
    while told:
        for ours in wait(told):
            assert isinstance(ours, Connection)
            try:
                yield ours.recv()
            except EOFError:  # the slot has ended
                told.remove(ours)
    for process in processes:
        process.join()
        if process.exitcode:
            raise RuntimeError(f"a slot ended with {process.exitcode}")


def _play_slot(
    home: Path, taken: Synchronized[int], first: int, seeds: int, tell: Connection, parent: int
) -> None:
    with World(home) as world:
        while os.getppid() == parent:
            with taken.get_lock():
                number = first + taken.value
                taken.value += 1
            if number >= first + seeds:
                return
            tell.send(_play_one(world, number))


def _play_one(world: World, number: int) -> Played:
    schedule, tally = schedule_of(number), Tally()
    try:
        verdict, story = run_seed(world, schedule, tally)
    except Exception as error:
        world.bring_up_after_a_reboot()
        world.simulator.clear_faults()
        broken = Tally(wrong=[number])  # not a seed that was judged
        return Played(number, broken, f"{type(error).__name__}: {error}\n{schedule}")
    if verdict.is_good:
        return Played(number, tally, story=story)
    tally.wrong.append(number)
    return Played(number, tally, f"{verdict}\n{schedule}", story)
