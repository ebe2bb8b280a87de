"""What people have set for a client, as the rules want it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from klientbro.domain.liquidity.forecast import Choices
from klientbro.domain.liquidity.habits import DEFAULT_TERM, Habit
from klientbro.domain.liquidity.items import ItemRules, Overdue
from klientbro.domain.liquidity.lines import Kind
from klientbro.domain.liquidity.payroll import PayrollChoices
from klientbro.domain.liquidity.scenarios import Change, ChangeKind
from klientbro.domain.liquidity.schedules import Interval, Loan, Planned
from klientbro.products.liquidity import models


@dataclass(frozen=True, slots=True)
class Set:
    """Everything people have set for one client."""

    settings: models.Settings
    habits: tuple[models.CustomerHabit, ...] = ()
    expected: tuple[models.ExpectedDay, ...] = ()
    planned: tuple[models.PlannedLine, ...] = ()
    loans: tuple[models.Loan, ...] = ()
    scenarios: tuple[models.Scenario, ...] = field(default=())

    def choices(self, learned: Mapping[str, Habit]) -> Choices:
        """The same for the forecast; what a person has typed rules over what was learned."""
        own = self.settings
        typed = {one.party: Habit(one.days, 0, is_typed=True) for one in self.habits}
        return Choices(
            habits={**learned, **typed},
            expected={one.item.partition(":")[2]: one.day for one in self.expected},
            items=ItemRules(
                overdue=Overdue(own.overdue),
                spread_days=own.spread_days,
                doubtful_after=own.doubtful_after,
                default_term=DEFAULT_TERM,
            ),
            payroll=PayrollChoices(own.pay_day, own.monthly_gross, own.has_no_payroll),
            assessed_tax=own.assessed_tax,
            planned=tuple(planned(one) for one in self.planned),
            loans=tuple(loan(one) for one in self.loans),
            with_estimates=own.with_estimates,
        )


def settings_of(client_id: int) -> models.Settings:
    """The client's settings; not stored ones have version 0. One statement."""
    found = models.Settings.objects.filter(client_id=client_id).first()
    return found or models.Settings(client_id=client_id, version=0)


def everything_set(client_id: int) -> Set:
    """Six statements."""
    own = {"client_id": client_id}
    return Set(
        settings_of(client_id),
        tuple(models.CustomerHabit.objects.filter(**own).order_by("party")),
        tuple(models.ExpectedDay.objects.filter(**own).order_by("item")),
        tuple(models.PlannedLine.objects.filter(**own).order_by("first", "pk")),
        tuple(models.Loan.objects.filter(**own).order_by("next_day", "pk")),
        tuple(models.Scenario.objects.filter(**own).order_by("name", "pk")),
    )


def planned(row: models.PlannedLine) -> Planned:
    """A stored line as the rules want it."""
    return Planned(
        id=str(row.public_id),
        title=row.title,
        amount=row.amount,
        first=row.first,
        interval=Interval(row.interval),
        last=row.last,
        kind=Kind(row.kind),
        account=row.account,
        party=row.party,
        is_recurring=bool(row.offer_key),
        settled=row.settled_voucher,
        vat_rate=row.vat_rate,
    )


def loan(row: models.Loan) -> Loan:
    """A stored loan as the rules want it."""
    return Loan(
        id=str(row.public_id),
        title=row.title,
        remaining=row.remaining,
        instalment=row.instalment,
        yearly_rate=row.yearly_rate,
        next_day=row.next_day,
        interval=Interval(row.interval),
        account=row.account,
    )


def change_to_json(change: Change) -> dict[str, Any]:
    """A change of a scenario as it is stored."""
    return {
        "kind": change.kind.value,
        "line": change.line,
        "party": change.party,
        "days": change.days,
        "percent": None if change.percent is None else str(change.percent),
        "day": change.day.isoformat() if change.day else None,
        "amount": None if change.amount is None else str(change.amount),
        "title": change.title,
    }


def changes_of(stored: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    """The changes of a stored scenario."""
    return tuple(
        Change(
            kind=ChangeKind(each["kind"]),
            line=each["line"],
            party=each["party"],
            days=each["days"],
            percent=None if each["percent"] is None else Decimal(each["percent"]),
            day=date.fromisoformat(each["day"]) if each["day"] else None,
            amount=None if each["amount"] is None else Decimal(each["amount"]),
            title=each["title"],
        )
        for each in stored
    )
