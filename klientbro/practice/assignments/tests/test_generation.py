"""Tasks follow from facts and assignments, and merging again changes nothing."""

from __future__ import annotations

from datetime import date

import pytest

from klientbro.clients.models import Client
from klientbro.clients.services.facts import FactChanges, set_facts
from klientbro.domain.client_facts import CompanyForm, VatFrequency
from klientbro.practice.assignments.generation import Merged, merge_tasks, preview_tasks
from klientbro.practice.assignments.services import (
    edit_assignment,
    end_assignment,
    follow_deadlines,
    give_assignment,
    set_state,
)
from klientbro.practice.assignments.tables import Assignment, AssignmentTemplate, Task, TaskState
from klientbro.practice.assignments.templates import import_standard_templates

TODAY = date(2026, 6, 1)


@pytest.fixture
def client_id(firm) -> int:
    client = Client.objects.create(
        firm=firm, name="Fjordglimt AS", sort_key="fjordglimt as", identifier_hash=b"1"
    )
    set_facts(
        [client.pk],
        FactChanges(
            company_form=CompanyForm.AS,
            vat_frequency=VatFrequency.TWO_MONTHLY,
            has_payroll=True,
            pay_day=12,
        ),
        by=None,
    )
    return client.pk


def due(kind: str) -> list[date]:
    return list(
        Task.objects.filter(kind=kind).order_by("due_date").values_list("due_date", flat=True)
    )


def test_deadlines_of_the_law_become_tasks_from_the_day_a_client_is_taken_in(client_id) -> None:
    follow_deadlines([client_id], TODAY)
    assert due("vat_return") == [date(2026, 6, 10), date(2026, 8, 31), date(2026, 10, 12)]
    assert due("withheld_tax")[0] == date(2026, 6, 15)
    assert due("a_melding")[0] == date(2026, 6, 5)


def test_taking_in_and_merging_again_changes_nothing(client_id) -> None:
    follow_deadlines([client_id], TODAY)
    before = list(Task.objects.order_by("pk").values())
    follow_deadlines([client_id], TODAY)
    assert merge_tasks([client_id], TODAY) == Merged()
    assert list(Task.objects.order_by("pk").values()) == before


def test_a_changed_vat_frequency_takes_away_only_what_nobody_has_touched(client_id, user) -> None:
    follow_deadlines([client_id], TODAY)
    worked = Task.objects.get(kind="vat_return", term="2026-T3")
    set_state([worked.public_id], TaskState.IN_PROGRESS, by=user)
    set_facts([client_id], FactChanges(vat_frequency=VatFrequency.YEARLY), by=user)
    merge_tasks([client_id], TODAY)
    assert list(Task.objects.filter(kind="vat_return").values_list("term", flat=True)) == [
        "2026-T3"
    ]


def test_a_new_pay_day_moves_the_months_task_and_never_doubles_it(client_id, user) -> None:
    follow_deadlines([client_id], TODAY)
    task = Task.objects.get(kind="withheld_tax", term="2026-06")
    set_state([task.public_id], TaskState.IN_PROGRESS, by=user)
    set_facts([client_id], FactChanges(pay_day=25), by=user)
    merge_tasks([client_id], TODAY)
    task.refresh_from_db()
    assert task.due_date == date(2026, 6, 26)
    assert Task.objects.filter(kind="withheld_tax", term="2026-06").count() == 1


def test_a_finished_task_keeps_the_day_it_was_finished_for(client_id, user) -> None:
    follow_deadlines([client_id], TODAY)
    task = Task.objects.get(kind="withheld_tax", term="2026-06")
    set_state([task.public_id], TaskState.COMPLETED, by=user)
    set_facts([client_id], FactChanges(pay_day=25), by=user)
    merge_tasks([client_id], TODAY)
    task.refresh_from_db()
    assert task.due_date == date(2026, 6, 15)


def test_the_standard_templates_are_imported_once_however_often(firm) -> None:
    assert import_standard_templates() == 6
    assert import_standard_templates() == 0
    assert AssignmentTemplate.objects.count() == 6


def test_editing_an_assignment_merges_and_never_doubles(client_id, user) -> None:
    import_standard_templates()
    template = AssignmentTemplate.objects.get(standard_key="accounting")
    give_assignment(template, [client_id], TODAY, TODAY)
    again = give_assignment(template, [client_id], TODAY, TODAY)
    assert (again.given, again.had_already) == (0, 1)
    assignment = Assignment.objects.get()
    of_assignment = Task.objects.filter(assignment=assignment)
    bank = of_assignment.filter(key__endswith=":bank").order_by("due_date").first()
    set_state([bank.public_id], TaskState.IN_PROGRESS, by=user)
    edit_assignment(
        assignment,
        TODAY,
        valid_from=assignment.valid_from,
        valid_to=None,
        assignee_id=user.pk,
        left_out=["bank"],
        version=1,
    )
    left = of_assignment.filter(key__endswith=":bank")
    assert [task.public_id for task in left] == [bank.public_id], "worked on, so it stays"
    assignment.refresh_from_db()
    end_assignment(assignment, date(2026, 7, 31), TODAY)
    untouched = of_assignment.filter(state=TaskState.NOT_STARTED)
    assert max(untouched.values_list("due_date", flat=True)) <= date(2026, 7, 31)


def test_a_preview_says_what_would_be_made_and_changes_nothing(client_id) -> None:
    follow_deadlines([client_id], TODAY)
    count = Task.objects.count()
    set_facts([client_id], FactChanges(has_payroll=False), by=None)
    new, gone = preview_tasks([client_id], TODAY)
    assert new == []
    assert {task.kind for task in gone} == {
        "withheld_tax",
        "a_melding",
        "employers_tax",
        "holiday_pay",
    }
    assert Task.objects.count() == count


def test_a_state_changed_by_somebody_else_is_not_overwritten_unseen(client_id, user) -> None:
    from klientbro.clients.errors import RefusedError

    follow_deadlines([client_id], TODAY)
    task = Task.objects.first()
    set_state([task.public_id], TaskState.IN_PROGRESS, by=user, version=1)
    with pytest.raises(RefusedError, match="i mellomtiden"):
        set_state([task.public_id], TaskState.COMPLETED, by=user, version=1)
    task.refresh_from_db()
    assert task.state == TaskState.IN_PROGRESS
