"""Finds the connections a command names: by orgnr or public id, never by personal number."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from klientbro.lib.errors import ConfigurationError

if TYPE_CHECKING:
    from klientbro.clients.models import Connection


def add_firm(parser: ArgumentParser) -> None:
    parser.add_argument("--firm", metavar="NAME", help="needed where there are several firms")


def add_choice(parser: ArgumentParser) -> None:
    """IDs or --all, and the firm."""
    parser.add_argument(
        "ids", nargs="*", metavar="ID", help="orgnr or public id from `client list`"
    )
    parser.add_argument("--all", action="store_true", help="every client of the firm")
    add_firm(parser)


def existing_firm(name: str | None) -> UUID:
    """The named firm, or the only one. ConfigurationError names the choices."""
    from klientbro.tenants.services import all_firms

    firms = all_firms()
    found = [
        firm_id for firm_id, known in firms if name is None or known.casefold() == name.casefold()
    ]
    if len(found) == 1:
        return found[0]
    known = ", ".join(sorted(firm for _id, firm in firms)) or "none yet (start `klientbro run`)"
    raise ConfigurationError(
        f"No firm is called {name!r}. Known: {known}"
        if name
        else f"Say which firm with --firm. Known: {known}"
    )


def chosen_connections(ids: Sequence[str], *, everything: bool = False) -> list[Connection]:
    """The connections named, in the firm that is set. ConfigurationError for an unknown one."""
    from klientbro.clients.models import Connection

    living = Connection.objects.filter(deleted_at=None).select_related("integration", "client")
    if everything:
        if ids:
            raise ConfigurationError("Give IDs or --all, not both.")
        return list(living.order_by("sort_key", "id"))
    if not ids:
        raise ConfigurationError("Give at least one ID (orgnr or public id), or --all.")
    chosen: list[Connection] = []
    for text in ids:
        digits = "".join(text.split())
        if digits.isdecimal() and len(digits) == 11:
            raise ConfigurationError(
                "A personal number does not belong on a command line. Use the public id from "
                "`klientbro client list`."
            )
        found = list(
            living.filter(orgnr=digits)
            if digits.isdecimal()
            else living.filter(public_id=_public_id(text))
        )
        active = [connection for connection in found if connection.is_active]
        if len(active) == 1:
            found = active
        if not found:
            raise ConfigurationError(f"No client has the ID {text}. See `klientbro client list`.")
        if len(found) > 1:
            ids_text = ", ".join(str(connection.public_id) for connection in found)
            raise ConfigurationError(f"Several clients have {text}; use a public id: {ids_text}")
        chosen += found
    return chosen


def _public_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{text!r} is neither an orgnr nor a public id from `klientbro client list`."
        ) from error
