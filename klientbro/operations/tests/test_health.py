"""Readiness tells strangers yes or no and nothing else; metrics need their token."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client

from klientbro.operations import health
from klientbro.sync.tests.support import Connected
from klientbro.tenants.services import create_firm

TOKEN = "a token of the operator's"
WITH_TOKEN = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        settings, "ENVIRONMENT", dataclasses.replace(settings.ENVIRONMENT, metrics_token=TOKEN)
    )


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def cursor(self) -> Any:
            raise OperationalError("connection to 10.0.0.7 refused for klientbro_app")

    monkeypatch.setattr(health, "connection", Away())


def values(answer: Any) -> dict[str, float]:
    """The samples of an answer by name and labels."""
    found = {}
    for line in answer.content.decode().splitlines():
        if not line.startswith("#"):
            name, _space, value = line.rpartition(" ")
            found[name] = float(value)
    return found


@pytest.mark.django_db
def test_stranger_learns_that_it_is_ready_and_nothing_else(client: Client) -> None:
    answer = client.get("/helse/klar/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
    assert "no-store" in answer.headers["Cache-Control"]


def test_without_a_database_it_is_not_ready_and_says_no_more(
    client: Client, no_database: None
) -> None:
    answer = client.get("/helse/klar/")
    assert (answer.status_code, answer.json()) == (503, {"status": "not_ready"})


@pytest.mark.django_db
def test_tables_that_are_behind_are_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch, token: None
) -> None:
    known = health._known_migrations()
    monkeypatch.setattr(health, "_known_migrations", lambda: (*known, ("sync", "9999_new")))
    answer = client.get("/helse/klar/", **WITH_TOKEN)
    assert answer.status_code == 503
    checks = {one["name"]: one for one in answer.json()["checks"]}
    assert checks["migrations"]["verdict"] == "wrong"
    assert "sync.9999_new" in checks["migrations"]["message"]


@pytest.mark.django_db
def test_with_the_token_every_check_is_told(client: Client, token: None) -> None:
    checks = {one["name"]: one for one in client.get("/helse/klar/", **WITH_TOKEN).json()["checks"]}
    assert checks["database"]["message"].startswith("PostgreSQL 1")
    assert checks["migrations"]["verdict"] == "ok"
    assert checks["queue"]["message"].startswith("0 worker(s)")


@pytest.mark.django_db
def test_web_without_workers_is_ready_and_tells_of_it(client: Client, token: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_workers (last_heartbeat) "
            "values (now() - interval '10 minutes')"
        )
    answer = client.get("/helse/klar/", **WITH_TOKEN)
    assert answer.status_code == 200
    checks = {one["name"]: one for one in answer.json()["checks"]}
    assert checks["queue"]["verdict"] == "note"
    assert "Last sign of life 600 s ago" in checks["queue"]["message"]


@pytest.mark.django_db
def test_metrics_are_not_there_without_a_token_and_refused_with_another(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", **WITH_TOKEN).status_code == 404
    monkeypatch.setattr(
        settings, "ENVIRONMENT", dataclasses.replace(settings.ENVIRONMENT, metrics_token=TOKEN)
    )
    for given in ({}, {"HTTP_AUTHORIZATION": "Bearer wrong"}, {"HTTP_AUTHORIZATION": TOKEN}):
        answer = client.get("/metrics", **given)
        assert answer.status_code == 401
        assert answer.content == b""


@pytest.fixture
def books(connect: Callable[..., Connected], token: None) -> Connected:
    synced = connect("holding")
    synced.sync("first")
    return synced


def test_metrics_tell_how_requests_runs_clients_and_months_stand(
    books: Connected, connect: Callable[..., Connected], client: Client
) -> None:
    create_firm("Naboen Regnskap AS")
    other = connect(5)
    other.fault("403", path="/trialbalance")
    other.sync("first")
    books.execute("insert into procrastinate_workers (last_heartbeat) values (now())")
    answer = client.get("/metrics", **WITH_TOKEN)
    found = values(answer)

    assert answer.headers["Content-Type"].startswith("text/plain")
    sent = books.value("select count(*) from sync_requestline where status = 200")
    assert found['klientbro_requests_total{status="200"}'] == sent > 0
    assert found['klientbro_requests_total{status="403"}'] >= 1
    assert found['klientbro_runs_total{cause="none"}'] == 1
    assert found['klientbro_runs_total{cause="rights_missing"}'] == 1
    assert found['klientbro_connections{state="updated"}'] == 1
    assert found['klientbro_connections{state="stopped"}'] == 1
    assert found['klientbro_connections_failing{cause="rights_missing"}'] == 1
    assert found['klientbro_months{state="sealed"}'] >= books.states()["sealed"]
    assert found['klientbro_rows_total{kind="new"}'] == books.value(
        "select rows_new from sync_run where outcome = 'complete'"
    )
    assert found["klientbro_response_bytes_total"] > 0
    assert found["klientbro_allowance_granted_total"] > 0
    assert found["klientbro_oldest_success_age_seconds"] >= 0
    assert found["klientbro_workers"] == 1
    assert found["klientbro_firms"] == 2
    assert any(name.startswith("klientbro_queue_jobs{") for name in found)


def test_metrics_never_fall_when_lines_and_runs_are_deleted(
    books: Connected, client: Client
) -> None:
    before = values(client.get("/metrics", **WITH_TOKEN))
    books.execute("delete from sync_requestline")
    books.execute("delete from sync_run")
    after = values(client.get("/metrics", **WITH_TOKEN))
    counters = {name for name in before if re.search(r"_total\b", name)}
    assert before['klientbro_requests_total{status="200"}'] > 0
    assert {name: after[name] for name in counters} == {name: before[name] for name in counters}


def test_metrics_name_no_firm_client_or_secret(books: Connected, client: Client) -> None:
    text = client.get("/metrics", **WITH_TOKEN).content.decode()
    for hidden in (
        books.connection.name,
        books.connection.orgnr,
        str(books.firm.id),
        "Furulund",
        books.simulator.application_key,
    ):
        assert hidden not in text


def test_metrics_ask_a_fixed_number_of_questions_a_firm(
    books: Connected, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.get("/metrics", **WITH_TOKEN)
    for number in range(3):
        create_firm(f"Firma {number}")
    with django_assert_max_num_queries(40):
        client.get("/metrics", **WITH_TOKEN)
