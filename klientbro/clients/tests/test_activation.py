"""Choosing clients for the products. P-55 to P-64, one test a rule."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Connection
from klientbro.clients.services import (
    activate,
    activate_all,
    add_connection,
    apply_key_check,
    create_integration,
    deactivate,
    deactivate_all,
    read_typed,
)
from klientbro.clients.tests.fixtures import orgnr_number


def test_activating_chooses_the_client_p_55(add):
    connection = add("Alvheim AS")
    assert activate(connection)
    connection.refresh_from_db()
    assert connection.is_active
    assert not activate(connection)  # pressed twice


def test_client_without_number_cannot_be_chosen_p_56(add):
    connection = add("Dalgløtt Gårdsdrift ENK", orgnr="")
    with pytest.raises(RefusedError, match="Dalgløtt"):
        activate(connection)
    connection.refresh_from_db()
    assert not connection.is_active


def test_two_with_the_same_orgnr_cannot_both_be_chosen_p_57(add):
    first, second = add("A AS", orgnr_number(7), active=True), add("B AS", orgnr_number(7))
    with pytest.raises(RefusedError, match="A AS"):
        activate(second)
    deactivate(first)
    assert activate(second)


def test_two_inactive_with_the_same_orgnr_may_exist_p_58(add):
    assert add("A AS", orgnr_number(7)).client_id == add("B AS", orgnr_number(7)).client_id


def test_the_rule_holds_across_integrations_p_59(add, firm, answered):
    add("A AS", orgnr_number(7), active=True)
    other, _is_new = create_integration("tripletex")
    check = answered("works", integration=other, identifier=orgnr_number(7))
    second = add_connection(other, read_typed(orgnr_number(7), "B AS", "other-key"), check)
    with pytest.raises(RefusedError, match="A AS"):
        activate(second)


def test_the_database_backs_the_rules_p_56_p_57(add):
    first, second = add("A AS", orgnr_number(7), active=True), add("B AS", orgnr_number(7))
    with pytest.raises(IntegrityError, match="one_active_per_identifier"), transaction.atomic():
        Connection.objects.filter(pk=second.pk).update(is_active=True)
    without = add("Uten AS", orgnr="")
    with pytest.raises(IntegrityError, match="active_has_identifier"), transaction.atomic():
        Connection.objects.filter(pk=without.pk).update(is_active=True)
    with pytest.raises(IntegrityError, match="deleted_has_no_key"), transaction.atomic():
        Connection.objects.filter(pk=second.pk).update(deleted_at=first.activated_at)


def test_activate_all_takes_the_eligible_and_tells_of_the_rest_p_60(add, integration, answered):
    add("Aktiv AS", orgnr_number(1), active=True)
    good = add("God AS", orgnr_number(2))
    add("Tvilling A AS", orgnr_number(3))
    add("Tvilling B AS", orgnr_number(3))
    add("Uten nummer AS", orgnr="")
    add("Dobbel AS", orgnr_number(1))
    apply_key_check(add("Avvist AS"), answered("rejected"))
    activated, refused = activate_all(integration)
    assert [one.pk for one in activated] == [good.pk]
    assert [one.connection.name for one in refused] == [
        "Avvist AS",
        "Dobbel AS",
        "Tvilling A AS",
        "Tvilling B AS",
        "Uten nummer AS",
    ]
    assert all(one.connection.name in one.reason for one in refused)
    assert Connection.objects.filter(is_active=True).count() == 2


def test_bulk_buttons_pressed_twice_change_nothing_p_61(add, integration):
    add("A AS"), add("B AS")
    assert len(activate_all(integration)[0]) == 2
    assert activate_all(integration) == ([], [])
    assert len(deactivate_all(integration)) == 2
    assert deactivate_all(integration) == []


def test_a_thousand_are_activated_in_a_fixed_number_of_statements(
    add, integration, django_assert_max_num_queries
):
    for number in range(40):
        add(f"Klient {number:03}")
    with django_assert_max_num_queries(8):
        activated, refused = activate_all(integration)
    assert (len(activated), refused) == (40, [])


def test_activate_all_falls_back_when_somebody_activates_a_double_meanwhile_p_60(
    add, integration, monkeypatch
):
    from klientbro.clients.services import activation

    add("A AS", orgnr_number(7)), add("B AS", orgnr_number(8))
    sort_out = activation._sorted_out

    def and_somebody_presses(inactive):
        result = sort_out(inactive)
        activate(add("Rask AS", orgnr_number(7), key="rask"))
        return result

    monkeypatch.setattr(activation, "_sorted_out", and_somebody_presses)
    activated, refused = activate_all(integration)
    assert [one.name for one in activated] == ["B AS"]
    assert "Rask AS" in refused[0].reason
