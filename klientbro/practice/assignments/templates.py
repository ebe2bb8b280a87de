"""The firm's assignment templates: the standard ones imported, and every one edited in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.practice.assignments.rules import FURTHEST_OFFSET, Rule
from klientbro.practice.assignments.standard import BY_KEY, STANDARD_TEMPLATES, StandardTemplate
from klientbro.practice.assignments.tables import AssignmentTemplate, TemplateTask

AROUND = frozenset({Rule.VAT, Rule.VAT_REVERSE_CHARGE, Rule.A_MELDING, Rule.PAY_DAY})


@dataclass(frozen=True, slots=True)
class TypedTask:
    """A task of a template as a person typed it; `key` is empty for a new one."""

    key: str
    title: str
    kind: str
    rule: Rule
    day: int | None
    month: int | None = None


def import_standard_templates() -> int:
    """Makes the standard templates the firm lacks and brings older ones up to date.

    How many were made or updated; 0 when everything was there. Nothing is doubled however often.
    """
    firm_id = current_firm_id()
    changed = 0
    with transaction.atomic():
        AssignmentTemplate.objects.bulk_create(
            [
                AssignmentTemplate(
                    firm_id=firm_id, standard_key=each.key, name=str(each.name), kind=each.kind
                )
                for each in STANDARD_TEMPLATES
            ],
            ignore_conflicts=True,
        )
        held = AssignmentTemplate.objects.select_for_update().filter(standard_key__in=BY_KEY)
        for template in held.order_by("pk"):
            standard = BY_KEY[template.standard_key]
            if template.standard_version < standard.version:
                _bring_up(template, standard)
                changed += 1
    return changed


def _bring_up(template: AssignmentTemplate, standard: StandardTemplate) -> None:
    """Adds the standard's new tasks; what the firm has edited is left as it is."""
    own = set(template.tasks.values_list("key", flat=True))
    TemplateTask.objects.bulk_create(
        TemplateTask(
            firm_id=template.firm_id,
            template=template,
            key=task.key,
            title=str(task.title),
            kind=task.kind,
            rule=task.rule.value,
            day=task.day,
            month=task.month,
            position=position,
        )
        for position, task in enumerate(standard.tasks)
        if task.key not in own
    )
    template.standard_version = standard.version
    template.version += 1
    template.save(update_fields=["standard_version", "version"])


def save_template(
    public_id: UUID | None, name: str, kind: str, tasks: Sequence[TypedTask], *, version: int
) -> AssignmentTemplate:
    """Writes a template as a whole. Tasks keep their keys, so those already made are known again.

    RefusedError when somebody else has saved it meanwhile, or a value is not possible.
    """
    name = " ".join(name.split())
    if not name:
        raise RefusedError(_("Give the assignment a name."), field="name")
    if not tasks:
        raise RefusedError(_("An assignment needs at least one task."), field="tasks")
    for task in tasks:
        _check(task)
    firm_id = current_firm_id()
    with transaction.atomic():
        if public_id is None:
            template = AssignmentTemplate.objects.create(firm_id=firm_id, name=name, kind=kind)
        else:
            found = (
                AssignmentTemplate.objects.select_for_update().filter(public_id=public_id).first()
            )
            if found is None:
                raise RefusedError(_("The assignment is no longer there."), code="gone")
            template = found
            if template.version != version:
                raise RefusedError(
                    _("Somebody else has changed the assignment meanwhile. Load the page again."),
                    code="stale",
                )
            template.name, template.kind = name, kind
            template.version += 1
            template.save(update_fields=["name", "kind", "version"])
        _write_tasks(template, tasks)
        return template


def copy_template(template: AssignmentTemplate) -> AssignmentTemplate:
    """The firm's own copy under a name of its own; it no longer follows the standard."""
    with transaction.atomic():
        copy = AssignmentTemplate.objects.create(
            firm_id=template.firm_id,
            name=_("Copy of %(name)s") % {"name": template.name},
            kind=template.kind,
        )
        TemplateTask.objects.bulk_create(
            TemplateTask(
                firm_id=template.firm_id,
                template=copy,
                key=task.key,
                title=task.title,
                kind=task.kind,
                rule=task.rule,
                day=task.day,
                month=task.month,
                position=task.position,
            )
            for task in template.tasks.order_by("position", "pk")
        )
        return copy


def _write_tasks(template: AssignmentTemplate, tasks: Sequence[TypedTask]) -> None:
    held = {task.key: task for task in template.tasks.all()}
    kept: set[str] = set()
    taken = set(held) | {task.key for task in tasks}
    for position, typed in enumerate(tasks):
        key = typed.key if typed.key in held else _new_key(taken)
        taken.add(key)
        kept.add(key)
        row = held.get(key) or TemplateTask(firm_id=template.firm_id, template=template, key=key)
        row.title, row.kind, row.rule = " ".join(typed.title.split()), typed.kind, typed.rule.value
        row.day, row.month, row.position = typed.day, typed.month, position
        row.save()
    template.tasks.exclude(key__in=kept).delete()


def _new_key(taken: set[str]) -> str:
    number = 1
    while f"own{number}" in taken:
        number += 1
    return f"own{number}"


def _check(task: TypedTask) -> None:
    if not task.title.strip():
        raise RefusedError(_("Every task needs a title."), field="tasks")
    day = task.day or 0
    if task.rule in AROUND and not -FURTHEST_OFFSET <= day <= FURTHEST_OFFSET:
        raise RefusedError(
            _("«%(title)s»: at most %(most)s days before or after the deadline.")
            % {"title": task.title, "most": FURTHEST_OFFSET},
            field="tasks",
        )
    if task.rule not in AROUND and not 1 <= day <= 31:
        raise RefusedError(
            _("«%(title)s»: the day must be from 1 to 31.") % {"title": task.title}, field="tasks"
        )
    if task.rule is Rule.AFTER_YEAR and not 1 <= (task.month or 0) <= 12:
        raise RefusedError(
            _("«%(title)s»: the month must be from 1 to 12.") % {"title": task.title},
            field="tasks",
        )
