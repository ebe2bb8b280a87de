"""Writes a run of the soak into docs/faults.md: the list of counted runs, and the table."""

from __future__ import annotations

import hashlib
import re
import subprocess
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from tests.soak.tally import Tally

PROJECT = Path(__file__).resolve().parents[2]
PAGE = PROJECT / "docs" / "faults.md"
COUNTED = ("klientbro", "simulators", "tests/soak")  # what a run's result depends on
RUNS_HEAD = (
    "| code | from | to | seeds | lost | doubled | difference | wrong |",
    "|---|---:|---:|---:|---:|---:|---:|---|",
)


@dataclass(frozen=True)
class Run:
    """One line of the list: seeds `first` to `last`, and what they came to together."""

    code: str
    first: int
    last: int
    seeds: int
    lost: int
    doubled: int
    difference: Decimal
    wrong: str

    @classmethod
    def of(cls, code: str, first: int, last: int, tally: Tally) -> Run:
        wrong = " ".join(map(str, tally.wrong)) or "none"
        return cls(
            code, first, last, tally.seeds, tally.lost, tally.doubled, tally.difference, wrong
        )

    @classmethod
    def read(cls, line: str) -> Run:
        code, *numbers, difference, wrong = (cell.strip() for cell in line.strip("|").split("|"))
        first, last, seeds, lost, doubled = (int(number.replace(",", "")) for number in numbers)
        return cls(code, first, last, seeds, lost, doubled, Decimal(difference), wrong)

    def __str__(self) -> str:
        numbers = (self.first, self.last, self.seeds, self.lost, self.doubled)
        told = " | ".join(f"{number:,}" for number in numbers)
        return f"| {self.code} | {told} | {self.difference:.2f} | {self.wrong} |"

    def continued_by(self, later: Run) -> Run | None:
        """Both as one line, when the later run took up where this one ended, on the same code."""
        if later.code != self.code or later.first != self.last + 1:
            return None
        wrong = " ".join(one for one in (self.wrong, later.wrong) if one != "none") or "none"
        return replace(
            self,
            last=later.last,
            seeds=self.seeds + later.seeds,
            lost=self.lost + later.lost,
            doubled=self.doubled + later.doubled,
            difference=self.difference + later.difference,
            wrong=wrong,
        )


def write(page: Path, run: Run, tally: Tally) -> None:
    """Adds the run to the list on the page, and its counts to the table there."""
    text = page.read_text()
    runs = [Run.read(line) for line in _between(text, "runs") if line not in RUNS_HEAD]
    joined = runs[-1].continued_by(run) if runs else None
    runs = [*runs[:-1], joined] if joined else [*runs, run]
    text = _put(text, "runs", [*RUNS_HEAD, *map(str, runs), "", _sum(runs)])
    whole = Tally()
    whole.read_table(_between(text, "table"))
    whole.add(tally)
    page.write_text(_put(text, "table", whole.table()))


def _sum(runs: list[Run]) -> str:
    return (
        f"Together {sum(run.seeds for run in runs):,} seeds: lost {sum(run.lost for run in runs)}, "
        f"doubled {sum(run.doubled for run in runs)}, "
        f"difference {sum((run.difference for run in runs), Decimal(0)):.2f}."
    )


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name} written by python -m tests.soak --write -->", f"<!-- end of {name} -->"


def _between(text: str, name: str) -> list[str]:
    """The lines of a table between its marks."""
    begins, ends = _marks(name)
    return [
        line
        for line in text.split(begins, 1)[1].split(ends, 1)[0].splitlines()
        if line.startswith("|")
    ]


def _put(text: str, name: str, lines: list[str]) -> str:
    begins, ends = _marks(name)
    whole = f"{begins}\n\n" + "\n".join(lines) + f"\n\n{ends}"
    return re.sub(f"{re.escape(begins)}.*?{re.escape(ends)}", lambda _: whole, text, flags=re.S)


def code_here() -> str:
    """The commit, and a hash of what has not been committed since, when there is such."""
    commit = _git("rev-parse", "--short", "HEAD").decode().strip()
    changed = _git("diff", "HEAD", "--", *COUNTED)
    new = _git("ls-files", "--others", "--exclude-standard", "--", *COUNTED).decode().split()
    if not changed and not new:
        return commit
    told = hashlib.sha256(changed)
    for name in sorted(new):
        told.update(name.encode() + (PROJECT / name).read_bytes())
    return f"{commit}+{told.hexdigest()[:8]}"


def _git(*words: str) -> bytes:
    return subprocess.run(
        ["git", *words],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    ).stdout
