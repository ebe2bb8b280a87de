"""The month's documentation as Excel: numbers are numbers, days are days, texts never formulas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from io import BytesIO

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from klientbro.lib.csv import Cell
from klientbro.practice.books.exports import Tab, open_workbook
from klientbro.products.reconciliation.period_file import (
    PeriodFile,
    Signed,
    moment,
    seal_words,
)


def period_excel(found: PeriodFile) -> bytes:
    """Five tabs: accounts, differences, lines with attachments, notes, signatures."""
    file = BytesIO()
    book = open_workbook(file, "in_memory")
    # the workbook's own moment too, so that the same file is the same bytes
    book.set_properties({"created": found.made_at.astimezone(UTC).replace(tzinfo=None)})
    tabs = (
        (_("Accounts"), _account_columns(), _account_rows(found)),
        (_("Differences"), _finding_columns(), _finding_rows(found)),
        (_("Lines and attachments"), _line_columns(), _line_rows(found)),
        (_("Notes"), _note_columns(), _note_rows(found)),
        (_("Signatures"), _signature_columns(), _signature_rows(found)),
    )
    for title, columns, rows in tabs:
        _write(book, title, _head(found), columns, rows)
    book.close()
    return file.getvalue()


def _head(found: PeriodFile) -> list[tuple[str, str]]:
    days = f"{found.first_day:%d.%m.%Y}–{found.last_day:%d.%m.%Y}"
    return [
        (_("Firm"), found.firm),
        (_("Client"), found.client),
        (_("Organisation number"), found.orgnr),
        (_("Period"), days),
        (_("Figures as of"), moment(found.as_of)),
        (_("Seal"), seal_words(found)),
        (_("Made"), f"{moment(found.made_at)}, {found.made_by}"),
    ]


def _account_columns() -> list[str]:
    return [
        _("Account"),
        _("Name"),
        pgettext("reconciliation", "Method"),
        _("How often"),
        _("Held against"),
        _("Opening balance"),
        _("Balance"),
        _("Documented"),
        _("Difference"),
        _("Materiality"),
        _("Risk"),
        _("Status"),
        _("Why it is not reconciled"),
        _("Prepared by"),
        _("Prepared"),
        _("Reviewed by"),
        _("Reviewed"),
        _("Changed since"),
    ]


def _account_rows(found: PeriodFile) -> Iterable[Sequence[Cell]]:
    for each in found.accounts:
        yield (
            each.number,
            each.name,
            each.method,
            each.frequency,
            each.truth,
            each.opening,
            each.closing,
            each.documented,
            each.difference,
            each.materiality,
            each.risk,
            each.state,
            each.left_out_reason,
            *_who_and_when(each.prepared),
            *_who_and_when(each.reviewed),
            " ".join(each.causes),
        )


def _who_and_when(signed: Signed | None) -> tuple[str, str]:
    return (signed.by, moment(signed.at)) if signed else ("", "")


def _finding_columns() -> list[str]:
    return [_("Account"), _("What the difference consists of"), _("Amount")]


def _finding_rows(found: PeriodFile) -> Iterable[Sequence[Cell]]:
    for each in found.accounts:
        for text, amount in each.findings:
            yield each.number, text, amount


def _line_columns() -> list[str]:
    return [_("Account"), _("Text"), _("Amount"), _("Checksum (SHA-256)")]


def _line_rows(found: PeriodFile) -> Iterable[Sequence[Cell]]:
    for each in found.accounts:
        for text, amount in each.lines:
            yield each.number, text, amount, ""
        for name, digest in each.attachments:
            yield each.number, name, None, digest


def _note_columns() -> list[str]:
    return [_("Account"), _("Text"), _("State"), _("By")]


def _note_rows(found: PeriodFile) -> Iterable[Sequence[Cell]]:
    for each in found.accounts:
        for who, text, state in each.notes:
            yield each.number, text, state, who


def _signature_columns() -> list[str]:
    return [
        _("Account"),
        _("By"),
        _("Step"),
        _("When"),
        _("Balance signed"),
        _("Documented"),
        _("Landing"),
        _("Comment"),
    ]


def _signature_rows(found: PeriodFile) -> Iterable[Sequence[Cell]]:
    for each in found.accounts:
        for one in each.history:
            yield (
                each.number,
                one.by,
                one.step,
                moment(one.at),
                one.balance,
                one.documented,
                one.landing,
                one.comment,
            )


def _write(
    book: xlsxwriter.Workbook,
    title: str,
    head: Sequence[tuple[str, str]],
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
) -> None:
    tab = Tab(book, title, len(columns))
    for number, row in enumerate(head):
        tab.write(number, row, bold=1)
    headings_at = len(head) + 1
    tab.write(headings_at, columns, bold=len(columns))
    for number, cells in enumerate(rows, headings_at + 1):
        tab.write(number, cells)
    tab.page.freeze_panes(headings_at + 1, 1)
    tab.page.set_landscape()
    tab.page.fit_to_pages(1, 0)
