"""«Sett historikk på vent» on a client's page: said in words, one button each way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connections
from django.test import Client as Browser

from klientbro.portal.tests.conftest import PAGE
from klientbro.sync.services import queue_sync
from klientbro.sync.tests.conftest import books_firm, connect, shared_simulator, simulator
from klientbro.sync.tests.support import Connected, until_history
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import add_user

__all__ = ["books_firm", "connect", "shared_simulator", "simulator"]


@pytest.fixture
def browser(books_firm: Any) -> Browser:
    user, _link = add_user(books_firm.id, f"{books_firm.id}@furulund.example", "Kari Nordahl")
    opened = Browser()
    opened.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return opened


@pytest.fixture
def books(connect: Any, simulator: Any) -> Connected:
    """This year has landed and older ones are on their way."""
    found: Connected = connect(simulator.add_company(5, postings=120, years=2))
    with in_firm(found.firm.id):
        queue_sync(found.connection, reason="first")
    connections.close_all()
    until_history(found)
    return found


def page(browser: Browser, books: Connected, **press: str) -> str:
    """The client's runs, after a press where there is one."""
    own = f"{PAGE}{books.connection.public_id}/"
    if press:
        answer = browser.post(f"{own}historikk/", press)
        assert answer.status_code == 302
        assert answer["Location"].endswith(f"{own}kjoringer/")
    shown = browser.get(f"{own}kjoringer/").content.decode()
    connections.close_all()
    return re.sub(r"\s+", " ", shown).replace("\xa0", " ")


def test_history_is_put_on_hold_and_taken_up_again_in_words(
    browser: Browser, books: Connected
) -> None:
    shown = page(browser, books)
    assert "Hentes nå. Regnskapet er her fra" in shown
    assert ">Sett historikk på vent</button>" in shown
    assert "Hent historikken videre" not in shown

    shown = page(browser, books, history="hold")
    assert "historikken er satt på vent. Det som er hentet, blir stående." in shown
    assert re.search(r"<dt>Historikk</dt><dd>På vent siden .* Regnskapet er her fra", shown)
    assert ">Hent historikken videre</button>" in shown
    assert "Sett historikk på vent" not in shown
    books.run()
    assert "På vent siden" in page(browser, books)

    shown = page(browser, books, history="resume")
    assert "historikken hentes videre" in shown
    assert ">Sett historikk på vent</button>" in shown
    books.run()
    assert books.cause == ""
    shown = page(browser, books)
    assert "<dt>Historikk</dt>" not in shown, "all of it is here: there is nothing to hold"
    assert "historikk/" not in shown


def test_history_of_another_firms_client_cannot_be_held(browser: Browser, books: Connected) -> None:
    from klientbro.tenants.services import create_firm

    other = create_firm("Nabokontoret AS")
    user, _link = add_user(other.id, "ola@nabo.example", "Ola Nabo")
    stranger = Browser()
    stranger.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    own = f"{PAGE}{books.connection.public_id}/historikk/"
    assert stranger.post(own, {"history": "hold"}).status_code == 404
    assert browser.get(own).status_code == 405
    connections.close_all()
    assert books.value("select history_held_at from sync_state") is None
