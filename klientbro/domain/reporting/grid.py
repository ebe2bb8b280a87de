"""A statement with several columns: every line with its amounts, open to the accounts behind it.

One presentation sign throughout (norwegian-accounting.md §1): accounts are shown as their line is.
A column that is not known has None in every cell, on lines without accounts too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from klientbro.domain.accounts import Account, AccountId, account_sort_key
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month, Period
from klientbro.domain.report_lines import (
    LineMapping,
    Placement,
    PresentationMove,
    ReportLine,
    Statement,
    StatementOfLines,
    balance_sheet,
    income_statement,
)
from klientbro.domain.reporting.books import Gap, MonthBooks
from klientbro.domain.reporting.columns import Basis, Column, Span

Amount = Decimal | None


@dataclass(frozen=True, slots=True)
class GridAccount:
    """An account behind a line. moved: why it stands on this line in some column."""

    account: Account
    amounts: tuple[Amount, ...]
    moved: PresentationMove | None = None

    @property
    def is_zero(self) -> bool:
        return not any(self.amounts)


@dataclass(frozen=True, slots=True)
class GridLine:
    """A line with an amount for each column, as shown."""

    line: ReportLine
    amounts: tuple[Amount, ...]
    accounts: tuple[GridAccount, ...]

    @property
    def is_zero(self) -> bool:
        return not any(self.amounts)


@dataclass(frozen=True, slots=True)
class Grid:
    """A whole statement in columns. statements: each column alone, None where it is not known."""

    statement: Statement
    columns: tuple[Column, ...]
    lines: tuple[GridLine, ...]
    statements: tuple[StatementOfLines | None, ...]

    def line(self, code: str) -> GridLine:
        """The line of a code. KeyError for a line of the other statement."""
        for one in self.lines:
            if one.line.code == code:
                return one
        raise KeyError(code)

    def amount(self, code: str, column: int = 0) -> Amount:
        return self.line(code).amounts[column]

    @property
    def unmapped(self) -> tuple[GridAccount, ...]:
        """Accounts that no rule has a line for."""
        return tuple(
            each
            for one in self.lines
            if one.line.is_unmapped
            for each in one.accounts
            if not each.is_zero
        )


class RememberedMapping(LineMapping):
    """The same mapping, which places each account once however many columns ask."""

    def __init__(self, mapping: LineMapping) -> None:
        self._mapping = mapping
        self._placed: dict[AccountId, Placement] = {}

    def place(self, account: Account) -> Placement:
        found = self._placed.get(account.id)
        if found is None:
            found = self._placed[account.id] = self._mapping.place(account)
        return found


BudgetAmounts = Mapping[AccountId, Mapping[Month, Decimal]]


def result_grid(
    books: MonthBooks,
    columns: Sequence[Column],
    mapping: LineMapping,
    budget: BudgetAmounts | None = None,
) -> Grid:
    """The income statement in the columns. Budget columns need a budget for all their months."""
    result = [one for one in _in_order(books) if not one.type.is_balance_sheet]
    kept = []
    statements: list[StatementOfLines | None] = []
    for column in columns:
        if column.basis in (Basis.BUDGET, Basis.FORECAST):
            column = _with_budget(column, budget)
        kept.append(column)
        if not column.is_known:
            statements.append(None)
            continue
        balances: list[tuple[Account, Decimal | None]]
        if column.basis is Basis.BUDGET:
            balances = [(one, budgeted(budget or {}, one.id, column.period)) for one in result]
        elif column.basis is Basis.FORECAST:
            balances = _forecast(books, column, result, budget or {})
        else:
            moved = books.movements((one.id for one in result), column.period) or {}
            balances = [(one, moved.get(one.id)) for one in result]
        statements.append(income_statement(balances, mapping))
    return _grid(Statement.INCOME, kept, statements)


def _forecast(
    books: MonthBooks, column: Column, accounts: Sequence[Account], budget: BudgetAmounts
) -> list[tuple[Account, Decimal | None]]:
    """What has happened through the column's month, and the budget of the months after it."""
    until = column.until or column.period.last
    moved = books.movements((one.id for one in accounts), Period(column.period.first, until))
    if moved is None:
        return [(one, None) for one in accounts]
    rest = _rest(column)
    if rest is None:
        return [(one, moved[one.id]) for one in accounts]
    return [(one, moved[one.id] + budgeted(budget, one.id, rest)) for one in accounts]


def _rest(column: Column) -> Period | None:
    """The months of a forecast that the budget stands for."""
    until = column.until or column.period.last
    return Period(until.next(), column.period.last) if until < column.period.last else None


def with_movement(grid: Grid, year: Period) -> Grid:
    """A balance sheet of two days with what moved between them, line by line."""
    opening, closing = grid.columns
    moved = Column(Span.YEAR_TO_DATE, Basis.ACTUAL, year, opening.gap or closing.gap)
    return replace(
        grid,
        columns=(opening, moved, closing),
        statements=(grid.statements[0], None, grid.statements[1]),
        lines=tuple(
            replace(
                one,
                amounts=_between(one.amounts),
                accounts=tuple(
                    replace(each, amounts=_between(each.amounts)) for each in one.accounts
                ),
            )
            for one in grid.lines
        ),
    )


def _between(amounts: tuple[Amount, ...]) -> tuple[Amount, ...]:
    opening, closing = amounts
    moved = None if opening is None or closing is None else closing - opening
    return (opening, moved, closing)


def sheet_grid(books: MonthBooks, columns: Sequence[Column], mapping: LineMapping) -> Grid:
    """The balance sheet at the end of each column's last month."""
    accounts = _in_order(books)
    statements: list[StatementOfLines | None] = []
    for column in columns:
        if not column.is_known:
            statements.append(None)
            continue
        held = books.balances(column.period.last) or {}
        balances = [(one, held.get(one.id)) for one in accounts]
        undisposed = ZERO - sum(held.values(), ZERO)
        statements.append(balance_sheet(balances, mapping, undisposed))
    return _grid(Statement.BALANCE, columns, statements)


def budgeted(budget: BudgetAmounts, account_id: AccountId, period: Period) -> Decimal:
    """What the budget has for the account in the months, ledger sign."""
    months = budget.get(account_id)
    if not months:
        return ZERO
    return sum((amount for month, amount in months.items() if month in period), ZERO)


def _with_budget(column: Column, budget: BudgetAmounts | None) -> Column:
    covered = {month for months in (budget or {}).values() for month in months}
    needed = _rest(column) if column.basis is Basis.FORECAST else column.period
    if needed is None or (covered and all(month in covered for month in needed.months())):
        return column
    return replace(column, gap=column.gap or Gap.NO_BUDGET)


def _in_order(books: MonthBooks) -> list[Account]:
    return sorted(books.accounts.values(), key=lambda one: (account_sort_key(one.number), one.id))


def _grid(
    statement: Statement,
    columns: Iterable[Column],
    statements: Sequence[StatementOfLines | None],
) -> Grid:
    known = next((one for one in statements if one is not None), None)
    # a statement without figures still has its lines
    pattern = known or (
        income_statement((), LineMapping())
        if statement is Statement.INCOME
        else balance_sheet((), LineMapping())
    )
    lines = []
    for at, one in enumerate(pattern.lines):
        cells = [None if each is None else each.lines[at] for each in statements]
        found: dict[AccountId, dict[int, Amount]] = {}
        accounts: dict[AccountId, Account] = {}
        moved: dict[AccountId, PresentationMove] = {}
        for column, cell in enumerate(cells):
            for amount in cell.accounts if cell else ():
                id_ = amount.account.id
                accounts[id_] = amount.account
                found.setdefault(id_, {})[column] = amount.shown
                if amount.moved is not None:
                    moved[id_] = amount.moved
        lines.append(
            GridLine(
                one.line,
                tuple(None if cell is None else cell.amount for cell in cells),
                tuple(
                    GridAccount(
                        accounts[id_],
                        tuple(
                            None if cell is None else found[id_].get(column, ZERO)
                            for column, cell in enumerate(cells)
                        ),
                        moved.get(id_),
                    )
                    for id_ in sorted(
                        accounts, key=lambda id_: (account_sort_key(accounts[id_].number), id_)
                    )
                ),
            )
        )
    return Grid(statement, tuple(columns), tuple(lines), tuple(statements))
