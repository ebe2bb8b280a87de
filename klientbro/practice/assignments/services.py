"""Gives assignments to clients, edits and ends them, and moves tasks through their six states."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.facts import ClientFacts
from klientbro.clients.services.rows import current_firm_id
from klientbro.practice.assignments.generation import OWN, Merged, merge_tasks
from klientbro.practice.assignments.tables import (
    Assignment,
    AssignmentTemplate,
    Task,
    TaskEvent,
    TaskState,
)
from klientbro.tenants.models import User

TITLE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Given:
    """What giving an assignment to many clients did."""

    given: int
    had_already: int
    merged: Merged


def follow_deadlines(client_ids: Collection[int], since: date) -> Merged:
    """Takes clients in: from the day on, their deadlines are tasks. Those taken in stay as they
    are, so doing it twice changes nothing."""
    firm_id = current_firm_id()
    with transaction.atomic():
        ClientFacts.objects.bulk_create(
            [ClientFacts(firm_id=firm_id, client_id=client_id) for client_id in client_ids],
            ignore_conflicts=True,
        )
        ClientFacts.objects.filter(client_id__in=client_ids, tasks_from=None).update(
            tasks_from=since
        )
        return merge_tasks(client_ids, since)


def give_assignment(
    template: AssignmentTemplate,
    client_ids: Collection[int],
    valid_from: date,
    today: date,
    *,
    assignee_id: int | None = None,
) -> Given:
    """Gives the assignment to the clients that do not have it, and makes its tasks."""
    firm_id = current_firm_id()
    with transaction.atomic():
        had = set(
            Assignment.objects.filter(
                template=template, client_id__in=client_ids, valid_to=None
            ).values_list("client_id", flat=True)
        )
        new = [client_id for client_id in client_ids if client_id not in had]
        Assignment.objects.bulk_create(
            [
                Assignment(
                    firm_id=firm_id,
                    client_id=client_id,
                    template=template,
                    valid_from=valid_from,
                    assignee_id=assignee_id,
                )
                for client_id in new
            ],
            ignore_conflicts=True,  # somebody else has just given it
        )
        merged = follow_deadlines(client_ids, today)
        return Given(len(new), len(had), merged + merge_tasks(client_ids, today))


def edit_assignment(
    assignment: Assignment,
    today: date,
    *,
    valid_from: date,
    valid_to: date | None,
    assignee_id: int | None,
    left_out: Sequence[str],
    version: int,
) -> Merged:
    """Edits in place and merges the tasks: worked ones stay, untouched ones follow."""
    if valid_to is not None and valid_to < valid_from:
        raise RefusedError(
            _("The assignment cannot end before it begins. Correct one of the dates."),
            field="valid_to",
        )
    with transaction.atomic():
        held = Assignment.objects.select_for_update().filter(pk=assignment.pk).first()
        if held is None:
            raise RefusedError(_("The assignment is no longer there."), code="gone")
        if held.version != version:
            raise RefusedError(
                _("Somebody else has changed the assignment meanwhile. Load the page again."),
                code="stale",
            )
        held.valid_from, held.valid_to = valid_from, valid_to
        held.assignee_id, held.left_out = assignee_id, list(left_out)
        held.version += 1
        held.save()
        return merge_tasks([held.client_id], today)


def end_assignment(assignment: Assignment, last_day: date, today: date) -> Merged:
    """Ends it after the day; untouched tasks later than that go away."""
    return edit_assignment(
        assignment,
        today,
        valid_from=min(assignment.valid_from, last_day),
        valid_to=last_day,
        assignee_id=assignment.assignee_id,
        left_out=assignment.left_out,
        version=assignment.version,
    )


def set_state(
    task_ids: Collection[UUID],
    state: TaskState,
    *,
    by: User,
    note: str = "",
    version: int | None = None,
) -> int:
    """Moves tasks to a state and writes who did it. How many changed.

    version: what a form for one task showed; RefusedError when it has changed meanwhile.
    """
    with transaction.atomic():
        tasks = list(Task.objects.select_for_update().filter(public_id__in=task_ids).order_by("pk"))
        if len(tasks) != len(set(task_ids)):
            raise RefusedError(
                _("A chosen task is no longer there. Load the page again."), code="gone"
            )
        if version is not None and any(task.version != version for task in tasks):
            raise RefusedError(
                _("Somebody else has changed the task meanwhile. Load the page again."),
                code="stale",
            )
        now = timezone.now()
        changed = [task for task in tasks if task.state != state or note]
        TaskEvent.objects.bulk_create(
            TaskEvent(
                firm_id=task.firm_id,
                task=task,
                by=by,
                before=task.state,
                after=state.value,
                note=note,
            )
            for task in changed
        )
        for task in changed:
            task.state = state.value
            task.note = note or task.note
            task.version += 1
            task.changed_at, task.changed_by = now, by
        Task.objects.bulk_update(
            changed, ["state", "note", "version", "changed_at", "changed_by"], batch_size=500
        )
        return len(changed)


def add_own_task(
    client_id: int, title: str, due: date, *, kind: str, assignee_id: int | None
) -> Task:
    """A task somebody wrote for one client."""
    title = " ".join(title.split())
    if not title:
        raise RefusedError(_("Write what is to be done."), field="title")
    if len(title) > TITLE_LENGTH:
        raise RefusedError(
            _("The title is too long. Use at most %(most)s characters.") % {"most": TITLE_LENGTH},
            field="title",
        )
    return Task.objects.create(
        firm_id=current_firm_id(),
        client_id=client_id,
        key=f"{OWN}{uuid.uuid4()}",
        term=due.isoformat(),
        kind=kind,
        title=title,
        period_first=due - timedelta(days=due.day - 1),
        period_last=due,
        due_date=due,
        assignee_id=assignee_id,
    )
