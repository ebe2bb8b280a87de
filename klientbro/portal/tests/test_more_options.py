"""«Flere valg», and what the key check offers while it takes long and when the company differs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from klientbro.clients.models import Connection, KeyCheck
from klientbro.clients.tests.fixtures import orgnr_number
from klientbro.portal.tests.conftest import PAGE
from klientbro.portal.tests.test_client_dialogs import NEW, answer, asked, fields_only, text, typed
from klientbro.sync.models import State

CHOSEN = {"fetch_from": "2024-07-01", "year_start_month": "5"}


def add_with(press, **choices: str) -> Connection:
    press(NEW, **typed(), **choices)
    answer("works", orgnr_number(1))
    press(asked(), **fields_only(), **choices)
    return Connection.objects.get()


def has_books(connection: Connection, begin: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(
            "insert into ledger_books (firm_id, connection_id, client_id, stage, conversion_date) "
            "values (%s, %s, %s, 'current', %s)",
            [connection.firm_id, connection.pk, connection.client_id, begin],
        )


def test_own_start_and_financial_year_are_saved_with_a_new_client_section_7(press, integration):
    saved = add_with(press, **CHOSEN)
    assert (str(saved.fetch_from), saved.year_start_month) == ("2024-07-01", 5)


def test_left_empty_the_accounting_system_rules(press, integration):
    saved = add_with(press, fetch_from="", year_start_month="")
    assert (saved.fetch_from, saved.year_start_month) == (None, None)


def test_the_dialog_says_which_of_the_two_rules(look, integration):
    dialog = text(look(NEW))
    assert "går foran PowerOffice Go" in dialog
    assert "Som i PowerOffice Go" in dialog


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"fetch_from": "2024-07-15"}, "fetch_from", "første dagen i en måned"),
        ({"fetch_from": "2999-01-01"}, "fetch_from", "fram i tid"),
        ({"fetch_from": "i fjor"}, "fetch_from", "ikke en dato"),
        ({"fetch_from": "1890-01-01"}, "fetch_from", "for langt tilbake"),
        ({"year_start_month": "13"}, "year_start_month", "måned fra 1 til 12"),
    ],
)
def test_a_choice_that_cannot_be_used_names_field_reason_and_cure(
    press, integration, wrong, field, said
):
    answered = press(NEW, **typed(), **(CHOSEN | wrong))
    assert answered.status_code == 422
    assert f'data-field-error="{field}"' in text(answered)
    assert said in text(answered)
    assert not KeyCheck.objects.exists()


def test_endre_shows_the_choices_and_new_ones_are_read_before_the_next_fetch(
    press, look, row_address, add
):
    connection = add("Testing", active=True)
    State.objects.create(
        connection=connection, firm_id=connection.firm_id, masters_read_at=timezone.now()
    )
    edit = row_address(connection, "endre")
    fields = {"identifier": connection.orgnr, "name": "Testing", "key": ""}
    press(edit, **fields, **CHOSEN)
    connection.refresh_from_db()
    assert connection.year_start_month == 5
    assert State.objects.get(connection=connection).masters_read_at is None
    dialog = text(look(edit))
    assert 'value="2024-07-01"' in dialog
    assert '<option value="5" selected>' in dialog
    assert '<details class="kb-more" id="more-choices" open>' in dialog


def test_a_later_start_than_what_is_fetched_would_throw_history_away(press, row_address, add):
    connection = add("Testing", active=True)
    has_books(connection, "2023-01-01")
    edit = row_address(connection, "endre")
    fields = {"identifier": connection.orgnr, "name": "Testing", "key": "", "year_start_month": ""}
    refused = press(edit, **fields, fetch_from="2024-01-01")
    assert "Regnskapet er hentet fra 01.01.2023" in text(refused)
    press(edit, **fields, fetch_from="2022-01-01")
    connection.refresh_from_db()
    assert str(connection.fetch_from) == "2022-01-01"


# ---- the key check


def waited(seconds: int) -> None:
    KeyCheck.objects.update(created_at=timezone.now() - timedelta(seconds=seconds))


def test_after_five_seconds_the_person_is_told_and_may_go_on_without_it(press, integration):
    press(NEW, **typed())
    assert press(asked(), **fields_only(), shown="working").status_code == 204
    waited(6)
    said = text(press(asked(), **fields_only(), shown="working"))
    assert "Det tar lenger tid enn vanlig" in said
    assert "Lagre uten kontroll" in said
    assert press(asked(), **fields_only(), shown="slow").status_code == 204
    press(asked(), **fields_only(), unchecked="1")
    assert not Connection.objects.get().api_active


def test_the_row_menus_check_says_so_too(press, add, row_address):
    connection = add("Testing")
    press(row_address(connection, "kontroller"))
    address = row_address(connection, f"kontroller/{KeyCheck.objects.latest('id').public_id}")
    assert "Det tar lenger tid enn vanlig" not in text(press(address))
    waited(6)
    assert "Det tar lenger tid enn vanlig" in text(press(address))


def test_both_number_and_name_of_the_source_can_be_taken_over(press, integration):
    press(NEW, **typed())
    answer("works", orgnr_number(2), source_name="Bergtun  Elektro AS")
    assert "Bruk både orgnr og navn" in text(press(asked(), **fields_only()))
    press(asked(), **fields_only(), use_source="1", use_name="1")
    saved = Connection.objects.get()
    assert (saved.orgnr, saved.name) == (orgnr_number(2), "Bergtun Elektro AS")


def test_with_the_same_name_only_the_number_is_offered(press, integration):
    press(NEW, **typed())
    answer("works", orgnr_number(2), source_name=typed()["name"])
    said = text(press(asked(), **fields_only()))
    assert "Bruk orgnr fra PowerOffice Go" in said
    assert "Bruk både orgnr og navn" not in said


def test_opening_balance_not_at_new_year_has_its_own_start_section_7(press, integration):
    assert str(add_with(press, fetch_from="2025-04-01").fetch_from) == "2025-04-01"


def test_page_is_the_list_again_after_saving(press, integration):
    press(NEW, **typed(), **CHOSEN)
    answer("works", orgnr_number(1))
    assert press(asked(), **fields_only(), **CHOSEN, here=PAGE)["HX-Refresh"] == "true"
