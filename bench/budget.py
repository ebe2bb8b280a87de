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
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from bench.house import poweroffice_variables
from bench.table import Row, at_most, median, percentile
from simulators.poweroffice_go.testing import PROJECT, Simulator, start_simulator

PROCESSES = 4
CALLERS = 8
ALLOWED = 10
REQUESTS_PER_SECOND = 9.7
LEAST_SHARE = 0.95
MOST_REFUSED = 0.001
MOST_WAIT = 2.0  # times a client's fair share
LARGE, SMALL, LOOKED_AT = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Askers:
    """Some callers in one process that work for the same client."""

    callers: int
    firm: int = 1
    connection: int = 1
    priority: int = 30
    pause_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Judged:
    """What the simulator counted, and how long each client's callers waited for their slots."""

    pace: float
    most: int
    refused: int
    calls: int
    waits: dict[int, list[float]]


def run(*, seconds: float) -> list[Row]:
    """Four processes of eight callers each, as fast as the budget lets them; then uneven ones."""
    return [_throughput(seconds), *_fairness(seconds)]


def _throughput(seconds: float) -> Row:
    judged = _judge([[Askers(CALLERS)]] * PROCESSES, seconds)
    share = judged.pace / ALLOWED
    refused = judged.refused / judged.calls
    return Row(
        f"Budget, {PROCESSES} processes hammering for {seconds:.0f} s",
        f"{judged.pace:.2f} requests/s",
        f"{ALLOWED} allowed; most in a sliding second {judged.most}, {judged.refused} times 429 "
        f"in {judged.calls}",
        f"{share:.0%} of it",
        f"≥ {LEAST_SHARE:.0%}, never over {ALLOWED}",
        share >= LEAST_SHARE and judged.most <= ALLOWED and refused <= MOST_REFUSED,
    )


def _fairness(seconds: float) -> list[Row]:
    """One client with a hundred times another's volume, and somebody who looks at a third."""
    judged = _judge(
        [
            [Askers(34, connection=LARGE)],
            [Askers(33, connection=LARGE)],
            [Askers(33, connection=LARGE)],
            [
                Askers(1, connection=SMALL),
                Askers(1, connection=LOOKED_AT, priority=60, pause_seconds=1.0),
            ],
        ],
        seconds,
    )
    small, looked_at = judged.waits[SMALL][1:], judged.waits[LOOKED_AT]
    # two clients in routine work: every second slot is the small one's share
    fair = 2 / REQUESTS_PER_SECOND
    wait = sum(small) / len(small)
    return [
        Row(
            "Client beside one of 100 × its volume",
            f"{wait:.2f} s a request",
            f"its fair share {fair:.2f} s; {judged.pace:.1f} requests/s in all",
            f"{wait / fair:.2f} × its share",
            f"≤ {MOST_WAIT:.0f} ×",
            wait <= MOST_WAIT * fair,
        ),
        at_most(
            "Somebody looking, beside 101 callers",
            percentile(looked_at, 0.95),
            0.5,
            "s",
            f"p95 of {len(looked_at)}; median {median(looked_at):.2f} s",
        ),
    ]


def _judge(processes: list[list[Askers]], seconds: float) -> Judged:
    with start_simulator(companies=1) as simulator:
        token = simulator.token(simulator.install(1))
        simulator.reset_requests()
        time.sleep(1.1)
        orders: dict[str, object] = {
            "seconds": seconds,
            "url": simulator.api_url + "/ClientIntegrationInformation",
            "headers": simulator.headers(token),
            "warm": simulator.control_url,
            "warm_headers": {"X-Control-Key": simulator.control_key},
        }
        running = [
            _start(simulator, {**orders, "askers": [asdict(one) for one in askers]})
            for askers in processes
        ]
        for process in running:  # each has started and opened its lines
            assert process.stdout is not None
            process.stdout.readline()
        start = time.time() + 0.5
        for process in running:
            assert process.stdin is not None
            process.stdin.write(f"{start}\n")
            process.stdin.flush()
        waits: dict[int, list[float]] = {}
        for process in running:
            output, errors = process.communicate(timeout=seconds + 120)
            if process.returncode != 0:
                raise RuntimeError(f"a caller failed:\n{errors[-2000:]}")
            for connection, waited in json.loads(output):
                waits.setdefault(connection, []).append(waited)
        calls = simulator.requests()
        summary = simulator.request_summary()
    moments = sorted(call["second"] for call in calls)
    return Judged(
        pace=(len(moments) - 1) / (moments[-1] - moments[0]),
        most=int(summary["most_in_a_second"]),
        refused=int(summary["by_status"].get("429", 0)),
        calls=len(moments),
        waits=waits,
    )


def _start(simulator: Simulator, orders: dict[str, object]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.budget"],
        cwd=PROJECT,
        env={**os.environ, **poweroffice_variables(simulator, REQUESTS_PER_SECOND)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(orders) + "\n")
    process.stdin.flush()
    return process


async def _hammer(orders: dict[str, Any]) -> list[tuple[int, float]]:
    """Calls until time is up; each caller's client and how long it waited for its slot."""
    import httpx

    from klientbro.sync.budget import KEY, PriorityPacer

    waited: list[tuple[int, float]] = []
    # as many lines as callers: one that waits for a line has its slot already
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(trust_env=False, timeout=30, limits=limits) as client:
        until = float("inf")

        async def call(asker: dict[str, Any]) -> None:
            pacer = PriorityPacer(
                KEY,
                REQUESTS_PER_SECOND,
                asker["priority"],
                UUID(int=asker["firm"]),
                asker["connection"],
            )
            while (began := time.time()) < until:
                (await pacer.wait())()  # the lines are open: it leaves now
                waited.append((asker["connection"], time.time() - began))
                answer = await client.get(orders["url"], headers=orders["headers"])
                if answer.status_code == 429:
                    told = answer.headers.get("Retry-After")
                    await pacer.throttled(None if told is None else float(told))
                await asyncio.sleep(asker["pause_seconds"])

        # Lines are open before the clock starts; the control API is not counted.
        for _ in range(3):
            await client.get(orders["warm"], headers=orders["warm_headers"])
        print("ready", flush=True)
        start = float(sys.stdin.readline())
        until = start + orders["seconds"]
        await asyncio.sleep(max(0.0, start - time.time()))
        askers = orders["askers"]
        await asyncio.gather(*(call(one) for one in askers for _ in range(one["callers"])))
    return waited


def main() -> None:
    """One of the processes: its orders come on standard input."""
    from klientbro.cli.house import open_house

    orders = json.loads(sys.stdin.readline())
    with open_house(migrate=False):
        from klientbro.sync.database import close_pool

        waited = asyncio.run(_hammer(orders))
        close_pool()
    print(json.dumps(waited))


if __name__ == "__main__":
    main()
