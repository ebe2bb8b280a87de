"""A worker as `klientbro worker` runs it, with the schedule's minutes taken as seconds."""

from __future__ import annotations

import sys


def main() -> int:
    from bench.freshness import minutes_as_seconds
    from klientbro.cli.main import main as klientbro

    minutes_as_seconds()
    return klientbro(["worker"])


if __name__ == "__main__":
    sys.exit(main())
