"""`klientbro worker`: runs the jobs on the queue."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from klientbro.cli.command import Command
from klientbro.cli.guards import require_fit
from klientbro.cli.house import open_house


def add_arguments(parser: ArgumentParser) -> None:
    """What differs from machine to machine."""
    parser.add_argument(
        "--concurrency", type=int, help="jobs at a time (KLIENTBRO_WORKER_CONCURRENCY, 8)"
    )


def run(arguments: Namespace) -> int:
    """Work until told to stop; a job cut off by that goes back on the queue."""
    with open_house() as house:
        require_fit(house)
        from klientbro.sync.worker import run_worker

        run_worker(arguments.concurrency or house.environment.worker_concurrency)
    return 0


COMMAND = Command("worker", "run the jobs on the queue alone", run, add_arguments, place=22)
