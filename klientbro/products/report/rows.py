"""Rows of a statement as HTML: a template would take longer to fill a thousand cells than to sum.

A line opens to its accounts by a link that keeps the rest of the address, so it works without
script, and the open lines are in the file that is saved too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from klientbro.domain.reporting.columns import Basis, Column, Comparison
from klientbro.domain.reporting.comparing import Change, is_better
from klientbro.domain.reporting.grid import Grid, GridLine
from klientbro.lib.numbers import MINUS, format_nok
from klientbro.products.report.texts import MISSING, line_name, moved_words, percent_text
from klientbro.shell import icons

ALL = "alle"
_OPEN = "apne"


@dataclass(frozen=True, slots=True)
class Shape:
    """How a statement is shown.

    pair: which two columns the change is between, None for no change. exact: øre are shown.
    short: sums only.
    home: the client's ledger pages. query: the period for them.
    """

    open_lines: Collection[str]
    exact: bool
    home: str
    account_query: str
    pair: tuple[int, int] | None
    short: bool = False

    def is_open(self, code: str) -> bool:
        return ALL in self.open_lines or code in self.open_lines


# What a column is held against stands back; what it is about does not.
_MAIN = (Basis.ACTUAL, Basis.FORECAST)
_WHOLE = Shape((), False, "", "", None)


def open_lines(asked: QueryDict) -> frozenset[str]:
    """The lines that the address opens."""
    return frozenset(code for code in asked.get(_OPEN, "").split(",") if code)


def change_pair(columns: Sequence[Column], against: Comparison) -> tuple[int, int] | None:
    """The columns the change is between: the year so far, or the balance and last year's."""
    if against in (Comparison.MONTHS, Comparison.YEARS, Comparison.MOVEMENT) or len(columns) < 2:
        return None
    if against is Comparison.FORECAST:
        return (len(columns) - 3, len(columns) - 2)
    if columns[-1].basis is Basis.ACTUAL:
        return (0, 1)
    return (len(columns) - 2, len(columns) - 1)


def shown_lines(grid: Grid, *, short: bool = False) -> list[GridLine]:
    """The lines worth a row: sums always, the others where any column has a figure.

    short: sums only, and accounts without a line, which nobody should miss.
    """
    return [
        one
        for one in grid.lines
        if one.line.is_sum or not (one.is_zero or (short and not one.line.is_unmapped))
    ]


def statement_rows(grid: Grid, shape: Shape, asked: QueryDict) -> SafeString:
    """Every row of the statement, opened lines with their accounts."""
    parts: list[str] = []
    for one in shown_lines(grid, short=shape.short):
        parts.append(_line_row(grid, one, shape, asked))
        if one.accounts and shape.is_open(one.line.code):
            parts += _account_rows(grid, one, shape)
    return mark_safe("".join(parts))  # noqa: S308 every text in it is escaped # nosec B703


def _line_row(grid: Grid, one: GridLine, shape: Shape, asked: QueryDict) -> str:
    line = one.line
    name = escape(line_name(line))
    if one.accounts:
        is_open = shape.is_open(line.code)
        address = escape(_toggled(asked, line.code, shape.open_lines, grid))
        label = (
            f'<a class="rp-open main" id="l-{line.code}" href="{address}#l-{line.code}" '
            f'aria-expanded="{"true" if is_open else "false"}" role="button" '
            f'hx-get="{address}" hx-target="#statement" hx-select="#statement" '
            f'hx-swap="outerHTML" hx-push-url="true">'
            f"{icons.icon('down' if is_open else 'right')}{name}</a>"
        )
    else:
        label = f'<span class="rp-plain">{name}</span>'
    css = f"sum rp-l{line.level}" if line.is_sum else "rp-leaf"
    if line.is_unmapped:
        css += " rp-unmapped"
    return (
        f'<tr class="{css}"><th scope="row">{label}</th>'
        f"{_cells(one.amounts, grid.columns, shape)}{_change_cells(one, shape)}</tr>"
    )


def _account_rows(grid: Grid, one: GridLine, shape: Shape) -> list[str]:
    rows = []
    for each in one.accounts:
        if each.is_zero:
            continue
        address = escape(f"{shape.home}konto/{each.account.id}/{shape.account_query}")
        note = f"<small>{escape(moved_words(each.moved))}</small>" if each.moved else ""
        change = _change_of(each.amounts, shape)
        rows.append(
            f'<tr class="rp-account"><th scope="row"><a href="{address}">'
            f'<span class="tnum muted">{escape(each.account.number)}</span> '
            f"{escape(each.account.name)}</a>{note}</th>"
            f"{_cells(each.amounts, grid.columns, shape)}{_two_cells(change, shape, None)}</tr>"
        )
    return rows


def _cells(amounts: Sequence[Decimal | None], columns: Sequence[Column], shape: Shape) -> str:
    return "".join(
        _cell(amount, "" if column.basis in _MAIN else "muted", shape)
        for amount, column in zip(amounts, columns, strict=True)
    )


def _cell(amount: Decimal | None, css: str, shape: Shape, *, signed: bool = False) -> str:
    if amount is None:
        return f'<td class="num muted">{MISSING}</td>'
    # rounded to the krone a small amount reads 0; −0 would be no number at all
    text = format_nok(amount, decimals=2 if shape.exact else 0, signed=signed)
    if text in (f"{MINUS}0", "+0"):
        text = "0"
    title = "" if shape.exact else f' title="{format_nok(amount)}"'
    grey = " zero" if not amount else ""
    return f'<td class="num {css}{grey}"{title}>{text}</td>'


def whole_cells(amounts: Sequence[Decimal | None], css: str = "") -> SafeString:
    """Cells of whole kroner, the øre behind each; for tables of many columns."""
    return mark_safe("".join(_cell(amount, css, _WHOLE) for amount in amounts))  # noqa: S308 figures # nosec B703


def _change_of(amounts: Sequence[Decimal | None], shape: Shape) -> Change | None:
    if shape.pair is None:
        return None
    now, before = shape.pair
    return Change.between(amounts[now], amounts[before])


def _change_cells(one: GridLine, shape: Shape) -> str:
    change = _change_of(one.amounts, shape)
    better = is_better(one.line, change) if change is not None else None
    return _two_cells(change, shape, better)


def _two_cells(change: Change | None, shape: Shape, better: bool | None) -> str:
    if change is None:
        return ""
    css = "" if better is None else ("rp-better" if better else "rp-worse")
    return (
        _cell(change.amount, css, shape, signed=True)
        + f'<td class="num {css}">{percent_text(change.percent)}</td>'
    )


def _toggled(asked: QueryDict, code: str, held: Collection[str], grid: Grid) -> str:
    """The same address with the line opened or closed."""
    if ALL in held:
        wanted = {one.line.code for one in grid.lines if one.accounts} - {code}
    else:
        wanted = set(held) ^ {code}
    return with_query(asked, {_OPEN: ",".join(sorted(wanted))})


def with_query(asked: QueryDict, changes: dict[str, str]) -> str:
    """The address's query with changes; an empty value is taken away."""
    query = asked.copy()
    for name, value in changes.items():
        if value:
            query[name] = value
        else:
            query.pop(name, None)
    return f"?{query.urlencode()}"


def all_link(asked: QueryDict, held: Collection[str]) -> SafeString:
    """Opens every line, or closes them all."""
    is_open = bool(held)
    address = with_query(asked, {_OPEN: "" if is_open else ALL})
    text = _("Close all lines") if is_open else _("Show all accounts")
    return format_html(
        '<a class="ds-link" id="all-lines" href="{}" hx-get="{}" hx-target="#statement" '
        'hx-select="#statement" hx-swap="outerHTML" hx-push-url="true">{}</a>',
        address,
        address,
        text,
    )
