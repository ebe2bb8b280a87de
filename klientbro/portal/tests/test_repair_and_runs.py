"""«Reparer» through the simulator, and the pages of runs and requests it leaves behind."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from django.db import connection as django_database
from django.test import Client as Browser

from klientbro.clients.models import Connection, KeyCheck
from klientbro.portal.run_rows import duration, size
from klientbro.portal.tests.conftest import PAGE
from klientbro.sync.database import transaction
from klientbro.sync.key_check import check_key_now
from klientbro.sync.models import RequestLine, Run
from klientbro.sync.tests.conftest import books_firm, connect, shared_simulator, simulator
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import add_user

__all__ = ["books_firm", "connect", "shared_simulator", "simulator"]


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode()).replace("\xa0", " ")


@pytest.fixture
def browser(books_firm: Any) -> Browser:
    user, _link = add_user(books_firm.id, f"{books_firm.id}@furulund.example", "Kari Nordahl")
    opened = Browser(headers={"HX-Request": "true"})
    opened.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return opened


def address(books: Any, action: str) -> str:
    return f"{PAGE}{books.connection.public_id}/{action}/"


def repair(browser: Browser, books: Any, key: str) -> str:
    """Pastes the key, lets the worker ask, and reads what the dialog says."""
    began = text(browser.post(address(books, "reparer"), {"key": key}))
    assert "Kontrollerer nøkkelen …" in began, began
    with in_firm(books.firm.id):
        check = KeyCheck.objects.latest("id")
    asyncio.run(check_key_now(books.firm.id, check.pk))
    return text(browser.post(f"{address(books, 'reparer')}{check.public_id}/"))


def stop_for_good(books: Any) -> None:
    """The extension is removed, a sync finds out, and no job waits any more."""
    books.simulator.uninstall(books.number)
    books.sync()
    assert books.cause == "key_rejected"
    books.execute("delete from procrastinate_jobs")


def kept(books: Any) -> Connection:
    with in_firm(books.firm.id):
        return Connection.objects.get(pk=books.connection.pk)


def test_a_new_key_goes_on_where_the_old_one_died_without_fetching_from_zero(connect, browser):
    books = connect("holding")
    books.sync("first")
    before = kept(books)
    stop_for_good(books)
    row = text(browser.get(PAGE))
    assert "Stoppet: nøkkelen er avvist" in row
    assert "Utvidelsen er fjernet" in text(browser.get(address(books, "reparer")))
    postings = books.value("select count(*) from ledger_posting")
    key = books.simulator.install(books.number)
    books.post("125.00")
    books.simulator.reset_requests()
    assert repair(browser, books, key) == ""
    books.run()
    asked = [one for one in books.simulator.requests() if "accounttransactions" in one["path"]]
    assert len(asked) <= 2, "only what is new was asked for"
    books.assert_equal_to_source()
    after = kept(books)
    assert (after.public_id, after.client_id, after.source_company_id) == (
        before.public_id,
        before.client_id,
        before.source_company_id,
    )
    assert (after.is_active, after.api_active) == (True, True)
    assert books.value("select count(*) from ledger_posting") == postings + 2
    assert books.cause == ""


def test_a_person_can_save_while_a_sync_holds_the_clients_books_section_7(connect, browser):
    books = connect("holding")
    books.sync("first")
    held = f"select landing from ledger_books where connection_id = {books.connection.pk}"
    edit = {"identifier": "", "name": "Nytt navn AS", "key": ""}
    with transaction(books.firm.id) as running:
        running.execute(f"{held} for update")
        running.execute("select from sync_state for update")
        with django_database.cursor() as cursor:
            cursor.execute("set lock_timeout = '3s'")
        edit["identifier"] = kept(books).orgnr or ""
        answered = browser.post(address(books, "endre"), edit)
        page = browser.get(address(books, "kjoringer"))
    assert answered.status_code == 200
    assert kept(books).name == "Nytt navn AS"
    assert page.status_code == 200


def test_a_key_of_another_company_repairs_nothing(connect, browser):
    books = connect("holding")
    books.sync("first")
    before = kept(books)
    said = repair(browser, books, books.simulator.install(books.number % 5 + 1))
    assert "Nøkkelen tilhører et annet firma" in said
    assert "Kopier nøkkelen i riktig selskap" in said
    assert "Bruk orgnr" not in said
    assert kept(books).key_hash == before.key_hash


def test_an_empty_key_names_the_field(connect, browser):
    books = connect("holding")
    refused = browser.post(address(books, "reparer"), {"key": " "})
    assert refused.status_code == 422
    assert 'data-field-error="key"' in text(refused)


def test_runs_tell_when_by_whom_and_what_came_of_it(connect, browser):
    books = connect("holding")
    books.sync("first")
    books.post("125.00")
    books.sync()
    page = text(browser.get(address(books, "kjoringer")))
    [newest, first] = re.findall(r'<tr id="run-.*?</tr>', page)
    assert "Første henting" in first
    assert "Fullført" in first
    cells = re.findall(r"<td[^>]*>(.*?)</td>", newest)
    assert cells[5:8] == ["2", "0", "0"], "two new rows"
    assert int(re.sub(r"\D", "", cells[-1])) > 30, "sealed months"
    assert "Sist vellykket" in page
    assert "Sist forsøkt" in page


def test_a_stopped_run_says_its_cause_and_is_found_by_the_filter(connect, browser):
    books = connect("holding")
    books.sync("first")
    stop_for_good(books)
    page = text(browser.get(address(books, "kjoringer") + "?vis=stoppet"))
    [only] = re.findall(r'<tr id="run-.*?</tr>', page)
    assert "Nøkkelen er avvist" in only
    assert ">Reparer</button>" in page


def test_runs_are_paged_with_a_fixed_number_of_statements(
    signed_in, add, django_assert_max_num_queries
):
    connection = add("Testing", active=True)
    Run.objects.bulk_create(
        Run(
            firm_id=connection.firm_id,
            connection=connection,
            reason="routine",
            via="schedule",
            started_at=f"2025-01-{day:02}T10:{minute:02}:00Z",
            finished_at=f"2025-01-{day:02}T10:{minute:02}:07Z",
        )
        for day in range(1, 4)
        for minute in range(40)
    )
    runs = f"{PAGE}{connection.public_id}/kjoringer/"
    with django_assert_max_num_queries(20):
        page = text(signed_in.get(runs))
    assert "1–50 av 120" in page
    assert page.count('<tr id="run-') == 50
    assert "7,0 s" in page
    last = text(signed_in.get(runs + "?side=3"))
    assert "101–120 av 120" in last
    assert "Ingen kjøring passer" in text(signed_in.get(runs + "?vis=stoppet"))


def test_every_request_is_found_again_by_run_word_and_failure(connect, browser):
    books = connect("holding")
    books.fault("500", path="/trialbalance", count=1)
    books.sync("first")
    requests = address(books, "foresporsler")
    everything = text(browser.get(requests))
    assert "/AccountTransactions" in everything
    assert books.simulator.application_key not in everything
    with in_firm(books.firm.id):
        run = Run.objects.latest("id")
        key_line = RequestLine.objects.filter(status=500).count()
    assert key_line == 1
    failed = text(browser.get(requests + "?feil=1"))
    assert failed.count("<tr>") == 2, "the headings and the one that failed"
    assert "/TrialBalance" in failed
    searched = text(browser.get(requests + "?q=VatCodes"))
    assert searched.count("<tr>") == 2
    of_run = text(browser.get(f"{requests}?kjoring={run.run_id}"))
    assert "Kjøringen" in of_run
    assert "Ingen forespørsel passer" in text(browser.get(requests + "?q=finnesikke"))


def test_older_requests_are_a_page_away(signed_in, add):
    connection = add("Testing", active=True)
    RequestLine.objects.bulk_create(
        RequestLine(
            firm_id=connection.firm_id,
            connection=connection,
            purpose="sync",
            at=f"2025-01-02T10:{number // 60:02}:{number % 60:02}Z",
            method="GET",
            path=f"/Thing/{number}",
            status=200,
        )
        for number in range(130)
    )
    page = text(signed_in.get(f"{PAGE}{connection.public_id}/foresporsler/"))
    assert page.count("GET /Thing/") == 100
    [older] = re.findall(r'rel="next" href="([^"]+)"', page)
    rest = text(signed_in.get(older.replace("&amp;", "&")))
    assert rest.count("GET /Thing/") == 30
    assert "/Thing/0<" in rest


def test_a_personal_number_is_not_searched_for(signed_in, add):
    connection = add("Testing", active=True)
    page = signed_in.get(f"{PAGE}{connection.public_id}/foresporsler/?q=01819012345")
    assert 'value="01819012345"' not in text(page)


def test_sizes_and_times_read_as_people_write_them():
    assert [size(number).replace("\xa0", " ") for number in (812, 64_000, 1_440_000)] == [
        "812 B",
        "64 kB",
        "1,4 MB",
    ]
    assert [duration(number).replace("\xa0", " ") for number in (0.84, 42.3, 185)] == [
        "0,8 s",
        "42 s",
        "3 min 5 s",
    ]
