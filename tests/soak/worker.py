"""A worker forked from the warm process: takes slices, and dies at the persisted step it is told.

It runs the product's own engine. Only waits are shortened, and pages made small enough for a
little company to have many of them.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
from procrastinate import App, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from psycopg_pool.base import AttemptWithBackoff

from klientbro.connectors import http
from klientbro.connectors.poweroffice import client, paging
from klientbro.connectors.poweroffice import settings as poweroffice_settings
from klientbro.database.processes import processes_in
from klientbro.sync import budget, reading, tasks
from klientbro.sync import worker as product_worker
from klientbro.sync.database import transaction
from klientbro.sync.engine import run_slice
from klientbro.sync.queue import LOOKING, QUEUE
from klientbro.sync.worker import FairJobs, PatientConnector
from tests.soak.schedule import Death, Strike

MOST_SLICES = 40
PLACES = 2


def shorten_waits() -> None:
    """Seconds become hundredths: the schedule has no time to lose, the logic stays."""
    http.BACK_OFF_SECONDS = (0.01, 0.02)
    poweroffice_settings.TIMEOUT_SECONDS = 0.8
    product_worker.PATIENCE_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.5, 1.0)
    # a dead process's turn is not waited for: one that polls for it a hundred times would be
    budget.SIGN_OF_LIFE_SECONDS, budget.GRACE_SECONDS = 0.1, 0.02
    budget.FIRST_UNTOLD_SECONDS, budget.LONGEST_UNTOLD_SECONDS = 0.02, 0.2
    # between the dead lines that a pool finds after a cut: one, two, four seconds
    AttemptWithBackoff.INITIAL_DELAY = 0.01
    tasks.sync_connection.retry_strategy = RetryStrategy(max_attempts=50, wait=0)


def work(
    firm_id: UUID,
    connection_id: int,
    *,
    page_size: int,
    is_by_queue: bool,
    strike: Strike | None,
    data: Path,
    operator_url: str,
    note: Callable[[str], None],
) -> None:
    """Takes slices until the run has ended, or the strike falls."""
    paging.PAGE_SIZE = client.PAGE_SIZE = page_size
    if strike is not None:
        _Striker(strike, data, operator_url, note).watch()
    if is_by_queue:
        asyncio.run(_work_the_queue())
    else:
        asyncio.run(_take_slices(firm_id, connection_id))


async def _take_slices(firm_id: UUID, connection_id: int) -> None:
    for _ in range(MOST_SLICES):
        try:
            await run_slice(firm_id, connection_id, LOOKING)
            if _has_ended(firm_id, connection_id):
                return
        except (psycopg.OperationalError, psycopg.InternalError):
            await asyncio.sleep(0.02)  # a job of the queue would be tried again likewise


def _has_ended(firm_id: UUID, connection_id: int) -> bool:
    with transaction(firm_id) as cursor:
        row = cursor.execute(
            "select cause <> '' or not exists (select from sync_step where connection_id = %s) "
            "from sync_state where connection_id = %s",
            [connection_id, connection_id],
        ).fetchone()
    return row is None or bool(row[0])


async def _work_the_queue() -> None:
    """The real queue's worker, which first takes over what dead ones left behind."""
    connector = PatientConnector(kwargs=connector_params("default"))
    with app.replace_connector(connector) as worker_app:
        worker_app.job_manager = FairJobs(connector, PLACES)
        async with worker_app.open_async():
            for _ in range(MOST_SLICES):
                try:
                    await _take_over(worker_app)
                    await worker_app.run_worker_async(
                        queues=[QUEUE],
                        concurrency=PLACES,
                        wait=False,
                        listen_notify=False,
                        install_signal_handlers=False,
                        update_heartbeat_interval=0.2,
                        fetch_job_polling_interval=0.05,
                    )
                except (ConnectorException, psycopg.OperationalError):
                    await asyncio.sleep(0.02)  # what looks after it starts it again
                else:
                    return


async def _take_over(worker_app: App) -> None:
    """The jobs of all that died: nobody else lives now, so silence need not be waited for."""
    context: Any = SimpleNamespace(app=worker_app)
    usual, tasks.STALLED_SECONDS = tasks.STALLED_SECONDS, 0
    try:
        await tasks.rescue_stalled.func(context, 0)
    finally:
        tasks.STALLED_SECONDS = usual


class _Striker:
    """Counts commits, and strikes at the one it was told: just before it, or just after."""

    def __init__(
        self, strike: Strike, data: Path, operator_url: str, note: Callable[[str], None]
    ) -> None:
        self._strike = strike
        self._data = data
        self._operator_url = operator_url
        self._note = note
        self._lock = threading.Lock()
        self._seen = 0
        self._landing = threading.local()

    def watch(self) -> None:
        commit, merge = psycopg.Connection.commit, reading._merge

        def noted_merge(*arguments: Any) -> Any:
            self._landing.is_here = True
            try:
                return merge(*arguments)
            finally:
                self._landing.is_here = False

        def counted_commit(connection: psycopg.Connection[Any]) -> None:
            is_now = self._is_now()
            if is_now and self._strike.is_before:
                self._fall()
            commit(connection)
            if is_now and not self._strike.is_before:
                self._fall()

        reading._merge = noted_merge
        psycopg.Connection.commit = counted_commit  # type: ignore[method-assign]

    def _is_now(self) -> bool:
        if self._strike.is_landing and not getattr(self._landing, "is_here", False):
            return False
        with self._lock:
            self._seen += 1
            return self._seen == self._strike.at

    def _fall(self) -> None:
        self._note(self._strike.death.value)
        if self._strike.death is Death.CUT:
            cut_connections(self._operator_url)
            return
        if self._strike.death is Death.REBOOT:
            for pid in processes_in(self._data):
                with suppress(ProcessLookupError):  # it ended by itself meanwhile
                    os.kill(pid, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)  # the signal comes first


def cut_connections(operator_url: str) -> None:
    """Every client of the database loses its line."""
    operator = psycopg.connect(operator_url, autocommit=True)
    operator.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where pid <> pg_backend_pid() and usename = 'klientbro_app'"
    )
    operator.close()
