"""Many processes on one allowance: how much of it they use, and whether they ever overstep it.

The simulator is the judge: it counts calls as they arrive, and answers 429 when more than ten fall
within one sliding second.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time

from bench.house import poweroffice_variables
from bench.table import Row
from simulators.poweroffice_go.testing import PROJECT, Simulator, start_simulator

PROCESSES = 4
CALLERS = 8
ALLOWED = 10
REQUESTS_PER_SECOND = 9.7
LEAST_SHARE = 0.9


def run(*, seconds: float) -> list[Row]:
    """Four processes of eight callers each, as fast as the budget lets them."""
    with start_simulator(companies=1) as simulator:
        token = simulator.token(simulator.install(1))
        simulator.reset_requests()
        time.sleep(1.1)
        start = time.time() + 4.0
        orders = {
            "start": start,
            "seconds": seconds,
            "url": simulator.api_url + "/ClientIntegrationInformation",
            "headers": simulator.headers(token),
            "warm": simulator.control_url,
            "warm_headers": {"X-Control-Key": simulator.control_key},
        }
        callers = [_start(simulator, orders) for _ in range(PROCESSES)]
        for process in callers:
            output, _ = process.communicate(timeout=seconds + 120)
            if process.returncode != 0:
                raise RuntimeError(f"a caller failed:\n{output[-2000:]}")
        calls = simulator.requests()
        summary = simulator.request_summary()
    moments = sorted(call["second"] for call in calls)
    span = moments[-1] - moments[0]
    pace = (len(moments) - 1) / span
    refused = int(summary["by_status"].get("429", 0))
    most = int(summary["most_in_a_second"])
    return [
        Row(
            f"Budget, {PROCESSES} processes hammering for {seconds:.0f} s",
            f"{pace:.2f} requests/s",
            f"{ALLOWED} allowed; most in a sliding second {most}, {refused} times 429",
            f"{pace / ALLOWED:.0%} of it",
            f"≥ {LEAST_SHARE:.0%}, never over {ALLOWED}",
            pace / ALLOWED >= LEAST_SHARE and most <= ALLOWED and not refused,
        )
    ]


def _start(simulator: Simulator, orders: dict[str, object]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.budget"],
        cwd=PROJECT,
        env={**os.environ, **poweroffice_variables(simulator, REQUESTS_PER_SECOND)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(orders))
    process.stdin.close()
    process.stdin = None
    return process


async def _hammer(orders: dict[str, object]) -> None:
    import httpx

    from klientbro.sync.budget import KEY, PriorityPacer
    from klientbro.sync.queue import ROUTINE

    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        until = float(str(orders["start"])) + float(str(orders["seconds"]))

        async def call() -> None:
            pacer = PriorityPacer(KEY, REQUESTS_PER_SECOND, ROUTINE)
            while time.time() < until:
                await pacer.wait()
                headers = orders["headers"]
                assert isinstance(headers, dict)
                answer = await client.get(str(orders["url"]), headers=headers)
                if answer.status_code == 429:
                    await pacer.throttled(float(answer.headers.get("Retry-After", 1)))

        # Lines are open before the clock starts; the control API is not counted.
        warm_headers = orders["warm_headers"]
        assert isinstance(warm_headers, dict)
        for _ in range(3):
            await client.get(str(orders["warm"]), headers=warm_headers)
        await asyncio.sleep(max(0.0, float(str(orders["start"])) - time.time()))
        await asyncio.gather(*(call() for _ in range(CALLERS)))


def main() -> None:
    """One of the processes: its orders come on standard input."""
    from klientbro.cli.house import open_house

    orders = json.load(sys.stdin)
    with open_house(migrate=False):
        from klientbro.sync.database import close_pool

        asyncio.run(_hammer(orders))
        close_pool()


if __name__ == "__main__":
    main()
