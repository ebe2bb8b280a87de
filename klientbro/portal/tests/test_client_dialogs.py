"""Dialogs «Ny klient» and «Endre»: what is said, saved and never shown. P-36 to P-46."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from klientbro.clients.models import Connection, KeyCheck
from klientbro.clients.tests.fixtures import orgnr_number, personal_number
from klientbro.portal.tests.conftest import PAGE
from klientbro.tenants.services import firm_envelopes

NEW = PAGE + "ny-klient/"
KEY = "0e5ba4a4-secret-key"


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def typed(**changes: str) -> dict[str, str]:
    return {"identifier": orgnr_number(1), "name": "Alvheim AS", "key": KEY} | changes


def answer(outcome: str, identifier: str | None = None, **fields) -> KeyCheck:
    """The source's answer to the newest question."""
    check = KeyCheck.objects.latest("id")
    if identifier:
        fields["source_identifier_sealed"] = firm_envelopes().seal("source_identifier", identifier)
    KeyCheck.objects.filter(pk=check.pk).update(
        state="done", outcome=outcome, finished_at=timezone.now(), **fields
    )
    return check


def asked(connection_path: str = NEW) -> str:
    return f"{connection_path}{KeyCheck.objects.latest('id').public_id}/"


def fields_only(**changes: str) -> dict[str, str]:
    """What the polling sends: never the key."""
    fields = typed(**changes)
    del fields["key"]
    return fields


def test_dialog_has_the_articles_fields_and_buttons_p_36(look, integration):
    dialog = text(look(NEW))
    fields, _, fold = dialog.partition("<summary>Flere valg</summary>")
    labels = re.findall(r"<label[^>]*>(.*?)</label>", fields)
    assert re.findall(r"<label[^>]*>(.*?)</label>", fold) == [
        "Hent regnskap fra",
        "Regnskapsåret begynner i",
    ]
    assert labels == ["Orgnummer", "Klientnavn", "Klientid/klientnøkkel"]
    assert '<h2 id="dialog-title">Ny klient</h2>' in dialog
    assert dialog.index("Legg til klient</button>") < dialog.index("Avbryt</button>")


def test_dialog_is_a_page_of_its_own_without_script(signed_in, integration):
    assert "Klientid/klientnøkkel" in signed_in.get(NEW).content.decode()


def test_the_key_is_being_checked_by_a_top_priority_job_p_36(press, integration):
    said = text(press(NEW, **typed()))
    assert "Kontrollerer nøkkelen …" in said
    assert not Connection.objects.exists()
    with database.cursor() as cursor:
        cursor.execute(
            "select priority, args from procrastinate_jobs where task_name like '%check_key'"
        )
        priority, arguments = cursor.fetchone()
    assert priority == 60
    assert set(json.loads(arguments) if isinstance(arguments, str) else arguments) == {
        "firm_id",
        "check_id",
    }


def test_it_goes_on_saying_so_until_the_source_answers(press, integration):
    press(NEW, **typed())
    assert "Kontrollerer nøkkelen …" in text(press(asked(), **fields_only()))


def test_a_key_that_works_is_saved_inactive_p_37(press, signed_in, integration):
    press(NEW, **typed())
    answer("works", orgnr_number(1), source_name="ALVHEIM", source_company_id="c1")
    saved = press(asked(), **fields_only())
    assert saved["HX-Refresh"] == "true"
    connection = Connection.objects.get()
    assert (connection.is_active, connection.api_active) == (False, True)
    assert connection.source_name == "ALVHEIM"
    assert "Alvheim AS er lagt til" in text(signed_in.get(PAGE))


def test_a_rejected_key_saves_nothing_p_36(press, integration):
    press(NEW, **typed())
    answer("rejected")
    said = text(press(asked(), **fields_only()))
    assert "Nøkkelen er avvist av PowerOffice Go" in said
    assert "Ingenting er lagret" in said
    assert 'data-field-error="key"' in said
    assert not Connection.objects.exists()


def test_another_company_shows_both_names_and_offers_its_orgnr_p_36(press, integration):
    press(NEW, **typed())
    answer("works", orgnr_number(2), source_name="Bergtun Elektro AS")
    said = text(press(asked(), **fields_only())).replace("\xa0", " ")
    assert "Bergtun Elektro AS" in said
    assert "Alvheim AS" in said
    assert "Bruk orgnr fra PowerOffice Go" in said
    assert not Connection.objects.exists()
    press(asked(), **fields_only(), use_source="1")
    saved = Connection.objects.get()
    assert (saved.orgnr, saved.name, saved.api_active) == (orgnr_number(2), "Alvheim AS", True)


def test_source_without_orgnr_asks_the_person(press, integration):
    press(NEW, **typed())
    answer("works", source_name="Vassøyane Grendelag")
    said = text(press(asked(), **fields_only()))
    assert "har ikke orgnr på firmaet" in said
    assert "Vassøyane Grendelag" in said
    assert not Connection.objects.exists()
    press(asked(), **fields_only(), confirmed="1")
    assert Connection.objects.get().identifier_confirmed


def test_unreachable_source_offers_to_save_without_a_check(press, signed_in, integration):
    press(NEW, **typed())
    answer("unreachable")
    said = text(press(asked(), **fields_only()))
    assert "Lagre uten kontroll" in said
    assert not Connection.objects.exists()
    press(asked(), **fields_only(), unchecked="1")
    saved = Connection.objects.get()
    assert not saved.api_active
    refused = press(f"{PAGE}{saved.public_id}/aktiver/")
    assert refused.status_code == 422
    assert not Connection.objects.get().is_active


def test_a_question_nobody_takes_counts_as_unreachable(press, integration):
    press(NEW, **typed())
    KeyCheck.objects.update(created_at=timezone.now() - timedelta(seconds=40))
    assert "Lagre uten kontroll" in text(press(asked(), **fields_only()))


def test_an_old_answer_is_not_built_upon(press, integration):
    press(NEW, **typed())
    answer("works", orgnr_number(1))
    KeyCheck.objects.update(created_at=timezone.now() - timedelta(minutes=20))
    press(asked(), **fields_only())
    assert not Connection.objects.exists()


def test_missing_module_is_named_before_activation(press, signed_in, integration):
    press(NEW, **typed())
    answer("missing_rights", orgnr_number(1), missing_rights=["Trial balance (TrialBalance)"])
    press(asked(), **fields_only())
    page = text(signed_in.get(PAGE))
    assert "mangler tilgang til Saldobalanse." in page
    assert 'title="TrialBalance"' in page
    assert "(TrialBalance)" not in page


def test_differing_name_never_blocks(press, integration):
    press(NEW, **typed(name="Tannlegen på hjørnet"))
    answer("works", orgnr_number(1), source_name="ALVHEIM TANNKLINIKK AS")
    press(asked(), **fields_only(name="Tannlegen på hjørnet"))
    assert Connection.objects.get().name == "Tannlegen på hjørnet"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"name": " "}, "name"), ({"key": ""}, "key"), ({"identifier": "312480779"}, "identifier")],
)
def test_what_is_wrong_is_said_at_the_field_p_39(press, integration, changes, field):
    said = press(NEW, **typed(**changes))
    assert said.status_code == 422
    assert f'data-field-error="{field}"' in text(said)
    assert not KeyCheck.objects.exists()


def test_orgnummer_may_be_empty_p_39(press, integration):
    press(NEW, **typed(identifier=""))
    answer("works", orgnr_number(1))
    press(asked(), **fields_only(identifier=""))
    assert Connection.objects.get().identifier_hash is None


def test_the_same_key_twice_is_refused_before_the_source_is_asked_p_40(press, add):
    add("Havsule Sjømat AS", key=KEY)
    said = press(NEW, **typed())
    assert "Havsule Sjømat AS" in text(said)
    assert KeyCheck.objects.filter(state="waiting").count() == 0


def test_neither_key_nor_personal_number_is_ever_sent_back(
    press, look, signed_in, integration, caplog
):
    number = personal_number()
    pages = [press(NEW, **typed(identifier=number))]
    pages.append(press(asked(), **fields_only(identifier=number)))
    for outcome, identifier in (
        ("rejected", None),
        ("unreachable", None),
        ("works", orgnr_number(5)),
    ):
        answer(outcome, identifier, source_name="Et annet firma")
        pages.append(press(asked(), **fields_only(identifier=number)))
    answer("works", number)
    pages.append(press(asked(), **fields_only(identifier=number)))
    connection = Connection.objects.get()
    edit = f"{PAGE}{connection.public_id}/endre/"
    pages += [look(edit), signed_in.get(PAGE), signed_in.get("/integrasjoner/")]
    pages.append(press(edit, identifier="x", name="Åse", key="another-" + KEY))
    shown = "".join(page.content.decode() + str(page.headers) for page in pages)
    assert KEY not in shown
    assert number not in shown
    assert number[6:] not in shown
    assert KEY not in caplog.text
    assert number not in caplog.text
    with database.cursor() as cursor:
        cursor.execute("select string_agg(args::text, '') from procrastinate_jobs")
        assert number not in (arguments := cursor.fetchone()[0])
        assert KEY not in arguments


def test_somebody_elses_question_is_not_found(press, integration, answered):
    check = answered("works", identifier=orgnr_number(1))
    assert press(f"{NEW}{check.public_id}/", **fields_only()).status_code == 404


def test_endre_opens_the_same_fields_with_a_blank_key_p_45(look, add, row_address):
    connection = add("Alvheim AS", orgnr_number(1), key=KEY)
    dialog = text(look(row_address(connection, "endre")))
    assert re.findall(r"<label[^>]*>(.*?)</label>", dialog)[:3] == [
        "Orgnummer",
        "Klientnavn",
        "Klientid/klientnøkkel",
    ]
    assert 'name="key" value=""' in dialog
    assert "Tomt felt beholder nøkkelen" in dialog
    assert KEY not in dialog


def test_a_new_name_is_saved_at_once_p_45(press, add, row_address):
    connection = add("Alvheim AS", orgnr_number(1))
    press(row_address(connection, "endre"), identifier=orgnr_number(1), name="Nytt navn", key="")
    connection.refresh_from_db()
    assert (connection.name, connection.api_active) == ("Nytt navn", True)


def test_a_persons_number_is_kept_without_going_to_the_browser_p_45(press, look, add, row_address):
    connection = add("Åse Våge", personal_number())
    dialog = text(look(row_address(connection, "endre")))
    mask = re.search(r'id="identifier" name="identifier" value="([^"]*)"', dialog)[1]
    assert mask.endswith("*****")
    for kept in (mask, ""):
        press(row_address(connection, "endre"), identifier=kept, name=f"Åse {kept}", key="")
        connection.refresh_from_db()
        assert connection.national_id_sealed
        assert connection.name == f"Åse {kept}".strip()


def test_a_new_key_is_checked_and_an_active_client_is_fetched_at_once(press, add, row_address):
    connection = add("Alvheim AS", orgnr_number(1), active=True)
    Connection.objects.update(api_active=False, key_check_cause="key_rejected")
    address = row_address(connection, "endre")
    assert "Kontrollerer nøkkelen" in text(press(address, **typed(key="new-key")))
    answer("works", orgnr_number(1))
    press(asked(address), **fields_only())
    connection.refresh_from_db()
    assert (connection.api_active, connection.key_check_cause) == (True, "")
    assert firm_envelopes().open("client_key", bytes(connection.key_sealed)) == "new-key"
    with database.cursor() as cursor:
        cursor.execute("select count(*) from procrastinate_jobs where task_name like '%sync_conn%'")
        assert cursor.fetchone()[0] == 1


def test_changing_the_number_of_an_active_client_is_refused_p_46(press, add, row_address):
    connection = add("Alvheim AS", orgnr_number(1), active=True)
    said = press(row_address(connection, "endre"), **typed(identifier=orgnr_number(2), key=""))
    assert said.status_code == 422
    assert 'data-field-error="identifier"' in text(said)
    connection.refresh_from_db()
    assert connection.orgnr == orgnr_number(1)


def test_a_new_number_is_compared_with_the_stored_keys_company(press, add, row_address):
    connection = add("Alvheim AS", orgnr_number(1))
    address = row_address(connection, "endre")
    press(address, **typed(identifier=orgnr_number(2), key=""))
    answer("works", orgnr_number(1), source_name="Alvheim AS")
    assert "annet firma" in text(press(asked(address), **fields_only(identifier=orgnr_number(2))))
    connection.refresh_from_db()
    assert connection.orgnr == orgnr_number(1)


def test_stored_key_is_checked_again_from_the_row(press, look, add, row_address):
    connection = add("Alvheim AS", orgnr_number(1), outcome=None)
    address = row_address(connection, "kontroller")
    assert "ikke kontrollert" in text(look(address))
    assert "Kontrollerer nøkkelen …" in text(press(address))
    answer("works", orgnr_number(1))
    assert press(asked(address))["HX-Refresh"] == "true"
    connection.refresh_from_db()
    assert connection.api_active


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("unreachable", "svarer ikke nå"), ("works", "Bekreft")],
)
def test_check_of_a_stored_key_tells_what_it_cannot_decide(press, add, row_address, outcome, words):
    connection = add("Alvheim AS", orgnr_number(1), outcome=None)
    address = row_address(connection, "kontroller")
    press(address)
    answer(outcome, source_name="Alvheim AS")
    assert words in text(press(asked(address)))
    connection.refresh_from_db()
    assert not connection.api_active
