"""`klientbro user …`: a user and their first link, and what only the operator can put right."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser, Namespace
from uuid import UUID

from klientbro.cli.command import Command
from klientbro.cli.house import open_house
from klientbro.lib.errors import ConfigurationError

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def add_arguments(parser: ArgumentParser) -> None:
    """`user` has sub-commands of its own."""
    choices = parser.add_subparsers(metavar="ACTION", required=True)
    create = choices.add_parser("create", help="make a user and print a one-time sign-in link")
    create.add_argument("email", metavar="EMAIL")
    create.add_argument("--firm", metavar="NAME", help="made when it does not exist")
    create.add_argument("--name", default="", help="the user's own name")
    create.add_argument("--json", action="store_true", help="one JSON object")
    create.set_defaults(act=_create)
    for name, help_text, act in (
        ("disable", "close a user in every firm, out everywhere at once", _disable),
        ("enable", "let a closed user sign in again", _enable),
        ("forget-factors", "delete passkeys, app and recovery codes that were lost", _forget),
    ):
        one = choices.add_parser(name, help=help_text)
        one.add_argument("email", metavar="EMAIL")
        one.set_defaults(act=act)


def run(arguments: Namespace) -> int:
    """Do it; an address that cannot be one is refused first."""
    if not _EMAIL.fullmatch(arguments.email):
        raise ConfigurationError(f"{arguments.email!r} is not an e-mail address.")
    act = arguments.act
    return int(act(arguments))


def _create(arguments: Namespace) -> int:
    """Make the user; for one who exists already, only a new link."""
    with open_house() as house:
        from klientbro.tenants.services import add_user

        user, path = add_user(firm_id_for(arguments.firm), arguments.email, arguments.name)
        link = house.environment.public_url.rstrip("/") + path
        if arguments.json:
            print(json.dumps({"email": user.email, "sign_in_link": link}))
        else:
            print(f"{user.email} signs in once with:\n{link}")
    return 0


def _disable(arguments: Namespace) -> int:
    with open_house():
        from klientbro.identity.operator import switch_off

        ended = switch_off(arguments.email)
        print(f"{arguments.email} is closed. Sessions ended: {ended}")
    return 0


def _enable(arguments: Namespace) -> int:
    with open_house():
        from klientbro.identity.operator import switch_on

        switch_on(arguments.email)
        print(f"{arguments.email} can sign in again.")
    return 0


def _forget(arguments: Namespace) -> int:
    with open_house():
        from klientbro.identity.operator import forget_factors

        count = forget_factors(arguments.email)
        print(f"{arguments.email} signs in with the password alone. Factors deleted: {count}")
    return 0


def firm_id_for(name: str | None) -> UUID:
    """The firm with this name, made when missing; without a name, the only one there is."""
    from klientbro.tenants.services import FIRST_FIRM, all_firms, found_firm

    firms = all_firms()
    if name is None:
        if len(firms) > 1:
            known = ", ".join(sorted(known for _, known in firms))
            raise ConfigurationError(f"There are several firms; choose one with --firm: {known}")
        name = firms[0][1] if firms else FIRST_FIRM
    found = [firm_id for firm_id, known in firms if known.casefold() == name.casefold()]
    return found[0] if found else found_firm(name).id


COMMAND = Command(
    "user", "make users, close them, and help who lost a factor", run, add_arguments, 40
)
