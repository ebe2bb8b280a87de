"""`python -m tests.soak.table FILE`: the counts of `--tally FILE` for docs/faults.md."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def table(path: Path) -> str:
    """One line per fault and death: rounds it struck in, and what those rounds ended in."""
    kept = json.loads(path.read_text())
    lines = ["| fault | times | the round it struck in ended in |", "|---|---:|---|"]
    for what, results in sorted(kept["results"].items()):
        said = ", ".join(
            f"{'no cause' if result == 'none' else result} {times}"
            for result, times in sorted(results.items(), key=lambda one: (-one[1], one[0]))
        )
        lines.append(f"| {what} | {sum(results.values())} | {said} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))
