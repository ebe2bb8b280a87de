"""The budget as a page of cells: accounts by line, months across, sums, and what was typed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from klientbro.domain.accounts import Account, AccountId, account_sort_key
from klientbro.domain.money import LARGEST_AMOUNT, ZERO, has_parts_of_ore, sum_amounts
from klientbro.domain.periods import MONTHS_IN_YEAR, FinancialYear, Month, Period
from klientbro.domain.report_lines import LineMapping, Statement, income_statement
from klientbro.domain.report_lines.layout import lines_in
from klientbro.domain.reporting.books import MonthBooks
from klientbro.domain.reporting.budget import Cells
from klientbro.lib.numbers import format_nok, parse_typed_number
from klientbro.practice.books.texts import month_name, month_short
from klientbro.products.report.texts import line_name

FIELD = "c:"


@dataclass(frozen=True, slots=True)
class TypedBudget:
    """What a person typed: cells in the ledger's sign, and fields that cannot be read."""

    cells: Cells
    unread: Mapping[str, str]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BudgetGrid:
    """Everything the page needs to draw the cells."""

    year: FinancialYear
    cells: Cells
    accounts: Sequence[Account]
    mapping: LineMapping
    books: MonthBooks

    @property
    def gone(self) -> list[AccountId]:
        """Accounts of the budget that the chart no longer has."""
        known = {one.id for one in self.accounts}
        return sorted({id_ for id_, _month in self.cells} - known)


def budget_grid(
    year: FinancialYear,
    cells: Cells,
    chart: Iterable[Account],
    mapping: LineMapping,
    books: MonthBooks,
    added: Collection[AccountId] = (),
) -> BudgetGrid:
    """The accounts worth a row: budgeted, moved this year or last, or just added."""
    budgeted = {id_ for id_, _month in cells}
    shown = [
        one
        for one in chart
        if not one.type.is_balance_sheet
        and (one.id in budgeted or one.id in added or _moved(books, one.id, year))
    ]
    shown.sort(key=lambda one: (account_sort_key(one.number), one.id))
    return BudgetGrid(year, cells, shown, mapping, books)


def _moved(books: MonthBooks, account_id: AccountId, year: FinancialYear) -> bool:
    months = books.books.movements.get(account_id, {})
    before = Period(year.first_month.plus(-MONTHS_IN_YEAR), year.last_month)
    return any(amount for month, amount in months.items() if month in before)


def budget_rows(grid: BudgetGrid, typed: TypedBudget | None = None) -> SafeString:
    """The rows: each line with its accounts, a sum for it, and the result."""
    months = grid.year.months()
    by_line: dict[str, list[Account]] = {}
    for account in grid.accounts:
        by_line.setdefault(grid.mapping.place(account).line.code, []).append(account)
    totals = _line_totals(grid)
    before = Period(months[0].plus(-MONTHS_IN_YEAR), months[-1].plus(-MONTHS_IN_YEAR))
    last_year = grid.books.movements([one.id for one in grid.accounts], before)
    parts: list[str] = []
    for line in lines_in(Statement.INCOME):
        if line.is_sum:
            parts.append(_sum_row(line_name(line), totals[line.code], f"sum rp-l{line.level}"))
            continue
        held = by_line.get(line.code)
        if not held:
            continue
        parts.append(
            f'<tr class="group"><th scope="rowgroup" colspan="{len(months) + 3}">'
            f"{escape(line_name(line))}</th></tr>"
        )
        parts += [
            _account_row(
                grid,
                account,
                line.sign,
                typed,
                None if last_year is None else last_year[account.id],
            )
            for account in held
        ]
    return mark_safe("".join(parts))  # noqa: S308 every text in it is escaped # nosec B703


def _line_totals(grid: BudgetGrid) -> dict[str, list[Decimal]]:
    """What each line comes to in each month, shown sign, by the statement's own rules."""
    months = grid.year.months()
    found: dict[str, list[Decimal]] = {}
    for month in months:
        balances: list[tuple[Account, Decimal | None]] = [
            (one, grid.cells.get((one.id, month), ZERO)) for one in grid.accounts
        ]
        for each in income_statement(balances, grid.mapping).lines:
            found.setdefault(each.line.code, []).append(each.amount or ZERO)
    return found


def _sum_row(name: str, amounts: Sequence[Decimal], css: str) -> str:
    cells = "".join(f'<td class="num">{format_nok(amount, decimals=0)}</td>' for amount in amounts)
    total = format_nok(sum_amounts(amounts), decimals=0)
    return (
        f'<tr class="{css}"><th scope="row">{escape(name)}</th>{cells}'
        f'<td class="num strong">{total}</td><td></td></tr>'
    )


def _account_row(
    grid: BudgetGrid,
    account: Account,
    sign: int,
    typed: TypedBudget | None,
    last_year: Decimal | None,
) -> str:
    total = ZERO
    cells = []
    name = f"{account.number} {account.name}"
    for month in grid.year.months():
        amount = grid.cells.get((account.id, month), ZERO)
        if typed is not None:
            amount = typed.cells.get((account.id, month), amount)
        total += amount
        field = field_name(account.id, month)
        unread = typed.unread.get(field) if typed is not None else None
        text = unread if unread is not None else amount_text(amount, sign)
        wrong = ' aria-invalid="true" aria-describedby="budget-problems"' if unread else ""
        cells.append(
            f'<td class="num"><input class="rp-cell" name="{escape(field)}" '
            f'value="{escape(text)}" inputmode="decimal" autocomplete="off" '
            f'aria-label="{escape(name)}, {escape(month_name(month))}"{wrong}></td>'
        )
    before_text = "–" if last_year is None else format_nok(_shown(last_year, sign), decimals=0)
    return (
        f'<tr class="rp-account"><th scope="row"><span class="tnum muted">'
        f"{escape(account.number)}</span> {escape(account.name)}</th>{''.join(cells)}"
        f'<td class="num strong" data-row-sum>{format_nok(_shown(total, sign), decimals=0)}</td>'
        f'<td class="num muted">{before_text}</td></tr>'
    )


def amount_text(amount: Decimal, sign: int) -> str:
    """As it is typed: whole kroner without øre, nought as an empty cell."""
    if amount == ZERO:
        return ""
    shown = _shown(amount, sign)
    is_whole = shown == shown.to_integral_value()
    return format_nok(shown, decimals=0 if is_whole else 2)


def field_name(account_id: AccountId, month: Month) -> str:
    return f"{FIELD}{month.key}:{account_id}"


def read_typed(form: QueryDict, grid: BudgetGrid) -> TypedBudget:
    """The cells of the form that lie in the year and stand on the page."""
    accounts = {one.id: one for one in grid.accounts}
    cells: dict[tuple[AccountId, Month], Decimal] = {}
    unread: dict[str, str] = {}
    problems: list[str] = []
    for field, text in form.items():
        if not field.startswith(FIELD) or not isinstance(text, str):
            continue
        key, _colon, account_id = field.removeprefix(FIELD).partition(":")
        account = accounts.get(account_id)
        try:
            month = Month.parse(key)
        except ValueError:
            continue
        if account is None or month not in grid.year.period:
            continue
        sign = grid.mapping.place(account).line.sign
        amount = ZERO if not text.strip() else parse_typed_number(text)
        problem = _problem(amount)
        if problem or amount is None:
            unread[field] = text[:40]
            problems.append(
                _("%(account)s, %(month)s: «%(text)s» %(problem)s")
                % {
                    "account": f"{account.number} {account.name}",
                    "month": month_name(month),
                    "text": text[:40],
                    "problem": problem,
                }
            )
            continue
        cells[account_id, month] = _shown(amount, sign)
    return TypedBudget(cells, unread, tuple(problems))


def _problem(amount: Decimal | None) -> str:
    if amount is None:
        return _("is not an amount. Write it as 1250 or 1 250,50.")
    if abs(amount) > LARGEST_AMOUNT:
        return _("is too large.")
    if has_parts_of_ore(amount):
        return _("has parts of an øre. Use at most two decimals.")
    return ""


def _shown(amount: Decimal, sign: int) -> Decimal:
    """Between the ledger's sign and the page's, either way."""
    return amount if sign > 0 else ZERO - amount


def month_headings(year: FinancialYear) -> list[tuple[str, str]]:
    """The short name of each month and the whole one, for screen readers."""
    return [(month_short(month).capitalize(), month_name(month)) for month in year.months()]
