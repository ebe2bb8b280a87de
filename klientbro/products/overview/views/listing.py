"""Oversikt itself: the list, and each person's saved views of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.services.facts import labels_of_firm, people_of_firm
from klientbro.clients.services.rows import current_firm_id
from klientbro.practice.pages import lead_on, month_choices, month_name, person, product_view
from klientbro.products.overview.importing import candidates, imports_by_itself
from klientbro.products.overview.listing import Choice, Counted, Group, Show, counted_page
from klientbro.products.overview.models import SavedView
from klientbro.products.overview.row_html import rows_html
from klientbro.products.overview.rows import grouped, rows_of
from klientbro.products.overview.views.shared import (
    MONTHS_AHEAD,
    MONTHS_BACK,
    address_of,
    choice_of,
    chosen_month,
)
from klientbro.shell.paging import pages_of

PAGE_SIZE = 50
MOST = 10**8  # more than any firm has: which page is asked for, before anybody has counted
NAME_LENGTH = 60
MOST_VIEWS = 20


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter with the number it leaves."""

    label: str
    number: int
    value: str
    is_chosen: bool


@require_GET
@product_view
def overview_page(request: HttpRequest) -> HttpResponse:
    """All clients, worst first. A fixed number of statements for any number of clients."""
    me = person(request)
    month, choice, today = chosen_month(request.GET), choice_of(request.GET), timezone.localdate()
    offset = pages_of(request, MOST, PAGE_SIZE).offset
    counted, page = counted_page(choice, month, today, me.pk, offset=offset, size=PAGE_SIZE)
    pages = pages_of(request, counted.shown, PAGE_SIZE)
    if pages.offset != offset:  # past the end: the last page there is
        counted, page = counted_page(
            choice, month, today, me.pk, offset=pages.offset, size=PAGE_SIZE
        )
    rows = rows_of(page, month, today)
    context = {
        "month": month,
        "month_name": month_name(month),
        "months": month_choices(MONTHS_BACK, MONTHS_AHEAD),
        "today": today,
        "choice": choice,
        "chips": chips(choice, counted),
        "counted": counted,
        "groups": [
            (group_heading(group), counted.groups[group], rows_html(found, month))
            for group, found in grouped(rows)
        ],
        "pages": pages,
        "people": people_of_firm(),
        "labels": labels_of_firm(),
        "views": list(SavedView.objects.filter(user=me).order_by("name")),
        "here": address_of(request.GET),
        "query": request.GET.urlencode(),
        "waiting": 0 if counted.everything else candidates().count(),
        "is_narrowed": choice != Choice(),
        "imports_by_itself": imports_by_itself(),
    }
    return render(request, "overview/list.html", context)


@require_POST
@product_view
def save_view(request: HttpRequest) -> HttpResponse:
    """Keeps the filters of the address under a name; the same name is written over."""
    me = person(request)
    name = " ".join(request.POST.get("name", "").split())[:NAME_LENGTH]
    asked = request.POST.copy()
    address = address_of(asked)
    if not name:
        return lead_on(request, address, _("Give the view a name."), messages.WARNING)
    if SavedView.objects.filter(user=me).count() >= MOST_VIEWS:
        text = _("You have %(most)s saved views. Delete one first.") % {"most": MOST_VIEWS}
        return lead_on(request, address, text, messages.WARNING)
    try:
        with transaction.atomic():
            SavedView.objects.update_or_create(
                firm_id=current_firm_id(),
                user=me,
                name=name,
                defaults={"query": address.partition("?")[2][:500]},
            )
    except IntegrityError:  # pressed twice: the first one stands
        pass
    return lead_on(request, address, _("The view «%(name)s» has been saved.") % {"name": name})


@require_POST
@product_view
def delete_view(request: HttpRequest, view_id: str) -> HttpResponse:
    """Takes one of the person's own views away."""
    found = SavedView.objects.filter(user=person(request), public_id=view_id).first()
    if found is None:
        raise Http404
    found.delete()
    text = _("The view «%(name)s» has been deleted.") % {"name": found.name}
    return lead_on(request, address_of(request.GET), text)


def chips(choice: Choice, counted: Counted) -> list[Chip]:
    """The filters above the list."""
    numbers = (
        (Show.ALL, _("All clients"), counted.everything),
        (Show.MINE, _("Mine"), counted.mine),
        (Show.OVERDUE, _("Overdue"), counted.overdue),
        (Show.DIFFERS, _("Needs a look"), counted.differing),
        (Show.STOPPED, _("Not updated"), counted.stopped),
    )
    return [Chip(label, number, show.value, choice.show is show) for show, label, number in numbers]


def group_heading(group: Group) -> str:
    """The heading of a part of the list."""
    return {
        Group.OVERDUE: _("Overdue"),
        Group.DIFFERS: _("Sign-off suspended, figures differ or fetching has stopped"),
        Group.SOON: _("Due within 30 days"),
        Group.ON_TRACK: _("On track"),
    }[group]
