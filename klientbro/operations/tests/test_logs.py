"""Log lines tell what they are about, as text or JSON, and never a secret or a personal number."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings

from klientbro.connectors import http
from klientbro.lib.errors import ConfigurationError
from klientbro.lib.log_context import about, also_about, working_on
from klientbro.settings.environment import load_environment
from klientbro.settings.logs import About, JsonLines, TextLines, clean, secrets_of
from klientbro.sync.tests.support import Connected
from klientbro.sync.tests.workers import PROJECT

PERSON = "17912000095"
TRANSACTIONS, BALANCE = "/accounttransactions", "/trialbalance"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything logged while the test runs, as JSON lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(About())
    handler.setFormatter(JsonLines())
    handler.setLevel(logging.DEBUG)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


def one(shape: logging.Formatter, message: str, *arguments: object) -> str:
    record = logging.LogRecord("klientbro.x", logging.INFO, "x.py", 1, message, arguments, None)
    About().filter(record)
    return shape.format(record)


def test_json_line_has_what_it_is_about() -> None:
    with working_on(job_id=7, firm_id=UUID(int=1), connection_id=5):
        also_about(run_id=UUID(int=2))
        line = json.loads(one(JsonLines(), "landed %s rows", 10))
    assert line["message"] == "landed 10 rows"
    assert line["level"] == "info"
    assert (line["job_id"], line["connection_id"]) == ("7", "5")
    assert line["run_id"] == str(UUID(int=2))
    assert line["firm_id"] == str(UUID(int=1))
    assert about() == {}


def test_text_line_has_it_at_its_end() -> None:
    with working_on(connection_id=5):
        assert one(TextLines(), "landed").endswith("INFO klientbro.x: landed [connection_id=5]")
    assert one(TextLines(), "started").endswith("INFO klientbro.x: started")


def test_threads_and_tasks_inherit_what_it_is_about() -> None:
    async def ask() -> tuple[dict[str, str], dict[str, str]]:
        with working_on(connection_id=5):
            task = asyncio.create_task(asyncio.to_thread(about))
            return await task, await asyncio.to_thread(about)

    assert asyncio.run(ask()) == ({"connection_id": "5"}, {"connection_id": "5"})


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc.def-ghi",
        "Authorization: Basic abc.def-ghi",
        "postgresql://app:abc.def-ghi@db.example:5432/klientbro",
        "grant password=abc.def-ghi sent",
        '{"client_key": "abc.def-ghi"}',
        "Ocp-Apim-Subscription-Key=abc.def-ghi",
        f"customer {PERSON} is abc",
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str) -> None:
    hidden = clean(text, ())
    assert "abc.def-ghi" not in hidden
    assert PERSON not in hidden


def test_words_that_only_resemble_a_secret_are_kept() -> None:
    for text in ("no token: invalid_client", "run 12345678901 of 3", "GET /v2/TrialBalance 500"):
        assert clean(text, ()) == text


def test_our_own_secrets_are_hidden_wherever_they_turn_up() -> None:
    secrets = secrets_of(
        load_environment(
            {
                "KLIENTBRO_METRICS_TOKEN": "metrics-token",
                "KLIENTBRO_EMAIL_URL": "smtp://me:mail-secret@mail.example",
                "KLIENTBRO_DATABASE_URL": "postgresql://o:db-secret@db.example/k",
                "KLIENTBRO_POWEROFFICE_APPLICATION_KEY": "app-secret",
                "KLIENTBRO_POWEROFFICE_SUBSCRIPTION_KEY": "sub-secret",
            }
        )
    )
    line = one(JsonLines(secrets), "metrics-token mail-secret db-secret app-secret sub-secret end")
    assert json.loads(line)["message"] == "… … … … … end"


def test_no_line_of_a_troubled_sync_holds_a_secret(
    connect: Callable[..., Connected], written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "BACK_OFF_SECONDS", (0.01, 0.02))
    books = connect("holding")
    key = books.simulator.install(books.number)
    for kind, path in (
        ("401", BALANCE),
        ("403", TRANSACTIONS),
        ("500", BALANCE),
        ("404", BALANCE),
        ("html", TRANSACTIONS),
        ("reset", BALANCE),
    ):
        books.fault(kind, path=path)
        books.sync("routine")
        assert books.cause, kind
        books.simulator.clear_faults()
    books.sync("routine")
    books.execute("update clients_connection set key_sealed = '\\x00'")
    books.slice()
    told = written.getvalue()
    ours = [json.loads(line) for line in told.splitlines() if '"klientbro.' in line]

    assert len(ours) >= 7
    warnings = [line for line in ours if line["level"] == "warning"]
    assert all(line["connection_id"] == str(books.connection.pk) for line in warnings)
    assert all(line["firm_id"] == str(books.firm.id) for line in warnings)
    assert any("run_id" in line for line in warnings)
    for secret in (
        key,
        books.simulator.application_key,
        books.simulator.subscription_key,
        books.simulator.token(key),
        settings.ENVIRONMENT.secret_keys[0].key.hex(),
    ):
        assert secret not in told


def test_format_and_mail_are_settings_that_tell_when_they_are_wrong() -> None:
    assert load_environment({"KLIENTBRO_LOG_FORMAT": "JSON"}).log_format == "json"
    for name, value in (
        ("KLIENTBRO_LOG_FORMAT", "xml"),
        ("KLIENTBRO_EMAIL_URL", "mail.example:25"),
        ("KLIENTBRO_REQUEST_LOG_DAYS", "0"),
        ("KLIENTBRO_ALERT_HOURS", "often"),
        ("KLIENTBRO_OTLP_ENDPOINT", "collector"),
    ):
        with pytest.raises(ConfigurationError, match=name):
            load_environment({name: value})


def test_a_real_process_writes_json_lines(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import django, logging; django.setup(); "
            "logging.getLogger('klientbro').warning('token=abc.def')",
        ],
        cwd=PROJECT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "klientbro.settings.django",
            "KLIENTBRO_HOME": str(tmp_path),
            "KLIENTBRO_LOG_FORMAT": "json",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    [line] = [json.loads(line) for line in done.stderr.splitlines()]
    assert line["message"] == "token=…"
    assert line["level"] == "warning"


def test_mail_settings_reach_django(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from django.conf import settings as s; print(s.EMAIL_BACKEND, s.EMAIL_HOST, "
            "s.EMAIL_PORT, s.EMAIL_HOST_USER, s.EMAIL_HOST_PASSWORD, s.EMAIL_USE_TLS)",
        ],
        cwd=PROJECT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "klientbro.settings.django",
            "KLIENTBRO_HOME": str(tmp_path),
            "KLIENTBRO_EMAIL_URL": "smtp+tls://me:p%40ss@mail.example",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == [
        "django.core.mail.backends.smtp.EmailBackend",
        "mail.example",
        "587",
        "me",
        "p@ss",
        "True",
    ]


def test_environment_shows_no_secret_in_its_own_text() -> None:
    shown = repr(
        dataclasses.replace(
            settings.ENVIRONMENT, metrics_token="metrics-token", email_url="smtp://a:mail@b"
        )
    )
    assert "metrics-token" not in shown
    assert "smtp://a:mail@b" not in shown
