"""`klientbro sync`: queues a sync, and with --wait follows it to its end."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from klientbro.cli.choosing import add_choice, chosen_connections, existing_firm
from klientbro.cli.command import Command
from klientbro.cli.house import open_house
from klientbro.lib.dates import parse_date
from klientbro.lib.errors import ConfigurationError

if TYPE_CHECKING:
    from klientbro.clients.models import Connection
    from klientbro.sync.services import ConnectionState

POLL_SECONDS = 0.3
Days = tuple[date | None, date | None]


def add_arguments(parser: ArgumentParser) -> None:
    add_choice(parser)
    parser.add_argument("--full", action="store_true", help="read everything anew and compare")
    parser.add_argument(
        "--from", dest="first", metavar="D", help="with --full: the first day, 2026-10-01"
    )
    parser.add_argument(
        "--to", dest="last", metavar="D", help="with --full: the last day, 2026-10-31"
    )
    parser.add_argument("--wait", action="store_true", help="follow it; non-zero when it failed")
    parser.add_argument("--json", action="store_true", help="a JSON list")


def run(arguments: Namespace) -> int:
    """Queue the syncs; a worker (`klientbro run` or `worker`) does them."""
    period = _period(arguments)
    with open_house():
        firm_id = existing_firm(arguments.firm)
        return sync_and_report(
            firm_id,
            arguments.ids,
            everything=arguments.all,
            reason="looking",
            refetch=period,
            wait=arguments.wait,
            as_json=arguments.json,
        )


def _period(arguments: Namespace) -> Days | None:
    """First and last day to be fetched anew, None on a side for all; None without --full."""
    first, last = _day(arguments.first, "--from"), _day(arguments.last, "--to")
    if not arguments.full:
        if first or last:
            raise ConfigurationError("--from and --to need --full: they say what is read anew.")
        return None
    if first and last and last < first:
        raise ConfigurationError(f"--to {last} is before --from {first}.")
    return first, last


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return parse_date(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{option} must be a day such as 2026-10-01, not {text!r}"
        ) from error


def sync_and_report(
    firm_id: UUID,
    ids: list[str],
    *,
    everything: bool,
    reason: str,
    wait: bool,
    as_json: bool,
    refetch: Days | None = None,
) -> int:
    """Queues, follows when asked to, prints a line or an object a client.

    refetch: the days to be read anew and compared, instead of what is new.
    """
    from klientbro.sync.services import queue_sync, request_refetch
    from klientbro.tenants.context import firm

    with firm(firm_id):
        chosen = chosen_connections(ids, everything=everything)
        inactive = [one.name for one in chosen if not one.is_active]
        if inactive and not everything:
            raise ConfigurationError(
                f"Not active: {', '.join(inactive)}. Activate with `klientbro client activate`."
            )
        active = [one for one in chosen if one.is_active]
        before = _successes(active)
        for connection in active:
            if refetch is None:
                queue_sync(connection, reason=reason)
            else:
                request_refetch(connection, *refetch)
    states = follow(firm_id, active, before, quiet=as_json) if wait else {}
    failed = any(state.state in ("stopped", "differs") or state.cause for state in states.values())
    if as_json:
        print(json.dumps([_object(one, states.get(one.pk)) for one in active], ensure_ascii=False))
    else:
        for connection in active:
            print(_line(connection, states.get(connection.pk)))
    return 1 if failed else 0


def _successes(chosen: list[Connection]) -> dict[int, object]:
    from klientbro.sync.services import connection_states

    return {
        key: (state.last_success_at, state.since)
        for key, state in connection_states([one.pk for one in chosen]).items()
    }


def follow(
    firm_id: UUID, chosen: list[Connection], before: dict[int, object], *, quiet: bool
) -> dict[int, ConnectionState]:
    """Waits until every run has ended, with a progress line when somebody looks."""
    from klientbro.sync.services import connection_states
    from klientbro.tenants.context import firm

    show = not quiet and sys.stderr.isatty()
    while True:
        with firm(firm_id):
            states = connection_states([one.pk for one in chosen])
        busy = [state for state in states.values() if _is_busy(state)]
        if show:
            done = len(states) - len(busy)
            rows = sum(state.postings_done for state in states.values())
            print(f"\r{done} of {len(states)} done, {rows} postings ", end="", file=sys.stderr)
        if not busy:
            if show:
                print(file=sys.stderr)
            return states
        time.sleep(POLL_SECONDS)


def _is_busy(state: ConnectionState) -> bool:
    if state.state == "running":
        return True
    return state.state in ("waiting", "never") and not state.cause


def _line(connection: Connection, state: ConnectionState | None) -> str:
    if state is None:
        return f"{connection.name}: queued"
    told = (
        f"{connection.name}: {state.state}, {state.rows_new} new, {state.rows_changed} changed, "
        f"{state.rows_closed} closed, {state.sealed_months} of {state.total_months} months sealed, "
        f"{state.requests} requests"
    )
    return f"{told} ({state.cause})" if state.cause else told


def _object(connection: Connection, state: ConnectionState | None) -> dict[str, object]:
    found: dict[str, object] = {"id": str(connection.public_id), "name": connection.name}
    if state is None:
        return {**found, "state": "queued"}
    return {
        **found,
        "state": state.state,
        "cause": state.cause,
        "new": state.rows_new,
        "changed": state.rows_changed,
        "closed": state.rows_closed,
        "requests": state.requests,
        "sealed_months": state.sealed_months,
        "total_months": state.total_months,
    }


COMMAND = Command("sync", "fetch what is new, or everything anew", run, add_arguments, place=32)
