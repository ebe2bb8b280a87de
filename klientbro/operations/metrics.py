"""Prometheus metrics read from the database, so that they are right across processes and hosts.

All firms together: no firm, client or person is a label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from django.conf import settings
from django.db import connection, transaction
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from klientbro.operations.health import SILENT_SECONDS
from klientbro.sync.capacity import capacity_now
from klientbro.sync.causes import Cause, cause_text
from klientbro.sync.counters import BYTES, REQUESTS, ROWS, RUNS, SECONDS
from klientbro.tenants.context import firm_set
from klientbro.tenants.services import all_firms

STOPPING = [cause.value for cause in Cause if cause_text(cause).stops]
Amounts = Mapping[tuple[str, str], float]

# One statement a firm, behind its own wall; the newest success is the oldest over all firms.
_OF_FIRM = """
select name, label, amount from sync_counter
union all
select 'connections', case
    when not c.is_active then 'inactive'
    when s.cause = 'differs' then 'differs'
    when s.cause = any(%(stopping)s) then 'stopped'
    when s.cause <> '' then 'waiting'
    when coalesce(s.last_success_at, s.first_usable_at) is null then 'never'
    else 'updated' end, count(*)
  from clients_connection c left join sync_state s on s.connection_id = c.id
  where c.deleted_at is null group by 2
union all
select 'causes', s.cause, count(*) from sync_state s
  join clients_connection c on c.id = s.connection_id
  where c.is_active and s.cause <> '' group by 2
union all
select 'months', m.state, count(*) from ledger_month m
  join clients_connection c on c.id = m.connection_id where c.is_active group by 2
union all
select 'age', '', extract(epoch from clock_timestamp() - min(coalesce(
    s.last_success_at, s.first_usable_at, c.activated_at, c.created_at)))
  from clients_connection c left join sync_state s on s.connection_id = c.id where c.is_active
union all
select 'alerts', '', count(*) from operations_alert where closed_at is null
union all
select 'unsent', '', count(*) from operations_digest where sent_at is null
"""

_JOBS = """
select j.priority, j.status::text, count(*), coalesce(max(extract(epoch from clock_timestamp() -
    (select min(e.at) from procrastinate_events e where e.job_id = j.id)))
    filter (where j.status = 'todo'
            and (j.scheduled_at is null or j.scheduled_at <= clock_timestamp())), 0)
from procrastinate_jobs j where j.status in ('todo', 'doing') group by 1, 2 order by 1, 2
"""

_WORKERS = """
select id, extract(epoch from clock_timestamp() - last_heartbeat)
from procrastinate_workers order by id
"""


def metrics_text() -> bytes:
    """Everything, as Prometheus reads it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Everything())
    return generate_latest(registry)


class _Everything(Collector):
    """Asks the database when it is scraped; keeps nothing."""

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        yield from _of_all_firms()
        with transaction.atomic():
            yield from _of_queue()
            yield from _of_allowance()
            yield from _of_workers()
        yield from _of_scanner()


def _of_all_firms() -> Iterator[Metric]:
    amounts: defaultdict[tuple[str, str], float] = defaultdict(float)
    age = 0.0
    firms = all_firms()
    for firm_id, _name in firms:
        with firm_set(firm_id), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_OF_FIRM, {"stopping": STOPPING})
            for name, label, amount in cursor.fetchall():
                if name == "age":
                    age = max(age, float(amount or 0))
                else:
                    amounts[name, label] += float(amount)
    yield _gauge("firms", "Accounting firms.", len(firms))
    yield _counter("requests", "Requests sent, by status or failure.", "status", REQUESTS, amounts)
    yield _counter("response_bytes", "Bytes received, packed.", "", BYTES, amounts)
    yield _counter("request_seconds", "Time spent waiting for answers.", "", SECONDS, amounts)
    yield _counter("rows", "Postings landed by complete runs.", "kind", ROWS, amounts)
    yield _counter("runs", "Ends of runs, by cause.", "cause", RUNS, amounts)
    yield _gauges("connections", "Connections by state.", "state", "connections", amounts)
    yield _gauges("connections_failing", "Active ones by cause.", "cause", "causes", amounts)
    yield _gauges("months", "Months of active connections.", "state", "months", amounts)
    yield _gauge("oldest_success_age_seconds", "Of any active connection.", age)
    yield _gauge("alerts_open", "Troubles not over yet.", amounts["alerts", ""])
    yield _gauge("digests_unsent", "E-mails written and not sent.", amounts["unsent", ""])


def _of_queue() -> Iterator[Metric]:
    jobs = GaugeMetricFamily(
        "klientbro_queue_jobs", "Jobs by priority.", labels=["priority", "status"]
    )
    oldest = GaugeMetricFamily(
        "klientbro_queue_oldest_seconds", "Longest wait by priority.", labels=["priority"]
    )
    with connection.cursor() as cursor:
        cursor.execute(_JOBS)
        for priority, status, number, seconds in cursor.fetchall():
            jobs.add_metric([str(priority), "waiting" if status == "todo" else "running"], number)
            if status == "todo":
                oldest.add_metric([str(priority)], float(seconds))
    yield jobs
    yield oldest


def _of_allowance() -> Iterator[Metric]:
    now = capacity_now(minutes=2)
    yield _gauge("allowance_limit_per_second", "What the source allows.", now.limit_per_second)
    yield _gauge("allowance_rate_per_second", "What we use of it now.", now.rate_per_second)
    yield _gauge("allowance_used_per_second", "The last whole minute.", now.used_per_second)
    yield _gauge("allowance_closed_seconds", "Left of a Retry-After.", now.closed_seconds)
    yield _gauge("requests_waiting", "In line for a slot.", now.waiting_requests_now)
    for name, words, amount in (
        ("allowance_granted", "Slots given.", now.granted_ever),
        ("allowance_throttled", "Times the source said too many.", now.throttled_ever),
    ):
        yield CounterMetricFamily(f"klientbro_{name}", words, value=amount)


def _of_workers() -> Iterator[Metric]:
    ages = GaugeMetricFamily(
        "klientbro_worker_heartbeat_age_seconds", "Since its last sign.", labels=["worker"]
    )
    alive = 0
    with connection.cursor() as cursor:
        cursor.execute(_WORKERS)
        for worker, age in cursor.fetchall():
            ages.add_metric([str(worker)], float(age))
            alive += age < SILENT_SECONDS
    yield ages
    yield _gauge("workers", "Alive.", alive)
    yield _gauge("worker_concurrency_setting", "Jobs at a time in each.", _concurrency())


def _of_scanner() -> Iterator[Metric]:
    """Where one is set; whoever waits for it is refused, so that its absence must be seen."""
    scanner = settings.ENVIRONMENT.virus_scanner
    if scanner is not None:
        yield _gauge("virus_scanner_up", "Whether clamd answers.", int(scanner.answers()))


def _concurrency() -> int:
    return int(settings.ENVIRONMENT.worker_concurrency)


def _gauge(name: str, words: str, amount: float) -> Metric:
    return GaugeMetricFamily(f"klientbro_{name}", words, value=amount)


def _gauges(name: str, words: str, label: str, kind: str, amounts: Amounts) -> Metric:
    family = GaugeMetricFamily(f"klientbro_{name}", words, labels=[label])
    for (found, value), amount in sorted(amounts.items()):
        if found == kind:
            family.add_metric([value], amount)
    return family


def _counter(name: str, words: str, label: str, kind: str, amounts: Amounts) -> Metric:
    if not label:
        return CounterMetricFamily(f"klientbro_{name}", words, value=amounts.get((kind, ""), 0))
    family = CounterMetricFamily(f"klientbro_{name}", words, labels=[label])
    for (found, value), amount in sorted(amounts.items()):
        if found == kind:
            family.add_metric([value], amount)
    return family
