"""Regnskapslinjer: a client's accounts with the line of each and why, and the firm's own rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from klientbro.domain.accounts import Account, AccountType
from klientbro.domain.report_lines import MappingLevel, Placement, standard_digits
from klientbro.ledger.queries.charts import chart_of
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.typed import typed_text
from klientbro.practice.lines import texts
from klientbro.practice.lines.services import (
    mapping_of,
    newest_changes,
    rules_for,
    rules_of,
    undoable,
)
from klientbro.practice.lines.tables import LineChange
from klientbro.practice.lines.views.shared import Scope, scope_of
from klientbro.practice.pages import product_view
from klientbro.shell.paging import pages_of

PAGE_SIZE = 100
SHOWN = ("", "uten", "egne")


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account with where it stands."""

    account: Account
    placement: Placement

    @property
    def line(self) -> str:
        return texts.line_name(self.placement.line)

    @property
    def type(self) -> str:
        return texts.type_name(self.account.type)

    @property
    def reason(self) -> str:
        return texts.reason(self.placement)

    @property
    def passed_over(self) -> str:
        return texts.passed_over(self.placement)

    @property
    def is_own(self) -> bool:
        return self.placement.level in (MappingLevel.CLIENT, MappingLevel.FIRM)


@require_GET
@product_view
def client_page_of_lines(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """The client's accounts, those without a line first. A fixed number of statements."""
    scope = scope_of(client_id)
    client, firm = rules_for(scope.client_id or 0)
    mapping = mapping_of(client, firm)
    lines = [AccountLine(each, mapping.place(each)) for each in accounts_of(scope.page)]
    shown = narrowed(lines, request)
    pages = pages_of(request, len(shown), PAGE_SIZE)
    context = {
        "accounts": shown[pages.offset : pages.offset + PAGE_SIZE],
        "pages": pages,
        "total": len(lines),
        "unmapped": sum(1 for each in lines if each.placement.is_unmapped),
        "own": sum(1 for each in lines if each.is_own),
        "search": typed_text(request.GET, "q"),
        "only": only_of(request),
        "only_line": typed_text(request.GET, "linje"),
        "client_rules": _rules(client),
        "firm_rules": len(firm),
    }
    return scope.show(request, "practice/lines/client.html", context | _changes(scope, client))


@require_GET
@product_view
def firm_page_of_lines(request: HttpRequest) -> HttpResponse:
    """The firm's rules, which hold for every client without its own, and the standard below."""
    scope = scope_of(None)
    rules = rules_of(None)
    context = {
        "rules": _rules(rules),
        "standard": [
            (
                texts.type_name(type_),
                [
                    (texts.name_of(code), ", ".join(digits))
                    for code, digits in standard_digits(type_).items()
                ],
            )
            for type_ in AccountType
        ],
    }
    return scope.show(request, "practice/lines/firm.html", context | _changes(scope, rules))


def accounts_of(page: ClientPage | None) -> list[Account]:
    """The chart of the client's books, empty before there are any."""
    if page is None or page.books is None:
        return []
    return chart_of(page.books.connection_id)


def only_of(request: HttpRequest) -> str:
    """Which part of the list is asked for."""
    asked = request.GET.get("vis", "")
    return asked if asked in SHOWN else ""


def narrowed(lines: Sequence[AccountLine], request: HttpRequest) -> list[AccountLine]:
    """What the address asks for, accounts without a line first."""
    search = typed_text(request.GET, "q").casefold()
    only, line = only_of(request), typed_text(request.GET, "linje")
    shown = [
        each
        for each in lines
        if (each.account.number.startswith(search) or search in each.account.name.casefold())
        and (only != "uten" or each.placement.is_unmapped)
        and (only != "egne" or each.is_own)
        and (not line or each.placement.line.code == line)
    ]
    return sorted(shown, key=lambda each: not each.placement.is_unmapped)


def _rules(rules: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(prefix, line, texts.name_of(line)) for prefix, line in sorted(rules.items())]


def _changes(scope: Scope, rules: dict[str, str]) -> dict[str, object]:
    changes = newest_changes(scope.client_id)
    return {
        "choices": texts.line_choices(),
        "version": changes[0].number if changes else 0,
        "changes": [(each, _told(each), undoable(each, rules)) for each in changes],
    }


def _told(change: LineChange) -> list[tuple[str, str, str]]:
    return [
        (prefix, texts.name_of(before) if before else "", texts.name_of(after) if after else "")
        for prefix, before, after in change.rules
    ]
