"""What each account is held against, and what that says the balance should be.

Automatic where the ledger holds the truth: open items for receivables and payables, the bank's own
statement, accounts that should stand at zero, employer's tax on accrued pay and holiday pay. For
everything else, the lines a person has written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from klientbro.domain.client_facts import ClientFacts
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month
from klientbro.domain.reconciliation.methods import Method, expected_zero
from klientbro.domain.reconciliation.payroll import accrued_employers_tax
from klientbro.ledger.queries.reconciling import ChartAccount, ItemSnapshot
from klientbro.products.reconciliation.documentation import Documentation
from klientbro.products.reconciliation.plan import Plan
from klientbro.products.reconciliation.statements import StatementBalance

SIDES = {Method.RECEIVABLES: "customer", Method.PAYABLES: "supplier"}


@dataclass(frozen=True, slots=True)
class Truth:
    """What the balance should be in the ledger's sign, None when nobody knows yet.

    code: what it rests on. tolerance: how much may lie between before it is a difference.
    subledger, statement: what a sign-off is bound to beside the figures.
    """

    amount: Decimal | None
    code: str
    tolerance: Decimal = ZERO
    is_automatic: bool = False
    subledger: Decimal | None = None
    statement: str = ""
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Grounds:
    """All that is known of a client's month before any account is judged."""

    month: Month
    year_end: date | None
    facts: ClientFacts
    closings: Mapping[str, Decimal]  # by account id
    accounts: Mapping[str, ChartAccount]
    items: Mapping[str, ItemSnapshot]
    statements: Mapping[str, StatementBalance]
    documentation: Mapping[str, Documentation]


def truth_of(account: ChartAccount, plan: Plan, grounds: Grounds) -> Truth:
    """What the account is held against in the month."""
    written = grounds.documentation.get(account.account.id)
    lines = written.total if written else None
    if plan.method in SIDES:
        return _subledger(account, SIDES[plan.method], grounds)
    zero = expected_zero(account.account, grounds.month.last_day, year_end=grounds.year_end)
    if zero is not None and lines is None:
        return Truth(ZERO, zero.value, is_automatic=True)
    if plan.method is Method.BANK:
        statement = grounds.statements.get(account.account.id)
        if statement is not None and statement.balance is not None:
            # timing items written by hand explain what lies between ledger and bank
            return Truth(
                statement.balance + (lines or ZERO),
                "bank_statement",
                statement=statement.mark,
                as_of=statement.last_day,
            )
        return Truth(lines, "bank_statement", statement=statement.mark if statement else "")
    if lines is None and plan.method in (Method.PAYROLL, Method.HOLIDAY_PAY):
        return _accrued(account, grounds)
    return Truth(lines, "lines")


def _subledger(account: ChartAccount, side: str, grounds: Grounds) -> Truth:
    """The open items' sum, less what the side's other control accounts hold."""
    snapshot = grounds.items.get(side)
    if snapshot is None:
        return Truth(None, f"{side}_subledger", is_automatic=True)
    others = sum(
        (
            grounds.closings.get(id_, ZERO)
            for id_, each in grounds.accounts.items()
            if each.control == side and id_ != account.account.id
        ),
        ZERO,
    )
    amount = snapshot.total - others
    return Truth(
        amount,
        f"{side}_subledger",
        is_automatic=True,
        subledger=snapshot.total,
        as_of=snapshot.as_of,
    )


def _accrued(account: ChartAccount, grounds: Grounds) -> Truth:
    """2780 and 2781: the rate times what is accrued. Other payroll accounts need a list."""
    number = account.account.number.strip()
    if not number.startswith(("2780", "2781")):
        return Truth(None, "lines")
    balances: dict[str, Decimal] = {}
    for id_, closing in grounds.closings.items():
        held = grounds.accounts.get(id_)
        if held is not None:
            balances[held.account.number] = balances.get(held.account.number, ZERO) + closing
    for each in accrued_employers_tax(balances, grounds.facts, grounds.month.last_day):
        if number.startswith(each.account):
            return Truth(
                each.expected, each.rule.value, tolerance=Decimal("1.00"), is_automatic=True
            )
    return Truth(None, "lines")
