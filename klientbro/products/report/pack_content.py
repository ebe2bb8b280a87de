"""Everything a report pack shows, as plain data: what is frozen when it is published.

Words are in the language of whoever publishes; amounts are decimal strings. The page, the PDF and
the spreadsheet of a published pack read this and nothing else, so a ledger that moves moves nothing
in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from klientbro.domain.money import ZERO
from klientbro.domain.reporting.ageing import Band, Side
from klientbro.domain.reporting.columns import Comparison, result_columns, sheet_columns
from klientbro.domain.reporting.comparing import Change
from klientbro.domain.reporting.frozen import Figures, amount_from, amount_text, content_hash
from klientbro.domain.reporting.grid import BudgetAmounts, Grid, result_grid, sheet_grid
from klientbro.domain.reporting.series import month_series
from klientbro.ledger.queries.reporting import OpenSnapshot, item_snapshots
from klientbro.ledger.rows import MonthState
from klientbro.lib.dates import format_date, format_time, oslo_date
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.texts import month_short
from klientbro.products.report.figures import figure_rows
from klientbro.products.report.open_items import side_on
from klientbro.products.report.pack_words import PackWords, fill
from klientbro.products.report.rows import change_pair, shown_lines
from klientbro.products.report.sheet import ReportSheet
from klientbro.products.report.texts import (
    band_words,
    column_heading,
    figure_name,
    formula,
    gap_sentence,
    line_name,
    period_words,
    seal_sentence,
    sheet_heading,
    source_words,
    value_text,
    year_words,
)

FORMAT = 1
TEXT_FIGURES = "text/"
MOST_PARTIES = 10
_Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PackChoices:
    """What the pack's makers chose: what it is held against, its parts and its texts."""

    title: str
    against: Comparison
    parts: Sequence[str]
    texts: Mapping[str, str]


# The parts a pack may have, in the order they are shown. Each has a text; the first is text alone.
PARTS = ("summary", "result", "balance", "figures", "ageing")


def part_words(part: str) -> str:
    return {
        "summary": _("Summary"),
        "result": _("Income statement"),
        "balance": _("Balance sheet"),
        "figures": _("Key figures"),
        "ageing": _("Receivables and payables"),
    }[part]


def pack_content(
    page: ClientPage,
    sheet: ReportSheet,
    choices: PackChoices,
    budget: BudgetAmounts,
    firm: str,
) -> _Content:
    """The whole content, from one landing. Two statements for open items, where they are shown."""
    state = sheet.state
    filled = fill(
        {part: choices.texts.get(part, "").strip() for part in PARTS}, PackWords(page, sheet, firm)
    )
    columns = result_columns(sheet.books, sheet.month, choices.against)
    result = result_grid(sheet.books, columns, sheet.mapping, budget)
    at = sheet_columns(sheet.books, sheet.month, Comparison.LAST_YEAR)
    balance = sheet_grid(sheet.books, at, sheet.mapping)
    content: _Content = {
        "format": FORMAT,
        "language": (get_language() or "nb")[:2],
        "title": choices.title,
        "firm": firm,
        "client": page.client.name,
        "orgnr": page.client.orgnr or "",
        "month": sheet.month.key,
        "period": period_words(sheet.year.period)
        if sheet.month == sheet.year.last_month
        else period_words(columns[-2].period if len(columns) > 2 else columns[0].period),
        "year": year_words(sheet.year),
        "system": page.system_name,
        "as_of": f"{format_date(oslo_date(state.as_of))} {format_time(state.as_of)}"
        if state.as_of
        else "–",
        "landing": state.landing,
        "is_sealed": all(one.state is MonthState.SEALED for one in sheet.year_so_far()),
        "seal": seal_sentence(sheet),
        "parts": [part for part in PARTS if part in choices.parts],
        "part_names": {part: part_words(part) for part in PARTS},
        "texts": filled.texts,
        "text_figures": [[name, amount_text(held)] for name, held in filled.figures.items()],
        "unknown": filled.unknown,
        "words": _words(choices.against),
        "result": _statement(
            result, [column_heading(one) for one in result.columns], choices.against
        ),
        "balance": _statement(
            balance, [sheet_heading(one) for one in balance.columns], Comparison.LAST_YEAR
        ),
        "figures": _figures(sheet),
        "chart": _chart(sheet),
        "ageing": _ageing(sheet) if "ageing" in choices.parts else [],
    }
    return content


def figures_of(content: Mapping[str, Any]) -> Figures:
    """Every figure of the content by a key: what is compared, and what a press is bound to."""
    return dict(_figure_items(content))


def figures_mark(content: Mapping[str, Any]) -> str:
    """Changes when any figure does; texts may be written meanwhile."""
    figures = {key: amount_text(amount) for key, amount in figures_of(content).items()}
    return content_hash([figures, content["seal"]])[:24]


def blank(content: Mapping[str, Any], key: str) -> Decimal | None:
    """What a figure that the content has not stands at in it: nought, or not known."""
    part, _code, column = key.split("/", 2)
    if part not in ("result", "balance") or not column.isdigit():
        return None
    amounts = content[part]["lines"][0]["amounts"]
    at = int(column)
    return ZERO if at < len(amounts) and amounts[at] is not None else None


def name_of(content: Mapping[str, Any], key: str) -> str:
    """A figure's key in words: «Salgsinntekt, Hittil okt. 2026»; '' for one it has not."""
    part, code, column = key.split("/", 2)
    if part == "figures":
        found = next((one["name"] for one in content["figures"] if one["code"] == code), code)
        return str(found)
    if f"{part}/" == TEXT_FIGURES:
        return f"{_('Text')}: {code}"
    if part == "ageing":
        side = next((one for one in content["ageing"] if one["side"] == code), None)
        band = side["bands"][int(column)][0] if side and column.isdigit() else column
        return f"{content['part_names']['ageing']}: {band}"
    statement = content[part]
    heading = statement["headings"][int(column)] if column.isdigit() else column
    for line in statement["lines"]:
        if line["code"] == code:
            return f"{line['name']}, {heading}"
        for account in line["accounts"]:
            if f"a{account['id']}" == code:
                return f"{account['number']} {account['name']}, {heading}"
    return ""


def _figure_items(content: Mapping[str, Any]) -> Iterator[tuple[str, Decimal | None]]:
    for part in ("result", "balance"):
        for line in content[part]["lines"]:
            for at, text in enumerate(line["amounts"]):
                yield f"{part}/{line['code']}/{at}", amount_from(text)
            for account in line["accounts"]:
                for at, text in enumerate(account["amounts"]):
                    yield f"{part}/a{account['id']}/{at}", amount_from(text)
    for one in content["figures"]:
        yield f"figures/{one['code']}/0", amount_from(one["value"])
    for side in content["ageing"]:
        # by place: the words are in the language of whoever looks
        for at, (_words_of_it, text) in enumerate(side["bands"]):
            yield f"ageing/{side['side']}/{at}", amount_from(text)
    # packs from before texts held figures have none
    for name, text in content.get("text_figures", ()):
        yield f"{TEXT_FIGURES}{name}/0", amount_from(text)


def _words(against: Comparison) -> dict[str, str]:
    """The words of the frame: headings and notes that belong to the pack's language."""
    return {
        "organisation_number": _("Organisation number"),
        "period": _("Period"),
        "as_of": _("Figures as of"),
        "source": _("Fetched from"),
        "change": _("Variance") if against is Comparison.BUDGET else _("Change"),
        "last_year": _("Last year"),
        "figure": _("Key figure"),
        "formula": _("Formula"),
        "value": _("The year so far"),
        "total": _("Total"),
        "overdue": _("Overdue"),
        "page": _("Page"),
        "of": _("of"),
        "draft": _("Draft"),
        "chart": _("Income and result by month, thousands of kroner"),
        "income": _("Income"),
        "income_last_year": _("Income last year"),
        "result": _("Result"),
        "note": _(
            "Amounts in whole kroner; income and costs are both shown positive. Key figures follow "
            "the formula beside each."
        ),
        "edition": _("Edition"),
        "checksum": _("Checksum"),
    }


def _statement(grid: Grid, headings: Sequence[str], against: Comparison) -> _Content:
    pair = change_pair(grid.columns, against)
    shown = shown_lines(grid)
    return {
        "headings": list(headings),
        "notes": list(
            dict.fromkeys(gap_sentence(one.gap, one.period) for one in grid.columns if one.gap)
        ),
        "compared": list(pair) if pair else [],
        "lines": [
            {
                "code": one.line.code,
                "name": line_name(one.line),
                "is_sum": one.line.is_sum,
                "level": one.line.level,
                "is_shown": one in shown,
                "amounts": [amount_text(amount) for amount in one.amounts],
                "change": _change(one.amounts, pair),
                "accounts": [
                    {
                        "id": each.account.id,
                        "number": each.account.number,
                        "name": each.account.name,
                        "amounts": [amount_text(amount) for amount in each.amounts],
                    }
                    for each in one.accounts
                    if not each.is_zero
                ],
            }
            for one in grid.lines
        ],
    }


def _change(
    amounts: Sequence[Decimal | None], pair: tuple[int, int] | None
) -> tuple[str | None, str | None]:
    if pair is None:
        return (None, None)
    change = Change.between(amounts[pair[0]], amounts[pair[1]])
    percent = None if change.percent is None else f"{change.percent:.1f}"
    return (amount_text(change.amount), percent)


def _figures(sheet: ReportSheet) -> list[_Content]:
    return [
        {
            "code": row.now.code,
            "name": figure_name(row.now.code),
            "value": None if row.now.value is None else f"{row.now.value:.4f}",
            "shown": value_text(row.now.unit, row.now.value),
            "last_year": value_text(row.before.unit, row.before.value),
            "formula": formula(row.now),
            "source": source_words(row.now.source),
        }
        for row in figure_rows(sheet)
    ]


def _chart(sheet: ReportSheet) -> list[_Content]:
    months = [one for one in sheet.year.months() if one <= sheet.month]
    return [
        {
            "label": month_short(one.month),
            "income": amount_text(one.income),
            "last_income": amount_text(one.last_income),
            "result": amount_text(one.result),
        }
        for one in month_series(sheet.books, months, sheet.mapping)
    ]


def _ageing(sheet: ReportSheet) -> list[_Content]:
    snapshots: Sequence[OpenSnapshot] = item_snapshots(sheet.state.connection_id)
    found = []
    for side in Side:
        shown = side_on(side, snapshots, min(sheet.month.last_day, sheet.today))
        if shown.ageing is None or shown.snapshot is None:
            continue
        aged = shown.ageing
        found.append(
            {
                "side": side.value,
                "name": shown.heading,
                "day": format_date(shown.snapshot.as_of),
                "bands": [(band_words(band), amount_text(aged.bands[band])) for band in Band],
                "total": amount_text(aged.total),
                "overdue": amount_text(aged.overdue),
                "parties": [
                    {
                        "name": f"{party.party_no} {party.party_name}".strip(),
                        "overdue": amount_text(party.overdue),
                        "total": amount_text(party.total),
                    }
                    for party in aged.parties[:MOST_PARTIES]
                ],
            }
        )
    return found
