"""`klientbro audit verify`: walks every firm's audit log and says where its chain is broken."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from klientbro.cli.choosing import add_firm, existing_firm
from klientbro.cli.command import Command
from klientbro.cli.house import open_house
from klientbro.lib.errors import ConfigurationError

MOST_TOLD = 20


def add_arguments(parser: ArgumentParser) -> None:
    """What to do with the log, and whose."""
    parser.add_argument("act", choices=("verify",), help="walk the chain of hashes from the start")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--kept",
        type=Path,
        help="what an earlier run said with --json, kept elsewhere: its ends must still stand",
    )
    add_firm(parser)


def run(arguments: Namespace) -> int:
    """Non-zero when an entry has been altered, taken away or put in, in any firm asked about."""
    kept = _kept(arguments.kept)
    with open_house():
        from klientbro.tenants.services import all_firms

        wanted = existing_firm(arguments.firm) if arguments.firm else None
        found = [
            _walk(firm_id, name, kept.get(str(firm_id)))
            for firm_id, name in all_firms()
            if wanted is None or firm_id == wanted
        ]
    if arguments.json:
        print(json.dumps({"firms": found}, ensure_ascii=False))
    else:
        for one in found:
            _tell(one)
    return 1 if any(one["breaks"] for one in found) else 0


def _kept(path: Path | None) -> dict[str, tuple[int, bytes]]:
    """Where each firm's log ended then, by the firm's id."""
    if path is None:
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))["firms"]
        return {one["id"]: (int(one["entries"]), bytes.fromhex(one["head"])) for one in told}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"--kept {path}: this is not what `klientbro audit verify --json` writes."
        ) from error


def _walk(firm_id: Any, name: str, kept: tuple[int, bytes] | None) -> dict[str, Any]:
    from klientbro.audit.verifying import verify
    from klientbro.tenants.context import firm

    with firm(firm_id):
        walked = verify(kept)
    return {
        "firm": name,
        "id": str(firm_id),
        "entries": walked.entries,
        "head": walked.head.hex(),
        "breaks": [{"number": one.number, "what": one.what} for one in walked.breaks],
    }


def _tell(one: dict[str, Any]) -> None:
    breaks = one["breaks"]
    verdict = "whole" if not breaks else f"BROKEN in {len(breaks)} place(s)"
    print(
        f"{one['firm']}: {one['entries']} entries, {verdict}; ends with {one['head'] or 'nothing'}"
    )
    for broken in breaks[:MOST_TOLD]:
        print(f"  entry {broken['number']}: {broken['what']}")


COMMAND = Command("audit", "check that nobody has touched the audit log", run, add_arguments, 64)
