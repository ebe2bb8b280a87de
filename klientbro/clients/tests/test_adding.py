"""Adding, changing and deleting a client, and what the key's check says. P-37 to P-47."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Client, Connection, KeyCheck
from klientbro.clients.services import (
    activate,
    add_connection,
    apply_key_check,
    begin_key_check,
    checked_key,
    create_integration,
    delete_connection,
    delete_integration,
    edit_connection,
    read_typed,
)
from klientbro.clients.tests.fixtures import orgnr_number, personal_number
from klientbro.tenants.services import firm_envelopes


def test_two_integrations_of_one_system_are_one_p_24(firm):
    first, is_new = create_integration("poweroffice")
    second, is_second_new = create_integration("poweroffice")
    assert (is_new, is_second_new) == (True, False)
    assert first == second


def test_added_client_is_inactive_p_37(add):
    connection = add("Fjordglimt Bakeri AS")
    assert not connection.is_active
    assert connection.api_active
    assert connection.client.name == "Fjordglimt Bakeri AS"


@pytest.mark.parametrize(
    ("identifier", "name", "key", "field"),
    [
        ("312480778", "  ", "k", "name"),
        ("312480778", "n" * 201, "k", "name"),
        ("312480778", "A", " \n ", "key"),
        ("312480778", "A", "k" * 401, "key"),
        ("312480778", "A", "nøkkel", "key"),
        ("312480779", "A", "k", "identifier"),
        ("31248077", "A", "k", "identifier"),
        ("abc", "A", "k", "identifier"),
    ],
)
def test_unusable_field_is_named_p_39(firm, identifier, name, key, field):
    with pytest.raises(RefusedError) as refused:
        read_typed(identifier, name, key)
    assert refused.value.field == field


@pytest.mark.parametrize("text", ["312 480 778", "NO 312480778 MVA", "312480778mva", "312.480.778"])
def test_orgnr_is_stored_as_digits_only_p_39(firm, text):
    assert read_typed(text, "A", "k").digits == "312480778"


def test_pasted_key_loses_what_came_along_p_39(firm):
    typed = read_typed("", "  Fjord \n AS\x00 ", ' "{0e5b-11}"\r\n​')
    assert (typed.key, typed.name, typed.identifier) == ("0e5b-11", "Fjord AS", None)
    assert "0e5b" not in repr(typed)


def test_a_long_name_with_letters_that_grow_is_kept(add):
    name = "ß" * 200
    assert add(name, orgnr="").name == name


def test_a_key_twice_is_refused_with_the_name_of_its_holder_p_40(add, integration):
    add("Havsule Sjømat AS", key="same-key")
    with pytest.raises(RefusedError, match="Havsule Sjømat AS") as refused:
        begin_key_check(integration, "same-key")
    assert refused.value.field == "key"
    with pytest.raises(RefusedError, match="Havsule Sjømat AS"):
        add_connection(integration, read_typed("", "En annen", "same-key"), None)


def test_key_of_a_deleted_client_may_be_used_again_p_40(add, integration):
    delete_connection(add("Havsule Sjømat AS", key="same-key"))
    add("Havsule på nytt AS", key="same-key")


def test_key_and_personal_number_are_sealed_in_the_database(add, firm):
    number = personal_number()
    connection = add("Åse Våge", orgnr=number, key="secret-key-77")
    for record in (connection, connection.client):
        assert record.orgnr is None
        stored = [bytes(v) for v in vars(record).values() if isinstance(v, bytes | memoryview)]
        assert stored
        assert not any(number.encode() in one or b"secret-key-77" in one for one in stored)


def test_the_other_company_is_refused_with_both_names_p_36(integration, answered):
    check = answered("works", source_name="Bergtun Elektro AS", identifier=orgnr_number(2))
    typed = read_typed(orgnr_number(1), "Alvheim AS", "k1")
    with pytest.raises(RefusedError, match="Bergtun Elektro AS") as refused:
        add_connection(integration, typed, check)
    assert refused.value.code == "identifier_differs"
    assert not Connection.objects.exists()
    assert not Client.objects.exists()


def test_source_without_number_needs_a_persons_word(integration, answered):
    check = answered("works", source_name="Vassøyane Grendelag")
    typed = read_typed(orgnr_number(1), "Vassøyane", "k1")
    with pytest.raises(RefusedError) as refused:
        add_connection(integration, typed, check)
    assert refused.value.code == "confirm_identifier"
    assert add_connection(integration, typed, check, confirmed=True).identifier_confirmed


def test_a_differing_name_never_blocks(integration, answered):
    check = answered("works", source_name="ALVHEIM TANNKLINIKK", identifier=orgnr_number(1))
    assert add_connection(integration, read_typed(orgnr_number(1), "Tannlegen", "k1"), check)


def test_saved_without_a_check_cannot_be_activated_until_checked(add, integration, answered):
    connection = add("Alvheim AS", outcome=None)
    assert not connection.api_active
    with pytest.raises(RefusedError):
        activate(connection)
    connection = apply_key_check(connection, answered("works", identifier=connection.orgnr))
    assert connection.api_active
    assert activate(connection)


def test_recheck_that_finds_another_company_switches_api_active_off(add, answered):
    connection = add("Alvheim AS")
    checked = apply_key_check(connection, answered("works", identifier=orgnr_number(99)))
    assert (checked.api_active, checked.key_check_cause) == (False, "wrong_company")


def test_unreachable_source_says_nothing_of_the_key_p_44(add, answered):
    connection = add("Alvheim AS")
    assert apply_key_check(connection, answered("unreachable")).api_active


def test_rejected_key_switches_api_active_off_p_44(add, answered):
    connection = apply_key_check(add("Alvheim AS"), answered("rejected"))
    assert (connection.api_active, connection.key_check_cause) == (False, "key_rejected")
    assert connection.key_checked_at > timezone.now() - timedelta(minutes=1)


def test_missing_right_is_named_before_activation(add):
    connection = add("Uten hovedbok AS", outcome="missing_rights", missing_rights=["Hovedbok"])
    with pytest.raises(RefusedError, match="Hovedbok"):
        activate(connection)


def test_blank_key_keeps_the_stored_one_p_45(add):
    connection = add("Alvheim AS", key="first-key")
    typed = read_typed(connection.orgnr, "Alvheim nytt AS", "", key_required=False)
    changed = edit_connection(connection, typed, None)
    assert firm_envelopes().open("client_key", bytes(changed.key_sealed)) == "first-key"
    assert changed.api_active
    assert changed.client.name == "Alvheim nytt AS"


def test_number_of_an_active_client_cannot_be_changed_p_46(add):
    connection = add("Alvheim AS", active=True)
    typed = read_typed(orgnr_number(500), "Alvheim AS", "", key_required=False)
    with pytest.raises(RefusedError) as refused:
        edit_connection(connection, typed, None)
    assert (refused.value.field, refused.value.code) == ("identifier", "active")


def test_new_number_without_an_answer_switches_api_active_off(add):
    connection = add("Alvheim AS")
    mistyped = connection.client
    typed = read_typed(orgnr_number(500), "Alvheim AS", "", key_required=False)
    changed = edit_connection(connection, typed, None)
    assert not changed.api_active
    assert not Client.objects.filter(pk=mistyped.pk).exists()


def test_new_key_must_open_the_same_company(add, answered):
    connection = add("Alvheim AS", source_company_id="c-1", source_name="Alvheim AS")
    check = answered(
        "works", identifier=connection.orgnr, source_company_id="c-2", source_name="Alvheim Drift"
    )
    typed = read_typed(connection.orgnr, "Alvheim AS", "another-key", key_required=False)
    with pytest.raises(RefusedError, match="Alvheim Drift") as refused:
        edit_connection(connection, typed, check)
    assert refused.value.field == "key"


def test_delete_deactivates_and_destroys_the_key_and_keeps_the_client_p_47(add):
    connection = add("Alvheim AS", active=True, key="gone-key")
    delete_connection(connection)
    connection.refresh_from_db()
    assert not connection.is_active
    assert connection.key_sealed is None
    assert connection.key_hash is None
    assert Client.objects.get(pk=connection.client_id).name == "Alvheim AS"
    with pytest.raises(RefusedError) as refused:
        delete_connection(connection)
    assert refused.value.code == "gone"


def test_deleting_a_client_that_never_had_books_leaves_nothing_behind(add):
    delete_connection(add("Feiltastet AS"))
    assert not Client.objects.exists()


def test_delete_system_destroys_all_keys_and_makes_room_for_a_new_one_p_50(add, integration):
    active, inactive = add("Aktiv AS", active=True), add("Inaktiv AS")
    removed = delete_integration(integration)
    assert {one.pk for one in removed} == {active.pk, inactive.pk}
    assert not Connection.objects.filter(deleted_at=None).exists()
    assert not Connection.objects.exclude(key_sealed=None).exists()
    again, is_new = create_integration("poweroffice")
    assert is_new
    assert again.pk != integration.pk


def test_typed_key_is_destroyed_when_it_has_served(integration):
    check = begin_key_check(integration, "typed-key")
    assert checked_key(check, firm_envelopes()) == "typed-key"
    KeyCheck.objects.filter(pk=check.pk).update(state="done", outcome="unreachable")
    check.refresh_from_db()
    add_connection(integration, read_typed("", "Alvheim AS", "typed-key"), check)
    check.refresh_from_db()
    assert check.key_sealed is None
