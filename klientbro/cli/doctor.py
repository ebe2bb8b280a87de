"""`klientbro doctor`: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from klientbro.cli.command import Command
from klientbro.database import address_without_password
from klientbro.lib.errors import ConfigurationError
from klientbro.settings.environment import Environment, load_environment

_SIGNS = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


def add_arguments(parser: ArgumentParser) -> None:
    """For people or for programs."""
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: Namespace) -> int:
    """Print every check; non-zero when something is wrong."""
    environment = load_environment()
    findings = _look()
    shown = address_without_password(environment.home, environment.database_url)
    is_well = not any(finding["verdict"] == "wrong" for finding in findings)
    if arguments.json:
        print(json.dumps(_for_programs(environment, shown, findings, is_well), indent=2))
    else:
        print(f"Database {shown}")
        for finding in findings:
            print(f"{_SIGNS[finding['verdict']]}  {finding['name']}: {finding['message']}")
            if finding["action"]:
                print(f"       {finding['action']}")
    return 0 if is_well else 1


def _look() -> list[dict[str, str]]:
    from klientbro.cli.checks import run_checks
    from klientbro.cli.house import open_house

    try:
        with open_house(migrate=False) as house:
            return [{k: str(v) for k, v in asdict(f).items()} for f in run_checks(house)]
    except ConfigurationError as error:
        # The house cannot even be opened; that is the finding, and its text says what to do.
        return [{"name": "start", "verdict": "wrong", "message": str(error), "action": ""}]


def _for_programs(
    environment: Environment, database_url: str, findings: list[dict[str, str]], is_well: bool
) -> dict[str, object]:
    return {
        "ok": is_well,
        "home": str(environment.home),
        "url": environment.public_url,
        "database_url": database_url,
        "checks": [{**finding, "ok": finding["verdict"] != "wrong"} for finding in findings],
    }


COMMAND = Command("doctor", "tell what is wrong and what to do", run, add_arguments, place=90)
