"""The firm's assignment templates, and giving one to clients: what will happen is shown first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.facts import people_of_firm
from klientbro.lib.dates import parse_typed_date
from klientbro.practice.assignments.generation import merge_tasks
from klientbro.practice.assignments.rules import Rule
from klientbro.practice.assignments.services import edit_assignment, give_assignment
from klientbro.practice.assignments.standard import STANDARD_TEMPLATES
from klientbro.practice.assignments.tables import Assignment, AssignmentTemplate, TemplateTask
from klientbro.practice.assignments.templates import (
    TypedTask,
    copy_template,
    import_standard_templates,
    save_template,
)
from klientbro.practice.pages import REFUSED, lead_on, person_id, product_view
from klientbro.products.overview.texts import kind_name, kinds, rule_names
from klientbro.products.overview.views.clients import chosen_clients, find_client
from klientbro.products.overview.views.shared import address_of, dialog

MOST_TASKS = 40
SPARE_LINES = 2


@require_GET
@product_view
def templates_page(request: HttpRequest) -> HttpResponse:
    """The firm's templates with their tasks, and how many clients have each."""
    templates = list(
        AssignmentTemplate.objects.filter(is_archived=False)
        .prefetch_related("tasks")
        .order_by("name", "pk")
    )
    used: dict[int, int] = {}
    for template_id in Assignment.objects.filter(valid_to=None).values_list(
        "template_id", flat=True
    ):
        used[template_id] = used.get(template_id, 0) + 1
    held = {template.standard_key for template in templates}
    context: dict[str, Any] = {
        "rows": [
            (template, kind_name(template.kind), used.get(template.pk, 0)) for template in templates
        ],
        "lacks_standard": any(each.key not in held for each in STANDARD_TEMPLATES),
    }
    return render(request, "overview/templates.html", context)


@require_POST
@product_view
def import_standard(request: HttpRequest) -> HttpResponse:
    """Brings in the standard templates; again it only adds what is missing."""
    changed = import_standard_templates()
    text = (
        ngettext(
            "%(count)s template has been brought in.",
            "%(count)s templates have been brought in.",
            changed,
        )
        % {"count": changed}
        if changed
        else _("All standard templates were there already.")
    )
    return lead_on(request, reverse("overview:templates"), text)


@require_POST
@product_view
def copy(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """A copy to change freely."""
    made = copy_template(find_template(template_id))
    return lead_on(
        request,
        reverse("overview:template", args=[made.public_id]),
        _("«%(name)s» has been made. Change it here.") % {"name": made.name},
    )


@require_http_methods(["GET", "POST"])
@product_view
def template_page(request: HttpRequest, template_id: UUID | None = None) -> HttpResponse:
    """A template and its tasks. Saved, the clients that have it get their tasks merged."""
    template = find_template(template_id) if template_id else None
    tasks: list[TypedTask | TemplateTask] = (
        list(template.tasks.order_by("position", "pk")) if template else []
    )
    context: dict[str, Any] = {
        "template": template,
        "tasks": [*tasks, *[None] * SPARE_LINES],
        "kinds": kinds(),
        "rules": rule_names(),
    }
    if request.method != "POST":
        return render(request, "overview/template.html", context)
    asked = request.POST
    try:
        typed = typed_tasks(asked)
        version = asked.get("version", "0")
        saved = save_template(
            template_id,
            asked.get("name", ""),
            asked.get("kind", "") if asked.get("kind") in dict(kinds()) else "accounting",
            typed,
            version=int(version) if version.isdigit() else 0,
        )
    except RefusedError as error:
        refused = context | {"problem": str(error), "problem_field": error.field, "typed": asked}
        return render(request, "overview/template.html", refused, status=REFUSED)
    clients = list(
        Assignment.objects.filter(template=saved, valid_to=None).values_list("client_id", flat=True)
    )
    merged = merge_tasks(clients, timezone.localdate())
    text = _("«%(name)s» has been saved. %(made)s tasks made, %(gone)s taken away.") % {
        "name": saved.name,
        "made": merged.made,
        "gone": merged.removed,
    }
    return lead_on(request, reverse("overview:templates"), text)


@require_http_methods(["GET", "POST"])
@product_view
def give_dialog(request: HttpRequest) -> HttpResponse:
    """Gives a template to the clients chosen; those that have it are left as they are."""
    asked = request.POST if request.method == "POST" else request.GET
    chosen = chosen_clients(request)
    template = "overview/dialogs/give.html"
    context: dict[str, Any] = {
        "clients": chosen,
        "asked": asked,
        "all_shown": asked.get("alle") == "1",
        "chosen_ids": asked.getlist("client"),
        "templates": list(AssignmentTemplate.objects.filter(is_archived=False).order_by("name")),
        "people": people_of_firm(),
        "today": timezone.localdate(),
    }
    if request.method != "POST":
        return dialog(request, template, **context)
    found = next(
        (each for each in context["templates"] if str(each.public_id) == asked.get("template")),
        None,
    )
    begins = parse_typed_date(asked.get("from", ""))
    if found is None or begins is None or not chosen:
        problem = _("Choose clients and an assignment, and write from when as 31.12.2026.")
        return dialog(
            request, template, status=REFUSED, **(context | {"problem": problem, "typed": asked})
        )
    given = give_assignment(
        found,
        chosen,
        begins,
        timezone.localdate(),
        assignee_id=person_id(context["people"], asked.get("assignee", "")),
    )
    text = _("%(given)s clients got «%(name)s», %(had)s had it. %(made)s tasks were made.") % {
        "given": given.given,
        "name": found.name,
        "had": given.had_already,
        "made": given.merged.made,
    }
    return lead_on(request, address_of(asked), text)


@require_http_methods(["GET", "POST"])
@product_view
def edit_dialog(request: HttpRequest, client_id: UUID, assignment_id: UUID) -> HttpResponse:
    """Edits a client's assignment in place. Worked tasks stay, untouched ones follow."""
    client = find_client(client_id)
    assignment = (
        Assignment.objects.filter(client=client, public_id=assignment_id)
        .select_related("template")
        .first()
    )
    if assignment is None:
        raise Http404
    template = "overview/dialogs/assignment.html"
    context: dict[str, Any] = {
        "client": client,
        "assignment": assignment,
        "tasks": list(assignment.template.tasks.order_by("position", "pk")),
        "people": people_of_firm(),
    }
    if request.method != "POST":
        return dialog(request, template, **context)
    asked = request.POST
    begins = parse_typed_date(asked.get("from", ""))
    ends_text = asked.get("to", "").strip()
    ends = parse_typed_date(ends_text) if ends_text else None
    version = asked.get("version", "")
    try:
        if begins is None or (ends_text and ends is None):
            raise RefusedError(_("A date cannot be read. Write it as 31.12.2026."), field="from")
        kept = set(asked.getlist("task"))
        merged = edit_assignment(
            assignment,
            timezone.localdate(),
            valid_from=begins,
            valid_to=ends,
            assignee_id=person_id(context["people"], asked.get("assignee", "")),
            left_out=[task.key for task in context["tasks"] if task.key not in kept],
            version=int(version) if version.isdigit() else 0,
        )
    except RefusedError as error:
        return dialog(
            request, template, status=REFUSED, **(context | {"problem": str(error), "typed": asked})
        )
    text = _("Saved. %(made)s tasks made, %(moved)s moved, %(gone)s taken away.") % {
        "made": merged.made,
        "moved": merged.moved,
        "gone": merged.removed,
    }
    return lead_on(
        request, reverse("overview:card", args=[client.public_id]), text, messages.SUCCESS
    )


def find_template(template_id: UUID) -> AssignmentTemplate:
    """A template of the firm; 404 when it is unknown or another firm's."""
    found = AssignmentTemplate.objects.filter(public_id=template_id, is_archived=False).first()
    if found is None:
        raise Http404
    return found


def typed_tasks(asked: QueryDict) -> list[TypedTask]:
    """The lines of the form that have a title. RefusedError for a number that cannot be read."""
    tasks = []
    columns = zip(
        asked.getlist("key")[:MOST_TASKS],
        asked.getlist("title"),
        asked.getlist("task_kind"),
        asked.getlist("rule"),
        asked.getlist("day"),
        asked.getlist("month"),
        strict=False,
    )
    for key, title, kind, rule, day, month in columns:
        if not title.strip():
            continue
        if rule not in set(Rule) or kind not in dict(kinds()):
            raise RefusedError(_("Choose a rule and a kind from the lists."), field="tasks")
        tasks.append(
            TypedTask(
                key, title[:200], kind, Rule(rule), _number(day, title), _number(month, title)
            )
        )
    return tasks


def _number(text: str, title: str) -> int | None:
    text = text.strip().replace("−", "-")
    if not text:
        return None
    if not text.removeprefix("-").isdecimal() or len(text) > 4:
        raise RefusedError(
            _("«%(title)s»: «%(text)s» is not a whole number.") % {"title": title, "text": text},
            field="tasks",
        )
    return int(text)
