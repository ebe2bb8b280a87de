"""The firm's matching rules, seen from the account they are tried on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.lib.numbers import parse_typed_number
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import REFUSED, lead_on, person, product_view
from klientbro.practice.permissions import Act, require
from klientbro.products.reconciliation.bank_texts import (
    condition_names,
    kind_names,
    reason_words,
)
from klientbro.products.reconciliation.models import MatchRule
from klientbro.products.reconciliation.own_rules import (
    TypedRule,
    checked,
    delete_rule,
    save_rule,
)
from klientbro.products.reconciliation.suggestions import domain_rule, own_rules, suggest
from klientbro.products.reconciliation.views.bank import (
    AccountRead,
    account_context,
    read_account,
)
from klientbro.products.reconciliation.views.shared import TAB

MOST_PREVIEWED = 20


@require_GET
@product_view
def rules_page(request: HttpRequest, client_id: UUID, month: str, account_id: str) -> HttpResponse:
    """The rules that are tried on the account, in order."""
    found = read_account(client_id, month, account_id, with_rows=False)
    kinds, conditions = kind_names(), condition_names()
    context = account_context(found) | {
        "rules": [
            (row, kinds.get(row.shape, row.shape), conditions.get(row.condition, row.condition))
            for row in own_rules(found.page.client.pk, account_id)
        ]
    }
    return show(request, found.page, TAB, "reconciliation/rules.html", context)


@require_http_methods(["GET", "POST"])
@product_view
def new_rule(request: HttpRequest, client_id: UUID, month: str, account_id: str) -> HttpResponse:
    """A new rule: tried first, then saved."""
    return _edit(request, _read(request, client_id, month, account_id), None)


@require_http_methods(["GET", "POST"])
@product_view
def edit_rule(
    request: HttpRequest, client_id: UUID, month: str, rule_id: UUID, account_id: str
) -> HttpResponse:
    """A rule that is there."""
    found = _read(request, client_id, month, account_id)
    row = MatchRule.objects.filter(public_id=rule_id).first()
    if row is None:
        raise Http404
    return _edit(request, found, row)


@require_POST
@product_view
def remove_rule(
    request: HttpRequest, client_id: UUID, month: str, rule_id: UUID, account_id: str
) -> HttpResponse:
    """Deletes a rule; what it has matched stays matched."""
    found = read_account(client_id, month, account_id, with_rows=False)
    if MatchRule.objects.filter(public_id=rule_id, client=None).exists():
        require(request, Act.EDIT_TEMPLATES)
    if delete_rule(rule_id):
        text = _("The rule has been deleted. Matches it has made stand.")
    else:
        text = _("The rule was gone already.")
    return lead_on(request, _list_address(found), text)


def _read(request: HttpRequest, client_id: UUID, month: str, account_id: str) -> AccountRead:
    """The account, with its open rows where a rule may be tried on them."""
    return read_account(client_id, month, account_id, with_rows=request.method == "POST")


def _list_address(found: AccountRead) -> str:
    return reverse(
        "reconciliation:rules",
        args=[found.page.client.public_id, found.month.key, found.line.account.id],
    )


def _edit(request: HttpRequest, found: AccountRead, held: MatchRule | None) -> HttpResponse:
    """Shows the form, tries what is typed, or saves it."""
    if request.method != "POST":
        return _form(request, found, held, held or _suggested_rule())
    typed = _typed(request.POST)
    try:
        row = checked(typed, found.page.client.pk, found.line.account.id)
        if request.POST.get("step") == "try":
            return _form(request, found, held, row, is_tried=True)
        if row.client_id is None or (held is not None and held.client_id is None):
            require(request, Act.EDIT_TEMPLATES)  # a rule for all of the firm's clients
        version = request.POST.get("version", "")
        save_rule(
            row,
            held.public_id if held else None,
            int(version) if version.isdigit() else 0,
            by=person(request),
        )
    except RefusedError as error:
        return _form(request, found, held, typed, error=error)
    return lead_on(request, _list_address(found), _("The rule has been saved."))


def _form(
    request: HttpRequest,
    found: AccountRead,
    held: MatchRule | None,
    shown: MatchRule | TypedRule,
    *,
    is_tried: bool = False,
    error: RefusedError | None = None,
) -> HttpResponse:
    is_for_firm = shown.is_for_firm if isinstance(shown, TypedRule) else shown.client_id is None
    context: dict[str, Any] = account_context(found) | {
        "held": held,
        "shown": shown,
        "is_for_firm": is_for_firm,
        "kinds": kind_names(),
        "conditions": condition_names(),
        "error": error,
        "version": request.POST.get("version") or (held.version if held else 0),
        "is_tried": is_tried,
    }
    if is_tried and isinstance(shown, MatchRule):
        context |= _preview(found, shown)
    status = REFUSED if error else 200
    return show(request, found.page, TAB, "reconciliation/rule.html", context, status=status)


def _preview(found: AccountRead, row: MatchRule) -> dict[str, Any]:
    """What the rule alone would match of what is open on the account now."""
    rule = domain_rule(row)
    suggested = suggest(found.sides, [rule])
    return {
        "previewed": [
            (each, reason_words(each.match, {rule.id: row.name}))
            for each in suggested.suggestions[:MOST_PREVIEWED]
        ],
        "total": len(suggested.suggestions),
        "items": sum(len(each.items) for each in suggested.suggestions),
        "ambiguous": sum(1 for each in suggested.suggestions if each.match.is_ambiguous),
        "took_too_long": bool(suggested.gave_up),
        "is_broad": rule.is_broad or (not rule.contains and rule.text.value == "any"),
    }


def _suggested_rule() -> MatchRule:
    return MatchRule(shape="one_to_one", condition="any", client_id=0, account_id="-")


def _typed(asked: Mapping[str, str]) -> TypedRule:
    return TypedRule(
        name=asked.get("name", ""),
        shape=asked.get("shape", ""),
        condition=asked.get("condition", ""),
        contains=asked.get("contains", ""),
        tolerance=parse_typed_number(asked.get("tolerance", "") or "0"),
        days_before=_whole(asked.get("days_before", "")),
        days_after=_whole(asked.get("days_after", "")),
        priority=_whole(asked.get("priority", "")),
        is_on=asked.get("is_on") == "1",
        is_for_firm=asked.get("scope") == "firm",
    )


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None
