"""Several clients side by side and summed, with eliminations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.http import content_disposition_header, urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Client, Connection
from klientbro.domain.report_lines import LINES, Statement
from klientbro.domain.reporting.group import GroupLine, GroupSpan
from klientbro.lib.errors import UnknownAccountError
from klientbro.lib.numbers import parse_typed_number
from klientbro.practice.books.exports import EXCEL_TYPE
from klientbro.practice.pages import (
    lead_on,
    month_choices,
    month_name,
    person,
    product_view,
    uuids_of,
)
from klientbro.products.report.group_excel import group_excel
from klientbro.products.report.groups import (
    GroupSheet,
    carry_eliminations,
    change_group,
    eliminate,
    group_of,
    group_sheet,
    make_group,
    remove_elimination,
)
from klientbro.products.report.models import Group
from klientbro.products.report.rows import whole_cells
from klientbro.products.report.texts import (
    gap_words,
    group_span_words,
    line_name,
    period_words,
)
from klientbro.products.report.views.shared import listed_month

MONTHS_BACK = 24
MOST_CLIENTS = 2000
_SPANS = {
    "regnskapsar": GroupSpan.OWN_YEAR,
    "kalender": GroupSpan.CALENDAR,
    "rullende": GroupSpan.ROLLING,
    "maned": GroupSpan.MONTH,
}


@require_GET
@product_view
def groups_page(request: HttpRequest) -> HttpResponse:
    """The groups, and a form for a new one."""
    context = {
        "groups": Group.objects.annotate(count=Count("members")).order_by("name"),
        "choices": _choices(),
    }
    return render(request, "report/groups.html", context)


@require_POST
@product_view
def new_group(request: HttpRequest) -> HttpResponse:
    """A group of the clients ticked."""
    try:
        made = make_group(request.POST.get("name", ""), _ids(request))
    except RefusedError as error:
        return lead_on(request, reverse("report:groups"), str(error), messages.WARNING)
    return lead_on(request, reverse("report:group", args=[made.public_id]))


@require_GET
@product_view
def group_page(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """The group's two statements for the month."""
    group = group_of(group_id)
    month = listed_month(request.GET.get("til", ""))
    word = request.GET.get("vis", "")
    span = _SPANS.get(word, GroupSpan.OWN_YEAR)
    context: dict[str, Any] = {
        "group": group,
        "month": month,
        "month_name": month_name(month),
        "months": month_choices(MONTHS_BACK),
        "spans": [(key, group_span_words(one)) for key, one in _SPANS.items()],
        "span": next(key for key, one in _SPANS.items() if one is span),
        "is_part": span in (GroupSpan.ROLLING, GroupSpan.MONTH),
        "is_changing": request.GET.get("endre") == "1",
        "lines": [
            (
                _("Income statement") if statement is Statement.INCOME else _("Balance sheet"),
                [
                    (one.code, line_name(one))
                    for one in LINES.values()
                    if one.statement is statement and one.takes_accounts
                ],
            )
            for statement in Statement
        ],
    }
    try:
        sheet = group_sheet(group, month, span)
    except UnknownAccountError:
        # a posting came before the account it is on: the next sync brings it
        return render(request, "report/group.html", context | {"is_waiting": True})
    context |= _figures(sheet)
    if context["is_changing"]:
        context["choices"] = _choices({client.pk for client in sheet.clients})
    return render(request, "report/group.html", context)


@require_GET
@product_view
def group_file(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """The group's two statements as a workbook."""
    group = group_of(group_id)
    month = listed_month(request.GET.get("til", ""))
    span = _SPANS.get(request.GET.get("vis", ""), GroupSpan.OWN_YEAR)
    try:
        body = group_excel(group_sheet(group, month, span), month, span)
    except UnknownAccountError:
        text = _("One of the clients is being fetched just now. Load the page again in a moment.")
        return lead_on(request, reverse("report:group", args=[group.public_id]), text)
    response = HttpResponse(body, content_type=EXCEL_TYPE)
    name = "-".join("".join(c if c.isalnum() else " " for c in group.name).lower().split())
    response["Content-Disposition"] = (
        content_disposition_header(True, f"{name[:60]}-{month.key}.xlsx") or ""
    )
    return response


@require_POST
@product_view
def edit_group(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Name and clients."""
    group = group_of(group_id)
    try:
        change_group(
            group, request.POST.get("name", ""), _ids(request), seen=_number(request, "seen")
        )
    except RefusedError as error:
        return lead_on(request, _address(request, group), str(error), messages.WARNING)
    return lead_on(request, _address(request, group), _("The group is changed."))


@require_POST
@product_view
def add_elimination(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Takes an amount out of two lines."""
    group = group_of(group_id)
    try:
        eliminate(
            group,
            listed_month(request.POST.get("til", "")),
            request.POST.get("text", ""),
            request.POST.get("line", ""),
            request.POST.get("other", ""),
            parse_typed_number(request.POST.get("amount", "")),
            by=person(request),
        )
    except RefusedError as error:
        return lead_on(request, _address(request, group), str(error), messages.WARNING)
    return lead_on(request, _address(request, group), _("The elimination is added."))


@require_POST
@product_view
def elimination_action(request: HttpRequest, group_id: UUID) -> HttpResponse:
    """Removes one elimination, or brings those of the month before forward."""
    group = group_of(group_id)
    month = listed_month(request.POST.get("til", ""))
    if request.POST.get("action") == "carry":
        count, left = carry_eliminations(group, month, by=person(request))
        text = ngettext(
            "%(count)s elimination was brought forward.",
            "%(count)s eliminations were brought forward.",
            count,
        ) % {"count": count}
        if left:
            more = ngettext(
                "%(count)s of last year's income and cost was left behind.",
                "%(count)s of last year's income and cost were left behind.",
                left,
            ) % {"count": left}
            text = f"{text} {more}"
        return lead_on(request, _address(request, group), text)
    for one in uuids_of([request.POST.get("id", "")]):
        remove_elimination(group, one, by=person(request))
    return lead_on(request, _address(request, group), _("The elimination is removed."))


def _figures(sheet: GroupSheet) -> dict[str, Any]:
    report = sheet.report
    names = {one.line.code: line_name(one.line) for one in (*report.result, *report.sheet)}
    return {
        "members": [
            {
                "name": one.name,
                "client": client,
                "period": period_words(one.period) if one.period else "",
                "gap": gap_words(one.gap) if one.gap else "",
                "is_unsealed": client in sheet.unsealed,
            }
            for one, client in zip(report.members, sheet.clients, strict=True)
        ],
        "statements": [
            (_("Income statement"), _rows(report.result)),
            (_("Balance sheet"), _rows(report.sheet)),
        ],
        "is_uneven": report.is_uneven,
        "missing": [
            (one.name, gap_words(one.gap)) for one in report.missing if one.gap is not None
        ],
        "eliminations": [
            (one, names.get(one.line, one.line), names.get(one.other, one.other))
            for one in sheet.eliminations
        ],
        "unsealed": sheet.unsealed,
        "unkept": ", ".join(month_name(one) for one in report.unkept),
    }


def _rows(lines: Sequence[GroupLine]) -> list[tuple[SafeString, str, str]]:
    """Each line's cells, name and class."""
    return [
        (
            whole_cells((*one.amounts, one.total, one.eliminated))
            + whole_cells((one.remaining,), "strong"),
            line_name(one.line),
            f"sum rp-l{one.line.level}" if one.line.is_sum else "rp-leaf",
        )
        for one in lines
        if one.line.is_sum or not one.is_zero
    ]


def _choices(chosen: Collection[int] = ()) -> SafeString:
    """A box for each active client; a template would take longer to fill a thousand of them."""
    active = Connection.objects.filter(client=OuterRef("pk"), is_active=True)
    clients = Client.objects.filter(Exists(active)).order_by("sort_key", "pk")
    boxes = [
        f'<li><label class="rp-check"><input class="ds-input" type="checkbox" name="client" '
        f'value="{public_id}"{" checked" if pk in chosen else ""}> {escape(name)}</label></li>'
        for pk, public_id, name in clients.values_list("pk", "public_id", "name")[:MOST_CLIENTS]
    ]
    return mark_safe("".join(boxes))  # noqa: S308 the names are escaped # nosec B703


def _ids(request: HttpRequest) -> list[UUID]:
    return uuids_of(request.POST.getlist("client"))


def _number(request: HttpRequest, name: str) -> int:
    typed = request.POST.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else -1


def _address(request: HttpRequest, group: Group) -> str:
    query = {name: value for name in ("til", "vis") if (value := request.POST.get(name, ""))}
    address = reverse("report:group", args=[group.public_id])
    return f"{address}?{urlencode(query)}" if query else address
