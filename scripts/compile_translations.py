"""Compiles every .po file of ours to the .mo beside it, without gettext's own tools."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Compile what is newer than its result; non-zero when a file cannot be read."""
    failures = 0
    for source in sorted((ROOT / "klientbro").glob("**/locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns == source.stat().st_mtime_ns:
            continue
        try:
            catalogue = polib.pofile(str(source))
        except (OSError, ValueError) as error:
            print(f"{source.relative_to(ROOT)}: {error}", file=sys.stderr)
            failures += 1
            continue
        unfinished = target.with_suffix(".mo.new")
        catalogue.save_as_mofile(str(unfinished))
        # The same time as its source: any other time, older or newer, means it must be made anew.
        moment = source.stat().st_mtime_ns
        os.utime(unfinished, ns=(moment, moment))
        unfinished.replace(target)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
