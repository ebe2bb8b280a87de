"""A worker in a process of its own, to be killed: small pages, and a note of who runs a slice.

python -m klientbro.sync.tests.worker_process HEARTBEAT_SECONDS PAGE_SIZE NOTES_FILE
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    heartbeat_seconds, page_size, notes = float(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    os.environ["DJANGO_SETTINGS_MODULE"] = "klientbro.settings.django"
    import django

    django.setup()
    from klientbro.connectors.poweroffice import client, paging
    from klientbro.sync import database, reading, tasks, worker

    paging.PAGE_SIZE = client.PAGE_SIZE = page_size
    database.IDLE_SECONDS = round(8 * heartbeat_seconds)
    tasks.STALLED_SECONDS = 3 * heartbeat_seconds

    def note(*words: object) -> None:
        with notes.open("a") as file:
            file.write(" ".join(map(str, (os.getpid(), *words))) + "\n")

    run_slice, fill, merge = tasks.run_slice, reading._fill, reading._merge
    lanes = {"filled": 0, "merging": False, "overlapped": False}

    async def noted_slice(*arguments: Any) -> None:
        note("begins")
        try:
            await run_slice(*arguments)
        finally:
            note("ends")

    def noted_fill(*arguments: Any) -> Any:
        if lanes["merging"] and not lanes["overlapped"]:
            lanes["overlapped"] = True
            note("overlaps")
        return fill(*arguments)

    def noted_merge(*arguments: Any) -> Any:
        lanes["merging"] = True
        try:
            return merge(*arguments)
        finally:
            lanes["merging"] = False

    tasks.run_slice = noted_slice
    reading._fill = noted_fill
    reading._merge = noted_merge
    note("starts")
    worker.run_worker(2, heartbeat_seconds)


if __name__ == "__main__":
    main()
