"""Placeholders in a pack's texts, as {klient} and {driftsresultat i fjor}, filled with its figures.

A line of the statements or a key figure is named as it is on the page, in either language. Alone
it is the year so far (or the month's end); « i fjor» is the same last year, « måneden» the month
alone, « endring» the change from last year in per cent. What is not known is written so; a name
that is none is told, and a pack with one is not published.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property

from django.utils.translation import gettext as _
from django.utils.translation import override

from klientbro.domain.key_figures import Unit
from klientbro.domain.periods import Period
from klientbro.domain.report_lines import LINES, Statement
from klientbro.domain.reporting.columns import Comparison, result_columns, sheet_columns
from klientbro.domain.reporting.comparing import Change
from klientbro.domain.reporting.grid import Grid, result_grid, sheet_grid
from klientbro.lib.numbers import format_nok
from klientbro.practice.books.access import ClientPage
from klientbro.products.report.figures import FigureRow, figure_rows
from klientbro.products.report.sheet import ReportSheet
from klientbro.products.report.texts import (
    figure_name,
    line_name,
    percent_text,
    period_words,
    value_text,
)

_FIELD = re.compile(r"\{([^{}\n]{1,80})\}")
# Which column of a statement a word behind the name asks for; longest first.
_MONTH, _MONTH_BEFORE, _YEAR, _YEAR_BEFORE = range(4)
_RESULT_ENDS = (
    (" måneden i fjor", _MONTH_BEFORE),
    (" month last year", _MONTH_BEFORE),
    (" måneden", _MONTH),
    (" month", _MONTH),
    (" i fjor", _YEAR_BEFORE),
    (" last year", _YEAR_BEFORE),
)
_SHEET_ENDS = ((" i fjor", 1), (" last year", 1), (" ved årets start", 2), (" at the start", 2))
_CHANGE_ENDS = (" endring", " change")
_FIGURES = (
    "operating_margin",
    "contribution_margin",
    "current_ratio",
    "quick_ratio",
    "cash_ratio",
    "working_capital",
    "equity_ratio",
    "profit_margin_ssb",
    "profit_margin_textbook",
    "return_on_assets_ssb",
    "return_on_assets_proff",
    "return_on_equity",
    "debt_ratio",
    "customer_credit_days",
    "supplier_credit_days",
    "inventory_days",
)


@dataclass(slots=True)
class Filled:
    """Texts with their placeholders filled.

    figures: what was filled in by name, None where it was not known. unknown: names that are none.
    """

    texts: dict[str, str]
    figures: dict[str, Decimal | None] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def fill(texts: Mapping[str, str], words: PackWords) -> Filled:
    """Each text with what its placeholders stand for."""
    filled = Filled({})

    def put(found: re.Match[str]) -> str:
        name = " ".join(found[1].split()).casefold()
        if (said := words.said(name)) is not None:
            return said
        known = words.figure(name)
        if known is None:
            if found[1] not in filled.unknown:
                filled.unknown.append(found[1])
            return found[0]
        amount, text = known
        filled.figures[name] = amount
        return text if amount is not None else _("not known")

    for part, text in texts.items():
        filled.texts[part] = _FIELD.sub(put, text)
    return filled


def has_words(text: str) -> bool:
    """Whether there is anything in it to fill."""
    return _FIELD.search(text) is not None


@dataclass
class PackWords:
    """What the placeholders of one client's month stand for; figures are worked out when asked."""

    page: ClientPage
    sheet: ReportSheet
    firm: str

    def said(self, name: str) -> str | None:
        """A word that is no figure."""
        sheet = self.sheet
        known: dict[str, Callable[[], str]] = {
            "client": lambda: self.page.client.name,
            "orgnr": lambda: self.page.client.orgnr or "–",
            "firm": lambda: self.firm,
            "month": lambda: period_words(Period(sheet.month, sheet.month)),
            "period": lambda: period_words(Period(sheet.year.first_month, sheet.month)),
            "year": lambda: sheet.year.label,
        }
        code = _word_codes().get(name)
        return known[code]() if code else None

    def figure(self, name: str) -> tuple[Decimal | None, str] | None:
        """A figure with its text; None when the name is none."""
        lines, figures = _line_codes(), _figure_codes()
        for end in _CHANGE_ENDS:
            code = lines.get(name.removesuffix(end)) if name.endswith(end) else None
            if code:
                percent = self._change(code)
                return percent, percent_text(percent)
        if code := lines.get(name):
            return self._line(code, _YEAR if _is_result(code) else 0)
        if code := figures.get(name):
            return self._key_figure(code, is_before=False)
        for end, column in _RESULT_ENDS:
            if name.endswith(end) and (code := lines.get(name.removesuffix(end))):
                if _is_result(code):
                    return self._line(code, column)
                break
        for end, column in _SHEET_ENDS:
            if not name.endswith(end):
                continue
            if code := lines.get(name.removesuffix(end)):
                return None if _is_result(code) else self._line(code, column)
            if column == 1 and (code := figures.get(name.removesuffix(end))):
                return self._key_figure(code, is_before=True)
        return None

    @cached_property
    def _result(self) -> Grid:
        columns = result_columns(self.sheet.books, self.sheet.month, Comparison.LAST_YEAR)
        return result_grid(self.sheet.books, columns, self.sheet.mapping)

    @cached_property
    def _sheet(self) -> Grid:
        columns = sheet_columns(self.sheet.books, self.sheet.month, Comparison.LAST_YEAR)
        return sheet_grid(self.sheet.books, columns, self.sheet.mapping)

    @cached_property
    def _figures(self) -> Mapping[str, FigureRow]:
        return {row.now.code: row for row in figure_rows(self.sheet)}

    def _line(self, code: str, column: int) -> tuple[Decimal | None, str]:
        amount = (self._result if _is_result(code) else self._sheet).amount(code, column)
        return amount, "" if amount is None else format_nok(amount, decimals=0)

    def _change(self, code: str) -> Decimal | None:
        if _is_result(code):
            now, before = self._line(code, _YEAR)[0], self._line(code, _YEAR_BEFORE)[0]
        else:
            now, before = self._line(code, 0)[0], self._line(code, 1)[0]
        percent = Change.between(now, before).percent
        return None if percent is None else percent.quantize(Decimal("0.1"))

    def _key_figure(self, code: str, *, is_before: bool) -> tuple[Decimal | None, str]:
        row = self._figures[code]
        one = row.before if is_before else row.now
        value = None if one.value is None else one.value.quantize(_STEP[one.unit])
        return value, value_text(one.unit, one.value)


_STEP = {
    Unit.RATIO: Decimal("0.01"),
    Unit.PERCENT: Decimal("0.1"),
    Unit.DAYS: Decimal(1),
    Unit.AMOUNT: Decimal(1),
}


def offered() -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a text may hold, in the reader's language: a heading and the names under it."""
    yield _("Words"), tuple(_own_words().values())
    for heading, statement in (
        (_("Income statement"), Statement.INCOME),
        (_("Balance sheet"), Statement.BALANCE),
    ):
        names = (_lowered(line_name(one)) for one in LINES.values() if one.statement is statement)
        yield heading, tuple(dict.fromkeys(names))
    yield _("Key figures"), tuple(_lowered(figure_name(code)) for code in _FIGURES)


def example() -> str:
    """One of them, as it is written."""
    return f"{{{_lowered(line_name(LINES['operating_result']))}}}"


def _lowered(name: str) -> str:
    """As it stands inside a sentence; «SSB» stays."""
    return name[:1].lower() + name[1:]


def _own_words() -> dict[str, str]:
    return {
        "client": _("client"),
        "orgnr": "orgnr",
        "firm": _("accounting firm"),
        "month": _("month"),
        "period": _("period"),
        "year": _("year"),
    }


@cache
def _word_codes() -> Mapping[str, str]:
    """Both languages' words, so that a text written in one works in the other."""
    found: dict[str, str] = {}
    for language in ("nb", "en"):
        with override(language):
            found |= {name.casefold(): code for code, name in _own_words().items()}
    return found


@cache
def _line_codes() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in LINES.values():
        for name in (one.name_nb, one.name_en):
            # a sum before a part of the same name, the income statement before the balance sheet
            found.setdefault(name.casefold(), one.code)
    return found


@cache
def _figure_codes() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for language in ("nb", "en"):
        with override(language):
            found |= {figure_name(code).casefold(): code for code in _FIGURES}
    return found


def _is_result(code: str) -> bool:
    return LINES[code].statement is Statement.INCOME
