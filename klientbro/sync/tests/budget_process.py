"""Several requests at a time through the shared allowance, for tests; prints when each was granted.

python -m klientbro.sync.tests.budget_process SECONDS RATE ASKER…
ASKER: PRIORITY:CONCURRENT:PAUSE_SECONDS:FIRM:CONNECTION, several of them in one process.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from uuid import UUID


def main() -> None:
    seconds, rate = float(sys.argv[1]), float(sys.argv[2])
    # only settings: the applications would take a second to load, and the allowance needs none
    os.environ["DJANGO_SETTINGS_MODULE"] = "klientbro.settings.django"
    from klientbro.sync.budget import PriorityPacer
    from klientbro.sync.database import close_pool, pool

    pool().wait()
    print("ready", flush=True)
    sys.stdin.readline()
    granted: list[str] = []
    end = time.monotonic() + seconds

    async def ask(priority: int, pause: float, firm: int, connection: int) -> None:
        pacer = PriorityPacer("test", rate, priority, UUID(int=firm), connection)
        while (began := time.monotonic()) < end:
            (await pacer.wait())()
            now = time.monotonic()
            granted.append(f"{now} {now - began} {firm} {connection}")
            await asyncio.sleep(pause)

    async def everybody() -> None:
        async with asyncio.TaskGroup() as group:
            for asker in sys.argv[3:]:
                priority, concurrent, pause, firm, connection = asker.split(":")
                for _ in range(int(concurrent)):
                    group.create_task(ask(int(priority), float(pause), int(firm), int(connection)))

    asyncio.run(everybody())
    close_pool()
    print("\n".join(granted), flush=True)


if __name__ == "__main__":
    main()
