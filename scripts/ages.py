"""How far each locked part is behind its newest release: the second half of `make audit`.

No list of weaknesses is needed for it. Of Python parts the index says when each release came, and
uv can be asked what the newest was on a day; npm likewise. Late is a part of which a newer release
has been out for longer than docs/security/dependencies.md gives an ordinary update. Withdrawn
(yanked, deprecated) is told at once, whatever its age.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.prefix) / "bin"
UPDATE_DAYS = 30  # docs/security/dependencies.md, «Times»
LONGEST_DAYS = 1_024  # no further back is asked
PYTHON = "3.11"  # the oldest Python that Klientbro runs on: its parts are the newest for this one
FINE, FOUND, NOT_ASKED = 0, 1, 3
# Parts that stay on an older major release, and why. Within it they must be the newest.
HELD: Mapping[str, str] = {
    "htmx.org": "2 is kept up beside 4, which changes what every page relies on",
}
# An index that does not say when a release came makes every part look as if it were the newest.
KNOWN_AGE = ("jinja2", date(2019, 1, 1), "2.10")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==([^\s;]+)", re.MULTILINE)
_NPM_RELEASE = re.compile(r"^\d+\.\d+\.\d+$")  # not the drafts of one
_YANKED = re.compile(r"`([^`=]+)==([^`]+)` is yanked(?: \(reason: \"(.*)\"\))?")
SECONDS = 300


class NotAnsweredError(Exception):
    """The index could not be asked, or says too little."""


@dataclass(frozen=True, slots=True)
class Part:
    """A locked part and what there is of it. behind_days: since when there has been a newer."""

    name: str
    locked: str
    newest: str
    behind_days: int
    withdrawn: str = ""
    held: str = ""

    @property
    def is_late(self) -> bool:
        """Withdrawn by its makers, or behind for longer than is documented."""
        return bool(self.withdrawn) or self.behind_days > UPDATE_DAYS

    def __str__(self) -> str:
        if self.withdrawn:
            return f"{self.name} {self.locked}: withdrawn by its makers: {self.withdrawn}"
        kept = f" (held: {self.held})" if self.held else ""
        if self.locked == self.newest:
            return f"{self.name} {self.locked}: the newest{kept}"
        since = f"for {self.behind_days} days" if self.behind_days < LONGEST_DAYS else "for years"
        return f"{self.name} {self.locked}: {self.newest} is newer, {since}{kept}"


def python_pins(locks: Iterable[str], folder: Path = ROOT / "requirements") -> dict[str, str]:
    """Every locked Python part and its version."""
    return {
        name.lower(): version
        for lock in locks
        for name, version in _PIN.findall((folder / f"{lock}.txt").read_text())
    }


def python_parts(pins: Mapping[str, str], today: date) -> list[Part]:
    """Those behind or withdrawn; the others are the newest."""
    known, day, version = KNOWN_AGE
    if _newest_of([known], day) != {known: version}:
        raise NotAnsweredError(f"the index does not say that {known} {version} came before {day}")
    newest = _newest_of(list(pins))
    withdrawn = _yanked(pins)
    return [
        Part(
            name,
            locked,
            newest.get(name, locked),
            _days_behind(name, locked, today) if _is_newer(newest.get(name), locked) else 0,
            withdrawn.get(name, ""),
        )
        for name, locked in sorted(pins.items())
        if name in withdrawn or _is_newer(newest.get(name), locked)
    ]


def _days_behind(name: str, locked: str, today: date) -> int:
    """How many days ago the first release newer than ours was out, found by halving."""
    least, most = 0, LONGEST_DAYS
    while least < most:
        middle = (least + most + 1) // 2
        there = _newest_of([name], today - timedelta(days=middle)).get(name)
        if _is_newer(there, locked):
            least = middle
        else:
            most = middle - 1
    return least


def _newest_of(names: Sequence[str], on: date | None = None) -> dict[str, str]:
    """The newest release of each, as of the end of a day. A part that was not there is left out."""
    told = _compiled(names, ["--exclude-newer", on.isoformat()] if on else [])
    if told.returncode == 0:
        return {name.lower(): version for name, version in _PIN.findall(told.stdout)}
    if on is not None and len(names) == 1 and "No solution" in told.stderr:
        return {}
    raise NotAnsweredError(" ".join(told.stderr.split())[:300] or "uv said nothing")


def _yanked(pins: Mapping[str, str]) -> dict[str, str]:
    told = _compiled([f"{name}=={version}" for name, version in pins.items()], [])
    if told.returncode != 0:
        raise NotAnsweredError(" ".join(told.stderr.split())[:300] or "uv said nothing")
    return {name.lower(): why or "yanked" for name, _v, why in _YANKED.findall(told.stderr)}


def _compiled(lines: Sequence[str], more: list[str]) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "uv"), "pip", "compile", "--no-deps", "--no-header", "--no-annotate"]
    command += ["--no-config", "--color=never", f"--python-version={PYTHON}", *more, "-"]
    return subprocess.run(
        command, input="\n".join(lines), capture_output=True, text=True, timeout=SECONDS,
        check=False,
    )  # fmt: skip


def browser_parts(root: Path, today: date) -> list[Part]:
    """The npm parts that are behind, withdrawn or held.

    A part that another one brings in is as new as that one allows. Ours are asked about within
    their major release, and must be the newest of all where HELD does not name them.
    """
    ours = _npm_locked(json.loads((root / "package-lock.json").read_text()))
    package = json.loads((root / "package.json").read_text())
    direct = {**package.get("dependencies", {}), **package.get("devDependencies", {})}
    now = _npm_resolved(package)
    parts = []
    for name, versions in sorted(ours.items()):
        allowed = now.get(name, {})
        for locked, said in sorted(versions.items()):
            newest = max([*allowed, locked], key=Version) if locked not in allowed else locked
            if name in direct and name not in HELD:
                newest = _npm(["view", name, "version"]).strip()
            is_behind = _is_newer(newest, locked)
            days = _npm_days_behind(name, locked, newest, today) if is_behind else 0
            withdrawn = allowed.get(locked) or said
            if is_behind or withdrawn or name in HELD:
                parts.append(Part(name, locked, newest, days, withdrawn, HELD.get(name, "")))
    return parts


def _npm_days_behind(name: str, locked: str, newest: str, today: date) -> int:
    """How many days ago the first release between ours and the newest came."""
    told = json.loads(_npm(["view", name, "time", "--json"]))
    days = [
        datetime.fromisoformat(moment).date()
        for version, moment in told.items()
        if _NPM_RELEASE.match(version) and Version(locked) < Version(version) <= Version(newest)
    ]
    return (today - min(days)).days


def _npm_locked(lock: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The versions of each part, and why each is withdrawn, if it is."""
    found: dict[str, dict[str, str]] = {}
    for path, entry in lock["packages"].items():
        if path and "version" in entry:
            name = path.rpartition("node_modules/")[2]
            found.setdefault(name, {})[entry["version"]] = entry.get("deprecated", "")
    return found


def _npm_resolved(package: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What npm would lock today within the same major releases."""
    loose = dict(package)
    for kind in ("dependencies", "devDependencies"):
        named = package.get(kind, {})
        loose[kind] = {name: version.split(".")[0] for name, version in named.items()}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "package.json").write_text(json.dumps(loose))
        _npm(["install", "--package-lock-only", "--ignore-scripts", "--no-audit"], Path(folder))
        return _npm_locked(json.loads((Path(folder) / "package-lock.json").read_text()))


def _npm(words: list[str], folder: Path = ROOT) -> str:
    told = subprocess.run(
        [str(BIN / "npm"), *words],
        cwd=folder,
        env={**os.environ, "PATH": f"{BIN}:{os.environ.get('PATH', '')}"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if told.returncode != 0:
        said = [line for line in told.stderr.splitlines() if "npm error" in line]
        raise NotAnsweredError((said or ["npm said nothing"])[0])
    return told.stdout


def _is_newer(there: str | None, locked: str) -> bool:
    return there is not None and Version(there) > Version(locked)


def _told(what: str, count: int, parts: list[Part]) -> Iterator[str]:
    late = [part for part in parts if part.is_late]
    yield f"{what}: {count} parts, {len(late)} late or withdrawn"
    for part in parts:
        yield f"  {'LATE ' if part.is_late else ''}{part}"


def ask_ages(locks: Sequence[str]) -> int:
    """Says how old the parts are. 0: none is late; 1: some; 3: nobody could say."""
    today = datetime.now(UTC).date()
    try:
        pins = python_pins(locks)
        python = python_parts(pins, today)
        browser = browser_parts(ROOT, today)
    except (NotAnsweredError, OSError, subprocess.TimeoutExpired) as error:
        print(f"ages could not be asked about: {error}")
        return NOT_ASKED
    lines = json.loads((ROOT / "package-lock.json").read_text())
    count = sum(len(versions) for versions in _npm_locked(lines).values())
    print("\n".join([*_told("Python", len(pins), python), *_told("npm", count, browser)]))
    return FOUND if any(part.is_late for part in (*python, *browser)) else FINE
