"""A client's card in Oversikt: health, facts, tasks; and facts for many clients at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Client, ClientFacts, ClientLabel
from klientbro.clients.services.facts import (
    UNCHANGED,
    FactChanges,
    Unchanged,
    facts_mark,
    labels_of_firm,
    people_of_firm,
    set_facts,
    set_labels,
    set_year_start,
    year_start_of,
)
from klientbro.domain.periods import Month
from klientbro.ledger.queries.drafts import waiting_until
from klientbro.ledger.queries.many import books_of_clients, month_states
from klientbro.ledger.rows import MonthState
from klientbro.practice.assignments.generation import merge_tasks
from klientbro.practice.assignments.tables import DONE, Assignment, Task, TaskState
from klientbro.practice.books.texts import connection_tone, connection_words, seal_tone
from klientbro.practice.pages import REFUSED, lead_on, month_name, person, product_view, uuids_of
from klientbro.practice.permissions import Act, require
from klientbro.products.overview.forms import (
    FIELDS,
    KEEP,
    company_forms,
    months_of_year,
    read_facts,
    read_year_start,
    shown_facts,
    typed_labels,
    vat_frequencies,
    zones,
)
from klientbro.products.overview.health import health_of
from klientbro.products.overview.importing import take_out
from klientbro.products.overview.listing import chosen_ids
from klientbro.products.overview.models import OverviewClient
from klientbro.products.overview.texts import task_title
from klientbro.products.overview.views.shared import address_of, choice_of, chosen_month, dialog
from klientbro.products.reconciliation.progress import progress_of
from klientbro.sync.chosen import read_settings_of_many_anew
from klientbro.sync.services import ConnectionState, connection_states

MOST_AT_ONCE = 5000
SHOWN_DONE = 20
AHEAD = timedelta(days=45)  # what lies further ahead is shown when asked for


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A task with its words."""

    task: Task
    title: str
    is_overdue: bool


def find_client(client_id: UUID) -> Client:
    """A client of the firm; 404 when it is unknown or another firm's."""
    found = (
        Client.objects.filter(public_id=client_id)
        .select_related("facts__responsible")
        .prefetch_related(Prefetch("labels", ClientLabel.objects.select_related("label")))
        .first()
    )
    if found is None:
        raise Http404
    return found


@require_GET
@product_view
def card_page(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """The client's card. A fixed number of statements."""
    client = find_client(client_id)
    month, today = chosen_month(request.GET), timezone.localdate()
    books = books_of_clients([client.pk]).get(client.pk)
    state = ConnectionState()
    health, seal, drafts = None, MonthState.UNPROVED, 0
    if books is not None:
        state = connection_states([books.connection_id]).get(books.connection_id, state)
        health = health_of([books], month).get(client.pk)
        counts = waiting_until({books.connection_id: month.last_day})
        drafts = counts.get(books.connection_id, 0)
        seal = (
            month_states([books.connection_id], month, month)
            .get(books.connection_id, {})
            .get(month, seal)
        )
    tasks = Task.objects.filter(client=client).select_related("assignee", "assignment__template")
    waiting = tasks.exclude(state__in=DONE).order_by("due_date", "pk")
    later = 0
    if request.GET.get("alle") != "1":
        later = waiting.filter(due_date__gt=today + AHEAD).count()
        waiting = waiting.filter(due_date__lte=today + AHEAD)
    unfinished = list(waiting)
    finished = list(tasks.filter(state__in=DONE).order_by("-changed_at", "-due_date")[:SHOWN_DONE])
    context: dict[str, Any] = {
        "client": client,
        "facts": getattr(client, "facts", None),
        "labels": [each.label for each in client.labels.all()],
        "month": month,
        "month_name": month_name(month),
        "today": today,
        "books": books,
        "state": state,
        "state_words": connection_words(state),
        "state_tone": connection_tone(state),
        "health": health,
        "drafts": drafts,
        "seal": seal_tone(seal),
        "is_sealed": seal is MonthState.SEALED,
        "progress": progress_of([client.pk], month.first_day).get(client.pk),
        "tasks": [shown_task(task, today) for task in unfinished],
        "later": later,
        "finished": [shown_task(task, today) for task in finished],
        "assignments": list(
            Assignment.objects.filter(client=client)
            .select_related("template", "assignee")
            .order_by("valid_to", "template__name")
        ),
        "states": TaskState.choices,
        "is_in_overview": OverviewClient.objects.filter(client=client).exists(),
        "words_of_facts": words_of_facts(getattr(client, "facts", None)),
        "year_begins": _(Month(month.year, books.year_start_month).name) if books else "",
    }
    return render(request, "overview/card.html", context)


@require_http_methods(["GET", "POST"])
@product_view
def facts_dialog(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """One client's facts and labels; the tasks follow at once."""
    client = find_client(client_id)
    held = [each.label.name for each in client.labels.all()]
    context: dict[str, Any] = _facts_context(
        getattr(client, "facts", None), year_start_of(client)
    ) | {
        "client": client,
        "labels": ", ".join(sorted(held)),
        "action": reverse("overview:facts", args=[client.public_id]),
        "seen": facts_mark(client),
    }
    if request.method != "POST":
        return dialog(request, "overview/dialogs/facts.html", **context)
    try:
        with transaction.atomic():
            changes = _read_facts(request)
            seen = request.POST.get("seen")
            set_facts([client.pk], changes, by=person(request), seen=seen)
            _set_year_start([client.pk], request.POST)
            wanted = typed_labels(request.POST.get("labels", ""))
            set_labels([client.pk], add=wanted, remove=held)
            merge_tasks([client.pk], timezone.localdate())
    except RefusedError as error:
        typed = _typed(request.POST) | {"problem": str(error), "problem_field": error.field}
        # what was typed stays, and so does the mark of what it was typed over
        typed["seen"] = request.POST.get("seen", "")
        return dialog(request, "overview/dialogs/facts.html", status=REFUSED, **(context | typed))
    return lead_on(
        request, reverse("overview:card", args=[client.public_id]), _("The facts have been saved.")
    )


@require_http_methods(["GET", "POST"])
@product_view
def bulk_facts_dialog(request: HttpRequest) -> HttpResponse:
    """Facts and labels for the clients chosen in the list, or for all that it shows."""
    chosen = chosen_clients(request)
    asked = request.POST if request.method == "POST" else request.GET
    context: dict[str, Any] = _facts_context(None) | {
        "shown": dict.fromkeys(FIELDS, KEEP),
        "clients": chosen,
        "asked": asked,
        "all_shown": asked.get("alle") == "1",
        "chosen_ids": asked.getlist("client"),
        "action": reverse("overview:bulk_facts"),
        "known_labels": labels_of_firm(),
        "is_bulk": True,
    }
    if request.method != "POST":
        return dialog(request, "overview/dialogs/facts.html", **context)
    if not chosen:
        return dialog(
            request,
            "overview/dialogs/facts.html",
            status=REFUSED,
            **(context | {"problem": _("Choose at least one client.")}),
        )
    try:
        with transaction.atomic():
            changed = set_facts(chosen, _read_facts(request), by=person(request))
            _set_year_start(chosen, asked)
            set_labels(
                chosen,
                add=typed_labels(asked.get("add_labels", "")),
                remove=typed_labels(asked.get("remove_labels", "")),
            )
            merge_tasks(chosen, timezone.localdate())
    except RefusedError as error:
        return dialog(
            request,
            "overview/dialogs/facts.html",
            status=REFUSED,
            **(context | _typed(asked) | {"problem": str(error), "problem_field": error.field}),
        )
    text = ngettext(
        "The facts of %(count)s client have been saved.",
        "The facts of %(count)s clients have been saved.",
        changed,
    ) % {"count": changed}
    return lead_on(request, address_of(asked), text)


def _read_facts(request: HttpRequest) -> FactChanges:
    """The facts sent; who is responsible works for the client, so not everybody may say who."""
    changes = read_facts(request.POST)
    if changes.responsible_id is not UNCHANGED:
        require(request, Act.CHOOSE_RESPONSIBLE)
    return changes


@require_POST
@product_view
def take_out_view(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Takes the client out of Oversikt; everything done stays, and it may be imported again."""
    client = find_client(client_id)
    take_out(client.pk, by=person(request))
    text = _("%(name)s has been taken out of Oversikt. Import it to have it back.") % {
        "name": client.name
    }
    return lead_on(request, reverse("overview:list"), text)


def chosen_clients(request: HttpRequest) -> list[int]:
    """The ids of the chosen clients: those ticked, or everything the list's choice leaves."""
    asked = request.POST if request.method == "POST" else request.GET
    if asked.get("alle") == "1":
        return chosen_ids(
            choice_of(asked),
            chosen_month(asked),
            timezone.localdate(),
            person(request).pk,
            MOST_AT_ONCE,
        )
    return list(
        Client.objects.filter(public_id__in=uuids_of(asked.getlist("client"))).values_list(
            "pk", flat=True
        )
    )


def shown_task(task: Task, today: date) -> ShownTask:
    """The task with its title in words."""
    is_overdue = task.state not in DONE and task.due_date < today
    return ShownTask(task, task_title(task), is_overdue)


def words_of_facts(facts: ClientFacts | None) -> dict[str, str]:
    """The codes of the facts in words; empty where nobody has told."""
    if facts is None:
        return {}
    return {
        "company_form": dict(company_forms()).get(facts.company_form, ""),
        "vat_frequency": dict(vat_frequencies()).get(facts.vat_frequency, ""),
        "aga_zone": dict(zones()).get(facts.aga_zone, ""),
        "payroll": {True: _("Yes"), False: _("No"), None: ""}[facts.has_payroll],
    }


def _set_year_start(client_ids: list[int], asked: QueryDict) -> None:
    """The choice is the connection's own, since the proof rests on it; its books are read anew."""
    month = read_year_start(asked)
    if not isinstance(month, Unchanged):
        read_settings_of_many_anew(set_year_start(client_ids, month))


def _typed(asked: QueryDict) -> dict[str, Any]:
    """A form that was refused shows what was typed, not what was there before."""
    return {"typed": asked, "shown": {name: asked.get(name, KEEP) for name in FIELDS}}


def _facts_context(facts: ClientFacts | None, year_start: int | None = None) -> dict[str, Any]:
    return {
        "shown": shown_facts(facts, year_start),
        "months": months_of_year(),
        "people": people_of_firm(),
        "company_forms": company_forms(),
        "vat_frequencies": vat_frequencies(),
        "zones": zones(),
    }
