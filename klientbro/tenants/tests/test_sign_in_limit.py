"""Failed sign-ins are counted for all web processes together, exactly, and without pickles."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, connections

from klientbro.sync.tests.workers import PROJECT, environment_of_a_process
from klientbro.tenants.models import SharedValue, User
from klientbro.tenants.services import add_user, create_firm
from klientbro.tenants.shared_cache import prune_shared_values

PROCESS = "klientbro.tenants.tests.sign_in_process"
EMAIL, PASSWORD = "kari.nordahl@furulund.example", "blå elg i motvind 47"


@pytest.fixture
def kari(transactional_db: None) -> User:
    user, _path = add_user(create_firm("Furulund Regnskap AS").id, EMAIL, "Kari Nordahl")
    user.set_password(PASSWORD)
    user.save()
    return user


def tries(home: Path, password: str, times: int) -> list[str]:
    """What a web process of its own answers."""
    done = subprocess.run(
        [sys.executable, "-m", PROCESS, EMAIL, password, str(times)],
        cwd=PROJECT,
        env=environment_of_a_process(home) | {"KLIENTBRO_DEBUG": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [line.strip() for line in done.stdout.splitlines()]


def test_two_web_processes_share_the_count(kari: User, tmp_path: Path) -> None:
    assert tries(tmp_path, "feil passord", 3) == ["out"] * 3
    assert tries(tmp_path, "feil passord", 3) == ["out", "out", "out later"]
    assert tries(tmp_path, PASSWORD, 1) == ["out later"]
    SharedValue.objects.all().delete()  # five minutes have passed
    assert tries(tmp_path, PASSWORD, 1) == ["in"]


def test_sign_in_that_succeeds_is_not_counted(kari: User, client: Any) -> None:
    for _ in range(8):
        answer = client.post("/konto/logg-inn/", {"login": EMAIL, "password": PASSWORD})
        assert answer.status_code == 302
        client.logout()


def test_of_two_at_once_exactly_one_adds(transactional_db: None) -> None:
    together, added = threading.Barrier(8), []

    def add() -> None:
        together.wait()
        added.append(cache.add("lock", True, timeout=10))
        connections.close_all()

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == [False] * 7 + [True]


@pytest.mark.django_db
def test_value_is_kept_until_its_time_is_over() -> None:
    cache.set("key", [1.5, 2], timeout=60)
    assert cache.get("key") == [1.5, 2]
    assert not cache.add("key", "other", timeout=60)
    with connection.cursor() as cursor:
        cursor.execute("update tenants_sharedvalue set expires_at = now() - interval '1 second'")
    assert cache.get("key", "gone") == "gone"
    assert cache.add("key", "new", timeout=60)
    assert cache.delete("key")
    assert not cache.delete("key")
    cache.set("old", 1, timeout=-1)
    assert prune_shared_values() == 1


@pytest.mark.django_db
def test_neither_address_nor_account_is_stored(client: Any) -> None:
    client.post("/konto/logg-inn/", {"login": EMAIL, "password": "feil passord"})
    stored = [(bytes(one.key), one.value) for one in SharedValue.objects.all()]
    assert stored
    for key, value in stored:
        assert len(key) == 32
        assert "furulund" not in value
        assert "127.0.0.1" not in value
