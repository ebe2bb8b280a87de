"""New keys while everything runs: no read fails, no duplicate slips in, a kill loses nothing."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections

from klientbro.audit.models import Entry
from klientbro.audit.verifying import verify
from klientbro.clients.errors import RefusedError
from klientbro.clients.identifiers import identifier_of
from klientbro.clients.models import Client, Connection
from klientbro.clients.services import (
    add_connection,
    create_integration,
    read_typed,
)
from klientbro.clients.tests.fixtures import orgnr_number, personal_number
from klientbro.operations.alone import alone
from klientbro.operations.key_rotation import (
    Rotated,
    destroy_retired,
    lock_of,
    rotate,
    rows_by_key,
    wrap_anew,
)
from klientbro.settings.environment import SecretKey
from klientbro.sync.tests.workers import PROJECT, environment_of_a_process
from klientbro.tenants.context import acting_as
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import DataKey, Firm
from klientbro.tenants.services import create_firm, firm_envelopes

PROCESS = "klientbro.operations.tests.key_process"
PATIENCE_SECONDS = 120


@pytest.fixture
def office(transactional_db: None) -> Firm:
    """A firm with 120 clients, one of them a person."""
    firm = create_firm("Furulund Regnskap AS")
    with in_firm(firm.id):
        integration, _is_new = create_integration("poweroffice")
        add_connection(integration, read_typed(personal_number(), "Ola Ås", "key-person"), None)
        for number in range(1, 120):
            typed = read_typed(orgnr_number(number), f"Klient {number} AS", f"key-{number:06}")
            add_connection(integration, typed, None)
    return firm


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with the tests' secret key, as every process of an installation has it."""
    secret = settings.ENVIRONMENT.secret_keys[0]
    text = f"{secret.id}:{base64.b64encode(secret.key).decode()}"
    body = {"secret_keys": text, "django_secret": "only for tests"}
    (tmp_path / "secrets.json").write_text(json.dumps(body))
    return tmp_path


@pytest.fixture
def begin(home: Path) -> Iterator[Any]:
    """Starts processes of `key_process`; none outlives the test."""
    running: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        environment = environment_of_a_process(home)
        del environment["KLIENTBRO_SECRET_KEYS"]  # they stand in the home folder
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", PROCESS, *words],
                cwd=PROJECT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)


def end(process: subprocess.Popen[str]) -> Any:
    """What it says when it is told to end."""
    said, _errors = process.communicate("end\n", timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    return json.loads(said.splitlines()[-1])


def heard(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == f"{word}\n"


def everything_opens(firm: Firm) -> int:
    with in_firm(firm.id):
        envelopes = firm_envelopes()
        for one in Connection.objects.all():
            assert envelopes.open("client_key", bytes(one.key_sealed or b"")).startswith("key-")
            assert identifier_of(one, envelopes) is not None
        people = Client.objects.exclude(national_id_sealed=None)
        numbers = [identifier_of(one, envelopes) for one in people]
        assert [one.digits for one in numbers if one] == [personal_number()]
        return Connection.objects.count()


def test_nothing_fails_while_keys_are_rotated_three_times_under_new_operator_keys(
    office: Firm, begin: Any
) -> None:
    at_work = [begin("traffic", str(office.id), str(number)) for number in (1, 2)]
    for process in at_work:
        heard(process, "ready")
    rounds = [
        end(begin("rotate", str(office.id), *words))
        for words in (["--new-master"], [], ["--new-master"])
    ]
    told = [end(process) for process in at_work]
    assert [one["number"] for one in rounds] == [2, 3, 4]
    assert [one["wrapped"] for one in rounds] == [2, 0, 4]  # each time with what was made since
    assert all(one["resealed"] >= 121 for one in rounds)
    assert all((one["unreadable"], one["left"]) == (0, 0) for one in rounds)
    for one in told:
        assert one["failed"] == []
        assert one["slipped"] == 0
        assert one["reads"] > 100
        assert one["writes"] > 0
        assert one["duplicates"] >= one["writes"] / 2


@pytest.mark.parametrize("where", ["key made", "inside:1", "inside:2", "batch:1", "sealed"])
def test_killed_anywhere_the_next_run_goes_on_with_the_same_key(
    office: Firm, begin: Any, where: str
) -> None:
    killed = begin("rotate", str(office.id), "--stop-at", where)
    heard(killed, "here")
    killed.kill()
    killed.wait(timeout=PATIENCE_SECONDS)
    assert everything_opens(office) == 120
    done = None
    while done is None:  # the server has noticed within moments that its client is gone
        done = rotate(office.id)
    assert (done.number, done.is_new, done.left, done.unreadable) == (2, False, 0, 0)
    assert everything_opens(office) == 120
    with in_firm(office.id):
        assert set(rows_by_key(office.id)) == {2}
        with pytest.raises(RefusedError):
            add_connection(create_integration("poweroffice")[0],
                           read_typed("", "Ny AS", "key-000001"), None)  # fmt: skip


def test_of_two_at_once_one_rotates_and_the_other_leaves_it_to_it(office: Firm, begin: Any) -> None:
    first = begin("rotate", str(office.id), "--stop-at", "inside:1")
    heard(first, "here")
    assert rotate(office.id) is None
    assert destroy_retired(office.id, keep=timedelta(0)) == []
    assert end(first)["number"] == 2
    with in_firm(office.id):
        assert DataKey.objects.filter(use="data").count() == 2


def test_retired_key_is_destroyed_when_it_is_old_and_nothing_is_under_it(office: Firm) -> None:
    with in_firm(office.id):
        late = firm_envelopes()  # somebody who has read the keys, and writes afterwards
    assert rotate(office.id) == Rotated(2, True, 122, 0, 0)
    with in_firm(office.id):
        row = Connection.objects.order_by("pk").first()
        assert row is not None
        sealed = late.seal("client_key", "key-late")
        Connection.objects.filter(pk=row.pk).update(key_sealed=sealed)
    assert destroy_retired(office.id) == []  # not yet
    assert destroy_retired(office.id, keep=timedelta(0)) == []  # something is under it
    assert rotate(office.id) == Rotated(3, True, 122, 0, 0)
    assert destroy_retired(office.id, keep=timedelta(0)) == [1, 2]
    assert everything_opens(office) == 120


def test_log_tells_of_the_keys_and_not_of_every_row(office: Firm, user: Any) -> None:
    with acting_as(user.pk):
        wrap_anew(office.id)
        rotate(office.id)
        destroy_retired(office.id, keep=timedelta(0))
    with in_firm(office.id):
        about_keys = Entry.objects.filter(kind="tenants_datakey").order_by("number")
        assert [one.action for one in about_keys] == [
            "key_made",
            "keys_resealed",
            "key_destroyed",
        ]
        assert about_keys[1].after == {"rows": 122, "unreadable": 0}
        assert not Entry.objects.filter(kind="clients_connection", action="update").exists()
        assert verify().breaks == ()
    # outside a rotation a new key is told, as before
    with acting_as(user.pk), in_firm(office.id):
        fresh = firm_envelopes().seal("client_key", "key-new")
        Connection.objects.filter(name="Ola Ås").update(key_sealed=fresh)
    with in_firm(office.id):
        assert Entry.objects.filter(kind="clients_connection", action="update").count() == 1


def test_envelope_that_no_key_opens_is_left_as_it_is_and_counted(office: Firm) -> None:
    with in_firm(office.id):
        row = Connection.objects.order_by("pk").first()
        assert row is not None
        broken = bytearray(row.key_sealed or b"")
        broken[-1] ^= 1
        Connection.objects.filter(pk=row.pk).update(key_sealed=bytes(broken))
    assert rotate(office.id) == Rotated(2, True, 121, 1, 1)
    assert destroy_retired(office.id, keep=timedelta(0)) == []
    with in_firm(office.id):
        assert bytes(Connection.objects.get(pk=row.pk).key_sealed or b"") == bytes(broken)


def test_wrapping_anew_twice_at_once_is_harmless(office: Firm, settings: Any) -> None:
    import dataclasses

    old = settings.ENVIRONMENT.secret_keys
    settings.ENVIRONMENT = dataclasses.replace(
        settings.ENVIRONMENT, secret_keys=(SecretKey("new", b"n" * 32), *old)
    )
    assert wrap_anew(office.id) == 2
    assert wrap_anew(office.id) == 0
    settings.ENVIRONMENT = dataclasses.replace(
        settings.ENVIRONMENT, secret_keys=(SecretKey("new", b"n" * 32),)
    )
    assert everything_opens(office) == 120


def test_lock_on_a_firms_keys_is_given_up_with_the_block(office: Firm) -> None:
    with alone(lock_of(office.id)) as first:
        assert first
    connections.close_all()
    with alone(lock_of(office.id)) as again:
        assert again
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_locks where locktype = 'advisory' and granted "
                       "and pid = pg_backend_pid()")  # fmt: skip
        assert cursor.fetchone() == (0,)
