"""`klientbro client`: what scripts may do and see. The house is open already; no worker runs."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from klientbro.cli import client, main
from klientbro.clients.models import Connection, KeyCheck
from klientbro.clients.tests.fixtures import orgnr_number, personal_number
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import create_firm, firm_envelopes

FIRM = "Kommandolinjens Regnskap AS"


@pytest.fixture
def command(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Runs a command in a firm of its own; the source answers as told."""
    firm = create_firm(f"{FIRM} {uuid4()}")
    monkeypatch.setattr(client, "open_house", contextlib.nullcontext)
    monkeypatch.setattr(client, "WORKER_SECONDS", 0.0)

    def run(*arguments: str, stdin: str = "", outcome: str = "works", theirs: str = "") -> Any:
        async def answer(firm_id: Any, check_id: int) -> None:
            def write() -> None:
                with in_firm(firm_id):
                    sealed = firm_envelopes().seal("source_identifier", theirs) if theirs else None
                    KeyCheck.objects.filter(pk=check_id).update(
                        state="done",
                        outcome=outcome,
                        source_name="Fra kilden AS",
                        source_identifier_sealed=sealed,
                    )
                connections.close_all()  # this thread's own

            await asyncio.to_thread(write)

        monkeypatch.setattr("klientbro.sync.key_check.check_key_now", answer)
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = main.main(["client", *arguments, "--firm", firm.name])
        said = capsys.readouterr()
        run.out, run.err = said.out, said.err
        return code

    run.firm = firm
    return run


def rows(command: Any) -> list[Connection]:
    with in_firm(command.firm.id):
        return list(Connection.objects.filter(deleted_at=None).order_by("id"))


def add(command: Any, number: int, name: str) -> None:
    orgnr = orgnr_number(number)
    key = f"key-{number}\n"
    arguments = ("add", "--orgnr", orgnr, "--name", name, "--key-stdin")
    assert command(*arguments, stdin=key, theirs=orgnr) == 0


def test_a_client_is_added_inactive_without_a_worker_running(command):
    add(command, 1, "Alvheim AS")
    [row] = rows(command)
    assert (row.name, row.is_active, row.api_active) == ("Alvheim AS", False, True)
    assert str(row.public_id) in command.out
    assert "key-1" not in command.out


def test_a_rejected_key_saves_nothing_and_says_so(command):
    code = command(
        *("add", "--orgnr", orgnr_number(1), "--name", "A AS", "--key-stdin"),
        stdin="wrong\n",
        outcome="rejected",
    )
    assert code == 1
    assert "rejects the key" in command.err
    assert rows(command) == []


def test_another_company_is_refused_with_its_name(command):
    code = command(
        *("add", "--orgnr", orgnr_number(1), "--name", "A AS", "--key-stdin"),
        stdin="k\n",
        theirs=orgnr_number(2),
    )
    assert code == 1
    assert "Fra kilden AS" in command.err
    assert rows(command) == []


def test_a_personal_number_is_taken_on_standard_input_only(command):
    number = personal_number()
    refused = command(*("add", "--orgnr", number, "--name", "Åse", "--key-stdin"), stdin="k\n")
    assert refused == 2
    assert "standard input" in command.err
    added = command(
        *("add", "--name", "Åse Våge", "--key-stdin", "--json"),
        stdin=f"k\n{number}\n",
        theirs=number,
    )
    assert added == 0
    assert json.loads(command.out)["is_person"] is True
    assert number not in command.out


def test_without_check_it_is_saved_and_cannot_be_activated(command):
    arguments = ("add", "--orgnr", orgnr_number(1), "--name", "A AS", "--key-stdin")
    assert command(*arguments, "--without-check", stdin="k\n") == 0
    assert command("activate", "--all") == 1
    assert "has not been checked" in command.out


def test_activate_list_deactivate_delete(command):
    add(command, 1, "A AS"), add(command, 2, "B AS")
    assert command("activate", orgnr_number(1), "--json") == 0
    assert json.loads(command.out)[0]["result"] == "active"
    assert command("list", "--json") == 0
    listed = {one["name"]: one for one in json.loads(command.out)}
    assert (listed["A AS"]["active"], listed["A AS"]["state"]) == (True, "waiting")
    assert listed["B AS"]["active"] is False
    assert command("deactivate", "--all") == 0
    assert not any(row.is_active for row in rows(command))
    assert command("delete", listed["B AS"]["id"]) == 0
    assert [row.name for row in rows(command)] == ["A AS"]


def test_an_unknown_client_is_a_message(command):
    assert command("activate", orgnr_number(9)) == 2
    assert orgnr_number(9) in command.err
