"""The entry point: finds the sub-commands, reads the command line, and runs one of them."""

from __future__ import annotations

import argparse
import os
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module

from klientbro import cli
from klientbro.cli.command import Command
from klientbro.lib.errors import ConfigurationError, KlientbroError

FAILED = 1
WRONG_USE = 2
# What a shell answers for a program that Ctrl-C ended.
INTERRUPTED = 130


def commands() -> list[Command]:
    """Every `COMMAND` in the modules of this folder, in the order of `--help`."""
    modules = (import_module(f"{cli.__name__}.{found.name}") for found in _modules())
    found = (getattr(module, "COMMAND", None) for module in modules)
    return sorted(filter(None, found), key=lambda command: (command.place, command.name))


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="klientbro",
        description="Connects an accounting firm's clients to the tools the firm works in, and "
        "proves that the copy equals the source.",
        epilog="Settings are environment variables (KLIENTBRO_…); docs/settings.md lists them.",
    )
    choices = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in commands():
        sub_parser = choices.add_parser(
            command.name,
            help=command.help,
            description=f"{command.help[0].upper()}{command.help[1:]}.",
        )
        command.add_arguments(sub_parser)
        sub_parser.set_defaults(run=command.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; what a person can put right is a message, never a traceback."""
    chosen = build_parser().parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except ConfigurationError as error:
        print(f"klientbro: {error}", file=sys.stderr)
        return WRONG_USE
    except KlientbroError as error:
        print(f"klientbro: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (`| head`) has left; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _modules() -> list[pkgutil.ModuleInfo]:
    return [found for found in pkgutil.iter_modules(cli.__path__) if not found.ispkg]


if __name__ == "__main__":
    sys.exit(main())
