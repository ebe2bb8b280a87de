"""What came of one mutant, and how outcomes are kept between the drill's processes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

# Of these every one must be noticed; of the rest 95 of 100.
TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class Outcome:
    """group: what kind of wall; what: which one; noticed: by which test, nothing for missed."""

    group: str
    kind: str
    what: str
    noticed: str
    seconds: float


def keep(path: Path, outcomes: Iterable[Outcome]) -> None:
    """Writes them, for the process that tells."""
    path.write_text(json.dumps([asdict(one) for one in outcomes]), encoding="utf-8")


def kept(path: Path) -> list[Outcome]:
    """Reads them."""
    return [Outcome(**one) for one in json.loads(path.read_text(encoding="utf-8"))]
