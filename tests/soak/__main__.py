"""`python -m tests.soak --seeds N --from K`: random faults and deaths, and ledgers that equal.

The last line is `seeds N, lost 0, doubled 0, difference 0.00`; the exit is non-zero otherwise, and
when anything else was wrong. One seed alone: `--seeds 1 --from K`.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.record import PAGE, Run, code_here, write
from tests.soak.slots import play, prepare
from tests.soak.tally import Tally


def main() -> int:
    """Plays the seeds, as many at once as there are cores."""
    read = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    read.add_argument("--seeds", type=int, default=50, metavar="N")
    read.add_argument("--from", type=int, default=1, metavar="K", dest="first")
    read.add_argument("--jobs", type=int, default=_cores(), help="seeds played at once")
    read.add_argument("--tally", type=Path, help="add how often each fault struck to this file")
    read.add_argument("--write", action="store_true", help=f"add the run to {PAGE.name}")
    read.add_argument("--tell", action="store_true", help="say what happened in every seed")
    asked = read.parse_args()
    code = code_here() if asked.write else ""
    jobs = max(1, min(asked.jobs, asked.seeds))
    home = Path(tempfile.mkdtemp(prefix="kb-soak-"))
    tally, began = Tally(), time.monotonic()
    try:
        prepare(home, jobs)
        warm, used = time.monotonic() - began, _processor_seconds()
        for played in play(home, jobs, asked.first, asked.seeds):
            tally.add(played.tally)
            if played.wrong:
                print(f"seed {played.number}: {played.wrong}", flush=True)
            if asked.tell or played.wrong:
                print(*(f"seed {played.number}: {line}" for line in played.story), sep="\n")
    finally:
        shutil.rmtree(home, ignore_errors=True)
    seconds = time.monotonic() - began - warm
    print(
        f"{seconds:.0f} s after {warm:.0f} s to get ready; a seed took "
        f"{seconds / asked.seeds:.2f} s, {(_processor_seconds() - used) / asked.seeds:.2f} s of "
        f"processor, {jobs} at once"
    )
    if asked.tally:
        tally.add_to(asked.tally)
    if asked.write:
        write(PAGE, Run.of(code, asked.first, asked.first + asked.seeds - 1, tally), tally)
    if tally.wrong:
        print(f"wrong: {tally.wrong}; one alone: make soak SEEDS=1 FROM={tally.wrong[0]}")
    print(
        f"seeds {tally.seeds}, lost {tally.lost}, doubled {tally.doubled}, "
        f"difference {tally.difference:.2f}"
    )
    return 0 if tally.seeds == asked.seeds and not tally.wrong else 1


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _processor_seconds() -> float:
    """What this process and all that it has waited for used, slots with their servers included."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    sys.exit(main())
