"""The registered name beside the number, from a small server on loopback. P-38."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings

from klientbro.clients import registered_names
from klientbro.clients.tests.fixtures import orgnr_number, personal_number
from klientbro.portal.tests.conftest import PAGE
from klientbro.settings.environment import load_environment

ADDRESS = PAGE + "navn/"


class _Register(BaseHTTPRequestHandler):
    asked: list[str] = []
    answers: dict[str, tuple[int, bytes]] = {}
    seconds = 0.0

    def do_GET(self) -> None:
        self.asked.append(self.path)
        time.sleep(self.seconds)
        status, body = self.answers.get(self.path, (404, b"{}"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None: ...


def use(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    changed = dataclasses.replace(settings.ENVIRONMENT, enhetsregisteret_url=url)
    monkeypatch.setattr(settings, "ENVIRONMENT", changed)


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Register]]:
    """A register that knows one company and one branch."""
    name = json.dumps({"navn": "FJORDGLIMT BAKERI AS", "annet": 1}).encode()
    branch = json.dumps({"navn": "FJORDGLIMT AVD BERGEN"}).encode()
    _Register.asked = []
    _Register.seconds = 0.0
    _Register.answers = {
        f"/api/enheter/{orgnr_number(1)}": (200, name),
        f"/api/underenheter/{orgnr_number(2)}": (200, branch),
        f"/api/enheter/{orgnr_number(3)}": (200, b"<html>"),
        f"/api/enheter/{orgnr_number(4)}": (500, b""),
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Register)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    use(monkeypatch, f"http://127.0.0.1:{server.server_port}/api")
    yield _Register
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_name_of_a_valid_number_is_offered_and_stays_editable(look, integration, register):
    said = look(
        ADDRESS, identifier=f" {orgnr_number(1)[:3]} {orgnr_number(1)[3:]}"
    ).content.decode()
    assert "FJORDGLIMT BAKERI AS" in said
    assert 'data-fill="name"' in said
    dialog = look(PAGE + "ny-klient/").content.decode()
    assert f'hx-get="{ADDRESS}"' in dialog
    assert 'maxlength="200" required' in dialog


def test_a_branch_is_found_in_its_own_list(look, integration, register):
    assert "AVD BERGEN" in look(ADDRESS, identifier=orgnr_number(2)).content.decode()


@pytest.mark.parametrize("number", [3, 4, 5])
def test_a_register_that_fails_offers_nothing_and_blocks_nobody(
    look, integration, register, number
):
    answered = look(ADDRESS, identifier=orgnr_number(number))
    assert answered.status_code == 200
    assert answered.content.strip() == b""


def test_a_register_that_is_slow_is_given_up(look, integration, register, monkeypatch):
    monkeypatch.setattr(registered_names, "TIMEOUT_SECONDS", 0.05)
    register.seconds = 0.5
    assert look(ADDRESS, identifier=orgnr_number(1)).content.strip() == b""


def test_a_register_that_is_away_offers_nothing(look, integration, monkeypatch):
    use(monkeypatch, "http://127.0.0.1:9/api")
    assert look(ADDRESS, identifier=orgnr_number(1)).content.strip() == b""


@pytest.mark.parametrize("typed", ["", "312480779", "abc", "../../x"])
def test_only_a_valid_organisation_number_is_asked_about(look, integration, register, typed):
    look(ADDRESS, identifier=typed)
    assert register.asked == []


def test_a_personal_number_is_never_sent_on(look, integration, register):
    look(ADDRESS, identifier=personal_number())
    assert register.asked == []


def test_off_unless_the_operator_turns_it_on(look, integration):
    assert load_environment({}).enhetsregisteret_url == ""
    assert (
        'hx-get="/integrasjoner/poweroffice/navn/"'
        not in look(PAGE + "ny-klient/").content.decode()
    )
    assert look(ADDRESS, identifier=orgnr_number(1)).content.strip() == b""
