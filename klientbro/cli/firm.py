"""`klientbro firm`: which firms there are, and the deletion of one that can be proved."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from klientbro.cli.command import Command
from klientbro.cli.house import House, open_house
from klientbro.database.passwords import write_private
from klientbro.lib.errors import ConfigurationError

if TYPE_CHECKING:
    from klientbro.operations.firm_destruction import Certificate

WAIT_DAYS = 14


def add_arguments(parser: ArgumentParser) -> None:
    """What to do."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the firms, and those that are to be destroyed")
    destroying = actions.add_parser(
        "destroy", help="destroy a firm's keys and delete it; without --confirm only tells what"
    )
    destroying.add_argument("firm", metavar="NAME", help="the firm's whole name")
    destroying.add_argument(
        "--confirm", metavar="NAME", help="the name once more: it is to be destroyed"
    )
    destroying.add_argument(
        "--wait-days",
        type=int,
        default=WAIT_DAYS,
        metavar="N",
        help=f"not before so many days have passed (default {WAIT_DAYS}); then run it again",
    )
    destroying.add_argument("--now", action="store_true", help="do not wait")
    destroying.add_argument("--cancel", action="store_true", help="let the firm be, while it waits")
    showing = actions.add_parser("certificates", help="what has been destroyed, and its digests")
    for action, act in ((listing, _list), (destroying, _destroy), (showing, _certificates)):
        action.add_argument("--json", action="store_true", help="one JSON object")
        action.set_defaults(act=act)


def run(arguments: Namespace) -> int:
    """The chosen action."""
    with open_house() as house:
        from klientbro.tenants.context import acting_as

        with acting_as(None, way="command"):
            return int(arguments.act(arguments, house))


def _list(arguments: Namespace, _house: House) -> int:
    from klientbro.operations.firm_destruction import certificates
    from klientbro.tenants.services import all_firms

    due = {one.firm_id: one.due_at for one in certificates() if one.erased_at is None}
    told = [
        {"firm": name, "id": str(firm_id), "destroyed_from": _text(due.get(firm_id))}
        for firm_id, name in all_firms()
    ]
    if arguments.json:
        print(json.dumps({"firms": told}, ensure_ascii=False))
        return 0
    for one in told:
        waits = f"  to be destroyed from {one['destroyed_from']}" if one["destroyed_from"] else ""
        print(f"{one['id']}  {one['firm']}{waits}")
    return 0


def _destroy(arguments: Namespace, house: House) -> int:
    from klientbro.operations.firm_destruction import (
        ask,
        certificate_of,
        destroy,
        hasten,
        rows_of,
        withdraw,
    )

    firm_id, name = _found(arguments.firm)
    if arguments.cancel:
        if not withdraw(firm_id):
            raise ConfigurationError(f"{name} does not wait to be destroyed, or it is too late.")
        print(f"{name} is left as it is.")
        return 0
    if arguments.confirm is None:
        _tell_what(arguments, name, rows_of(firm_id))
        return 0
    if arguments.confirm != name:
        raise ConfigurationError(f"--confirm must be the firm's whole name: {name!r}")
    known = certificate_of(firm_id)
    asked = ask(firm_id, name, wait=timedelta(days=0 if arguments.now else arguments.wait_days))
    if arguments.now:
        hasten(firm_id)
    elif known is None and arguments.wait_days > 0:
        print(
            f"{name} is destroyed by running the same command again on {_text(asked.due_at)} or "
            "later. Until then everything works, and --cancel takes it back."
        )
        return 0
    done = destroy(firm_id, told=lambda text: None if arguments.json else print(text, flush=True))
    path = _keep(house.environment.home, done)
    if arguments.json:
        print(json.dumps({**done.about, "digest": done.digest, "file": str(path)}))
        return 0
    print(f"{name} is gone. Its certificate: {path}, digest {done.digest}")
    print(
        "Take a backup now, and delete every older copy of klientbro-keys.json: from then on no "
        "backup opens what was sealed. What is not sealed (ledgers, names) stands in earlier "
        "backups until they are deleted too."
    )
    return 0


def _tell_what(arguments: Namespace, name: str, counts: dict[str, int]) -> None:
    if arguments.json:
        print(json.dumps({"firm": name, "rows": counts}, ensure_ascii=False))
        return
    for table, count in counts.items():
        print(f"{count:>12}  {table}")
    print(f"{sum(counts.values()):>12}  rows of {name} would be deleted. Nothing was changed.")
    print(
        "First let the firm take out what it must keep (accounting material for five years, "
        "bokføringsloven § 13): the reports, the documentation of periods and the log are exported "
        "on their pages."
    )
    print(f'Then: klientbro firm destroy "{name}" --confirm "{name}" [--now]')


def _certificates(arguments: Namespace, _house: House) -> int:
    from klientbro.operations.firm_destruction import certificates

    found = [{**one.about, "digest": one.digest} for one in certificates()]
    if arguments.json:
        print(json.dumps({"certificates": found}, ensure_ascii=False))
        return 0
    for one in found:
        state = f"erased {one['erased_at']}, digest {one['digest']}" if one["erased_at"] else (
            f"keys destroyed {one['key_destroyed_at']}, rows not all erased: run it again"
            if one["key_destroyed_at"]
            else "waits"
        )  # fmt: skip
        print(f"{one['firm_id']}  {one['firm_name']}: {state}")
    return 0


def _found(name: str) -> tuple[UUID, str]:
    """The firm with this name, also one whose rows are half gone."""
    from klientbro.operations.firm_destruction import certificates
    from klientbro.tenants.services import all_firms

    known = dict(all_firms())
    known |= {one.firm_id: one.firm_name for one in certificates() if one.erased_at is None}
    found = [(firm_id, firm) for firm_id, firm in known.items() if firm == name]
    if len(found) != 1:
        raise ConfigurationError(
            f"{'Several firms are' if found else 'No firm is'} called {name!r}. Known: "
            f"{', '.join(sorted(known.values())) or 'none'}"
        )
    return found[0]


def _keep(home: Path, done: Certificate) -> Path:
    """The certificate as a file too, so that it outlives the database."""
    folder: Path = home / "certificates"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{done.firm_id}.json"
    body: dict[str, Any] = {**done.about, "digest": done.digest}
    write_private(path, json.dumps(body, indent=1, ensure_ascii=False) + "\n")
    return path


def _text(moment: Any) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


COMMAND = Command("firm", "which firms there are, and the end of one", run, add_arguments, 63)
