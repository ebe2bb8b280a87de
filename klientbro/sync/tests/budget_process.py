"""Several requests at a time through the shared allowance, for tests; prints when each was granted.

python -m klientbro.sync.tests.budget_process SECONDS RATE PRIORITY CONCURRENT PAUSE_SECONDS
"""

from __future__ import annotations

import asyncio
import os
import sys
import time


def main() -> None:
    seconds, rate, pause = float(sys.argv[1]), float(sys.argv[2]), float(sys.argv[5])
    priority, concurrent = int(sys.argv[3]), int(sys.argv[4])
    os.environ["DJANGO_SETTINGS_MODULE"] = "klientbro.settings.django"
    import django

    django.setup()
    from klientbro.sync.budget import PriorityPacer
    from klientbro.sync.database import close_pool, pool

    pool().wait()
    print("ready", flush=True)
    sys.stdin.readline()
    granted: list[str] = []
    end = time.monotonic() + seconds

    async def ask() -> None:
        pacer = PriorityPacer("test", rate, priority)
        while (began := time.monotonic()) < end:
            await pacer.wait()
            granted.append(f"{time.monotonic()} {time.monotonic() - began}")
            await asyncio.sleep(pause)

    async def everybody() -> None:
        await asyncio.gather(*(ask() for _ in range(concurrent)))

    asyncio.run(everybody())
    close_pool()
    print("\n".join(granted), flush=True)


if __name__ == "__main__":
    main()
