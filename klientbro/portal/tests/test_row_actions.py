"""Aktiver, Deaktiver, Slett, Send testdata, Slett gamle kontoer, Slett system. P-41 to P-64."""

from __future__ import annotations

import json
import re

import pytest
from django.db import connection as database

from klientbro.clients.models import Connection, Integration
from klientbro.clients.tests.fixtures import orgnr_number
from klientbro.ledger.services import stale_accounts
from klientbro.portal.tests.conftest import PAGE
from klientbro.sync.models import Schedule, State, TestRun


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def toast(response) -> dict[str, str]:
    return json.loads(response["HX-Trigger"])["toast"]


def jobs(task: str) -> int:
    with database.cursor() as cursor:
        cursor.execute(
            "select count(*) from procrastinate_jobs where task_name like %s and status = 'todo'",
            [f"%{task}"],
        )
        return cursor.fetchone()[0]


def sql(statement: str, *parameters: object) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement, parameters)


def test_aktiver_on_the_row_activates_and_queues_the_first_fetch_p_55_p_63(press, add, row_address):
    connection = add("Testing")
    answer = press(row_address(connection, "aktiver"))
    connection.refresh_from_db()
    assert connection.is_active
    assert jobs("sync_connection") == 1
    assert "Testing er aktiv" in toast(answer)["text"]
    assert f'<tr id="r-{connection.public_id}" class="kb-active" hx-swap-oob="true">' in text(
        answer
    )
    assert "kb:busy" in answer["HX-Trigger-After-Settle"]


def test_aktiver_pressed_twice_queues_one_fetch(press, add, row_address):
    connection = add("Testing")
    press(row_address(connection, "aktiver")), press(row_address(connection, "aktiver"))
    assert jobs("sync_connection") == 1


def test_aktiver_without_number_is_refused_with_a_message_p_56(press, add, row_address):
    connection = add("Dalgløtt ENK", orgnr="")
    answer = press(row_address(connection, "aktiver"))
    assert answer.status_code == 422
    assert toast(answer)["tone"] == "danger"
    assert "Dalgløtt ENK" in toast(answer)["text"]
    assert "Aktive klienter: 0" in text(answer)
    assert "Inaktive klienter: 1" in text(answer)
    assert jobs("sync_connection") == 0


def test_aktiver_with_an_active_double_is_refused_and_names_it_p_57(press, add, row_address):
    add("A AS", orgnr_number(7), active=True)
    second = add("B AS", orgnr_number(7))
    answer = press(row_address(second, "aktiver"))
    assert "A AS" in toast(answer)["text"]
    assert not Connection.objects.get(pk=second.pk).is_active


def test_deaktiver_stops_fetching_p_64(press, add, row_address):
    connection = add("Testing")
    press(row_address(connection, "aktiver"))
    press(row_address(connection, "deaktiver"))
    assert not Schedule.objects.filter(connection_id=connection.pk).exists()
    assert jobs("sync_connection") == 0
    assert not Connection.objects.get(pk=connection.pk).is_active


def test_aktiver_alle_asks_activates_and_reports_p_60(press, look, add):
    add("God AS")
    add("Uten nummer AS", orgnr="")
    assert "2 inaktive klienter" in text(look(PAGE + "aktiver-alle/"))
    report = text(press(PAGE + "aktiver-alle/"))
    assert "1 klient ble aktivert" in report
    assert "Uten nummer AS" in report
    assert jobs("sync_connection") == 1


def test_aktiver_alle_without_refusals_goes_back_to_the_list_p_60(press, add):
    add("God AS")
    assert press(PAGE + "aktiver-alle/")["HX-Refresh"] == "true"


def test_deaktiver_alle_asks_first_and_is_idempotent_p_61(press, look, add):
    add("A AS", active=True), add("B AS", active=True)
    assert "2 aktive klienter" in text(look(PAGE + "deaktiver-alle/"))
    assert Connection.objects.filter(is_active=True).count() == 2
    press(PAGE + "deaktiver-alle/")
    assert not Connection.objects.filter(is_active=True).exists()
    assert press(PAGE + "deaktiver-alle/").status_code == 200


def test_slett_names_the_client_and_what_happens_p_47(look, press, add, row_address):
    connection = add("Alvheim AS", active=True)
    dialog = text(look(row_address(connection, "slett")))
    assert "Slette Alvheim AS?" in dialog
    assert "deaktiveres først" in dialog
    assert "fem år" in dialog
    assert Connection.objects.filter(deleted_at=None).count() == 1
    answer = press(row_address(connection, "slett"))
    assert answer["HX-Refresh"] == "true"
    connection.refresh_from_db()
    assert connection.deleted_at
    assert connection.key_sealed is None
    assert press(row_address(connection, "aktiver")).status_code == 404


def test_slett_system_with_clients_must_be_typed_p_50(look, press, add):
    add("A AS", active=True), add("B AS")
    dialog = text(look(PAGE + "slett/"))
    assert "2 klienter fjernes (1 aktive deaktiveres først)" in dialog
    assert press(PAGE + "slett/", confirmation="noe annet").status_code == 422
    assert Connection.objects.filter(deleted_at=None).count() == 2
    answer = press(PAGE + "slett/", confirmation=" powerofficego ")
    assert answer["HX-Redirect"] == "/integrasjoner/"
    assert not Connection.objects.exclude(key_sealed=None).exists()
    assert not Integration.objects.filter(system="poweroffice").exists()
    assert look(PAGE).status_code == 404


def test_slett_system_without_clients_needs_no_typing_p_50(press, integration):
    assert press(PAGE + "slett/")["HX-Redirect"] == "/integrasjoner/"
    assert not Integration.objects.exists()


def test_hent_na_queues_a_fetch_and_wakes_the_page(press, add, row_address):
    connection = add("A AS", active=True)
    answer = press(row_address(connection, "hent"))
    assert jobs("sync_connection") == 1
    assert "kb:busy" in answer["HX-Trigger-After-Settle"]


def test_hent_na_on_an_inactive_client_is_refused(press, add, row_address):
    answer = press(row_address(add("A AS"), "hent"))
    assert (answer.status_code, jobs("sync_connection")) == (422, 0)


def test_vanished_postings_wait_for_a_person(signed_in, look, press, add, row_address):
    connection = add("A AS", active=True)
    State.objects.create(
        connection=connection,
        firm_id=connection.firm_id,
        cause="vanished",
        cause_detail={"count": 1200, "types": ["payroll"]},
    )
    assert "Se og avgjør" in text(signed_in.get(PAGE))
    dialog = text(look(row_address(connection, "borte"))).replace("\xa0", " ")
    assert "1 200 posteringer" in dialog
    assert "Godta at de er borte" in dialog
    press(row_address(connection, "borte"))
    assert State.objects.get(connection=connection).is_vanishing_accepted
    assert jobs("sync_connection") == 1


def test_nothing_is_accepted_when_nothing_is_gone(press, add, row_address):
    connection = add("A AS", active=True)
    assert "ikke noe å avgjøre" in text(press(row_address(connection, "borte")))
    assert jobs("sync_connection") == 0


def test_send_testdata_runs_apart_and_reports_p_48(look, press, add, row_address):
    connection = add("A AS", active=True)
    assert "Ingen tall endres" in text(look(row_address(connection, "testdata")))
    assert not TestRun.objects.exists()
    started = text(press(row_address(connection, "testdata")))
    assert "Venter på tur" in started
    assert jobs("run_test") == 1
    run = TestRun.objects.get()
    TestRun.objects.update(
        state="done", seconds=1.25, counts={"accounts": 120, "postings": 800, "requests": 4}
    )
    report = text(look(row_address(connection, "testdata") + f"{run.public_id}/"))
    for figure in ("120", "800", "1,3 s"):
        assert figure in report


def test_send_testdata_shows_the_first_error_p_48(look, press, add, row_address):
    connection = add("A AS", active=True)
    press(row_address(connection, "testdata"))
    run = TestRun.objects.get()
    TestRun.objects.update(state="done", cause="key_rejected", counts={"requests": 1}, seconds=0.1)
    report = text(look(row_address(connection, "testdata") + f"{run.public_id}/"))
    assert "Nøkkelen er avvist" in report
    assert "Reparer" in report


def test_inactive_client_gets_no_testdata_p_41(press, add, row_address):
    press(row_address(add("A AS"), "testdata"))
    assert not TestRun.objects.exists()


@pytest.fixture
def books(add):
    """An active client whose source has dropped three accounts: one empty, two that carry."""
    connection = add("Kontofull AS", active=True)
    firm, key = connection.firm_id, connection.pk
    sql(
        "insert into ledger_books (firm_id, connection_id, client_id) values (%s, %s, %s)",
        firm,
        key,
        connection.client_id,
    )
    for source_id, number, name, gone in (
        ("a1", "1900", "Kasse", None),
        ("a2", "1905", "Gammel kasse", 3),
        ("a3", "1910", "Med postering", 3),
        ("a4", "1915", "Med inngående", 3),
    ):
        sql(
            "insert into ledger_account (firm_id, connection_id, source_id, number, number_key, "
            "name, type, is_active, gone_landing) values (%s,%s,%s,%s,%s,%s,'asset',true,%s)",
            *(firm, key, source_id, number, number, name, gone),
        )
    sql(
        "insert into ledger_balance (firm_id, connection_id, account_id, month, amount, postings) "
        "values (%s, %s, 'a3', '2026-01-01', 0, 2)",
        *(firm, key),
    )
    sql(
        "insert into ledger_opening (firm_id, connection_id, account_id, amount, known_from) "
        "values (%s, %s, 'a4', 10, 1)",
        *(firm, key),
    )
    return connection


def test_slett_gamle_kontoer_lists_first_then_reports_removed_and_kept_p_49(
    look, press, books, row_address
):
    dialog = text(look(row_address(books, "gamle-kontoer")))
    assert "Gammel kasse" in dialog
    assert "2 kontoer er borte, men beholdes" in dialog
    assert "Kasse</li>" not in dialog.replace("Gammel kasse</li>", "")
    assert len(stale_accounts(books.pk)) == 3
    report = text(press(row_address(books, "gamle-kontoer")))
    assert "1 konto ble fjernet" in report
    assert "2 posteringer" in report
    assert "en inngående saldo" in report


def test_slett_gamle_kontoer_pressed_twice_removes_none_p_49(press, books, row_address):
    press(row_address(books, "gamle-kontoer"))
    assert "0 kontoer ble fjernet" in text(press(row_address(books, "gamle-kontoer")))
    assert {one.number for one in stale_accounts(books.pk)} == {"1910", "1915"}


@pytest.mark.parametrize(
    "action",
    ["aktiver", "deaktiver", "endre", "slett", "kontroller", "hent", "borte", "testdata"],
)
def test_another_firms_client_is_not_found_p_11(signed_in, firm, action):
    from django.db import transaction

    from klientbro.clients.services import add_connection, create_integration, read_typed
    from klientbro.tenants.context import firm_set
    from klientbro.tenants.services import create_firm

    other = create_firm("En annen AS")
    with firm_set(other.id), transaction.atomic():
        integration = create_integration("poweroffice")[0]
        theirs = add_connection(integration, read_typed(orgnr_number(1), "Hemmelig AS", "k"), None)
    with transaction.atomic():
        pass
    address = f"{PAGE}{theirs.public_id}/{action}/"
    assert signed_in.post(address).status_code == 404
    assert signed_in.get(PAGE).status_code == 404
    create_integration("poweroffice")
    assert signed_in.post(address).status_code == 404
    assert "Hemmelig AS" not in signed_in.get(PAGE).content.decode()


def test_signed_out_people_are_sent_to_sign_in(client, integration):
    for address in ("/integrasjoner/", PAGE, PAGE + "ny-klient/"):
        assert "/logg-inn/" in client.get(address)["Location"]
