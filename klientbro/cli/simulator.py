"""`klientbro simulator`: the stand-in for PowerOffice Go, in a process of its own."""

from __future__ import annotations

import argparse
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from klientbro.cli.command import Command
from klientbro.settings.environment import load_environment

MODULE = "simulators.poweroffice_go"
PROJECT = Path(__file__).resolve().parents[2]


def simulator_command(port: int, *options: str) -> list[str]:
    """The command line that starts it."""
    return [sys.executable, "-m", MODULE, f"--port={port}", *options]


def add_arguments(parser: ArgumentParser) -> None:
    """The simulator reads its own options; these are the ones to know."""
    parser.epilog = "Further options: see `python -m simulators.poweroffice_go --help`."
    add = parser.add_argument
    add("--companies", metavar="N", help="how many companies")
    add("--scale", metavar="X", help="size of the larger companies")
    add("--seed", metavar="S", help="same seed, same books and keys")
    add("--preinstalled", action="store_true", help="add the extension in every company")
    add("--requests-per-second", metavar="N", help="the limit; 0 for none")
    add("--json", action="store_true", help="print one line of JSON when ready")
    add("--port", metavar="N", type=int, help="instead of KLIENTBRO_SIMULATOR_PORT")
    add("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def run(arguments: Namespace) -> int:
    """Become the simulator: same process, so that signals and the exit code are its own."""
    port = arguments.port if arguments.port is not None else load_environment().simulator_port
    options = []
    for name in ("companies", "scale", "seed", "requests_per_second"):
        if (value := getattr(arguments, name)) is not None:
            options.append(f"--{name.replace('_', '-')}={value}")
    options += [f"--{name}" for name in ("preinstalled", "json") if getattr(arguments, name)]
    command = [*simulator_command(port, *options), *arguments.rest]
    sys.stdout.flush()
    # Found wherever the command is started from.
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(PROJECT), os.environ.get("PYTHONPATH")))
    )
    os.execv(command[0], command)  # noqa: S606 (our own module, no shell)


COMMAND = Command("simulator", "the PowerOffice Go stand-in", run, add_arguments, place=30)
