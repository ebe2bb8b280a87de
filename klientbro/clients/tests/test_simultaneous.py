"""Two people press at the same moment: exactly one wins, and the other is told why. P-40, P-59."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Connection, KeyCheck
from klientbro.clients.services import (
    activate,
    add_connection,
    create_integration,
    read_typed,
)
from klientbro.clients.tests.fixtures import orgnr_number
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import create_firm, firm_envelopes


@pytest.fixture
def committed_firm(transactional_db: None) -> Any:
    return create_firm("Furulund Regnskap AS")


def together(firm_id: Any, *presses: Callable[[], Any]) -> list[Any]:
    """Runs each press in a thread and a transaction of its own, all let go at once."""
    barrier = threading.Barrier(len(presses))
    results: list[Any] = [None] * len(presses)

    def run(place: int, press: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            with in_firm(firm_id):
                results[place] = press()
        except RefusedError as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(presses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def add(name: str, number: int, key: str) -> Connection:
    integration, _is_new = create_integration("poweroffice")
    check = KeyCheck.objects.create(
        firm_id=integration.firm_id,
        integration=integration,
        state="done",
        outcome="works",
        source_identifier_sealed=firm_envelopes().seal("source_identifier", orgnr_number(number)),
        finished_at=timezone.now(),
    )
    return add_connection(integration, read_typed(orgnr_number(number), name, key), check)


def test_of_two_activations_of_the_same_number_one_wins_p_59(committed_firm):
    with in_firm(committed_firm.id):
        first, second = add("A AS", 7, "k1"), add("B AS", 7, "k2")
    for _ in range(5):
        results = together(committed_firm.id, lambda: activate(first), lambda: activate(second))
        assert sorted(type(one).__name__ for one in results) == ["RefusedError", "bool"]
        with in_firm(committed_firm.id):
            assert Connection.objects.filter(is_active=True).count() == 1
            Connection.objects.update(is_active=False)


def test_of_two_additions_of_the_same_key_one_wins_p_40(committed_firm):
    with in_firm(committed_firm.id):
        create_integration("poweroffice")
    results = together(
        committed_firm.id, lambda: add("A AS", 1, "same"), lambda: add("B AS", 2, "same")
    )
    assert sorted(type(one).__name__ for one in results) == ["Connection", "RefusedError"]
    with in_firm(committed_firm.id):
        assert Connection.objects.count() == 1


def test_two_presses_on_opprett_make_one_integration_p_24(committed_firm):
    results = together(
        committed_firm.id,
        lambda: create_integration("poweroffice"),
        lambda: create_integration("poweroffice"),
    )
    assert sorted(is_new for _integration, is_new in results) == [False, True]
