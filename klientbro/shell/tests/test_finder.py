"""The finder finds the firm's own clients, and nothing of anybody else's."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser

from klientbro.clients.models import Client
from klientbro.lib.sorting import norwegian_sort_key
from klientbro.tenants.context import firm_set
from klientbro.tenants.services import create_firm

pytestmark = pytest.mark.django_db


def add_client(firm: Any, name: str, orgnr: str) -> Client:
    with firm_set(firm.id), transaction.atomic():
        return Client.objects.create(
            firm_id=firm.id,
            name=name,
            sort_key=norwegian_sort_key(name),
            identifier_kind="orgnr",
            orgnr=orgnr,
            identifier_hash=orgnr.encode(),
        )


def found(browser: Browser, text: str, **more: str) -> str:
    answer = browser.get("/finn/", {"q": text, **more}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def clients(firm_account: Any) -> list[Client]:
    return [
        add_client(firm_account, "Fjordglimt Bakeri AS", "312480778"),
        add_client(firm_account, "Ødegård Maskin AS", "316644201"),
    ]


def test_a_client_is_found_by_any_part_of_its_name_or_the_beginning_of_its_orgnr(
    signed_in: Browser, clients: list[Client]
) -> None:
    for text in (
        "fjord",
        "BAKERI",
        "312480778",
        "312 480",
        "NO312480778MVA",
        " fjordglimt  bakeri ",
    ):
        html = found(signed_in, text)
        assert "Fjordglimt Bakeri AS" in html, text
        assert "Ødegård" not in html, text
        assert str(clients[0].public_id) in html
    assert "Ødegård Maskin AS" in found(signed_in, "ødegaard")


def test_nothing_typed_lists_the_first_clients(signed_in: Browser, clients: list[Client]) -> None:
    html = found(signed_in, "")
    assert "Fjordglimt" in html
    assert "Ødegård" in html


def test_another_firms_clients_are_never_found(signed_in: Browser, clients: list[Client]) -> None:
    theirs = add_client(create_firm("Lyngdal Økonomi AS"), "Fjordgløtt Hemmelig AS", "319774203")
    for text in ("fjord", "319774203", "hemmelig", ""):
        assert "Hemmelig" not in found(signed_in, text)
    # their id in the address opens none of their books
    assert "Hemmelig" not in found(signed_in, "1", klient=str(theirs.public_id))


@pytest.mark.parametrize("text", ["%", "_", "'", "\\", "\x00", "x" * 5000, "<script>", "²"])
def test_odd_text_finds_nothing_and_breaks_nothing(
    signed_in: Browser, clients: list[Client], text: str
) -> None:
    html = found(signed_in, text)
    assert "<script>" not in html
    if text != "\x00":  # nothing is left of it
        assert "Fjordglimt" not in html


def test_an_odd_client_id_is_left_out(signed_in: Browser, clients: list[Client]) -> None:
    assert "Fjordglimt" in found(signed_in, "fjord", klient="nei")


def test_without_script_the_finder_is_a_page(signed_in: Browser, clients: list[Client]) -> None:
    html = signed_in.get("/finn/", {"q": "fjord"}).content.decode()
    assert "<h1" in html
    assert "Fjordglimt Bakeri AS" in html


def test_somebody_not_signed_in_finds_nothing(client: Browser, clients: list[Client]) -> None:
    answer = client.get("/finn/", {"q": "fjord"})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/konto/logg-inn/")


def test_the_finder_asks_the_database_a_fixed_number_of_questions(
    signed_in: Browser, clients: list[Client], django_assert_max_num_queries: Any
) -> None:
    found(signed_in, "a")
    with django_assert_max_num_queries(20):
        found(signed_in, "a")
