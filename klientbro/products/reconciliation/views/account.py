"""One account in a month: its truth, lines, notes, signatures, and what has changed under them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.facts import people_of_firm
from klientbro.domain.money import ZERO
from klientbro.domain.periods import MONTHS_IN_YEAR, Month
from klientbro.domain.reconciliation.methods import Frequency, Method, Risk
from klientbro.ledger.queries.reconciling import postings_of_month
from klientbro.lib.numbers import parse_typed_number
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import (
    lead_on,
    month_name,
    person,
    person_id,
    product_view,
    read_month,
)
from klientbro.practice.permissions import Act, may, require
from klientbro.products.reconciliation.documentation import (
    add_line,
    remove_line,
    resolve_note,
    write_note,
)
from klientbro.products.reconciliation.plan import TypedPlan, save_plan
from klientbro.products.reconciliation.sheet import MonthSheet
from klientbro.products.reconciliation.signing import (
    Seen,
    mark_of,
    prepare,
    review,
    send_back,
    withdraw,
)
from klientbro.products.reconciliation.subledgers import MOST_SHOWN
from klientbro.products.reconciliation.texts import (
    change_words,
    frequency_names,
    method_names,
    risk_names,
    state_words,
    truth_words,
)
from klientbro.products.reconciliation.unusual import looks_of, sentences
from klientbro.products.reconciliation.views.automatic import automatic_context, list_difference
from klientbro.products.reconciliation.views.bank import bank_context
from klientbro.products.reconciliation.views.month import shown_lines
from klientbro.products.reconciliation.views.shared import (
    TAB,
    is_alone,
    keep_progress,
    refused,
    sheet_of,
)

MOST_POSTINGS = 200
ITEMS, ALL = "poster", "alle"  # every item that differs, not only the largest


@require_GET
@product_view
def account_page(
    request: HttpRequest, client_id: UUID, month: str, account_id: str
) -> HttpResponse:
    """Everything of one account in the month. A fixed number of statements."""
    chosen = read_month(month)
    page, sheet = sheet_of(client_id, chosen)
    line = sheet.line(account_id) if sheet else None
    if sheet is None or line is None:
        raise Http404
    me = person(request)
    newest = line.reviewed or line.prepared
    postings = postings_of_month(
        sheet.books.connection_id,
        account_id,
        chosen.first_day,
        chosen.last_day,
        most=MOST_POSTINGS + 1,
    )
    look = looks_of(sheet, [line]).get(account_id)
    context: dict[str, Any] = {
        "month": chosen,
        "month_name": month_name(chosen),
        "sheet": sheet,
        "line": line,
        "words": state_words(line),
        "mark": mark_of(sheet, line),
        "truth": truth_words(line.truth.code),
        "changes": [change_words(change) for change in line.causes],
        "told": [change_words(change) for change in line.changes if not change.suspends],
        "postings": postings[:MOST_POSTINGS],
        "has_more": len(postings) > MOST_POSTINGS,
        "movement": line.closing - line.opening,
        "look": look,
        "unusual": sentences(look) if look else [],
        "last_year": month_name(chosen.plus(-MONTHS_IN_YEAR)),
        "methods": method_names(),
        "frequencies": frequency_names(),
        "risks": risk_names(),
        "people": people_of_firm(),
        "previous": _neighbour(sheet, account_id, -1),
        "next": _neighbour(sheet, account_id, 1),
        "address": reverse("reconciliation:account", args=[client_id, chosen.key, account_id]),
        "month_address": reverse("reconciliation:month", args=[client_id, chosen.key]),
        "is_closed": sheet.closed is not None,
        "may_review": may(request, Act.REVIEW)
        and newest is not None
        and line.reviewed is None
        and not line.is_suspended
        and (newest.by_id != me.pk or is_alone()),
        "may_withdraw": newest is not None and newest.by_id == me.pk,
        "history": list(reversed(line.history)),
    }
    most = None if request.GET.get(ITEMS) == ALL else MOST_SHOWN
    context |= automatic_context(sheet, line, most=most)
    context["every_item"] = f"?{ITEMS}={ALL}"
    context |= bank_context(page, sheet, line)
    return show(request, page, TAB, "reconciliation/account.html", context)


@require_POST
@product_view
def account_action(
    request: HttpRequest, client_id: UUID, month: str, account_id: str
) -> HttpResponse:
    """Sign, review, send back, withdraw; lines, notes and plan. One action a press."""
    chosen = read_month(month)
    page, sheet = sheet_of(client_id, chosen)
    if sheet is None or sheet.line(account_id) is None:
        raise Http404
    address = reverse("reconciliation:account", args=[client_id, chosen.key, account_id])
    try:
        text = _act(request, page.client.pk, sheet, account_id, chosen)
    except RefusedError as error:
        return refused(request, address, error)
    keep_progress(client_id, chosen)
    return lead_on(request, address, text)


def _act(
    request: HttpRequest, client_id: int, sheet: MonthSheet, account_id: str, month: Month
) -> str:
    """Does what was pressed; the sentence that says so."""
    asked, by = request.POST, person(request)
    comment = asked.get("comment", "")
    seen = [Seen(account_id, asked.get("mark", ""))]
    match asked.get("action"):
        case "prepare":
            prepare(sheet, seen, comment, by=by)
            return _("Prepared.")
        case "review":
            require(request, Act.REVIEW)
            review(sheet, seen, comment, by=by, may_review_own=is_alone())
            return _("Reviewed.")
        case "return":
            require(request, Act.REVIEW)
            send_back(sheet, account_id, comment, by=by)
            return _("Sent back.")
        case "withdraw":
            withdraw(sheet, account_id, by=by)
            return _("Your signature has been withdrawn; it stays in the history.")
        case "line":
            typed = parse_typed_number(asked.get("amount", ""))
            if typed is None or typed != round(typed, 2):
                raise RefusedError(
                    _("The amount «%(text)s» cannot be read. Write it as 1 234,50.")
                    % {"text": asked.get("amount", "")},
                    field="amount",
                )
            add_line(
                client_id,
                account_id,
                month,
                asked.get("text", ""),
                typed,
                by=by,
                is_carried=asked.get("carried") == "1",
            )
            return _("The line has been added.")
        case "timing":
            list_difference(client_id, sheet, account_id, asked.get("item", ""), by=by)
            return _("The difference is listed as a timing item, and comes back next month.")
        case "remove_line":
            remove_line(client_id, _uuid(asked.get("line", "")), by=by)
            return _("The line has been removed; it stays in the history.")
        case "note":
            write_note(
                client_id,
                account_id,
                month,
                asked.get("text", ""),
                by=by,
                must_be_resolved=asked.get("open") == "1",
                assignee_id=person_id(people_of_firm(), asked.get("assignee", "")),
            )
            return _("The comment has been saved.")
        case "resolve":
            resolve_note(client_id, _uuid(asked.get("note", "")), by=by)
            return _("The note is resolved.")
        case "plan":
            return _save_plan(request, client_id, account_id)
    return ""


def _save_plan(request: HttpRequest, client_id: int, account_id: str) -> str:
    asked = request.POST
    method, frequency = asked.get("method", ""), asked.get("frequency", "")
    materiality = parse_typed_number(asked.get("materiality", "") or "0")
    version = asked.get("version", "")
    if method not in set(Method) or frequency not in set(Frequency):
        raise RefusedError(_("Choose a method and how often."), field="method")
    risk = asked.get("risk", "")
    if risk and risk not in set(Risk):
        raise RefusedError(_("Choose the risk from the list."), field="risk")
    if materiality is None:
        raise RefusedError(
            _("The materiality cannot be read. Write it as 1 000,00."), field="materiality"
        )
    save_plan(
        client_id,
        account_id,
        TypedPlan(
            method=Method(method),
            frequency=Frequency(frequency),
            assignee_id=person_id(people_of_firm(), asked.get("assignee", "")),
            materiality=materiality if materiality else ZERO,
            needs_document=asked.get("needs_document") == "1",
            is_left_out=asked.get("left_out") == "1",
            left_out_reason=asked.get("left_out_reason", ""),
            risk=risk,
        ),
        version=int(version) if version.isdigit() else 0,
        by=person(request),
    )
    return _("The plan has been saved.")


def _neighbour(sheet: MonthSheet, account_id: str, step: int) -> str:
    """The account before or after in the month's list, '' at its end."""
    ids = [line.account.id for line in shown_lines(sheet)]
    if account_id not in ids:
        return ""
    at = ids.index(account_id) + step
    if not 0 <= at < len(ids):
        return ""
    return ids[at]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
