"""`make drill`: takes each wall and check away in turn and writes whether the suite noticed.

In parts: `--only schema`, `--only code` or `--only tables` (what makes the tables anew), with
`--keep FILE`; `--tell FILE …` puts parts together; `--write` writes it to docs/security.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "security" / "mutation-drill.md"
LEAST_OF_THE_REST = 95
sys.path.insert(0, str(ROOT))

from tests.drill.code import MUTANTS  # noqa: E402 the project is found first
from tests.drill.outcome import TENANT, Outcome, keep, kept  # noqa: E402
from tests.drill.running import copy_of_the_tree, run_all  # noqa: E402


def main() -> int:
    """Non-zero when a tenant wall, or more than 5 of 100 of the rest, went unnoticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("schema", "code", "tables"))
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--tell", type=Path, nargs="+")
    parser.add_argument("--group", help="only the code's mutants of this group")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    outcomes = [one for part in asked.tell or () for one in kept(part)]
    if not asked.tell:
        with tempfile.TemporaryDirectory(prefix="klientbro-drill-") as name:
            outcomes = _drilled(copy_of_the_tree(Path(name)), asked.only, asked.group)
    if asked.keep:
        keep(asked.keep, outcomes)
    text = told(outcomes)
    print(text)
    if asked.write:
        DOCUMENT.write_text(text, encoding="utf-8")
    return 0 if is_enough(outcomes) else 1


def _drilled(tree: Path, part: str | None, group: str | None) -> list[Outcome]:
    outcomes = _schema(tree) if part in (None, "schema") else []
    chosen = tuple(
        one
        for one in MUTANTS
        if part in (None, "tables" if one.migrates else "code") and group in (None, one.group)
    )
    return outcomes + list(run_all(tree, chosen)) if chosen else outcomes


def _schema(tree: Path) -> list[Outcome]:
    """Of the database and of the table of permissions, within one process."""
    found = tree / "outcomes.json"
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "tests/drill/drill_database.py"],
        cwd=tree,
        env=os.environ | {"DRILL_OUTCOMES": str(found), "PYTHONPATH": str(tree)},
        check=True,
    )  # fmt: skip
    return kept(found)


def is_enough(outcomes: list[Outcome]) -> bool:
    """All tenant walls, and 95 of 100 of the rest."""
    walls = [one for one in outcomes if one.group == TENANT]
    rest = [one for one in outcomes if one.group != TENANT]
    noticed = sum(bool(one.noticed) for one in rest)
    return all(one.noticed for one in walls) and noticed * 100 >= LEAST_OF_THE_REST * len(rest)


def told(outcomes: list[Outcome]) -> str:
    """The document."""
    minutes = sum(one.seconds for one in outcomes) / 60
    walls = [one for one in outcomes if one.group == TENANT]
    rest = [one for one in outcomes if one.group != TENANT]
    lines = [
        "# Mutation drill",
        "",
        "`make drill` takes each wall and check away in turn, in a copy of the tree or in a "
        "database of its own, and runs the narrow tests that should notice (`scripts/"
        "mutation_drill.py`, `tests/drill/`). It wants every tenant wall noticed and 95 of 100 of "
        "the rest.",
        "",
        f"On {datetime.now(UTC):%Y-%m-%d}, in {minutes:.0f} minutes on two cores that others "
        f"used too: {_share(walls)} tenant walls noticed, {_share(rest)} of the rest.",
        "",
        "## Of the schema and the table of permissions",
        "",
        "Each on every table, policy, foreign key, trigger, address or role there is.",
        "",
        "| group | what was taken away | mutants | noticed | by |",
        "|---|---|---|---|---|",
    ]
    many = [one for one in outcomes if one.kind != "code"]
    for group, kind in dict.fromkeys((one.group, one.kind) for one in many):
        these = [one for one in many if (one.group, one.kind) == (group, kind)]
        by = Counter(one.noticed for one in these if one.noticed).most_common(1)
        name = f"`{by[0][0]}`" if by else "–"
        noticed = sum(bool(one.noticed) for one in these)
        lines.append(f"| {group} | {kind} | {len(these)} | {noticed} | {name} |")
    lines += ["", "## Of the code", "", "| group | what was taken away | noticed by | seconds |"]
    lines.append("|---|---|---|---|")
    for one in outcomes:
        if one.kind == "code":
            by_ = f"`{one.noticed}`" if one.noticed else "**missed**"
            lines.append(f"| {one.group} | {one.what} | {by_} | {one.seconds:.1f} |")
    missed = [one for one in outcomes if not one.noticed]
    lines += ["", "## Missed", ""]
    lines += [f"- {one.group}: {one.kind}, {one.what}" for one in missed] or ["None."]
    run = {one.what for one in outcomes if one.kind == "code"}
    waiting = [one for one in MUTANTS if one.what not in run]
    if waiting:
        lines += ["", "## Not run", "", "These did not get their turn on that day:", ""]
        lines += [f"- {one.group}: {one.what}" for one in waiting]
    return "\n".join(lines) + "\n"


def _share(outcomes: list[Outcome]) -> str:
    noticed = sum(bool(one.noticed) for one in outcomes)
    percent = 100 * noticed / len(outcomes) if outcomes else 100
    return f"{noticed} of {len(outcomes)} ({percent:.1f} %)"


if __name__ == "__main__":
    sys.exit(main())
