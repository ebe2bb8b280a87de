"""A report pack as a workbook: numbers are numbers, every line with its accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter

from klientbro.domain.reporting.frozen import amount_from
from klientbro.lib.csv import Cell
from klientbro.practice.books.exports import Tab, open_workbook


def pack_excel(content: Mapping[str, Any]) -> bytes:
    """A tab for each part, from the content alone."""
    file = BytesIO()
    book = open_workbook(file, "in_memory")
    names = content["part_names"]
    for part in content["parts"]:
        match part:
            case "summary":
                _write(book, names[part], content, ["", ""], _text_rows(content))
            case "result" | "balance":
                statement = content[part]
                _write(
                    book,
                    names[part],
                    content,
                    ["", "", *statement["headings"], *_change_headings(content, statement)],
                    _statement_rows(statement),
                )
            case "figures":
                words = content["words"]
                columns = [words["figure"], words["formula"], words["value"], words["last_year"]]
                _write(book, names[part], content, columns, _figure_rows(content))
            case "ageing":
                words = content["words"]
                columns = ["", "", words["overdue"], words["total"]]
                _write(book, names[part], content, columns, _ageing_rows(content))
    book.close()
    return file.getvalue()


def _head(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    words = content["words"]
    return [
        (content["title"], content["client"]),
        (words["organisation_number"], content["orgnr"]),
        (words["period"], content["period"]),
        (words["as_of"], content["as_of"]),
        ("", content["seal"]),
    ]


def _text_rows(content: Mapping[str, Any]) -> Iterable[Sequence[Cell]]:
    for part in content["parts"]:
        if content["texts"].get(part):
            yield content["part_names"][part], content["texts"][part]


def _statement_rows(statement: Mapping[str, Any]) -> Iterable[Sequence[Cell]]:
    is_compared = bool(statement["compared"])
    for line in statement["lines"]:
        if not line["is_shown"]:
            continue
        change: Sequence[Cell] = ()
        if is_compared:
            amount, percent = line["change"]
            change = (amount_from(amount), None if percent is None else Decimal(percent))
        yield ("", line["name"], *map(amount_from, line["amounts"]), *change)
        for account in line["accounts"]:
            yield (account["number"], account["name"], *map(amount_from, account["amounts"]))


def _change_headings(content: Mapping[str, Any], statement: Mapping[str, Any]) -> list[str]:
    return [content["words"]["change"], "%"] if statement["compared"] else []


def _figure_rows(content: Mapping[str, Any]) -> Iterable[Sequence[Cell]]:
    for one in content["figures"]:
        value = amount_from(one["value"])
        yield (
            one["name"],
            one["formula"],
            None if value is None else round(value, 2),
            one["last_year"],
        )


def _ageing_rows(content: Mapping[str, Any]) -> Iterable[Sequence[Cell]]:
    for side in content["ageing"]:
        yield side["name"], side["day"], amount_from(side["overdue"]), amount_from(side["total"])
        for name, amount in side["bands"]:
            yield "", name, None, amount_from(amount)
        for party in side["parties"]:
            yield "", party["name"], amount_from(party["overdue"]), amount_from(party["total"])


def _write(
    book: xlsxwriter.Workbook,
    title: str,
    content: Mapping[str, Any],
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
) -> None:
    tab = Tab(book, title, len(columns))
    head = _head(content)
    for number, row in enumerate(head):
        tab.write(number, row, bold=1)
    at = len(head) + 1
    tab.write(at, columns, bold=len(columns))
    for number, cells in enumerate(rows, at + 1):
        tab.write(number, cells)
    tab.page.freeze_panes(at + 1, 2)
    tab.page.set_landscape()
    tab.page.fit_to_pages(1, 0)
