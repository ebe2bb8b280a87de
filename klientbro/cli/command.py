"""What a sub-command is. A module in this folder becomes one by naming a `COMMAND`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


def no_arguments(parser: ArgumentParser) -> None:
    """For a command that takes none."""


@dataclass(frozen=True)
class Command:
    """One sub-command. Modules import what is heavy (Django, granian) inside `run` only."""

    name: str
    help: str
    run: Callable[[Namespace], int]
    add_arguments: Callable[[ArgumentParser], None] = no_arguments
    place: int = 50
    """Where it stands in `klientbro --help`; equal places stand by name."""
