"""Resultat and Balanse: a month and the year so far, against what the reader chooses."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from klientbro.domain.periods import Period
from klientbro.domain.reporting.columns import (
    YEARS_BEFORE,
    Basis,
    Comparison,
    result_columns,
    sheet_columns,
)
from klientbro.domain.reporting.grid import Grid, result_grid, sheet_grid, with_movement
from klientbro.domain.reporting.series import month_series
from klientbro.ledger.rows import BooksState
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.exports import KINDS, MakeSheet, export
from klientbro.practice.books.texts import month_short
from klientbro.practice.books.views.shared import show
from klientbro.products.report.budgets import budget_for
from klientbro.products.report.charts import Bars, bars_and_line
from klientbro.products.report.exports import statement_sheet
from klientbro.products.report.rows import (
    Shape,
    all_link,
    change_pair,
    open_lines,
    statement_rows,
    with_query,
)
from klientbro.products.report.sheet import ReportSheet, chosen_month, report_sheet, year_for
from klientbro.products.report.texts import (
    column_heading,
    column_words,
    comparison_words,
    gap_sentence,
    gap_words,
    sheet_heading,
)
from klientbro.products.report.views.shared import (
    MONTH,
    TAB,
    account_query,
    books_page,
    frame,
)

AGAINST = "mot"
_WORDS = {
    "fjor": Comparison.LAST_YEAR,
    "budsjett": Comparison.BUDGET,
    "rullende": Comparison.ROLLING,
    "prognose": Comparison.FORECAST,
    "maneder": Comparison.MONTHS,
    "ar": Comparison.YEARS,
    "bevegelse": Comparison.MOVEMENT,
}
_RESULT = ("fjor", "budsjett", "prognose", "rullende", "maneder", "ar")
_SHEET = ("fjor", "bevegelse", "maneder")
_BUDGETED = (Comparison.BUDGET, Comparison.FORECAST)


@require_GET
@books_page
def result_page(request: HttpRequest, page: ClientPage, state: BooksState) -> HttpResponse:
    """The income statement."""
    sheet, grid, against, gone = _result(request, page, state)
    context = _context(request, page, sheet, grid, against, _RESULT, "result")
    context |= _chart(sheet) | {"gone_accounts": gone}
    return show(request, page, TAB, "report/statement.html", context)


@require_GET
@books_page
def balance_page(request: HttpRequest, page: ClientPage, state: BooksState) -> HttpResponse:
    """The balance sheet."""
    sheet, grid, against = _balance(request, page, state)
    context = _context(request, page, sheet, grid, against, _SHEET, "balance")
    context["opening_problem"] = _sheet_note(grid)
    return show(request, page, TAB, "report/statement.html", context)


@require_GET
@books_page
def result_file(
    request: HttpRequest, page: ClientPage, state: BooksState, kind: str
) -> HttpResponseBase:
    """The income statement as it is shown, opened lines with their accounts."""

    def make() -> Any:
        sheet, grid, against, _gone = _result(request, page, state)
        return statement_sheet(
            page, sheet, grid, open_lines(request.GET), against, short=_is_short(request)
        )

    return _file(page, state, kind, _("income-statement"), make, request)


@require_GET
@books_page
def balance_file(
    request: HttpRequest, page: ClientPage, state: BooksState, kind: str
) -> HttpResponseBase:
    """The balance sheet as it is shown."""

    def make() -> Any:
        sheet, grid, against = _balance(request, page, state)
        return statement_sheet(
            page, sheet, grid, open_lines(request.GET), against, short=_is_short(request)
        )

    return _file(page, state, kind, _("balance-sheet"), make, request)


def _file(
    page: ClientPage,
    state: BooksState,
    kind: str,
    name: str,
    make: MakeSheet,
    request: HttpRequest,
) -> HttpResponseBase:
    if kind not in KINDS:
        raise Http404
    month = chosen_month(state, request.GET.get(MONTH, ""), page.today)
    return export(page.client.firm_id, state.connection_id, make, kind, f"{name}-{month.key}")


def _is_short(request: HttpRequest) -> bool:
    return request.GET.get("linjer") == "kort"


def _against(request: HttpRequest, allowed: tuple[str, ...]) -> Comparison:
    typed = request.GET.get(AGAINST, "")
    return _WORDS[typed] if typed in allowed else Comparison.LAST_YEAR


def _result(
    request: HttpRequest, page: ClientPage, state: BooksState
) -> tuple[ReportSheet, Grid, Comparison, tuple[str, ...]]:
    """The statement, and the budget's accounts that the chart no longer has."""
    against = _against(request, _RESULT)
    month = chosen_month(state, request.GET.get(MONTH, ""), page.today)
    if against not in _BUDGETED:
        more = YEARS_BEFORE - 1 if against is Comparison.YEARS else 0
        sheet = report_sheet(page.client.pk, state, month, page.today, years_before=more)
        columns = result_columns(sheet.books, month, against)
        return sheet, result_grid(sheet.books, columns, sheet.mapping), against, ()
    year = year_for(state, month)
    amounts = budget_for(page.client.pk, year).amounts
    sheet = report_sheet(page.client.pk, state, month, page.today, list(amounts))
    columns = result_columns(sheet.books, month, against)
    grid = result_grid(sheet.books, columns, sheet.mapping, amounts)
    gone = tuple(sorted(id_ for id_ in amounts if id_ and id_ not in sheet.books.accounts))
    return sheet, grid, against, gone


def _balance(
    request: HttpRequest, page: ClientPage, state: BooksState
) -> tuple[ReportSheet, Grid, Comparison]:
    against = _against(request, _SHEET)
    month = chosen_month(state, request.GET.get(MONTH, ""), page.today)
    sheet = report_sheet(page.client.pk, state, month, page.today)
    columns = sheet_columns(sheet.books, month, against)
    grid = sheet_grid(sheet.books, columns, sheet.mapping)
    if against is Comparison.MOVEMENT:
        grid = with_movement(grid, Period(sheet.year.first_month, month))
    return sheet, grid, against


def _context(
    request: HttpRequest,
    page: ClientPage,
    sheet: ReportSheet,
    grid: Grid,
    against: Comparison,
    allowed: tuple[str, ...],
    section: str,
) -> dict[str, Any]:
    held = open_lines(request.GET)
    pair = change_pair(grid.columns, against)
    exact = request.GET.get("ore") == "1"
    short = _is_short(request)
    shape = Shape(
        held,
        exact,
        f"/klienter/{page.client.public_id}/",
        account_query(sheet.month),
        pair,
        short,
    )
    is_result = section == "result"
    is_across = against is Comparison.MONTHS
    headings = [
        {
            "text": column_heading(column, is_short=is_across)
            if is_result
            else sheet_heading(column),
            "words": column_words(column),
            "tone": sheet.column_tone(column),
            "gap": gap_words(column.gap) if column.gap else "",
            "is_budget": column.basis in (Basis.BUDGET, Basis.FORECAST),
        }
        for column in grid.columns
    ]
    gaps = dict.fromkeys(
        gap_sentence(column.gap, column.period) for column in grid.columns if column.gap
    )
    return frame(request, sheet, section) | {
        "headings": headings,
        "pair": pair,
        "is_across": is_across,
        "change_heading": _("Variance") if against in _BUDGETED else _("Change"),
        "needs_budget": against in _BUDGETED,
        "is_known": any(column.is_known for column in grid.columns),
        "gaps": list(gaps),
        "rows": statement_rows(grid, shape, request.GET),
        "unmapped": grid.unmapped,
        "all_link": all_link(request.GET, held),
        "exact": exact,
        "short": short,
        "short_link": with_query(request.GET, {"linjer": "" if short else "kort"}),
        "exact_link": with_query(request.GET, {"ore": "" if exact else "1"}),
        "against": next(word for word, one in _WORDS.items() if one is against),
        "comparisons": [(word, comparison_words(_WORDS[word])) for word in allowed],
        "against_kept": [
            (name, value) for name, value in request.GET.items() if name != AGAINST and value
        ],
        "file_query": request.GET.urlencode(),
    }


def _sheet_note(grid: Grid) -> bool:
    """Whether assets and the other side part: then the books themselves do not balance."""
    assets, rest = grid.line("total_assets").amounts, grid.line("total_equity_and_debt").amounts
    return assets != rest


def _chart(sheet: ReportSheet) -> dict[str, Any]:
    """Income and result of the year's months through the one shown, last year's income beside."""
    months = [one for one in sheet.year.months() if one <= sheet.month]
    points = month_series(sheet.books, months, sheet.mapping)
    labels = [month_short(point.month) for point in points]
    bars = [
        Bars(_("Income last year"), "rp-before", [point.last_income for point in points]),
        Bars(_("Income"), "rp-now", [point.income for point in points]),
    ]
    line = Bars(_("Result"), "rp-result", [point.result for point in points])
    return {
        "points": points,
        "chart": bars_and_line(
            labels, bars, line, _("Income and result by month, in thousands of kroner")
        ),
    }
