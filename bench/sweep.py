"""A round over unchanged clients under the real limit, by real workers: what it costs, all counted.

Every token has run out when it begins, as when rounds are more than 20 minutes apart: a token, what
is new, and the proof of the latest month for each client. The bound is that number of requests at
the source's own limit; the simulator counts, and answers 429 when more than ten fall in a second.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime

from bench.house import Books, connect, use_simulator
from bench.table import Row, at_most
from bench.workers import wait_for, worker
from simulators.poweroffice_go.testing import Simulator, start_simulator

SPECIAL = 20
ALLOWED = 10.0
REQUESTS_PER_SECOND = 9.7
REQUESTS_OF_A_CLIENT = 3
MOST = 1.10
WORKERS = 2
FIRMS = 2
MANY = 1000


def run(*, clients: int) -> list[Row]:
    """Two firms, two worker processes; extrapolated to a thousand clients in the text beside."""
    with start_simulator(
        companies=clients + SPECIAL, scale=0.02, requests_per_second=0
    ) as simulator:
        use_simulator(simulator)
        books = _synced(simulator, clients)
        simulator.settings(requests_per_second=ALLOWED)
        _forget_tokens(books)
        simulator.reset_requests()
        with ExitStack() as stack:
            for _ in range(WORKERS):
                stack.enter_context(worker(simulator, REQUESTS_PER_SECOND))
            started = _due_now(books)
            wait_for(lambda: _all_done(books, started), pause_seconds=0.3)
        calls = simulator.requests()
        summary = simulator.request_summary()
    moments = sorted(call["second"] for call in calls)
    span = moments[-1] - moments[0]
    bound = (clients * REQUESTS_OF_A_CLIENT - 1) / ALLOWED
    refused = int(summary["by_status"].get("429", 0))
    minutes = span / (clients * REQUESTS_OF_A_CLIENT - 1) * MANY * REQUESTS_OF_A_CLIENT / 60
    return [
        at_most(
            f"Round over {clients} unchanged clients, {WORKERS} workers",
            span / bound,
            MOST,
            "× its bound",
            f"{len(calls)} requests ({REQUESTS_OF_A_CLIENT} a client with token) in {span:.1f} s, "
            f"bound {bound:.1f} s; most in a second {summary['most_in_a_second']}, "
            f"{refused} times 429; {MANY:,} clients so: {minutes:.1f} minutes",
        ),
        at_most(
            f"Requests of a round over {clients} unchanged clients",
            len(calls),
            clients * REQUESTS_OF_A_CLIENT,
            "requests",
            "tokens counted",
        ),
    ]


def _synced(simulator: Simulator, clients: int) -> list[Books]:
    ordinary = [c["number"] for c in simulator.control("GET", "companies") if not c["special"]]
    firms = [connect(simulator, number) for number in ordinary[:FIRMS]]
    books = [
        *firms,
        *(
            connect(simulator, number, firms[index % FIRMS].firm_id)
            for index, number in enumerate(ordinary[FIRMS:clients])
        ),
    ]
    for one in books:
        one.sync("first")
    return books


def _forget_tokens(books: list[Books]) -> None:
    for firm in {one.firm_id: one for one in books}.values():
        firm.forget_tokens()


def _due_now(books: list[Books]) -> datetime:
    from klientbro.sync.database import transaction

    with transaction(None) as cursor:
        cursor.execute("delete from procrastinate_jobs where status = 'todo'")
        row = cursor.execute(
            "with due as (update sync_schedule set next_at = clock_timestamp() "
            "where connection_id = any(%s)) select clock_timestamp()",
            [[one.connection.pk for one in books]],
        ).fetchone()
    assert row is not None
    assert isinstance(row[0], datetime)
    return row[0]


def _all_done(books: list[Books], started: datetime) -> bool:
    from klientbro.sync.database import transaction

    done = 0
    for firm_id in {one.firm_id for one in books}:
        with transaction(firm_id) as cursor:
            row = cursor.execute(
                "select count(*) from sync_state where last_success_at > %s", [started]
            ).fetchone()
        done += int(str(row[0])) if row else 0
    return done == len(books)
