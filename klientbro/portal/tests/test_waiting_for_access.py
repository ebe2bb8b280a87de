"""Access that does not work yet, agents that are offline, and one action for every state."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from klientbro.clients.models import Connection, Integration
from klientbro.clients.services import create_integration
from klientbro.connectors import registry
from klientbro.connectors.contract import Kind
from klientbro.connectors.errors import AuthorizationError, UnavailableError
from klientbro.connectors.tests.tiny_file import FOLDER
from klientbro.portal.actions import Action, action_of, action_words
from klientbro.portal.tests.conftest import PAGE
from klientbro.portal.tests.test_client_dialogs import NEW, answer, asked, fields_only, text, typed
from klientbro.portal.views.integrations import web_systems
from klientbro.sync import rechecks
from klientbro.sync.causes import Cause
from klientbro.sync.rechecks import believed, queue_recheck, recheck_key_now
from klientbro.sync.tests.conftest import books_firm, connect, shared_simulator, simulator
from klientbro.tenants.context import firm as in_firm

__all__ = ["books_firm", "connect", "shared_simulator", "simulator"]


def rechecks_queued() -> list[tuple[dict[str, Any], Any]]:
    with database.cursor() as cursor:
        cursor.execute(
            "select args, scheduled_at from procrastinate_jobs "
            "where task_name = %s and status = 'todo'",
            [rechecks.TASK],
        )
        return cursor.fetchall()


# ---- «Ny tilgang virker ikke ennå»


def test_saved_without_a_check_it_waits_for_the_accounting_system_section_7(
    press, signed_in, integration
):
    press(NEW, **typed())
    answer("unreachable")
    press(asked(), **fields_only(), unchecked="1")
    page = text(signed_in.get(PAGE))
    assert "Nøkkelen prøves igjen av seg selv" in page
    assert "Venter på regnskapssystemet" in page
    assert "Nøkkelen prøves igjen kl." in page
    [(_arguments, at)] = rechecks_queued()
    assert timedelta(seconds=50) < at - timezone.now() < timedelta(seconds=61)


def test_each_try_waits_longer_than_the_one_before(add):
    connection = add("Testing", outcome=None)
    waits = []
    for tries in range(5):
        with database.cursor() as cursor:
            cursor.execute("delete from procrastinate_jobs")
        queue_recheck(connection, tries)
        [(_arguments, at)] = rechecks_queued()
        waits.append(round((at - timezone.now()).total_seconds() / 60))
    assert waits == [1, 5, 15, 60, 60]


def test_pressed_twice_one_try_is_queued(add):
    connection = add("Testing", outcome=None)
    queue_recheck(connection)
    queue_recheck(connection)
    assert len(rechecks_queued()) == 1


def test_a_key_that_is_answered_for_is_not_tried_again(add):
    queue_recheck(add("Virker"))
    queue_recheck(add("Avvist", outcome="rejected"))
    assert rechecks_queued() == []


def waiting(books: Any) -> None:
    with in_firm(books.firm.id):
        Connection.objects.filter(pk=books.connection.pk).update(
            api_active=False, recheck_at=timezone.now(), is_active=False, source_company_id=""
        )


def found(books: Any) -> Connection:
    with in_firm(books.firm.id):
        return Connection.objects.get(pk=books.connection.pk)


def test_it_is_tried_by_itself_until_the_source_answers(connect, monkeypatch):
    books = connect(1)
    waiting(books)
    books.fault("503")
    monkeypatch.setattr("klientbro.connectors.http.BACK_OFF_SECONDS", (0.01, 0.02))
    asyncio.run(recheck_key_now(books.firm.id, books.connection.pk, 1))
    still = found(books)
    assert (still.api_active, still.key_check_cause) == (False, "")
    assert still.recheck_at is not None
    books.simulator.clear_faults()
    asyncio.run(recheck_key_now(books.firm.id, books.connection.pk, 2))
    answered = found(books)
    assert (answered.api_active, answered.recheck_at) == (True, None)


def test_a_refusal_is_believed_when_new_access_works_at_once_there(connect):
    books = connect(1)
    waiting(books)
    books.simulator.uninstall(books.number)
    asyncio.run(recheck_key_now(books.firm.id, books.connection.pk, 1))
    refused = found(books)
    assert (refused.key_check_cause, refused.recheck_at) == ("key_rejected", None)


def test_a_refusal_of_a_new_access_is_waited_out_where_it_takes_a_day(connect, monkeypatch):
    books = connect(1)
    waiting(books)
    slow = replace(registry.connector("poweroffice"), new_grant_hours=24)
    monkeypatch.setattr(rechecks, "connector", lambda _key: slow)
    books.simulator.uninstall(books.number)
    with in_firm(books.firm.id):
        Connection.objects.filter(pk=books.connection.pk).update(
            key_set_at=timezone.now() - timedelta(hours=23)
        )
    asyncio.run(recheck_key_now(books.firm.id, books.connection.pk, 1))
    assert found(books).recheck_at is not None
    with in_firm(books.firm.id):
        Connection.objects.filter(pk=books.connection.pk).update(
            key_set_at=timezone.now() - timedelta(hours=25)
        )
    asyncio.run(recheck_key_now(books.firm.id, books.connection.pk, 1))
    assert found(books).key_check_cause == "key_rejected"


def test_a_sync_of_a_new_access_waits_too_and_says_rejected_only_afterwards():
    slow = replace(FOLDER, new_grant_hours=24)
    now = timezone.now()
    assert believed(Cause.KEY_REJECTED, slow, now) is Cause.NOT_YET
    assert believed(Cause.KEY_REJECTED, slow, now - timedelta(hours=25)) is Cause.KEY_REJECTED
    assert believed(Cause.KEY_REJECTED, FOLDER, now) is Cause.KEY_REJECTED
    assert believed(Cause.RIGHTS_MISSING, slow, now) is Cause.RIGHTS_MISSING


def test_the_dialog_offers_to_wait_where_new_access_takes_time(press, integration, monkeypatch):
    slow = replace(registry.connector("poweroffice"), new_grant_hours=24)
    monkeypatch.setattr("klientbro.portal.key_answers.connector", lambda _key: slow)
    press(NEW, **typed())
    answer("rejected")
    said = text(press(asked(), **fields_only()))
    assert "PowerOffice Go godtar ikke nøkkelen ennå" in said
    assert "Lagre og prøv igjen av seg selv" in said


# ---- agents


class _Answering:
    """An agent's source that answers, is away, or refuses."""

    how = "well"

    def __init__(self, *_arguments: Any) -> None: ...

    async def __aenter__(self) -> _Answering:
        return self

    async def __aexit__(self, *_exc: object) -> None: ...

    async def check(self) -> Any:
        from klientbro.connectors.contract import CheckResult, Company

        if self.how == "away":
            raise UnavailableError("the agent is offline")
        if self.how == "refuses":
            raise AuthorizationError("no")
        return CheckResult(Company("c1", "Lokalt regnskap AS", None))


AGENT = replace(FOLDER, key="tiny_agent", title="Lokalt", name="Lokalt", kind=Kind.AGENT,
                open=_Answering)  # fmt: skip


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test connector of kind agent, found by everything that asks the registry."""
    known = dict(registry.connectors()) | {"tiny_agent": AGENT}
    for module in (
        "klientbro.portal.rows",
        "klientbro.portal.views.shared",
        "klientbro.portal.views.integrations",
    ):
        monkeypatch.setattr(f"{module}.connectors", lambda: known)
    monkeypatch.setattr("klientbro.sync.surroundings.connector", lambda key: known[key])
    monkeypatch.setattr(_Answering, "how", "well")


def test_agent_last_seen_stands_on_each_of_its_rows_and_the_client_stays_active_section_7(
    signed_in, add, agent
):
    connection = add("Lokal AS", active=True)
    other = create_integration("tiny_agent")[0]
    Connection.objects.filter(pk=connection.pk).update(integration=other)
    address = "/integrasjoner/tiny_agent/"
    assert "Agenten er ikke sett ennå" in text(signed_in.get(address))
    Integration.objects.filter(pk=other.pk).update(agent_seen_at="2025-01-02T03:04:05Z")
    page = text(signed_in.get(address))
    assert "Agent sist sett 02.01.2025" in page
    connection.refresh_from_db()
    assert connection.is_active


def test_systems_on_the_web_have_no_agent(signed_in, add):
    add("Testing", active=True)
    assert "Agent" not in text(signed_in.get(PAGE))


def test_agents_are_not_among_the_web_based_systems_to_choose(agent):
    assert "tiny_agent" not in web_systems()


@pytest.mark.parametrize(("how", "is_seen"), [("well", True), ("away", False), ("refuses", False)])
def test_only_an_answer_from_the_agent_moves_last_seen(connect, agent, monkeypatch, how, is_seen):
    books = connect(1)
    waiting(books)
    monkeypatch.setattr(_Answering, "how", how)
    with in_firm(books.firm.id):
        Integration.objects.filter(pk=books.connection.integration_id).update(system="tiny_agent")
    monkeypatch.setattr(rechecks, "connector", lambda _key: AGENT)
    asyncio.run(recheck_key_now(books.firm.id, books.connection.pk, 1))
    with in_firm(books.firm.id):
        seen = Integration.objects.get(pk=books.connection.integration_id).agent_seen_at
    assert (seen is not None) is is_seen


# ---- one action each


def test_every_cause_and_every_state_has_exactly_one_action():
    for cause in Cause:
        assert isinstance(action_of(cause.value), Action), cause
        assert action_words(action_of(cause.value)), cause
    for state in ("inactive", "never", "waiting", "running", "updated"):
        assert action_words(action_of("", state)), state


@pytest.mark.parametrize("cause", [cause.value for cause in Cause])
def test_a_row_with_a_cause_offers_its_action_and_no_other(signed_in, add, cause):
    from klientbro.sync.models import State

    connection = add("Testing", active=True)
    State.objects.create(connection=connection, firm_id=connection.firm_id, cause=cause)
    cell = text(signed_in.get(PAGE)).partition(f'id="u-{connection.public_id}"')[2]
    cell = cell.partition("</div>")[0]
    assert cell.count('class="kb-inline"') == 1
    assert action_words(action_of(cause)) in cell


def test_last_tried_is_told_apart_from_last_successful(signed_in, add):
    from klientbro.sync.models import State

    connection = add("Testing", active=True)
    State.objects.create(
        connection=connection,
        firm_id=connection.firm_id,
        cause="unreachable",
        last_success_at="2025-01-02T03:04:05Z",
        last_attempt_at="2025-02-03T03:04:05Z",
    )
    page = text(signed_in.get(PAGE))
    assert "02.01.2025" in page
    assert "forsøkt 03.02.2025" in page
