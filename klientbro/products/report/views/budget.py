"""The budget of a financial year: make, edit, import, go back, save as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.domain.accounts import Account
from klientbro.domain.money import ORE
from klientbro.domain.periods import FinancialYear, Month
from klientbro.domain.reporting.budget import UNITS, BudgetRule, Conflict, Spread
from klientbro.domain.reporting.budget_file import read_budget
from klientbro.ledger.queries.books import years_through
from klientbro.ledger.queries.charts import chart_of
from klientbro.ledger.rows import BooksState
from klientbro.lib.csv import Cell
from klientbro.lib.numbers import format_nok, parse_typed_number
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.exports import KINDS, Sheet, export
from klientbro.practice.books.texts import month_name
from klientbro.practice.books.typed import typed_text
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import REFUSED, lead_on, person
from klientbro.products.report.budget_import import file_rows, problem_words
from klientbro.products.report.budget_page import (
    BudgetGrid,
    TypedBudget,
    budget_grid,
    budget_rows,
    month_headings,
    read_typed,
)
from klientbro.products.report.budgets import (
    HeldBudget,
    budget_for,
    change_cells,
    import_amounts,
    make_from_last_year,
    restore,
    versions_of,
)
from klientbro.products.report.exports import head_of
from klientbro.products.report.models import BudgetVersion
from klientbro.products.report.sheet import ReportSheet, chosen_month, report_sheet, year_for
from klientbro.products.report.texts import year_words
from klientbro.products.report.views.shared import (
    MONTH,
    TAB,
    books_action,
    books_page,
    frame,
    refused,
)

YEAR = "ar"
_MOST_PERCENT = Decimal(1000)


@dataclass(frozen=True, slots=True)
class BudgetView:
    """Everything the page is drawn from."""

    sheet: ReportSheet
    year: FinancialYear
    held: HeldBudget
    chart: Sequence[Account]
    grid: BudgetGrid


@require_GET
@books_page
def budget_page(request: HttpRequest, page: ClientPage, state: BooksState) -> HttpResponse:
    """The year's budget, account by account and month by month."""
    return _shown(request, page, _view(request, page, state))


@require_POST
@books_action
def save_budget(request: HttpRequest, page: ClientPage, state: BooksState) -> HttpResponse:
    """Writes what was typed; cells that somebody else changed meanwhile are named."""
    view = _view(request, page, state)
    typed = read_typed(request.POST, view.grid)
    if typed.problems:
        return _shown(request, page, view, typed=typed, problems=typed.problems, status=REFUSED)
    try:
        version, conflicts = change_cells(
            page.client.pk, view.year, typed.cells, seen=_seen(request), by=person(request)
        )
    except RefusedError as error:
        return refused(request, _address(page, view), error)
    if conflicts:
        text = _("Somebody else changed the same cells. These were not saved: %(cells)s") % {
            "cells": "; ".join(_conflict(one, view) for one in conflicts[:10])
        }
        return lead_on(request, _address(page, view), text, messages.WARNING)
    text = _("The budget is saved.") if version != view.held.version else _("Nothing was changed.")
    return lead_on(request, _address(page, view), text)


@require_POST
@books_action
def make_budget(request: HttpRequest, page: ClientPage, state: BooksState) -> HttpResponse:
    """Makes the budget from last year's figures."""
    view = _view(request, page, state)
    percent = parse_typed_number(request.POST.get("percent", "0").replace("%", "") or "0")
    unit = parse_typed_number(request.POST.get("unit", ""))
    try:
        if percent is None or abs(percent) > _MOST_PERCENT:
            raise RefusedError(
                _("Write the per cent as a number from −1000 to 1000, as 3 or −2,5."),
                field="percent",
            )
        rule = BudgetRule(
            percent,
            Spread.EVEN if request.POST.get("spread") == Spread.EVEN.value else Spread.SEASON,
            unit if unit in UNITS else ORE,
        )
        make_from_last_year(
            page.client.pk,
            view.sheet.books,
            view.year,
            rule,
            seen=_seen(request),
            by=person(request),
        )
    except RefusedError as error:
        return refused(request, _address(page, view), error)
    return lead_on(request, _address(page, view), _("The budget is made from last year."))


@require_POST
@books_action
def import_budget(request: HttpRequest, page: ClientPage, state: BooksState) -> HttpResponse:
    """Takes in a file; with anything wrong in it nothing is taken in, and all of it is named."""
    view = _view(request, page, state)
    upload = request.FILES.get("file")
    try:
        if upload is None or isinstance(upload, list):
            raise RefusedError(_("Choose a file first."), field="file")
        found = read_budget(file_rows(upload.read()), view.year, view.chart)
        if found.problems:
            told = [problem_words(one) for one in found.problems]
            return _shown(request, page, view, problems=told, is_import=True, status=REFUSED)
        accounts = {one.id: one for one in view.chart}
        signs = {id_: view.grid.mapping.place(accounts[id_]).line.sign for id_ in found.amounts}
        cells = {
            (id_, month): amount * signs[id_]
            for id_, months in found.amounts.items()
            for month, amount in months.items()
        }
        import_amounts(
            page.client.pk,
            view.year,
            cells,
            upload.name or "",
            seen=_seen(request),
            by=person(request),
        )
    except RefusedError as error:
        return refused(request, _address(page, view), error)
    text = ngettext(
        "%(count)s account was imported. The others stand as they were.",
        "%(count)s accounts were imported. The others stand as they were.",
        len(found.amounts),
    ) % {"count": len(found.amounts)}
    return lead_on(request, _address(page, view), text)


@require_POST
@books_action
def restore_budget(request: HttpRequest, page: ClientPage, state: BooksState) -> HttpResponse:
    """Goes back to an earlier version; what is gone back from is kept too."""
    view = _view(request, page, state)
    typed = request.POST.get("number", "")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0
    try:
        restore(page.client.pk, view.year, number, seen=_seen(request), by=person(request))
    except RefusedError as error:
        return refused(request, _address(page, view), error)
    text = _("The budget stands as in version %(number)s.") % {"number": number}
    return lead_on(request, _address(page, view), text)


@require_GET
@books_page
def budget_file(
    request: HttpRequest, page: ClientPage, state: BooksState, kind: str
) -> HttpResponseBase:
    """The budget as a file that can be filled in and imported again."""
    if kind not in KINDS:
        raise Http404

    def make() -> Sheet:
        view = _view(request, page, state)
        grid = view.grid
        months = view.year.months()
        rows: list[Sequence[Cell]] = []
        for account in grid.accounts:
            sign = grid.mapping.place(account).line.sign
            amounts = [
                view.held.cells.get((account.id, month), Decimal("0.00")) * sign + 0
                for month in months
            ]
            rows.append((account.number, account.name, *amounts, sum(amounts, Decimal("0.00"))))
        return Sheet(
            title=_("Budget"),
            head=[*head_of(page, view.sheet), (_("Version"), str(view.held.version))],
            columns=(
                _("Account number"),
                _("Name"),
                *(f"{month.month:02}.{month.year}" for month in months),
                "Sum",
            ),
            rows=rows,
        )

    year = _year(request, page, state)
    name = f"{_('budget')}-{year.first_month.key}"
    return export(page.client.firm_id, state.connection_id, make, kind, name)


def _year(request: HttpRequest, page: ClientPage, state: BooksState) -> FinancialYear:
    """The year of the address; else the one of the month."""
    typed = request.POST.get(YEAR) or request.GET.get(YEAR, "")
    found = next((one for one in _years(page, state) if one.first_month.key == typed), None)
    if found is not None:
        return found
    return year_for(state, chosen_month(state, request.GET.get(MONTH, ""), page.today))


def _years(page: ClientPage, state: BooksState) -> list[FinancialYear]:
    """The years a budget can be made for: those of the books, and the next one."""
    now = year_for(state, Month.of(page.today))
    known = years_through(state, now.last_month.next().last_day) or (now,)
    return sorted({*known[-4:], now}, key=lambda one: one.start)


def _view(request: HttpRequest, page: ClientPage, state: BooksState) -> BudgetView:
    year = _year(request, page, state)
    asked = chosen_month(state, request.GET.get(MONTH, ""), page.today)
    month = asked if asked in year.period else min(year.last_month, max(asked, year.first_month))
    held = budget_for(page.client.pk, year)
    chart = chart_of(state.connection_id)
    sheet = report_sheet(page.client.pk, state, month, page.today)
    added = {typed_text(request.GET, "konto")}
    grid = budget_grid(year, held.cells, chart, sheet.mapping, sheet.books, added)
    return BudgetView(sheet, year, held, chart, grid)


def _shown(
    request: HttpRequest,
    page: ClientPage,
    view: BudgetView,
    *,
    typed: TypedBudget | None = None,
    problems: Sequence[str] = (),
    is_import: bool = False,
    status: int = 200,
) -> HttpResponse:
    shown = {one.id for one in view.grid.accounts}
    versions = versions_of(page.client.pk, view.year)
    context: dict[str, Any] = frame(request, view.sheet, "budget") | {
        "year": view.year,
        "year_name": year_words(view.year),
        "years": [(one.first_month.key, year_words(one)) for one in _years(page, _state(view))],
        "held": view.held,
        "headings": month_headings(view.year),
        "rows": budget_rows(view.grid, typed),
        "has_rows": bool(view.grid.accounts),
        "gone": view.grid.gone,
        "others": [
            one for one in view.chart if not one.type.is_balance_sheet and one.id not in shown
        ],
        "versions": [(one, version_words(one)) for one in versions],
        "problems": problems,
        "is_import": is_import,
        "spreads": [
            (Spread.SEASON.value, _("With last year's season")),
            (Spread.EVEN.value, _("Evenly over the months")),
        ],
        "units": [
            ("0.01", _("To the øre")),
            ("1", _("Whole kroner")),
            ("100", _("Whole hundreds")),
            ("1000", _("Whole thousands")),
        ],
        "seen": request.POST.get("seen") or view.held.version,
        "year_query": "?" + urlencode({YEAR: view.year.first_month.key}),
        "today_month": month_name(view.sheet.month),
    }
    return show(request, page, TAB, "report/budget.html", context, status=status)


def _state(view: BudgetView) -> BooksState:
    return view.sheet.state


def version_words(version: BudgetVersion) -> str:
    """What a version was made by, with its numbers."""
    detail = version.detail
    match version.how:
        case BudgetVersion.How.LAST_YEAR:
            percent = format_nok(Decimal(detail.get("percent", "0")), signed=True)
            return _("Made from last year, %(percent)s %%") % {
                "percent": percent.removesuffix(",00")
            }
        case BudgetVersion.How.IMPORTED:
            return _("Imported from %(file)s") % {"file": detail.get("file") or "–"}
        case BudgetVersion.How.RESTORED:
            return _("As version %(number)s") % {"number": detail.get("number")}
    count = int(detail.get("cells", 0))
    return ngettext("%(count)s cell changed", "%(count)s cells changed", count) % {"count": count}


def _conflict(one: Conflict, view: BudgetView) -> str:
    account = next((each for each in view.chart if each.id == one.account_id), None)
    sign = view.grid.mapping.place(account).line.sign if account else 1
    return _("%(account)s, %(month)s: you typed %(typed)s, it is now %(now)s") % {
        "account": account.number if account else one.account_id,
        "month": month_name(one.month),
        "typed": format_nok(one.typed * sign + 0),
        "now": format_nok(one.now * sign + 0),
    }


def _seen(request: HttpRequest) -> int:
    typed = request.POST.get("seen", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else -1


def _address(page: ClientPage, view: BudgetView) -> str:
    address = reverse("report:budget", args=[page.client.public_id])
    return f"{address}?{urlencode({YEAR: view.year.first_month.key})}"
