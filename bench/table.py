"""What the benchmarks answer with, and the table made of it."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
_HEADS = ("Measured", "Klientbro", "Beside it, same run", "Result", "Target", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One measured thing. `is_met` is None where there is no target."""

    measured: str
    ours: str
    beside: str = ""
    result: str = ""
    target: str = ""
    is_met: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        mark = "" if self.is_met is None else "met" if self.is_met else "**not met**"
        return (self.measured, self.ours, self.beside, self.result, self.target, mark)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def rate(rows_per_second: float) -> str:
    return f"{round(rows_per_second, -2):,.0f} rows/s"


def at_least(
    measured: str, ours: str, beside: str, ratio: float, target: float, *, percent: bool = False
) -> Row:
    """A ratio that must reach a target."""
    form = "{:.0%}" if percent else "{:.1f} ×"
    return Row(
        measured, ours, beside, form.format(ratio), f"≥ {form.format(target)}", ratio >= target
    )


def at_most(measured: str, value: float, most: float, unit: str, beside: str = "") -> Row:
    """A figure that may not pass a limit."""
    shown = f"{value:,.0f}" if unit in ("requests", "queries", "MB") else f"{value:,.1f}"
    is_whole = unit in ("requests", "queries", "MB")
    return Row(
        measured,
        f"{shown} {unit}",
        beside,
        f"{value / most:.0%} of it",
        f"≤ {most:,.0f} {unit}" if is_whole or most == int(most) else f"≤ {most:,.1f} {unit}",
        value <= most,
    )


def as_markdown(rows: Sequence[tuple[Row, str]], about: str) -> str:
    """Each row with the day and commit it was measured at."""
    heads = (*_HEADS, "Run")
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    lines += [f"| {' | '.join((*row.cells, run))} |" for row, run in rows]
    return "\n".join([*lines, "", about])


def as_text(rows: Sequence[Row]) -> str:
    """For the terminal: columns side by side."""
    cells = [_HEADS, *(row.cells for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(_HEADS))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def write_between_markers(path: Path, text: str) -> bool:
    """Put the text between the markers of a document; False when it has none."""
    if not path.exists():
        return False
    body = path.read_text(encoding="utf-8")
    found = re.search(f"{re.escape(BEGIN)}.*?{re.escape(END)}", body, flags=re.DOTALL)
    if found is None:
        return False
    new = f"{BEGIN}\n{text}\n{END}"
    path.write_text(body[: found.start()] + new + body[found.end() :], encoding="utf-8")
    return True
