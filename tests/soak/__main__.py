"""`python -m tests.soak --seeds N --from K`: random faults and deaths, and ledgers that equal.

The last line is `seeds N, lost 0, doubled 0, difference 0.00`; the exit is non-zero otherwise, and
when anything else was wrong. One seed alone: `--seeds 1 --from K`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from tests.soak.schedule import schedule_of
from tests.soak.seed import run_seed
from tests.soak.world import Tally, World


def main() -> int:
    """Plays the seeds one after the other."""
    read = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    read.add_argument("--seeds", type=int, default=50, metavar="N")
    read.add_argument("--from", type=int, default=1, metavar="K", dest="first")
    read.add_argument("--tally", type=Path, help="add how often each fault struck to this file")
    read.add_argument("--tell", action="store_true", help="say what happened in every seed")
    asked = read.parse_args()
    tally, bad = Tally(), []
    began = time.monotonic()
    with World() as world:
        warm = time.monotonic() - began
        for number in range(asked.first, asked.first + asked.seeds):
            schedule, played = schedule_of(number), Tally()
            try:
                verdict, story = run_seed(world, schedule, played)
            except Exception as error:
                bad.append(number)
                print(f"seed {number}: {type(error).__name__}: {error}\n{schedule}", flush=True)
                world.bring_up()
                world.simulator.clear_faults()
                continue
            tally.add(played)
            if asked.tally:
                add_to(asked.tally, played)
            if not verdict.is_good:
                bad.append(number)
                print(f"seed {number}: {verdict}\n{schedule}", flush=True)
            if asked.tell or not verdict.is_good:
                print(*(f"seed {number}: {line}" for line in story), sep="\n", flush=True)
    seconds = time.monotonic() - began - warm
    print(f"{seconds / max(asked.seeds, 1):.2f} s a seed, {warm:.1f} s to get ready")
    if bad:
        print(f"wrong: {bad}; one alone: make soak SEEDS=1 FROM={bad[0]}")
    print(
        f"seeds {tally.seeds}, lost {tally.lost}, doubled {tally.doubled}, "
        f"difference {tally.difference:.2f}"
    )
    return 1 if bad else 0


def add_to(path: Path, tally: Tally) -> None:
    """Adds a seed's counts to those of earlier ones."""
    kept = json.loads(path.read_text()) if path.exists() else {"seeds": 0, "results": {}}
    kept["seeds"] += tally.seeds
    for what, results in tally.results.items():
        kept["results"][what] = dict(Counter(kept["results"].get(what, {})) + results)
    path.write_text(json.dumps(kept, indent=1, sort_keys=True))


if __name__ == "__main__":
    sys.exit(main())
