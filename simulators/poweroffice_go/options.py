"""What the simulator may be told when it starts."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, read and checked."""

    companies: int | None = None
    scale: float = 1.0
    seed: int = 1
    preinstalled: bool = False
    requests_per_second: int = 10
    json: bool = False
    host: str = "127.0.0.1"
    port: int = 8100
    today: date | None = None
    token_lifetime: int = 1200
    slow_months: int = 13
    slow_rows: int = 400_000
    slow_seconds: float = 30.0
    postings_in_memory: int = 2_000_000
    pages_in_memory: int = 0
    die_with_parent: bool = False
    state: Path | None = None


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or greater")
    return number


def parser() -> argparse.ArgumentParser:
    read = argparse.ArgumentParser(
        prog="python -m simulators.poweroffice_go",
        description="A stand-in for PowerOffice Go: web API, pages and a dial for faults.",
    )
    given = Options()
    add = read.add_argument
    add(
        "--companies",
        type=positive,
        default=given.companies,
        help="how many (the special ones and some ordinary)",
    )
    add("--scale", type=float, default=given.scale, help="size of the larger companies (1.0)")
    add("--seed", type=int, default=given.seed, help="same seed, same books and keys (1)")
    add("--preinstalled", action="store_true", help="add the extension in every company")
    add(
        "--requests-per-second",
        type=int,
        default=given.requests_per_second,
        metavar="N",
        help="per subscription key, 0 for no limit (10)",
    )
    add("--json", action="store_true", help="print one line of JSON when ready")
    add("--host", default=given.host, help="address to listen on (127.0.0.1)")
    add("--port", type=int, default=given.port, help="0 takes a free one (8100)")
    add("--today", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD")
    add("--token-lifetime", type=positive, default=given.token_lifetime, metavar="SECONDS")
    add(
        "--slow-months",
        type=int,
        default=given.slow_months,
        metavar="N",
        help="AccountTransactions over a longer range times out; 0 for never (13)",
    )
    add(
        "--slow-rows",
        type=int,
        default=given.slow_rows,
        metavar="N",
        help="AccountTransactions over more rows times out; 0 for never (400000)",
    )
    add(
        "--slow-seconds",
        type=float,
        default=given.slow_seconds,
        metavar="SECONDS",
        help="how long such a call takes before it fails with 504 (30)",
    )
    add(
        "--postings-in-memory",
        type=positive,
        default=given.postings_in_memory,
        metavar="N",
        help="beyond this, books not read for longest are made anew when needed (2000000)",
    )
    add(
        "--pages-in-memory",
        type=int,
        default=given.pages_in_memory,
        metavar="N",
        help="keep so many answered pages and send them again as they are while nothing is posted: "
        "for who measures a reader and not the simulator (0)",
    )
    add("--die-with-parent", action="store_true", help="stop when the starting process ends")
    add(
        "--state",
        type=Path,
        default=None,
        metavar="FILE",
        help="remember extensions and changes to the books here, across restarts",
    )
    return read


def read_options(arguments: list[str] | None = None) -> Options:
    return Options(**vars(parser().parse_args(arguments)))
