"""`klientbro user create`: a user, and the link with which they sign in the first time."""

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


def run(arguments: Namespace) -> int:
    """Make the user; for one who exists already, only a new link."""
    if not _EMAIL.fullmatch(arguments.email):
        raise ConfigurationError(f"{arguments.email!r} is not an e-mail address.")
    with open_house() as house:
        from klientbro.tenants.services import add_user

        user, path = add_user(firm_id_for(arguments.firm), arguments.email, arguments.name)
        link = house.environment.public_url.rstrip("/") + path
        if arguments.json:
            print(json.dumps({"email": user.email, "sign_in_link": link}))
        else:
            print(f"{user.email} signs in once with:\n{link}")
    return 0


def firm_id_for(name: str | None) -> UUID:
    """The firm with this name, made when missing; without a name, the only one there is."""
    from klientbro.tenants.services import FIRST_FIRM, all_firms, create_firm

    firms = all_firms()
    if name is None:
        if len(firms) > 1:
            known = ", ".join(sorted(known for _, known in firms))
            raise ConfigurationError(f"There are several firms; choose one with --firm: {known}")
        name = firms[0][1] if firms else FIRST_FIRM
    found = [firm_id for firm_id, known in firms if known.casefold() == name.casefold()]
    return found[0] if found else create_firm(name).id


COMMAND = Command("user", "make users", run, add_arguments, place=40)
