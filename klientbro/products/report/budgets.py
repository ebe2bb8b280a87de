"""A client's budgets: read, made from last year, changed cell by cell, imported, gone back to.

Every change is a whole new version. Two who save at once never overwrite each other: cells that
only one of them changed both stand, cells that both changed are named.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.accounts import AccountId
from klientbro.domain.money import ZERO
from klientbro.domain.national_id import hide_national_ids
from klientbro.domain.periods import FinancialYear, Month
from klientbro.domain.reporting.books import MonthBooks
from klientbro.domain.reporting.budget import (
    BudgetError,
    BudgetRule,
    Cells,
    Conflict,
    from_last_year,
    merged,
)
from klientbro.products.report.models import Budget, BudgetVersion
from klientbro.products.report.texts import gap_sentence
from klientbro.tenants.models import User


@dataclass(frozen=True, slots=True)
class HeldBudget:
    """A budget as it stands. version 0: none has been made."""

    year: FinancialYear
    version: int
    cells: Cells

    @property
    def amounts(self) -> dict[AccountId, dict[Month, Decimal]]:
        """By account and month, every month of the year; for a report's columns."""
        found: dict[AccountId, dict[Month, Decimal]] = {}
        if not self.version:
            return found
        nought = dict.fromkeys(self.year.months(), ZERO)
        for (account_id, month), amount in self.cells.items():
            found.setdefault(account_id, dict(nought))[month] = amount
        # an empty budget covers its year too: everything is budgeted to nought
        return found or {"": nought}


def budget_for(client_id: int, year: FinancialYear) -> HeldBudget:
    """The newest version of the year's budget. One statement."""
    newest = (
        BudgetVersion.objects.filter(budget__client_id=client_id, budget__first_month=year.start)
        .order_by("-number")
        .first()
    )
    if newest is None:
        return HeldBudget(year, 0, {})
    return HeldBudget(year, newest.number, cells_of(newest, year))


def cells_of(version: BudgetVersion, year: FinancialYear) -> Cells:
    """A version's cells that lie in the year; a year end may have been changed since."""
    return {
        (account_id, month): Decimal(text)
        for account_id, months in version.cells.items()
        for key, text in months.items()
        if (month := Month.parse(key)) in year.period
    }


def versions_of(client_id: int, year: FinancialYear, most: int = 20) -> list[BudgetVersion]:
    """The versions, newest first, without their cells."""
    return list(
        BudgetVersion.objects.filter(budget__client_id=client_id, budget__first_month=year.start)
        .select_related("by")
        .defer("cells")
        .order_by("-number")[:most]
    )


def make_from_last_year(
    client_id: int,
    books: MonthBooks,
    year: FinancialYear,
    rule: BudgetRule,
    *,
    seen: int,
    by: User,
) -> int:
    """A new version from last year's figures; RefusedError when they are not all there."""
    try:
        made = from_last_year(books, year, rule)
    except BudgetError as error:
        reason = gap_sentence(error.gap, error.period)
        raise RefusedError(
            _("%(reason)s Type the budget, or import a file.") % {"reason": reason}
        ) from None
    if not made:
        raise RefusedError(
            _("Nothing was posted on income or cost last year, so there is nothing to budget from.")
        )
    cells = {
        (id_, month): amount for id_, months in made.items() for month, amount in months.items()
    }
    detail = {
        "percent": f"{rule.percent:f}",
        "spread": rule.spread.value,
        "unit": f"{rule.unit:f}",
    }
    return _write(client_id, year, cells, BudgetVersion.How.LAST_YEAR, detail, seen=seen, by=by)


def import_amounts(
    client_id: int, year: FinancialYear, cells: Cells, name: str, *, seen: int, by: User
) -> int:
    """Puts the file's accounts into the budget; those it does not name stay as they are."""
    held = budget_for(client_id, year)
    named = {account_id for account_id, _month in cells}
    kept = {cell: amount for cell, amount in held.cells.items() if cell[0] not in named}
    return _write(
        client_id,
        year,
        kept | dict(cells),
        BudgetVersion.How.IMPORTED,
        {"file": hide_national_ids(name)[:200], "accounts": len(named)},
        seen=seen,
        by=by,
    )


def change_cells(
    client_id: int, year: FinancialYear, typed: Cells, *, seen: int, by: User
) -> tuple[int, tuple[Conflict, ...]]:
    """Writes what was typed upon version `seen`. The version, and cells changed by another too."""
    with transaction.atomic():
        budget = _locked(client_id, year)
        now = budget_for(client_id, year)
        before = now.cells
        if now.version != seen:
            older = BudgetVersion.objects.filter(budget=budget, number=seen).first()
            before = cells_of(older, year) if older is not None else {}
        cells, conflicts = merged(before, now.cells, typed)
        changed = sum(1 for cell, amount in cells.items() if now.cells.get(cell, ZERO) != amount)
        if not changed:
            return now.version, conflicts
        version = _append(
            budget, now.version, cells, BudgetVersion.How.EDITED, {"cells": changed}, by
        )
    return version, conflicts


def restore(client_id: int, year: FinancialYear, number: int, *, seen: int, by: User) -> int:
    """Goes back to an earlier version, as a new one."""
    older = BudgetVersion.objects.filter(
        budget__client_id=client_id, budget__first_month=year.start, number=number
    ).first()
    if older is None:
        raise RefusedError(_("There is no such version. Load the page again."), code="gone")
    return _write(
        client_id,
        year,
        cells_of(older, year),
        BudgetVersion.How.RESTORED,
        {"number": number},
        seen=seen,
        by=by,
    )


def _write(
    client_id: int,
    year: FinancialYear,
    cells: Cells,
    how: BudgetVersion.How,
    detail: dict[str, Any],
    *,
    seen: int,
    by: User,
) -> int:
    """A new version of the whole budget. RefusedError when another has been made since `seen`."""
    with transaction.atomic():
        budget = _locked(client_id, year)
        if budget.version != seen:
            raise RefusedError(
                _(
                    "Somebody else has changed the budget since you loaded the page. Look at it, "
                    "and try again."
                ),
                code="stale",
            )
        return _append(budget, seen, cells, how, detail, by)


def _locked(client_id: int, year: FinancialYear) -> Budget:
    """The year's budget, made when first needed; whoever comes second waits here."""
    try:
        with transaction.atomic():
            Budget.objects.get_or_create(
                firm_id=current_firm_id(),
                client_id=client_id,
                first_month=year.start,
                defaults={"last_month": year.end},
            )
    except IntegrityError:
        pass  # another made it at the same moment
    return Budget.objects.select_for_update().get(client_id=client_id, first_month=year.start)


def _append(
    budget: Budget,
    seen: int,
    cells: Cells,
    how: BudgetVersion.How,
    detail: dict[str, Any],
    by: User,
) -> int:
    number = seen + 1
    BudgetVersion.objects.create(
        firm_id=budget.firm_id,
        budget=budget,
        number=number,
        how=how,
        detail=detail,
        cells=_stored(cells),
        by=by,
    )
    budget.version = number
    budget.save(update_fields=["version"])
    return number


def _stored(cells: Cells) -> dict[str, dict[str, str]]:
    stored: dict[str, dict[str, str]] = {}
    for (account_id, month), amount in sorted(cells.items()):
        if amount != ZERO:
            stored.setdefault(account_id, {})[month.key] = f"{amount:f}"
    return stored
