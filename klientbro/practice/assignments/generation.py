"""Makes tasks from facts and assignments, and merges when either changes.

A task is known again by (client, key, term). What is wanted and missing is made; what is there gets
a new due date while nobody has finished it; what is no longer wanted is taken away only if nobody
has touched it. So running it twice, or from two processes at once, changes nothing more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q

from klientbro.clients.facts import ClientFacts
from klientbro.clients.models import Client
from klientbro.clients.services.facts import facts_for_rules
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain import client_facts as domain
from klientbro.domain.deadlines import Deadline, DeadlineKind, deadlines_for
from klientbro.domain.periods import Month
from klientbro.ledger.queries.many import books_of_clients
from klientbro.practice.assignments.rules import Rule, occurrences
from klientbro.practice.assignments.tables import DONE, Assignment, Task, TaskState, TemplateTask

AHEAD = timedelta(days=190)
LAW = "law:"
OWN = "own:"
BATCH = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """A task that facts and assignments ask for."""

    client_id: int
    key: str
    term: str
    kind: str
    title: str
    period_first: date
    period_last: date
    due: date
    assignment_id: int | None = None
    assignee_id: int | None = None

    @property
    def place(self) -> tuple[int, str, str]:
        return (self.client_id, self.key, self.term)


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did."""

    made: int = 0
    moved: int = 0
    removed: int = 0

    def __add__(self, other: Merged) -> Merged:
        return Merged(
            self.made + other.made, self.moved + other.moved, self.removed + other.removed
        )


def merge_tasks(client_ids: Collection[int], today: date) -> Merged:
    """Brings the clients' tasks up to date, from the day they were taken in to half a year ahead.

    Clients are taken in the order of their ids, a batch in a transaction, each locked.
    """
    total = Merged()
    ordered = sorted(set(client_ids))
    for at in range(0, len(ordered), BATCH):
        with transaction.atomic():
            total += _merge_batch(ordered[at : at + BATCH], today)
    return total


def preview_tasks(client_ids: Collection[int], today: date) -> tuple[list[Wanted], list[Task]]:
    """What a merge would make and take away; nothing is changed."""
    wanted = {each.place: each for each in _wanted(sorted(set(client_ids)), today)}
    held = {(task.client_id, task.key, task.term): task for task in _held(client_ids, today)}
    new = [each for place, each in wanted.items() if place not in held]
    gone = [task for place, task in held.items() if place not in wanted and _is_untouched(task)]
    return new, gone


def _merge_batch(client_ids: Sequence[int], today: date) -> Merged:
    locked = list(
        Client.objects.select_for_update()
        .filter(pk__in=client_ids)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    wanted = {each.place: each for each in _wanted(locked, today)}
    held = {(task.client_id, task.key, task.term): task for task in _held(locked, today)}
    new = [_task(each) for place, each in wanted.items() if place not in held]
    # a task made earlier, outside the days looked at, is not made again
    Task.objects.bulk_create(new, ignore_conflicts=True, batch_size=1000)
    moved = []
    for place, task in held.items():
        each = wanted.get(place)
        if each is not None and _bring_up_to_date(task, each):
            moved.append(task)
    Task.objects.bulk_update(
        moved, ["due_date", "title", "kind", "assignment", "assignee"], batch_size=1000
    )
    gone = [task.pk for place, task in held.items() if place not in wanted and _is_untouched(task)]
    Task.objects.filter(pk__in=gone, state=TaskState.NOT_STARTED, version=1).delete()
    return Merged(len(new), len(moved), len(gone))


def _held(client_ids: Collection[int], today: date) -> Iterable[Task]:
    """Tasks that rules made and that a merge may change: unfinished, or still to come."""
    return Task.objects.filter(
        Q(due_date__gte=today) | ~Q(state__in=DONE), client_id__in=client_ids
    ).exclude(key__startswith=OWN)


def _is_untouched(task: Task) -> bool:
    return task.state == TaskState.NOT_STARTED and task.version == 1 and not task.note


def _bring_up_to_date(task: Task, wanted: Wanted) -> bool:
    """Whether the task had to change. A finished one keeps what it was finished as."""
    if task.state in DONE:
        return False
    before = (task.due_date, task.title, task.kind, task.assignment_id, task.assignee_id)
    task.due_date, task.title, task.kind = wanted.due, wanted.title, wanted.kind
    task.assignment_id = wanted.assignment_id
    if task.assignee_id is None:
        task.assignee_id = wanted.assignee_id
    return before != (task.due_date, task.title, task.kind, task.assignment_id, task.assignee_id)


def _task(wanted: Wanted) -> Task:
    return Task(
        firm_id=current_firm_id(),
        client_id=wanted.client_id,
        assignment_id=wanted.assignment_id,
        key=wanted.key,
        term=wanted.term,
        kind=wanted.kind,
        title=wanted.title,
        period_first=wanted.period_first,
        period_last=wanted.period_last,
        due_date=wanted.due,
        assignee_id=wanted.assignee_id,
    )


def _wanted(client_ids: Sequence[int], today: date) -> Iterator[Wanted]:
    """What the clients' facts and running assignments ask for. Four statements for any number."""
    facts = {row.client_id: row for row in ClientFacts.objects.filter(client_id__in=client_ids)}
    books = books_of_clients(client_ids)
    assignments: dict[int, list[Assignment]] = defaultdict(list)
    for assignment in Assignment.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=today), client_id__in=client_ids
    ).select_related("template"):
        assignments[assignment.client_id].append(assignment)
    lines: dict[int, list[TemplateTask]] = defaultdict(list)
    used = {each.template_id for held in assignments.values() for each in held}
    for line in TemplateTask.objects.filter(template_id__in=used).order_by("position", "pk"):
        lines[line.template_id].append(line)
    for client_id in client_ids:
        row = facts.get(client_id)
        if row is None or row.tasks_from is None:
            continue
        start = books[client_id].year_start_month if client_id in books else 1
        rules = facts_for_rules(row, start)
        first, last = row.tasks_from, today + AHEAD
        for deadline in deadlines_for(rules, first, last):
            yield _of_law(client_id, deadline, row.responsible_id)
        for assignment in assignments[client_id]:
            yield from _of_assignment(
                assignment, lines[assignment.template_id], rules, row.responsible_id, first, last
            )


def _of_law(client_id: int, deadline: Deadline, responsible_id: int | None) -> Wanted:
    term = deadline.term
    # a changed pay day must find the same month's task again
    by_month = deadline.kind is DeadlineKind.WITHHELD_TAX and term.first_day == term.last_day
    return Wanted(
        client_id=client_id,
        key=LAW + deadline.kind.value,
        term=Month.of(term.first_day).key if by_month else term.key,
        kind=deadline.kind.value,
        title="",
        period_first=term.first_day,
        period_last=term.last_day,
        due=deadline.due,
        assignee_id=responsible_id,
    )


def _of_assignment(
    assignment: Assignment,
    lines: Iterable[TemplateTask],
    facts: domain.ClientFacts,
    responsible_id: int | None,
    first: date,
    last: date,
) -> Iterator[Wanted]:
    begins = max(first, assignment.valid_from)
    ends = min(last, assignment.valid_to) if assignment.valid_to else last
    for line in lines:
        if line.key in assignment.left_out:
            continue
        for found in occurrences(
            Rule(line.rule), facts, begins, ends, day=line.day, month=line.month
        ):
            yield Wanted(
                client_id=assignment.client_id,
                key=f"{assignment.template_id}:{line.key}",
                term=found.term,
                kind=line.kind,
                title=line.title,
                period_first=found.first_day,
                period_last=found.last_day,
                due=found.due,
                assignment_id=assignment.pk,
                assignee_id=assignment.assignee_id or responsible_id,
            )
