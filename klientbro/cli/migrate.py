"""`klientbro migrate`: brings the database's tables up to date."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from klientbro.cli.command import Command
from klientbro.cli.house import bring_up_to_date, open_house, pending_migrations


def add_arguments(parser: ArgumentParser) -> None:
    """The one choice there is."""
    parser.add_argument(
        "--check", action="store_true", help="only tell what is missing; non-zero when something is"
    )


def run(arguments: Namespace) -> int:
    """Migrate, and say what was done."""
    with open_house(migrate=False) as house:
        missing = pending_migrations()
        for name in missing:
            print(name)
        if arguments.check:
            return 1 if missing else 0
        bring_up_to_date(house)
    print(f"The database is up to date ({len(missing)} migrations run).")
    return 0


COMMAND = Command("migrate", "bring the database up to date", run, add_arguments, place=24)
