"""Sends requests through the shared allowance, for tests; prints when each set out and was refused.

python -m klientbro.sync.tests.sending_process SECONDS RATE URL SUBSCRIPTION_KEY TOKEN
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace

CONCURRENT = 4


def main() -> None:
    seconds, rate = float(sys.argv[1]), float(sys.argv[2])
    url, subscription_key, token = sys.argv[3:]
    # only settings: the applications would take a second to load, and the allowance needs none
    os.environ["DJANGO_SETTINGS_MODULE"] = "klientbro.settings.django"
    from klientbro.connectors.errors import RateLimitedError
    from klientbro.connectors.http import HttpClient, Request
    from klientbro.connectors.stand_ins import plain_surroundings
    from klientbro.sync.budget import PriorityPacer
    from klientbro.sync.database import close_pool, pool
    from klientbro.sync.queue import ROUTINE

    said: list[str] = []

    class Noted(PriorityPacer):
        async def wait(self) -> Callable[[], None]:
            has_left = await super().wait()
            said.append(f"sends {time.monotonic()}")
            return has_left

        async def throttled(self, retry_after_seconds: float | None) -> float:
            seconds = await super().throttled(retry_after_seconds)
            said.append(f"refused {time.monotonic()} {seconds}")
            return seconds

    pool().wait()
    print("ready", flush=True)
    sys.stdin.readline()
    end = time.monotonic() + seconds

    async def ask(client: HttpClient) -> None:
        while time.monotonic() < end:
            try:
                await client.send(Request("GET", url))
            except RateLimitedError as error:
                await asyncio.sleep(min(error.retry_after_seconds, end - time.monotonic()))

    async def everybody() -> None:
        pacer = Noted("test", rate, ROUTINE)
        surroundings = replace(plain_surroundings({}), pacer=pacer)
        headers = {
            "Authorization": f"Bearer {token}",
            "Ocp-Apim-Subscription-Key": subscription_key,
        }
        async with HttpClient(
            surroundings, connector="test", base_url=url, headers=headers
        ) as client:
            await asyncio.gather(*(ask(client) for _ in range(CONCURRENT)))

    asyncio.run(everybody())
    close_pool()
    print("\n".join(said), flush=True)


if __name__ == "__main__":
    main()
