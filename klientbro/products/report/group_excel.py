"""A group's two statements as a workbook: every client, the sum, what is eliminated, the group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO

from django.utils.translation import gettext as _

from klientbro.domain.periods import Month
from klientbro.domain.reporting.group import GroupLine, GroupSpan
from klientbro.lib.csv import Cell
from klientbro.lib.dates import format_date, format_time, oslo_date
from klientbro.practice.books.exports import Sheet, write_excel
from klientbro.practice.pages import month_name
from klientbro.products.report.groups import GroupSheet
from klientbro.products.report.texts import (
    gap_words,
    group_span_words,
    line_name,
    period_words,
)


def group_excel(sheet: GroupSheet, month: Month, span: GroupSpan) -> bytes:
    """The workbook; numbers as numbers, what is not known left empty."""
    file = BytesIO()
    write_excel(file, _sheet(sheet, month, span))
    return file.getvalue()


def _sheet(sheet: GroupSheet, month: Month, span: GroupSpan) -> Sheet:
    names = [one.name for one in sheet.report.members]
    return Sheet(
        title=sheet.group.name,
        head=[
            (_("Month"), month_name(month)),
            (_("Period"), group_span_words(span)),
            *_members(sheet),
            *_notes(sheet),
        ],
        columns=("", _("Line"), *names, _("Sum"), _("Eliminated"), _("Group")),
        rows=_rows(sheet),
    )


def _members(sheet: GroupSheet) -> Iterator[tuple[str, str]]:
    """Each client's months, as of when, and whether its month is reconciled."""
    for one, client in zip(sheet.report.members, sheet.clients, strict=True):
        state = sheet.states.get(client.pk)
        said = [gap_words(one.gap) if one.gap else period_words(one.period) if one.period else "–"]
        if state is not None and state.as_of is not None:
            said.append(f"{format_date(oslo_date(state.as_of))} {format_time(state.as_of)}")
        if client in sheet.unsealed:
            said.append(_("not reconciled"))
        yield one.name, ", ".join(said)


def _notes(sheet: GroupSheet) -> Iterator[tuple[str, str]]:
    if sheet.report.is_uneven:
        yield _("Note"), _("The clients cover different numbers of months.")
    for month in sheet.report.unkept:
        yield _("Note"), _("No eliminations are kept for %(month)s.") % {"month": month_name(month)}


def _rows(sheet: GroupSheet) -> Iterator[Sequence[Cell]]:
    for heading, lines in (
        (_("Income statement"), sheet.report.result),
        (_("Balance sheet"), sheet.report.sheet),
    ):
        yield (heading,)
        for one in lines:
            if one.line.is_sum or not one.is_zero:
                yield _row(one)
    if sheet.eliminations:
        yield (_("Eliminations"),)
        every = (*sheet.report.result, *sheet.report.sheet)
        names = {one.line.code: line_name(one.line) for one in every}
        for kept in sheet.eliminations:
            lines_of = f"{names.get(kept.line, kept.line)} / {names.get(kept.other, kept.other)}"
            yield ("", f"{kept.text}: {lines_of}", kept.amount)


def _row(one: GroupLine) -> Sequence[Cell]:
    return ("", line_name(one.line), *one.amounts, one.total, one.eliminated, one.remaining)
