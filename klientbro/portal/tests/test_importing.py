"""Many clients at once: read, judged, saved once, and no key ever sent back. P-72."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as database

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Connection
from klientbro.clients.services.importing import read_rows
from klientbro.clients.tests.fixtures import orgnr_number, personal_number
from klientbro.portal.tests.conftest import PAGE
from klientbro.sync import rechecks

ADDRESS = PAGE + "importer/"
SECRET = "11111111-2222-4333-8444-555555555555"


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode()).replace("\xa0", " ")


def rows(*lines: str) -> str:
    return "\n".join(lines)


def line(name: str, number: int, key: str, mark: str = ";") -> str:
    return mark.join((name, "10001", orgnr_number(number), key))


def test_each_row_is_judged_and_nothing_is_saved_before_the_yes(signed_in, integration):
    given = rows(line("Alvheim AS", 1, "key-1"), line("Bergtun AS", 2, SECRET))
    page = text(signed_in.post(ADDRESS, {"rows": given}))
    assert "2 klienter kan legges til" in page
    assert page.count("Klar") == 2
    assert not Connection.objects.exists()


def test_the_keys_are_never_in_a_page_and_lie_sealed_meanwhile(signed_in, integration):
    page = signed_in.post(ADDRESS, {"rows": line("Alvheim AS", 1, SECRET)})
    assert SECRET not in page.content.decode()
    [kept] = [value for name, value in signed_in.session.items() if name.startswith("import:")]
    assert SECRET not in str(kept)
    assert orgnr_number(1) not in str(kept)


def test_after_the_yes_they_stand_inactive_and_each_key_is_checked(signed_in, integration):
    given = rows(line("Alvheim AS", 1, "key-1"), line("Bergtun AS", 2, "key-2"))
    signed_in.post(ADDRESS, {"rows": given})
    answered = signed_in.post(ADDRESS, {"confirm": "1"})
    assert answered["location"] == PAGE
    saved = list(Connection.objects.order_by("name"))
    assert [(one.name, one.is_active) for one in saved] == [
        ("Alvheim AS", False),
        ("Bergtun AS", False),
    ]
    with database.cursor() as cursor:
        cursor.execute(
            "select count(*) from procrastinate_jobs where task_name = %s", [rechecks.TASK]
        )
        assert cursor.fetchone() == (2,)
    assert "2 klienter er lagt til. Nøklene kontrolleres nå." in text(signed_in.get(PAGE))


def test_pressed_twice_they_are_saved_once(signed_in, integration):
    signed_in.post(ADDRESS, {"rows": line("Alvheim AS", 1, "key-1")})
    signed_in.post(ADDRESS, {"confirm": "1"})
    again = signed_in.post(ADDRESS, {"confirm": "1"})
    assert again.status_code == 422
    assert "ikke noe å lagre lenger" in text(again)
    assert Connection.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        (";1;310000019;key", "Klientnavn", "Klientnavn mangler"),
        ("Alvheim AS;1;312480779;key", "Orgnummer", "feil kontrollsiffer"),
        (f"Alvheim AS;1;{orgnr_number(7)};", "Klientnøkkel", "mangler"),
        ("Alvheim AS;1;2;3;4;5", "Raden", "6 kolonner"),
    ],
)
def test_a_wrong_row_names_field_reason_and_cure_and_the_others_go_on(
    signed_in, integration, wrong, field, said
):
    page = text(signed_in.post(ADDRESS, {"rows": rows(wrong, line("Bergtun AS", 2, "key-2"))}))
    assert "1 klient kan legges til , 1 rad utelates" in page.replace("til,", "til ,")
    assert f"{field}</span>" in page
    assert said in page
    signed_in.post(ADDRESS, {"confirm": "1"})
    assert [one.name for one in Connection.objects.all()] == ["Bergtun AS"]


def test_a_key_that_is_used_names_who_has_it(signed_in, add):
    add("Dovre AS", key="key-1")
    given = rows(line("Alvheim AS", 1, "key-1"), line("B AS", 2, "k"), line("C AS", 3, "k"))
    page = text(signed_in.post(ADDRESS, {"rows": given}))
    assert "Dovre AS har allerede denne nøkkelen" in page
    assert "Linje 2 har samme nøkkel" in page


def test_two_inactive_clients_may_share_a_number_and_it_is_said_p_58(signed_in, add):
    add("Dovre AS", orgnr_number(5))
    given = rows(line("A AS", 5, "k1"), line("B AS", 6, "k2"), line("C AS", 6, "k3"))
    page = text(signed_in.post(ADDRESS, {"rows": given}))
    assert "Dovre AS har samme nummer" in page
    assert "Linje 2 har samme nummer" in page
    signed_in.post(ADDRESS, {"confirm": "1"})
    assert Connection.objects.count() == 4


def test_a_row_that_somebody_has_added_meanwhile_is_left_out_with_why(signed_in, add):
    given = rows(line("Alvheim AS", 1, "key-1"), line("Bergtun AS", 2, "key-2"))
    signed_in.post(ADDRESS, {"rows": given})
    add("Alvheim AS", orgnr_number(1), key="key-1")
    page = text(signed_in.post(ADDRESS, {"confirm": "1"}))
    assert "1 klient er lagt til" in page
    assert "1 rad ble ikke lagt til" in page
    assert "Alvheim AS har allerede denne nøkkelen" in page
    assert Connection.objects.count() == 2


def test_a_personal_number_is_not_shown_again(signed_in, integration):
    number = personal_number()
    page = text(signed_in.post(ADDRESS, {"rows": f"Kari;1;{number};key-1"}))
    assert "1 klient kan legges til" in page
    assert number not in page
    signed_in.post(ADDRESS, {"confirm": "1"})
    assert Connection.objects.get().orgnr is None


def test_a_spreadsheets_copy_a_file_and_headings_are_read_alike():
    copied = read_rows(line("Alvheim AS", 1, "key-1", "\t"))
    three = read_rows(f"Alvheim AS;{orgnr_number(1)};key-1")
    headed = read_rows(f"Orgnr;Klientnøkkel;Navn\n{orgnr_number(1)};key-1;Alvheim AS")
    quoted = read_rows(f'"Alvheim AS","1","{orgnr_number(1)}","key-1"')
    for found in (copied, three, headed, quoted):
        [row] = found
        assert (row.name, row.identifier, row.key) == ("Alvheim AS", orgnr_number(1), "key-1")


def test_a_file_from_an_older_excel_keeps_its_letters(signed_in, integration):
    content = line("Ødegård AS", 1, "key-1").encode("cp1252")
    page = signed_in.post(ADDRESS, {"file": SimpleUploadedFile("klienter.csv", content)})
    assert "Ødegård AS" in text(page)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "nothing to import"),
        ("Navn;Nøkkel", "only headings"),
        ("A;1;2;k\n" * 1001, "1001 rows"),
        ("x" * 400_001, "too much"),
    ],
)
def test_what_cannot_be_read_says_why(given, said):
    from django.utils import translation

    with translation.override("en"), pytest.raises(RefusedError, match=said):
        read_rows(given)


def test_a_workbook_is_not_taken_for_text(signed_in, integration):
    page = signed_in.post(ADDRESS, {"file": SimpleUploadedFile("klienter.xlsx", b"PK\x03\x04")})
    assert page.status_code == 422
    assert "Dette er en Excel-arbeidsbok" in text(page)


def test_new_client_leads_to_many(look, integration):
    assert f'href="{ADDRESS}"' in text(look(PAGE + "ny-klient/"))
