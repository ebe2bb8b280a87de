"""`make simulate-scale`: freshness, use of the allowance and database size for many clients.

A day is simulated with the product's own scheduling function (bench/scale_model.py); the size comes
from postings landed in the real schema. The tables go into docs/howto/sizing.md.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from pathlib import Path

from bench.scale_model import Found, Key, Mix, Source, percentile
from klientbro.lib.dates import OSLO
from klientbro.sync.schedule import Use

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "howto" / "sizing.md"
A_WORKING_DAY = datetime(2026, 3, 10, tzinfo=OSLO)  # a Tuesday
WARM_UP_HOURS = 4.0  # the night before: clients have spread over their rounds
HOURS = 24.0
OFFICE = range(8, 16)
WORKING_DAYS = 250
LINES_OF_A_VOUCHER = 3.5
SHARES = (0.50, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes as PostgreSQL keeps them, indexes included."""

    a_posting: float
    beside_a_posting: float  # balances, changes, seals and the rest, shared out on the postings
    a_round: float  # its line in the history and those of its requests, while they are kept


def simulate_key(clients: int, seed: int) -> Found:
    """One subscription key's working day."""
    begin = A_WORKING_DAY.replace(hour=0)
    return Key(clients, random.Random(seed), begin).run(HOURS, WARM_UP_HOURS)  # noqa: S311


def simulate(clients: int, keys: int, seed: int, processes: int = 1) -> Found:
    """All keys; their clients have nothing in common but the database."""
    sizes = [clients // keys + (number < clients % keys) for number in range(keys)]
    seeds = [seed * 100_003 + number for number in range(keys)]
    total = Found()
    if processes == 1:
        found = map(simulate_key, sizes, seeds)
    else:
        with ProcessPoolExecutor(processes) as pool:
            found = iter(list(pool.map(simulate_key, sizes, seeds)))
    for one in found:
        total.add(one)
    return total


def use_of_allowance(found: Found, keys: int) -> tuple[float, float]:
    """The counted hours' mean and the busiest hour, as shares of what the keys allow."""
    an_hour = keys * Source().requests_per_second * 3600
    counted = HOURS - WARM_UP_HOURS
    return found.requests / (an_hour * counted), max(found.requests_by_hour) / an_hour


def freshness_row(clients: int, keys: int, seed: int, processes: int) -> list[str]:
    found = simulate(clients, keys, seed, processes)
    office = [second for hour in OFFICE for second in found.by_hour[hour]]
    mean, busiest = use_of_allowance(found, keys)
    return [
        f"{clients:,}",
        f"{keys}",
        *_three(office),
        *_three(found.by_use[Use.QUIET]),
        f"{percentile(found.opened, 0.95):.0f} s",
        f"{mean:.0%} / {busiest:.0%}",
    ]


def hours_table(found: Found) -> str:
    """Freshness by the hour a voucher was posted, for clients in use."""
    lines = ["| posted at | vouchers | p50 | p95 | p99 |", "|---|---|---|---|---|"]
    lines += [
        f"| {hour:02d}–{hour + 1:02d} | {len(seconds):,} | {' | '.join(_three(seconds))} |"
        for hour, seconds in enumerate(found.by_hour)
        if hour >= WARM_UP_HOURS
    ]
    return "\n".join(lines)


def size_table(size: Size, clients: int, rounds_a_day: float) -> str:
    """What a year adds, for the mix's mean client."""
    mix = Mix()
    vouchers = sum(share * dict(mix.vouchers)[use] for use, share in mix.shares)
    postings = vouchers * WORKING_DAYS * LINES_OF_A_VOUCHER
    a_client = postings * (size.a_posting + size.beside_a_posting)
    kept = rounds_a_day * 365 * size.a_round
    return "\n".join(
        [
            "| measured | figure |",
            "|---|---|",
            f"| bytes a posting, indexes included | {size.a_posting:,.0f} |",
            f"| bytes beside each posting (balances, changes, seals, accounts …) | "
            f"{size.beside_a_posting:,.0f} |",
            f"| postings of the mean client in a year | {postings:,.0f} |",
            f"| of the mean client in a year | {a_client / 1e6:,.1f} MB |",
            f"| run history of the mean client, if kept a year | {kept / 1e6:,.1f} MB |",
            f"| of {clients:,} clients in a year | {clients * a_client / 1e9:,.0f} GB |",
        ]
    )


def main() -> int:
    arguments = _arguments()
    began = time.monotonic()
    key = arguments.clients // arguments.keys
    counts = [(500, 1), (1_000, 1), (2_000, 1), (key, 1), (2 * key, 1)]
    heads = (
        "clients | keys | in use p50 | p95 | p99 | quiet p50 | p95 | p99 | "
        "opened, p95 | allowance used, mean / busiest hour"
    )
    lines = [f"| {heads} |", "|" + "---|" * (heads.count("|") + 1)]
    for clients, keys in counts:
        lines.append(f"| {' | '.join(freshness_row(clients, keys, arguments.seed, 1))} |")
        print(lines[-1], flush=True)
    everything = simulate(
        arguments.clients, arguments.keys, arguments.seed, processes=arguments.processes
    )
    mean, busiest = use_of_allowance(everything, arguments.keys)
    office = [second for hour in OFFICE for second in everything.by_hour[hour]]
    row = [
        f"**{arguments.clients:,}**",
        str(arguments.keys),
        *_three(office),
        *_three(everything.by_use[Use.QUIET]),
        f"{percentile(everything.opened, 0.95):.0f} s",
        f"{mean:.0%} / {busiest:.0%}",
    ]
    lines.append(f"| {' | '.join(row)} |")
    size = _measured() if arguments.size is None else Size(*arguments.size)
    rounds_a_day = everything.rounds / arguments.clients * 24 / (HOURS - WARM_UP_HOURS)
    text = "\n\n".join(
        [
            "\n".join(lines),
            hours_table(everything),
            size_table(size, arguments.clients, rounds_a_day),
            f"Seed {arguments.seed}; {sum(map(len, everything.by_use.values())):,} vouchers and "
            f"{everything.rounds:,} rounds in {HOURS - WARM_UP_HOURS:g} hours, "
            f"{rounds_a_day:.1f} rounds a client and day. "
            f"Simulated in {time.monotonic() - began:.0f} s.",
        ]
    )
    print(f"\n{text}")
    if arguments.write and write_into(PAGE, text):
        print(f"\nwritten to {PAGE.relative_to(ROOT)}")
    return 0


def write_into(page: Path, text: str) -> bool:
    """Put the tables between the page's markers."""
    body = page.read_text(encoding="utf-8")
    begin, end = "<!-- simulate-scale -->", "<!-- /simulate-scale -->"
    found = re.search(f"{begin}.*?{end}", body, flags=re.DOTALL)
    if found is None:
        return False
    page.write_text(
        f"{body[: found.start()]}{begin}\n{text}\n{end}{body[found.end() :]}", encoding="utf-8"
    )
    return True


def _measured() -> Size:
    from bench.scale_bytes import measure

    return Size(*measure())


def _three(seconds: list[float]) -> list[str]:
    return [_told(value) for value in map(percentile, repeat(seconds), SHARES)]


def _told(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description="Many clients.")
    parser.add_argument("--clients", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=20, help="subscription keys they are spread on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="put the tables into the page")
    parser.add_argument(
        "--size", type=float, nargs=3, help="bytes measured before: a posting, beside it, a round"
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
