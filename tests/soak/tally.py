"""How often each fault struck and what came of it, as numbers, as JSON and as a table."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

NO_CAUSE = "no cause"
HEAD = ("| fault | times | the round it struck in ended in |", "|---|---:|---|")


@dataclass
class Tally:
    """Seeds played to their end. `wrong`: those whose ledger was not in order, or broke off."""

    seeds: int = 0
    lost: int = 0
    doubled: int = 0
    difference: Decimal = Decimal(0)
    wrong: list[int] = field(default_factory=list)
    results: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        self.seeds += other.seeds
        self.lost += other.lost
        self.doubled += other.doubled
        self.difference += other.difference
        self.wrong = sorted([*self.wrong, *other.wrong])
        for what, results in other.results.items():
            for result, times in results.items():
                self.count(what, result, times)

    def count(self, what: str, result: str, times: int = 1) -> None:
        self.results.setdefault(what, Counter())[result] += times

    # ---- between processes, and in a file over several runs

    def as_json(self) -> dict[str, Any]:
        return vars(self) | {"difference": str(self.difference)}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Tally:
        results = {what: Counter(counts) for what, counts in told["results"].items()}
        return cls(**{**told, "difference": Decimal(told["difference"]), "results": results})

    def add_to(self, path: Path) -> None:
        """Adds these counts to those of earlier runs."""
        kept = self.from_json(json.loads(path.read_text())) if path.exists() else Tally()
        kept.add(self)
        path.write_text(json.dumps(kept.as_json(), indent=1, sort_keys=True) + "\n")

    # ---- for people

    def table(self) -> list[str]:
        """One line per fault and death: rounds it struck in, and what those rounds ended in."""
        lines = list(HEAD)
        for what, results in sorted(self.results.items()):
            said = ", ".join(
                f"{result} {times}"
                for result, times in sorted(results.items(), key=lambda one: (-one[1], one[0]))
            )
            lines.append(f"| {what} | {sum(results.values())} | {said} |")
        return lines

    def read_table(self, lines: list[str]) -> None:
        """Adds what a table written by `table` says."""
        for line in lines:
            if line in HEAD or not line.startswith("|"):
                continue
            what, _times, said = (cell.strip() for cell in line.strip("|").split("|"))
            for one in said.split(", "):
                result, times = one.rsplit(" ", 1)
                self.count(what, result, int(times))
