"""Tasks on the card and in bulk: their six states, who does them, and own ones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.facts import people_of_firm
from klientbro.domain.national_id import hide_national_ids
from klientbro.lib.dates import parse_typed_date
from klientbro.practice.assignments.services import add_own_task, set_state
from klientbro.practice.assignments.tables import DONE, Task, TaskState
from klientbro.practice.pages import REFUSED, lead_on, person, person_id, product_view, uuids_of
from klientbro.products.overview.texts import kinds
from klientbro.products.overview.views.clients import chosen_clients, find_client
from klientbro.products.overview.views.shared import address_of, chosen_month, dialog

# What «Mark as done» in the list may be about.
COLUMNS = {
    "a_melding": ("a_melding",),
    "vat": ("vat_return", "vat_reverse_charge"),
    "taxes": ("employers_tax", "withheld_tax"),
}


@require_POST
@product_view
def set_task_state(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Moves one task, or those ticked, of the client's card to a state."""
    client = find_client(client_id)
    address = reverse("overview:card", args=[client.public_id])
    ids = set(uuids_of(request.POST.getlist("task")))
    own = set(
        Task.objects.filter(client=client, public_id__in=ids).values_list("public_id", flat=True)
    )
    state = request.POST.get("state", "")
    if not own or state not in TaskState.values:
        return lead_on(request, address, _("Choose a task and a state."), messages.WARNING)
    version = request.POST.get("version", "")
    try:
        changed = set_state(
            own,
            TaskState(state),
            by=person(request),
            note=hide_national_ids(request.POST.get("note", "").strip())[:2000],
            version=int(version) if version.isdigit() and len(own) == 1 else None,
        )
    except RefusedError as error:
        return lead_on(request, address, str(error), messages.WARNING)
    return lead_on(request, address, _changed(changed))


@require_http_methods(["GET", "POST"])
@product_view
def bulk_state_dialog(request: HttpRequest) -> HttpResponse:
    """One duty of the month for many clients at once: «A-melding levert for 40 klienter»."""
    asked = request.POST if request.method == "POST" else request.GET
    chosen = chosen_clients(request)
    context: dict[str, Any] = {
        "clients": chosen,
        "asked": asked,
        "all_shown": asked.get("alle") == "1",
        "chosen_ids": asked.getlist("client"),
        "states": TaskState.choices,
        "columns": [
            ("a_melding", _("A-melding")),
            ("taxes", _("Withheld tax and employer's tax")),
            ("vat", _("VAT")),
        ],
    }
    template = "overview/dialogs/bulk_state.html"
    if request.method != "POST":
        return dialog(request, template, **context)
    column, state = asked.get("column", ""), asked.get("state", "")
    if not chosen or column not in COLUMNS or state not in TaskState.values:
        problem = _("Choose at least one client, what it is about, and a state.")
        return dialog(request, template, status=REFUSED, **(context | {"problem": problem}))
    month = chosen_month(asked)
    ids = Task.objects.filter(
        client_id__in=chosen,
        kind__in=COLUMNS[column],
        period_first__lte=month.last_day,
        period_last__gte=month.first_day,
    ).exclude(state__in=_left_alone(state))
    try:
        changed = set_state(
            set(ids.values_list("public_id", flat=True)), TaskState(state), by=person(request)
        )
    except RefusedError as error:
        return dialog(request, template, status=REFUSED, **(context | {"problem": str(error)}))
    return lead_on(request, address_of(asked), _changed(changed))


@require_http_methods(["GET", "POST"])
@product_view
def new_task_dialog(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """A task somebody writes for the client."""
    client = find_client(client_id)
    template = "overview/dialogs/new_task.html"
    context: dict[str, Any] = {"client": client, "people": people_of_firm(), "kinds": kinds()}
    if request.method != "POST":
        return dialog(request, template, **context)
    asked = request.POST
    due = parse_typed_date(asked.get("due", ""))
    problem, field = "", ""
    if due is None:
        problem, field = _("The due date must be a date. Write it as 31.12.2026."), "due"
    elif asked.get("kind") not in dict(kinds()):
        problem, field = _("Choose what the task is about."), "kind"
    else:
        try:
            add_own_task(
                client.pk,
                asked.get("title", ""),
                due,
                kind=asked["kind"],
                assignee_id=person_id(context["people"], asked.get("assignee", "")),
            )
        except RefusedError as error:
            problem, field = str(error), error.field
    if problem:
        refused: dict[str, Any] = context | {
            "problem": problem,
            "problem_field": field,
            "typed": asked,
        }
        return dialog(request, template, status=REFUSED, **refused)
    return lead_on(
        request, reverse("overview:card", args=[client.public_id]), _("The task has been added.")
    )


def _left_alone(state: str) -> tuple[str, ...]:
    """What a bulk action passes by: finished work is not opened again, nor what was assured."""
    settled = (TaskState.QUALITY_ASSURED.value, TaskState.NOT_APPLICABLE.value)
    if state == TaskState.QUALITY_ASSURED:
        return (TaskState.NOT_APPLICABLE.value,)
    return settled if state in DONE else (*settled, TaskState.COMPLETED.value)


def _changed(count: int) -> str:
    if not count:
        return _("Nothing had to be changed.")
    return ngettext(
        "%(count)s task has been changed.", "%(count)s tasks have been changed.", count
    ) % {"count": count}
