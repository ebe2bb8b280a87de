"""A statement as a sheet for CSV and Excel: as on the page, opened lines with their accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from klientbro.domain.periods import Period
from klientbro.domain.report_lines import Statement
from klientbro.domain.reporting.columns import Comparison, Span
from klientbro.domain.reporting.comparing import Change
from klientbro.domain.reporting.grid import Grid
from klientbro.lib.csv import Cell
from klientbro.lib.dates import format_date, format_time, oslo_date
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.exports import Sheet
from klientbro.products.report.rows import ALL, change_pair, shown_lines
from klientbro.products.report.sheet import ReportSheet
from klientbro.products.report.texts import (
    column_words,
    comparison_words,
    gap_words,
    line_name,
    period_words,
    seal_sentence,
    sheet_heading,
    year_words,
)


def head_of(page: ClientPage, sheet: ReportSheet) -> list[tuple[str, str]]:
    """Whose figures, for which month, as of when, and whether they are reconciled."""
    as_of = sheet.state.as_of
    return [
        (_("Client"), page.client.name),
        (_("Organisation number"), page.client.orgnr or "–"),
        (_("Month"), period_words(Period(sheet.month, sheet.month))),
        (_("Year"), year_words(sheet.year)),
        (
            _("Figures as of"),
            f"{format_date(oslo_date(as_of))} {format_time(as_of)}" if as_of else "–",
        ),
        (_("Fetched from"), page.system_name),
        (_("Reconciled"), seal_sentence(sheet)),
        (_("Exported"), f"{format_date(oslo_date(timezone.now()))}"),
    ]


def statement_sheet(
    page: ClientPage,
    sheet: ReportSheet,
    grid: Grid,
    opened: Collection[str],
    against: Comparison,
    *,
    short: bool = False,
) -> Sheet:
    """The statement; income and costs positive, as on the page, to the øre."""
    pair = change_pair(grid.columns, against)
    is_result = grid.statement is Statement.INCOME
    headings = [
        (column_words(one) if is_result or one.span is Span.YEAR_TO_DATE else sheet_heading(one))
        + (f" ({gap_words(one.gap)})" if one.gap else "")
        for one in grid.columns
    ]
    change = [_("Change"), _("Change in per cent")] if pair else []
    head = [*head_of(page, sheet), (_("Shown"), comparison_words(against))]
    return Sheet(
        title=_("Income statement") if is_result else _("Balance sheet"),
        head=head,
        columns=(pgettext("ledger account", "Account"), _("Line"), *headings, *change),
        rows=_rows(grid, opened, pair, short),
    )


def _rows(
    grid: Grid, opened: Collection[str], pair: tuple[int, int] | None, short: bool
) -> Iterator[Sequence[Cell]]:
    for one in shown_lines(grid, short=short):
        yield ("", line_name(one.line), *one.amounts, *_change(one.amounts, pair))
        if ALL not in opened and one.line.code not in opened:
            continue
        for each in one.accounts:
            if not each.is_zero:
                yield (
                    each.account.number,
                    each.account.name,
                    *each.amounts,
                    *_change(each.amounts, pair),
                )


def _change(amounts: Sequence[Cell], pair: tuple[int, int] | None) -> Sequence[Cell]:
    if pair is None:
        return ()
    now, before = (amounts[at] for at in pair)
    change = Change.between(now, before)  # type: ignore[arg-type]  # amounts or None, by its caller
    return (change.amount, None if change.percent is None else round(change.percent, 1))
