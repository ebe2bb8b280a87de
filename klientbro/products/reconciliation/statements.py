"""Bank statements that have been imported, and what they say an account held on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from klientbro.domain.money import ZERO
from klientbro.products.reconciliation.models import Statement, StatementLine


@dataclass(frozen=True, slots=True)
class StatementBalance:
    """What the bank says an account held at the end of a day.

    stated: the closing balance printed on a statement that ends on the day. calculated: from the
    newest opening balance and the lines since. Where both are known they must agree.
    """

    last_day: date
    stated: Decimal | None
    calculated: Decimal | None
    mark: str

    @property
    def balance(self) -> Decimal | None:
        return self.stated if self.stated is not None else self.calculated

    @property
    def agrees_with_itself(self) -> bool:
        return self.stated is None or self.calculated is None or self.stated == self.calculated


def statement_balances(client_id: int, day: date) -> dict[str, StatementBalance]:
    """The bank's balance at the end of the day, by ledger account. Two statements."""
    newest = {
        statement.account_id: statement
        for statement in Statement.objects.filter(
            client_id=client_id, removed_at=None, first_day__lte=day
        ).order_by("last_day", "pk")
    }
    sums = {
        row["statement_id"]: row["total"]
        for row in StatementLine.objects.filter(
            statement__in=[each.pk for each in newest.values()], booked_on__lte=day
        )
        .values("statement_id")
        .annotate(total=Sum("amount"))
    }
    return {
        account: _balance(statement, sums.get(statement.pk, ZERO), day)
        for account, statement in newest.items()
    }


def _balance(statement: Statement, moved: Decimal, day: date) -> StatementBalance:
    reaches = statement.last_day >= day
    calculated = statement.opening + moved if statement.opening is not None and reaches else None
    stated = statement.closing if statement.last_day == day else None
    mark = f"{statement.public_id}:{stated if stated is not None else calculated}"
    return StatementBalance(min(statement.last_day, day), stated, calculated, mark)
