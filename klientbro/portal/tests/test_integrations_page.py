"""Integrasjoner: the list and the dialog that adds a system. P-20 to P-30."""

from __future__ import annotations

import re

from klientbro.clients.models import Integration
from klientbro.clients.services import create_integration

LIST = "/integrasjoner/"


def numbers(page) -> list[str]:
    return re.findall(r'class="num"[^>]*>(?:<span.*?</span>)?\s*(\d+)', page.content.decode())


def test_first_time_there_is_a_button_p_20(signed_in, firm):
    page = signed_in.get(LIST).content.decode()
    assert "Ny integrasjon" in page
    assert "<table" not in page


def test_list_has_one_row_a_system_p_20(signed_in, integration):
    page = signed_in.get(LIST).content.decode()
    assert page.count('class="main"') == 1
    assert "PowerofficeGo" in page


def test_counters_are_active_then_inactive_p_21(signed_in, add):
    add("Power Testing", active=True)
    add("Testing")
    assert numbers(signed_in.get(LIST)) == ["1", "1"]
    add("C", active=True), add("D", active=True), add("E")
    assert numbers(signed_in.get(LIST)) == ["3", "2"]


def test_new_integration_shows_0_0_p_22(signed_in, integration):
    assert numbers(signed_in.get(LIST)) == ["0", "0"]


def test_row_opens_the_integration_p_23(signed_in, integration):
    page = signed_in.get(LIST).content.decode()
    assert 'href="/integrasjoner/poweroffice/"' in page
    assert signed_in.get("/integrasjoner/poweroffice/").status_code == 200


def test_opprett_again_opens_the_existing_one_with_a_message_p_24(signed_in, integration):
    answer = signed_in.post("/integrasjoner/ny/", {"system": "poweroffice"}, follow=True)
    assert answer.redirect_chain == [("/integrasjoner/poweroffice/", 302)]
    assert "PowerofficeGo fantes fra før" in answer.content.decode()
    assert Integration.objects.count() == 1


def test_counters_have_labels_p_25(signed_in, integration):
    page = signed_in.get(LIST).content.decode()
    assert "Aktive klienter: </span>0" in page
    assert "Inaktive klienter: </span>0" in page


def test_dialog_has_the_articles_words_p_26(look, firm):
    dialog = look("/integrasjoner/ny/", here=LIST).content.decode()
    for words in (
        "Ny integrasjon",
        "Webbaserte regnskapssystem",
        "se oppsett for lokale integrasjoner",
        "Opprett",
        "Avbryt",
        "Andre regnskapssystem",
        "Gå til hjelp og informasjon",
    ):
        assert words in dialog
    assert dialog.index("Opprett") < dialog.index("Avbryt") < dialog.index("Andre regnskapssystem")


def test_drop_down_lists_web_based_systems_p_27(look, firm):
    dialog = look("/integrasjoner/ny/", here=LIST).content.decode()
    assert re.findall(r"<option[^>]*>(.*?)</option>", dialog)[0] == "PowerofficeGo"


def test_links_lead_to_help_and_make_nothing_p_28(look, signed_in, firm):
    dialog = look("/integrasjoner/ny/", here=LIST).content.decode()
    for address in ("/hjelp/", "/hjelp/lokale-integrasjoner/"):
        assert f'href="{address}"' in dialog
        assert signed_in.get(address).status_code == 200
    assert not Integration.objects.exists()


def test_opprett_makes_the_integration_p_29(signed_in, firm):
    answer = signed_in.post("/integrasjoner/ny/", {"system": "poweroffice"}, follow=True)
    assert answer.redirect_chain == [(LIST, 302)]
    assert numbers(answer) == ["0", "0"]


def test_nothing_chosen_makes_nothing_p_30(signed_in, firm):
    assert signed_in.post("/integrasjoner/ny/", {"system": "ukjent"}).status_code == 200
    assert not Integration.objects.exists()


def test_avbryt_only_closes_the_dialog_p_30(look, firm):
    dialog = look("/integrasjoner/ny/", here=LIST).content.decode()
    assert re.search(r'<button type="button"[^>]*data-dialog-close>Avbryt', dialog)


def test_a_removed_system_is_not_listed(signed_in, add, integration):
    from klientbro.clients.services import delete_integration

    add("A AS", active=True)
    delete_integration(integration)
    assert "PowerofficeGo" not in signed_in.get(LIST).content.decode()
    create_integration("poweroffice")
    assert numbers(signed_in.get(LIST)) == ["0", "0"]
