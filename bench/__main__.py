"""`make bench`: runs the benchmarks and prints one table of ratios.

SCALE=full takes larger books and more rounds; `--only` runs some of them, `--write` keeps what they
came to (bench/results.json) and puts the table into docs/benchmarks.md and, without the pages of
the products, the README.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.results import keep, kept_rows, run_here
from bench.table import Row, as_markdown, as_text, write_between_markers

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Scale:
    """How large and how often."""

    pipeline: float  # a company of 10,000 postings times this
    rounds: int
    simulator_rounds: int
    million: float
    activations: int
    hammer_seconds: float
    page_times: int
    sweep_clients: int
    peers: float  # a company of 10,000 postings times this
    peer_rounds: int
    scaled_clients: int


SCALES = {
    "quick": Scale(20, 5, 3, 100, 6, 20, 40, 30, 5, 2, 24),
    "full": Scale(60, 7, 7, 100, 15, 60, 200, 150, 20, 3, 60),
}
IN_SHORT = (
    "pipeline",
    "peers",
    "requests",
    "activation",
    "freshness",
    "budget",
    "sweep",
    "workers",
    "memory",
    "proof",
    "pages",
    "simulator",
)
PARTS = (*IN_SHORT, "security", "products", "report", "forecast", "liquidity")


def main() -> int:
    arguments = _arguments()
    scale = SCALES["full" if os.environ.get("SCALE", "").lower() == "full" else "quick"]
    chosen = [part for part in PARTS if part in (arguments.only or PARTS)]
    started = time.monotonic()
    run = run_here()
    parts = _run(chosen, scale, with_peer=not arguments.no_peer)
    rows = [row for of_part in parts.values() for row in of_part]
    print(f"\n{as_text(rows)}\n\n{_about()} {(time.monotonic() - started) / 60:.0f} minutes.")
    if arguments.write:
        keep(parts, run)
        for name, shown in (("docs/benchmarks.md", PARTS), ("README.md", IN_SHORT)):
            if write_between_markers(ROOT / name, as_markdown(kept_rows(shown), _about())):
                print(f"written to {name}")
    return 0 if all(row.is_met is not False for row in rows) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="The benchmarks.")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="run only these")
    parser.add_argument("--no-peer", action="store_true", help="leave dlt and Singer out")
    parser.add_argument("--write", action="store_true", help="write the table into the documents")
    return parser.parse_args()


def _run(chosen: list[str], scale: Scale, *, with_peer: bool) -> dict[str, list[Row]]:
    import logging

    from psycopg.conninfo import make_conninfo

    from bench.house import bench_house

    parts: dict[str, list[Row]] = {}

    def add(part: str, measure: Callable[[], list[Row]]) -> None:
        if part in chosen:
            began = time.monotonic()
            print(f"{part} …", flush=True)
            parts[part] = measure()
            print(f"    {time.monotonic() - began:.0f} s", flush=True)

    with bench_house() as house:
        from bench import (
            activation,
            budget,
            forecast,
            freshness,
            incremental,
            liquidity_pages,
            pipeline,
            products,
            proof,
            report,
            request_counts,
            scaling,
            security,
            simulator_rows,
            sweep,
        )

        logging.getLogger().setLevel(logging.ERROR)
        server = house.database.server
        assert server is not None
        superuser = make_conninfo(server.superuser_url, dbname="klientbro")
        # before the others make their firms: without the policies a page would show theirs too
        add("security", lambda: security.run(superuser, times=scale.page_times // 2))
        add(
            "pipeline",
            lambda: pipeline.run(
                superuser, scale=scale.pipeline, rounds=scale.rounds, with_peer=with_peer
            ),
        )
        add("requests", request_counts.run)
        add("activation", lambda: activation.run(companies=scale.activations + 1))
        add("freshness", freshness.run)
        add("budget", lambda: budget.run(seconds=scale.hammer_seconds))
        add("sweep", lambda: sweep.run(clients=scale.sweep_clients))
        if with_peer:
            add(
                "peers",
                lambda: incremental.run(superuser, scale=scale.peers, rounds=scale.peer_rounds),
            )
        add("workers", lambda: scaling.run(clients=scale.scaled_clients))
        add("proof", proof.run)
        add("forecast", forecast.run)
        add(
            "liquidity",
            lambda: _with_static(lambda: liquidity_pages.run(times=scale.page_times // 2)),
        )
        add("products", lambda: _with_static(lambda: products.run(times=scale.page_times // 2)))
        add("report", lambda: _with_static(lambda: report.run(times=scale.page_times // 2)))
        with _million(chosen, scale) as measure:
            add("memory", lambda: measure("memory"))
            add("pages", lambda: measure("pages"))
        add(
            "simulator",
            lambda: simulator_rows.run(scale=scale.pipeline, rounds=scale.simulator_rounds),
        )
    return parts


@contextmanager
def _million(chosen: list[str], scale: Scale) -> Iterator[Callable[[str], list[Row]]]:
    """The client of a million postings, which two parts share: one lands it, one shows it."""
    if not {"memory", "pages"} & set(chosen):
        yield lambda part: []
        return
    from bench import memory, pages
    from bench.house import collect_static_files
    from simulators.poweroffice_go.testing import start_simulator

    with start_simulator(companies=1, scale=scale.million, requests_per_second=0) as simulator:
        landed, books = memory.run(simulator)

    def measure(part: str) -> list[Row]:
        if part == "memory":
            return landed
        collect_static_files()
        return pages.run(books, times=scale.page_times)

    yield measure


def _with_static(measure: Callable[[], list[Row]]) -> list[Row]:
    """Pages name their static files by what is in them, so those must have been collected."""
    from bench.house import collect_static_files

    collect_static_files()
    return measure()


def _about() -> str:
    """The machine in general terms, so that nobody compares bare figures across machines."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{cores} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}."
    )


if __name__ == "__main__":
    raise SystemExit(main())
