"""`klientbro client`: the portal's actions from a script. Keys and personal numbers on stdin."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from klientbro.cli.choosing import add_choice, add_firm, chosen_connections, existing_firm
from klientbro.cli.command import Command
from klientbro.cli.house import open_house
from klientbro.lib.errors import ConfigurationError, KlientbroError

if TYPE_CHECKING:
    from klientbro.clients.models import Connection, KeyCheck
    from klientbro.clients.services import Typed
    from klientbro.sync.services import ConnectionState

WORKER_SECONDS = 2.0  # how long a worker has to take the question before we ask ourselves
ANSWER_SECONDS = 60.0
POLL_SECONDS = 0.1
NATIONAL_ID_DIGITS = 11
SYSTEM = "poweroffice"


def add_arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    adding = actions.add_parser("add", help="add a client, inactive until it is activated")
    adding.add_argument("--system", default=SYSTEM, help="the accounting system's key")
    adding.add_argument("--orgnr", default="", metavar="N", help="organisation number")
    adding.add_argument("--name", required=True, metavar="S", help="the client's name")
    adding.add_argument(
        "--key-stdin",
        action="store_true",
        required=True,
        help="the client key is the first line of standard input; a personal number, where the "
        "client is a person, the second",
    )
    adding.add_argument(
        "--without-check", action="store_true", help="do not ask the source; check it later"
    )
    adding.add_argument(
        "--confirm", action="store_true", help="the source has no number: it is the same company"
    )
    add_firm(adding)
    _finish(adding, add)

    listing = actions.add_parser("list", help="list the clients and where each stands")
    add_firm(listing)
    _finish(listing, list_clients)

    for name, action, help_text in (
        ("activate", activate_clients, "activate clients; their books are fetched"),
        ("deactivate", deactivate_clients, "stop fetching; what has been fetched stays"),
        ("delete", delete_clients, "delete clients and destroy their keys"),
    ):
        changing = actions.add_parser(name, help=help_text)
        add_choice(changing)
        _finish(changing, action)


def _finish(parser: ArgumentParser, action: Callable[[Namespace], int]) -> None:
    parser.add_argument("--json", action="store_true", help="JSON")
    parser.set_defaults(action=action)


def run(arguments: Namespace) -> int:
    """Run the chosen action in an open house."""
    with open_house():
        from django.utils import translation

        action: Callable[[Namespace], int] = arguments.action
        with translation.override("en"):  # commands speak English, as their help does
            return action(arguments)


def add(arguments: Namespace) -> int:
    """Add one client; its key is checked at the source first."""
    from klientbro.clients.services import add_connection, create_integration, read_typed
    from klientbro.connectors.registry import connector
    from klientbro.tenants.context import firm

    if len("".join(arguments.orgnr.split())) == NATIONAL_ID_DIGITS:
        raise ConfigurationError(
            "A personal number does not belong on a command line. Give it as the second line of "
            "standard input."
        )
    key, number = _secrets(sys.stdin)
    firm_id = existing_firm(arguments.firm)
    connector(arguments.system)  # an unknown system is a message with the choices
    with firm(firm_id):
        typed = read_typed(arguments.orgnr or number, arguments.name, key)
        integration, _is_new = create_integration(arguments.system)
    check = None
    if not arguments.without_check:
        check = _check(firm_id, arguments.system, typed)
    with firm(firm_id):
        connection = add_connection(integration, typed, check, confirmed=arguments.confirm)
    if arguments.json:
        print(json.dumps(_object(connection, None), ensure_ascii=False))
    elif connection.api_active:
        print(f"{connection.name}: added, inactive. ID {connection.public_id}")
    else:
        lacks = ", ".join(connection.missing_rights)
        why = f"the key lacks access to {lacks}" if lacks else "the key has not been checked"
        print(f"{connection.name}: added, inactive; {why}. ID {connection.public_id}")
    return 0


def _secrets(lines: Iterable[str]) -> tuple[str, str]:
    key, number, *_nothing = [*(line.strip() for line in islice(lines, 2)), "", ""]
    return key, number


def _check(firm_id: UUID, system: str, typed: Typed) -> KeyCheck:
    """The source's answer about a key, by a worker, or by ourselves where none is running."""
    from klientbro.clients.models import Integration, KeyCheck
    from klientbro.clients.services import begin_key_check
    from klientbro.sync.key_check import check_key_now
    from klientbro.sync.services import queue_key_check
    from klientbro.tenants.context import firm

    with firm(firm_id):
        check = begin_key_check(Integration.objects.get(system=system), typed.key)
        queue_key_check(check.pk)
    began = time.monotonic()
    asked = False
    while time.monotonic() - began < ANSWER_SECONDS:
        with firm(firm_id):
            check = KeyCheck.objects.get(pk=check.pk)
        if check.state == KeyCheck.State.DONE:
            _refuse_unusable(check)
            return check
        late = time.monotonic() - began > WORKER_SECONDS
        if late and not asked and check.state == KeyCheck.State.WAITING:
            asked = True
            asyncio.run(check_key_now(firm_id, check.pk))
            continue
        time.sleep(POLL_SECONDS)
    raise KlientbroError("The key was not checked in time. See `klientbro doctor`.")


def _refuse_unusable(check: KeyCheck) -> None:
    from klientbro.clients.models import KeyCheck as Model

    if check.outcome == Model.Outcome.REJECTED:
        raise KlientbroError("The accounting system rejects the key. Nothing has been saved.")
    if check.outcome == Model.Outcome.UNREACHABLE:
        raise KlientbroError(
            "The accounting system does not answer. Nothing has been saved. Try again, or add it "
            "with --without-check."
        )
    if check.outcome == Model.Outcome.FAILED:
        raise KlientbroError("The check failed on our side. See `klientbro doctor`.")


def list_clients(arguments: Namespace) -> int:
    """Every client of the firm with its state."""
    from klientbro.sync.services import connection_states
    from klientbro.tenants.context import firm

    with firm(existing_firm(arguments.firm)):
        found = chosen_connections([], everything=True)
        states = connection_states([one.pk for one in found])
        shown = [_object(one, states.get(one.pk)) for one in found]
    if arguments.json:
        print(json.dumps(shown, ensure_ascii=False))
        return 0
    for one in shown:
        state = f"{one['state']} ({one['cause']})" if one["cause"] else one["state"]
        print(f"{one['id']}  {one['orgnr'] or '-':>9}  {one['name']}  {state}")
    if not shown:
        print("No clients yet. Add one with `klientbro client add`.")
    return 0


def activate_clients(arguments: Namespace) -> int:
    """Activate those that can be; the rest are told of one by one, and the exit is non-zero."""
    from klientbro.clients.errors import RefusedError
    from klientbro.clients.models import Integration
    from klientbro.clients.services import activate, activate_all
    from klientbro.sync.services import queue_first_syncs
    from klientbro.tenants.context import firm

    refused: list[tuple[Connection, str]] = []
    with firm(existing_firm(arguments.firm)):
        chosen = chosen_connections(arguments.ids, everything=arguments.all)
        if arguments.all:
            for integration in Integration.objects.filter(retired_system="").order_by("id"):
                activated, left = activate_all(integration)
                refused += [(one.connection, one.reason) for one in left]
                queue_first_syncs(activated)
        for connection in () if arguments.all else chosen:
            try:
                if activate(connection):
                    connection.refresh_from_db()
                    queue_first_syncs([connection])
            except RefusedError as error:
                refused.append((connection, str(error)))
        chosen = _again(chosen)
    return _tell(arguments, chosen, "active", refused)


def deactivate_clients(arguments: Namespace) -> int:
    """Deactivate; pressed twice changes nothing."""
    from klientbro.clients.services import deactivate
    from klientbro.sync.services import forget_sync
    from klientbro.tenants.context import firm

    with firm(existing_firm(arguments.firm)):
        chosen = chosen_connections(arguments.ids, everything=arguments.all)
        for connection in chosen:
            if deactivate(connection):
                forget_sync(connection)
        chosen = _again(chosen)
    return _tell(arguments, chosen, "inactive", [])


def delete_clients(arguments: Namespace) -> int:
    """Delete; an active one is deactivated first, the books already fetched stay."""
    from klientbro.clients.services import delete_connection
    from klientbro.sync.services import forget_sync
    from klientbro.tenants.context import firm

    with firm(existing_firm(arguments.firm)):
        chosen = chosen_connections(arguments.ids, everything=arguments.all)
        for connection in chosen:
            delete_connection(connection)
            forget_sync(connection)
    return _tell(arguments, chosen, "deleted", [])


def _again(chosen: Sequence[Connection]) -> list[Connection]:
    for connection in chosen:
        connection.refresh_from_db()
    return list(chosen)


def _tell(
    arguments: Namespace,
    chosen: Sequence[Connection],
    word: str,
    refused: Sequence[tuple[Connection, str]],
) -> int:
    reasons = {connection.pk: reason for connection, reason in refused}
    if arguments.json:
        told = [
            {
                "id": str(one.public_id),
                "name": one.name,
                "result": "refused" if one.pk in reasons else word,
                "reason": reasons.get(one.pk, ""),
            }
            for one in chosen
        ]
        print(json.dumps(told, ensure_ascii=False))
    else:
        for one in chosen:
            print(reasons.get(one.pk) or f"{one.name}: {word}")
    return 1 if reasons else 0


def _object(connection: Connection, state: ConnectionState | None) -> dict[str, object]:
    """What scripts see of a client; never a key, and of a person no number."""
    return {
        "id": str(connection.public_id),
        "name": connection.name,
        "orgnr": connection.orgnr or "",
        "is_person": connection.national_id_sealed is not None,
        "system": connection.integration.system,
        "active": connection.is_active,
        "api_active": connection.api_active,
        "missing_rights": list(connection.missing_rights),
        "state": state.state if state else "inactive",
        "cause": state.cause if state else "",
        "sealed_months": state.sealed_months if state else 0,
        "total_months": state.total_months if state else 0,
    }


COMMAND = Command(
    "client", "add, list, activate, deactivate, delete clients", run, add_arguments, place=31
)
