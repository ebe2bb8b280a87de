"""The result by department or project: columns for each, and what has none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from klientbro.domain.accounts import AccountId
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Period
from klientbro.domain.report_lines import StatementOfLines, income_statement
from klientbro.ledger.queries.reporting import dimension_names, result_by_dimension
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.typed import typed_text
from klientbro.practice.books.views.shared import show
from klientbro.products.report.rows import with_query
from klientbro.products.report.sheet import ReportSheet
from klientbro.products.report.texts import gap_sentence, line_name, period_words
from klientbro.products.report.views.shared import TAB, frame, sheet_page

KINDS = {"avdeling": "department", "prosjekt": "project"}
MOST_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class DimensionColumn:
    """A department or project. codes: what is summed in it; '' has none."""

    name: str
    codes: frozenset[str]
    statement: StatementOfLines


@require_GET
@sheet_page
def dimensions_page(request: HttpRequest, page: ClientPage, sheet: ReportSheet) -> HttpResponse:
    """The income statement parted by the dimension, for the month or the year so far."""
    word = typed_text(request.GET, "del")
    word = word if word in KINDS else "avdeling"
    is_month = request.GET.get("vis") == "maned"
    period = Period(sheet.month if is_month else sheet.year.first_month, sheet.month)
    wanted = typed_text(request.GET, "verdi")
    gap = sheet.books.gap(period)
    # what the year held before the books were taken over has no dimensions
    is_whole = gap is None and period.first >= sheet.books.known_from
    context: dict[str, Any] = frame(request, sheet, "dimensions") | {
        "kind": word,
        "kinds": [(key, _("Departments") if key == "avdeling" else _("Projects")) for key in KINDS],
        "kind_links": [
            (
                key,
                _("Departments") if key == "avdeling" else _("Projects"),
                with_query(request.GET, {"del": key, "verdi": ""}),
            )
            for key in KINDS
        ],
        "is_month": is_month,
        "month_link": with_query(request.GET, {"vis": "maned"}),
        "year_link": with_query(request.GET, {"vis": ""}),
        "period_name": period_words(period),
        "gap": gap_sentence(gap, period) if gap else "",
        "is_whole": is_whole,
        "wanted": wanted,
    }
    if is_whole:
        context |= _table(sheet, KINDS[word], period, wanted)
    return show(request, page, TAB, "report/dimensions.html", context)


def _table(sheet: ReportSheet, kind: str, period: Period, wanted: str) -> dict[str, Any]:
    connection = sheet.state.connection_id
    amounts = result_by_dimension(connection, kind, period.first_day, period.last_day)
    names = dimension_names(connection, kind)
    codes = sorted({code for _account, code in amounts}, key=lambda code: (code == "", code))
    columns = dimension_columns(sheet, amounts, names, codes, wanted)
    total = _statement(sheet, _by_account(amounts, frozenset(codes)))
    lines = [one.line for one in total.lines]
    rows = [
        (
            line,
            line_name(line),
            [column.statement.lines[at].amount for column in columns],
            total.lines[at].amount,
        )
        for at, line in enumerate(lines)
    ]
    return {
        "columns": columns,
        "rows": [row for row in rows if row[0].is_sum or row[3] or any(row[2])],
        "values": [(code, _named(code, names)) for code in codes if code],
        "has_values": any(codes),
    }


def dimension_columns(
    sheet: ReportSheet,
    amounts: Mapping[tuple[AccountId, str], Decimal],
    names: Mapping[str, str],
    codes: Sequence[str],
    wanted: str,
) -> list[DimensionColumn]:
    """One column for each code, the largest first where there are too many; or the one wanted and
    all the rest."""
    if wanted and wanted in codes:
        parts = [(_named(wanted, names), {wanted}), (_("All others"), set(codes) - {wanted})]
    elif len(codes) <= MOST_COLUMNS:
        parts = [(_named(code, names), {code}) for code in codes]
    else:
        weight: dict[str, Decimal] = {}
        for (_account, code), amount in amounts.items():
            weight[code] = weight.get(code, ZERO) + abs(amount)
        largest = sorted(codes, key=lambda code: -weight[code])[: MOST_COLUMNS - 1]
        shown = [code for code in codes if code in largest]
        parts = [(_named(code, names), {code}) for code in shown]
        parts.append((_("All others"), set(codes) - set(shown)))
    return [
        DimensionColumn(
            name, frozenset(held), _statement(sheet, _by_account(amounts, frozenset(held)))
        )
        for name, held in parts
        if held
    ]


def _by_account(
    amounts: Mapping[tuple[AccountId, str], Decimal], codes: frozenset[str]
) -> dict[AccountId, Decimal]:
    found: dict[AccountId, Decimal] = {}
    for (account, code), amount in amounts.items():
        if code in codes:
            found[account] = found.get(account, ZERO) + amount
    return found


def _statement(sheet: ReportSheet, amounts: Mapping[AccountId, Decimal]) -> StatementOfLines:
    accounts = sheet.books.accounts
    return income_statement(
        [(accounts[id_], amount) for id_, amount in amounts.items() if id_ in accounts],
        sheet.mapping,
    )


def _named(code: str, names: Mapping[str, str]) -> str:
    if not code:
        return pgettext("dimension", "Without")
    name = names.get(code, "")
    return f"{code} {name}".strip()
