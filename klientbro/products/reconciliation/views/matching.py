"""Matching on an account: what is open on both sides, suggestions, matching by hand, undoing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.practice.books.typed import typed_text
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import REFUSED, lead_on, person, product_view, uuids_of
from klientbro.products.reconciliation.bank_faults import MOST_SHOWN as MOST_FAULTS
from klientbro.products.reconciliation.bank_faults import faults_of
from klientbro.products.reconciliation.bank_texts import (
    cause_words,
    reason_words,
    rule_name,
)
from klientbro.products.reconciliation.documentation import remove_line
from klientbro.products.reconciliation.kept_suggestions import suggested_for
from klientbro.products.reconciliation.match_html import OpenRows, suggestion_rows
from klientbro.products.reconciliation.match_writes import (
    MOST_AT_ONCE,
    accept,
    difference_of,
    match_by_hand,
    undo,
)
from klientbro.products.reconciliation.matching import MOST_OPEN, made_matches
from klientbro.products.reconciliation.suggestions import (
    MOST_SUGGESTED,
    OWN,
    Item,
    Suggested,
    items_of,
    own_rules,
    rules_for,
)
from klientbro.products.reconciliation.timing import (
    list_as_timing,
    listed_sources,
    of_open_row,
    take_away_matched,
)
from klientbro.products.reconciliation.views.bank import (
    AccountRead,
    account_context,
    read_account,
)
from klientbro.products.reconciliation.views.shared import TAB, keep_progress, refused
from klientbro.shell.templatetags.kb import amount

MOST_MADE = 100
MOST_SHOWN = 50  # rows of each side, the oldest first, until all are asked for
MOST_SUGGESTIONS = 50  # the same
SUGGESTIONS, ROWS, ALL = "forslag", "rader", "alle"
FEW_ROWS = 10  # so few need no search


@require_GET
@product_view
def matching_page(
    request: HttpRequest, client_id: UUID, month: str, account_id: str
) -> HttpResponse:
    """Open rows, suggestions with their reasons, and the month's matches. Fixed statements."""
    return _page(request, read_account(client_id, month, account_id))


@require_POST
@product_view
def accept_suggestions(
    request: HttpRequest, client_id: UUID, month: str, account_id: str
) -> HttpResponse:
    """Accepts the ticked suggestions, or every one that is not as good as another."""
    found = read_account(client_id, month, account_id)
    suggested, _names = _suggested(found)
    asked = set(request.POST.getlist("suggestion"))
    if request.POST.get("all"):
        chosen = [each for each in suggested.suggestions if not each.match.is_ambiguous]
        missing = 0
    else:
        chosen = [each for each in suggested.suggestions if each.key in asked]
        missing = len(asked) - len(chosen)
    if missing:
        return lead_on(
            request,
            _address(found),
            ngettext(
                "%(count)s suggestion has changed since you loaded the page. Nothing has been "
                "matched. Look at them again.",
                "%(count)s suggestions have changed since you loaded the page. Nothing has been "
                "matched. Look at them again.",
                missing,
            )
            % {"count": missing},
            messages.WARNING,
        )
    if not chosen:
        return lead_on(
            request, _address(found), _("Choose at least one suggestion."), messages.WARNING
        )
    try:
        count = accept(
            found.page.client.pk,
            found.sheet.books,
            account_id,
            found.month,
            chosen[:MOST_AT_ONCE],
            by=person(request),
        )
    except RefusedError as error:
        return refused(request, _address(found), error)
    take_away_matched(found.page.client.pk, account_id, found.month, by=person(request))
    text = ngettext("%(count)s match made.", "%(count)s matches made.", count) % {"count": count}
    return lead_on(request, _address(found), text)


@require_POST
@product_view
def match_rows(request: HttpRequest, client_id: UUID, month: str, account_id: str) -> HttpResponse:
    """Matches the ticked rows; a difference is shown and must be explained first."""
    found = read_account(client_id, month, account_id)
    marks = request.POST.getlist("row")
    by_mark = {item.mark: item for item in items_of(found.sides)}
    chosen = [by_mark[mark] for mark in dict.fromkeys(marks) if mark in by_mark]
    if len(chosen) < len(set(marks)):
        return lead_on(
            request,
            _address(found),
            _(
                "A row has been matched or changed since you loaded the page. Nothing has been "
                "matched. Look at the rows again."
            ),
            messages.WARNING,
        )
    comment = request.POST.get("comment", "")
    try:
        match_by_hand(
            found.page.client.pk,
            found.sheet.books,
            account_id,
            found.month,
            chosen,
            comment,
            by=person(request),
        )
    except RefusedError as error:
        return _page(request, found, chosen, error)
    take_away_matched(found.page.client.pk, account_id, found.month, by=person(request))
    return lead_on(request, _address(found), _("1 match made."))


@require_POST
@product_view
def list_row(request: HttpRequest, client_id: UUID, month: str, account_id: str) -> HttpResponse:
    """«Før som tidsavgrensning»: lists an open row as a line of the month."""
    found = read_account(client_id, month, account_id)
    mark = request.POST.get("timing", "")
    item = next((each for each in items_of(found.sides) if each.mark == mark), None)
    if item is None:
        text = _("The row has been matched or changed since you loaded the page.")
        return lead_on(request, _address(found), text, messages.WARNING)
    try:
        list_as_timing(
            found.page.client.pk,
            account_id,
            found.month,
            of_open_row(item, found.sides),
            by=person(request),
        )
    except RefusedError as error:
        return refused(request, _address(found), error)
    keep_progress(client_id, found.month)
    text = _("The row is listed as a timing item, and comes back next month until it is matched.")
    return lead_on(request, _address(found), text)


@require_POST
@product_view
def take_row_back(
    request: HttpRequest, client_id: UUID, month: str, account_id: str
) -> HttpResponse:
    """Undoes it: the line is marked as removed, and the row is open without one."""
    found = read_account(client_id, month, account_id)
    listed = listed_sources(found.line.documentation.lines)
    line = listed.get(request.POST.get("untiming", ""))
    try:
        removed = line and remove_line(found.page.client.pk, line.public_id, by=person(request))
    except RefusedError as error:
        return refused(request, _address(found), error)
    if not removed:
        text = _("The line had been removed already.")
        return lead_on(request, _address(found), text, messages.INFO)
    keep_progress(client_id, found.month)
    return lead_on(request, _address(found), _("The row is no longer a timing item."))


@require_POST
@product_view
def undo_matches(
    request: HttpRequest, client_id: UUID, month: str, account_id: str
) -> HttpResponse:
    """Undoes one match, or those ticked."""
    found = read_account(client_id, month, account_id)
    ids = uuids_of(request.POST.getlist("match"))
    try:
        count = undo(found.page.client.pk, account_id, found.month, ids, by=person(request))
    except RefusedError as error:
        return refused(request, _address(found), error)
    if not count:
        return lead_on(
            request, _address(found), _("The match had been undone already."), messages.INFO
        )
    text = ngettext(
        "%(count)s match undone. The rows are open again.",
        "%(count)s matches undone. The rows are open again.",
        count,
    ) % {"count": count}
    return lead_on(request, _address(found), text)


def _address(found: AccountRead) -> str:
    return reverse(
        "reconciliation:matching",
        args=[found.page.client.public_id, found.month.key, found.line.account.id],
    )


def _suggested(found: AccountRead) -> tuple[Suggested, dict[str, str]]:
    """What the rules suggest, and the names of the firm's own."""
    own = own_rules(found.page.client.pk, found.line.account.id)
    names = {f"{OWN}{row.public_id}": row.name for row in own}
    rules = rules_for(found.sides, own)
    return suggested_for(found.page.client.pk, found.sides, rules), names


def _page(
    request: HttpRequest,
    found: AccountRead,
    chosen: list[Item] | None = None,
    error: RefusedError | None = None,
) -> HttpResponse:
    suggested, names = _suggested(found)
    search = typed_text(request.GET, "q")
    ticked = {item.key for item in chosen or ()}
    most = MOST_OPEN if ticked or request.GET.get(ROWS) == ALL else MOST_SHOWN
    items = [
        each
        for each in items_of(found.sides, None if search else most)
        if not search or each.key in ticked or _is_found(each, search)
    ]
    ledger = [each for each in items if not each.is_line]
    bank = [each for each in items if each.is_line]
    # without a search only what is shown has been made
    in_ledger = len(ledger) if search else len(found.sides.postings)
    in_bank = len(bank) if search else len(found.sides.lines)
    made = made_matches(
        found.page.client.pk,
        found.line.account.id,
        found.month,
        without=[each.match.pk for each in found.sides.suspended],
        most=MOST_MADE,
    )
    context: dict[str, Any] = account_context(found)
    listed = listed_sources(found.line.documentation.lines)
    rows = OpenRows(
        ticked=ticked,
        listed=listed,
        is_bank=found.sides.is_bank,
        is_closed=context["is_closed"],
        address=(found.page.client.public_id, found.month.key, found.line.account.id),
    )
    every = suggested.suggestions
    faults = faults_of(found.sides, suggested, made, listed)
    shown = every if request.GET.get(SUGGESTIONS) == ALL else every[:MOST_SUGGESTIONS]
    context |= {
        "suggestions": suggestion_rows(
            shown,
            {each.key: reason_words(each.match, names) for each in shown},
            is_bank=found.sides.is_bank,
        ),
        "suggested": len(every),
        "more_suggested": len(every) - len(shown),
        "shown_suggested": len(shown),
        "all_suggested": _address(found) + _all(request, SUGGESTIONS),
        "all_rows": _address(found) + _all(request, ROWS),
        "sure": sum(1 for each in suggested.suggestions if not each.match.is_ambiguous),
        "gave_up": [names.get(rule) or rule_name(rule) for rule in suggested.gave_up],
        "is_narrowed": suggested.is_narrowed,
        "most_suggested": MOST_SUGGESTED,
        "ledger": rows.html(ledger[:most]),
        "bank_lines": rows.html(bank[:most]),
        "has_many": in_ledger > FEW_ROWS,
        "more_ledger": in_ledger - most,
        "more_bank": in_bank - most,
        "search": search,
        "difference": difference_of(chosen) if chosen else None,
        "error": error,
        "suspended": [
            (each, rule_name(each.match.reason), [cause_words(cause) for cause in each.causes])
            for each in found.sides.suspended
        ],
        "made": [(match, rule_name(match.reason)) for match in made],
        "faults": faults[:MOST_FAULTS],
        "more_faults": len(faults) - MOST_FAULTS,
    }
    status = REFUSED if error else 200
    return show(request, found.page, TAB, "reconciliation/matching.html", context, status=status)


def _all(request: HttpRequest, name: str) -> str:
    """The page with every one of something, and whatever else it was narrowed or widened to."""
    query = request.GET.copy()
    query[name] = ALL
    return f"?{query.urlencode()}"


def _is_found(item: Item, search: str) -> bool:
    """Whether every word typed stands in the row's text, its day or its amount."""
    shown = f"{item.words} {item.text} {item.day:%d.%m.%Y} {amount(item.amount)} {item.amount:f}"
    plain = shown.casefold().replace("\u2212", "-")
    joined = "".join(plain.split())
    return all(word in plain or word in joined for word in search.casefold().split())
