"""Findings that stand: what is odd in the source's rows or in our copy of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from klientbro.ledger.queries.sql import fetch_all

MOST = 20
_OPEN = """
select kind, reference, detail, found_at, count(*) over () from ledger_finding
where connection_id = %(connection)s and cleared_at is null
order by found_at desc, id desc limit %(most)s
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `detail` is what its kind keeps."""

    kind: str
    reference: str
    detail: Mapping[str, object]
    found_at: datetime


@dataclass(frozen=True, slots=True)
class OpenFindings:
    """The newest findings, and how many there are."""

    rows: tuple[Finding, ...]
    total: int


def open_findings(connection_id: int) -> OpenFindings:
    """The newest of those that stand. One statement."""
    records = fetch_all(_OPEN, {"connection": connection_id, "most": MOST})
    return OpenFindings(
        tuple(
            Finding(kind, reference, json.loads(detail), found_at)
            for kind, reference, detail, found_at, _total in records
        ),
        records[0][-1] if records else 0,
    )
