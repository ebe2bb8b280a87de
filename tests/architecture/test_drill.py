"""Every mutant of the drill still fits the code, and is looked for by tests that exist."""

from __future__ import annotations

from tests.architecture.tracked import ROOT
from tests.drill.code import MUTANTS


def test_every_mutant_fits_one_place_and_names_tests_that_exist() -> None:
    misfits = [
        f"{one.what}: {(ROOT / one.path).read_text(encoding='utf-8').count(one.old)} times"
        for one in MUTANTS
        if (ROOT / one.path).read_text(encoding="utf-8").count(one.old) != 1 or one.old == one.new
    ]
    assert misfits == []
    for one in MUTANTS:
        for test in one.tests:
            if test.endswith(".py"):
                assert (ROOT / test).is_file(), test
    assert len({one.what for one in MUTANTS}) == len(MUTANTS)
