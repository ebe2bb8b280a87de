"""The trial balance: kept sums per account and month, and the days of the last one; no scan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from .days import MONTH_OF, month_index, ordinal_of
from .model import Account, TrialBalanceRow
from .selection import NumberRanges, code_test, in_ranges
from .store import Store


@dataclass(frozen=True, slots=True)
class TrialBalanceQuery:
    """What TrialBalance can ask for; the day is included."""

    date: str
    account_numbers: NumberRanges | None = None
    agriculture_departments: frozenset[str] | None = None
    department_codes: frozenset[str] | None = None
    project_code: str | None = None
    product_code: str | None = None
    include_sub_project: bool = False
    hide_zero: bool = False

    @property
    def has_dimension(self) -> bool:
        """Whether only some rows of an account count."""
        return (
            self.department_codes is not None
            or self.project_code is not None
            or self.product_code is not None
        )


def year_end_treatment(store: Store, day: date) -> set[int] | None:
    """[guess] The months up to `day` that count for a result account; None means all of them.

    Restarting: those of the financial year that holds `day`. Accumulating: those of years too whose
    result has not been disposed of, so that the whole sheet always sums to zero.
    """
    current = store.first_month_of_year(month_index(day))
    months = set(store.financial_year(current))
    if store.spec.guesses.year_end_restarts_result_accounts:
        return months
    result = _result_per_year(store, day)
    for first, ore in result.items():
        if ore and first < current:
            months.update(store.financial_year(first))
    return months


def _result_per_year(store: Store, day: date) -> dict[int, int]:
    """Øre on result accounts per financial year, by its first month; zero when disposed of."""
    totals: dict[int, int] = {}
    for account in store.accounts:
        if store.is_result_account(account):
            for month, ore in store.months(account).items():
                first = store.first_month_of_year(month)
                totals[first] = totals.get(first, 0) + ore
    return totals


def trial_balance(store: Store, query: TrialBalanceQuery) -> list[TrialBalanceRow]:
    """One row per account (and agriculture department), in the order of account numbers."""
    day = date.fromisoformat(query.date)
    counted = year_end_treatment(store, day)
    sums = _dimension_sums(store, query) if query.has_dimension else None
    rows: list[TrialBalanceRow] = []
    lists_unused = store.spec.guesses.trial_balance_lists_unused_accounts
    for account in store.accounts:
        if query.account_numbers is not None and not in_ranges(
            account.AccountNo, query.account_numbers
        ):
            continue
        if (
            query.agriculture_departments is not None
            and account.AgricultureDepartment not in query.agriculture_departments
        ):
            continue
        days = store.day_sums.get(account, {}) if sums is None else sums.get(account, {})
        if not days and not lists_unused:
            continue
        months = counted if store.is_result_account(account) else None
        ore, used = _balance(store, account, days, day, months, kept=sums is None)
        if not ore and (query.hide_zero or not (used or lists_unused)):
            continue
        rows.append(
            TrialBalanceRow(
                account.Id,
                account.Name,
                account.AccountNo,
                account.AgricultureDepartment,
                ore / 100,
            )
        )
    rows.sort(key=lambda row: (row.AccountNo, row.AgricultureDepartment))
    return rows


def _balance(
    store: Store,
    account: Account,
    days: dict[int, int],
    day: date,
    counted: set[int] | None,
    *,
    kept: bool,
) -> tuple[int, bool]:
    """Øre up to and including a day, and whether anything was posted by then."""
    last = day.toordinal()
    month = month_index(day)
    if not kept:
        used = [(MONTH_OF[when], ore) for when, ore in days.items() if when <= last]
        total = sum(ore for when, ore in used if counted is None or when in counted)
        return total, bool(used)
    total, used_before = 0, False
    for when, ore in store.months(account).items():
        if when < month:
            used_before = True
            if counted is None or when in counted:
                total += ore
    first = (day - timedelta(days=day.day - 1)).toordinal()
    in_month = [days[when] for when in range(first, last + 1) if when in days]
    return total + sum(in_month), used_before or bool(in_month)


def _dimension_sums(store: Store, query: TrialBalanceQuery) -> dict[Account, dict[int, int]]:
    """Day sums of the rows with the wanted department, project or product: a scan."""
    department = code_test(query.department_codes) if query.department_codes else None
    project = (
        code_test(frozenset((query.project_code,)), query.include_sub_project)
        if query.project_code
        else None
    )
    product = code_test(frozenset((query.product_code,))) if query.product_code else None
    sums: dict[Account, dict[int, int]] = {}
    ordinals: dict[str, int] = {}
    for row in store.rows:
        if row.PostingDate > query.date or row.voucher.VoucherNo in store.out_of_balances:
            continue
        if department is not None and not department(row.department.Code):
            continue
        if project is not None and not project(row.project.Code):
            continue
        if product is not None and not product(row.extra.ProductCode):
            continue
        when = ordinals.get(row.PostingDate)
        if when is None:
            when = ordinals[row.PostingDate] = ordinal_of(row.PostingDate)
        days = sums.setdefault(row.account, {})
        days[when] = days.get(when, 0) + round(row.Amount * 100)
    return sums
