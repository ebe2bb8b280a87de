"""What the list says while the accounting system throttles, answers a web page, or is cut off."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client as Browser

from klientbro.connectors import http
from klientbro.portal.tests.conftest import PAGE
from klientbro.sync.tests.conftest import books_firm, connect, shared_simulator, simulator
from klientbro.tenants.services import add_user

__all__ = ["books_firm", "connect", "shared_simulator", "simulator"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "429", "parameters": {"retry_after": 90}}, "Venter på plass hos regnskapssystem"),
        ({"kind": "html"}, "Regnskapssystemet svarer noe uleselig"),
        ({"kind": "cut_json"}, "Regnskapssystemet svarer noe uleselig"),
    ],
    ids=["429", "html", "cut_json"],
)
def test_the_fault_is_said_in_words_with_what_happens_next_and_the_figures_stay(
    connect: Any, books_firm: Any, monkeypatch: pytest.MonkeyPatch, fault: Any, said: str
) -> None:
    monkeypatch.setattr(http, "BACK_OFF_SECONDS", (0.01, 0.02))
    user, _link = add_user(books_firm.id, f"{books_firm.id}@furulund.example")
    browser = Browser()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    books = connect("holding")
    books.sync("first")
    books.fault(**fault)
    books.sync()
    books.execute("delete from procrastinate_jobs")
    page = re.sub(r"\s+", " ", browser.get(PAGE).content.decode())
    assert said in page
    assert re.search(r"Prøves igjen kl\. \d\d:\d\d", page)
    assert ">Hent nå</button>" in page
    assert re.search(r"(\d+) av \1 ", page), "every month is still sealed"
    assert "Traceback" not in page
