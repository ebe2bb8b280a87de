"""Clients come into Oversikt by themselves, once, and stay out when somebody took them out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from procrastinate.contrib.django import app

from klientbro.clients.models import Client
from klientbro.practice.assignments.tables import Task
from klientbro.practice.tasks import merge_all_now
from klientbro.products.overview import tasks
from klientbro.products.overview.importing import (
    import_clients,
    let_import_by_itself,
    newcomers,
    take_out,
)
from klientbro.products.overview.models import OverviewClient, TakenOut
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import create_firm

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Client]


@pytest.fixture
def make(make_client: Make, firm: Any) -> Make:
    def made(name: str, **more: Any) -> Client:
        with in_firm(firm.id):
            return make_client(name, **more)

    return made


@pytest.fixture
def turn(firm: Any, user: Any) -> Callable[[bool], int]:
    def turned(wanted: bool) -> int:
        with in_firm(firm.id):
            return let_import_by_itself(wanted, by=user)

    return turned


def run_jobs(count: int = 1) -> list[int]:
    """As many jobs at once, each in a thread of its own as the worker runs it."""
    together = threading.Barrier(count)

    def job(_number: int) -> int:
        together.wait()
        return tasks.import_all_now()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(job, range(count)))


def names_in_overview(firm: Any) -> list[str]:
    with in_firm(firm.id):
        return sorted(OverviewClient.objects.values_list("client__name", flat=True))


def test_client_that_comes_after_the_setting_was_turned_on_comes_in_by_itself(
    make: Make, turn: Callable[[bool], int], firm: Any
) -> None:
    make("Berg AS")
    assert run_jobs() == [0]
    assert turn(True) == 1
    make("Fjell AS")
    make("Sovende AS", is_active=False)
    assert names_in_overview(firm) == ["Berg AS"]
    assert run_jobs() == [1]
    assert names_in_overview(firm) == ["Berg AS", "Fjell AS"]
    assert run_jobs() == [0]
    turn(False)
    make("Havn AS")
    assert run_jobs() == [0]
    assert names_in_overview(firm) == ["Berg AS", "Fjell AS"]


def test_two_jobs_at_once_bring_each_client_in_once(
    make: Make, turn: Callable[[bool], int], firm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BATCH", 2)
    turn(True)
    names = [f"Klient {number} AS" for number in range(7)]
    for name in names:
        make(name)
    assert sum(run_jobs(2)) == 7
    assert names_in_overview(firm) == names


def test_two_people_at_once_import_a_client_once_and_only_one_is_told_so(
    make: Make, firm: Any, user: Any
) -> None:
    ids = [make(f"Klient {number} AS").pk for number in range(3)]
    together = threading.Barrier(2)

    def press(_number: int) -> int:
        together.wait()
        try:
            with in_firm(firm.id):
                return import_clients(ids, by=user)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(press, range(2))) == [0, 3]


def test_client_taken_out_stays_out_until_somebody_imports_it(
    make: Make, turn: Callable[[bool], int], firm: Any, user: Any
) -> None:
    berg = make("Berg AS")
    turn(True)
    with in_firm(firm.id):
        assert take_out(berg.pk, by=user)
        assert not take_out(berg.pk, by=user)
        assert TakenOut.objects.get().taken_out_by == user
    assert run_jobs() == [0]
    assert turn(True) == 0
    with in_firm(firm.id):
        assert not newcomers().exists()
        assert import_clients([berg.pk], by=user) == 1
        assert not TakenOut.objects.exists()


def test_only_the_firm_that_wants_it_gets_its_clients(
    make: Make, turn: Callable[[bool], int], firm: Any
) -> None:
    other = create_firm("Granli Økonomi AS")
    with in_firm(other.id):
        let_import_by_itself(True, by=None)
    make("Berg AS")
    assert run_jobs() == [0]
    assert names_in_overview(firm) == []
    assert names_in_overview(other) == []


def test_worker_runs_it_every_few_minutes() -> None:
    name = "klientbro.products.overview.tasks.import_all_waiting"
    crons = [
        each.cron
        for each in app.periodic_registry.periodic_tasks.values()
        if each.task.name == name
    ]
    assert crons == ["*/5 * * * *"]


def test_nightly_job_makes_the_tasks_of_imported_clients(
    make: Make, turn: Callable[[bool], int], firm: Any, user: Any
) -> None:
    from klientbro.clients.services.facts import FactChanges, set_facts

    berg = make("Berg AS")
    turn(True)
    with in_firm(firm.id):
        set_facts([berg.pk], FactChanges(has_payroll=True, pay_day=12), by=user)
        assert not Task.objects.exists()
    with ThreadPoolExecutor(1) as thread:
        made = thread.submit(merge_all_now).result()
        again = thread.submit(merge_all_now).result()
    assert made > 0
    assert again == 0
    with in_firm(firm.id):
        assert Task.objects.count() == made
