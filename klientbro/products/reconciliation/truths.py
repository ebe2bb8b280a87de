"""What each account is held against, and what that says the balance should be.

Automatic where the ledger holds the truth: open items for receivables and payables, the bank's own
statement, accounts that should stand at zero, employer's tax on accrued pay and holiday pay. For
everything else, the lines a person has written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from klientbro.domain.client_facts import ClientFacts
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month
from klientbro.domain.reconciliation.methods import ExpectedZero, Method, expected_zero
from klientbro.domain.reconciliation.payroll import (
    EMPLOYERS_TAX_DUE,
    HOLIDAY_PAY_DUE,
    HOLIDAY_PAY_PAID,
    WITHHELD_TAX,
    EarnedHolidayPay,
    Expectation,
    Reported,
    accrued_employers_tax,
    holiday_pay_of_wages,
    not_yet_due,
)
from klientbro.ledger.queries.reconciling import ChartAccount, ItemSnapshot
from klientbro.products.reconciliation.documentation import Documentation
from klientbro.products.reconciliation.plan import Plan
from klientbro.products.reconciliation.statements import StatementBalance
from klientbro.products.reconciliation.vat_term import VatGround

DIGITS = 4
CREDITED = (WITHHELD_TAX, EMPLOYERS_TAX_DUE)
CREDITED_MONTHS = 3  # further back nothing can be due after the month's end
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
    vat: VatGround | None = None
    # what 2600 and 2770 were credited lately, by day; None where the client has neither
    credited: Sequence[tuple[str, date, Decimal]] | None = None
    # None where the client has no holiday pay, or the year's wages are not all held
    holiday: EarnedHolidayPay | None = None


def truth_of(account: ChartAccount, plan: Plan, grounds: Grounds) -> Truth:
    """What the account is held against in the month."""
    written = grounds.documentation.get(account.account.id)
    lines = written.total if written else None
    if plan.method in SIDES:
        return _subledger(account, SIDES[plan.method], grounds, lines)
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
    if lines is None and plan.method is Method.VAT and grounds.vat is not None:
        return _vat(account, grounds.vat)
    if lines is None and plan.method in (Method.PAYROLL, Method.HOLIDAY_PAY):
        return _accrued(account, grounds)
    return Truth(lines, "lines")


def _subledger(account: ChartAccount, side: str, grounds: Grounds, lines: Decimal | None) -> Truth:
    """The open items' sum, less what the side's other control accounts hold.

    Lines, as timing items, explain what lies between the account and its items.
    """
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
    amount = snapshot.total - others + (lines or ZERO)
    return Truth(
        amount,
        f"{side}_subledger",
        is_automatic=True,
        subledger=snapshot.total,
        as_of=snapshot.as_of,
    )


def _vat(account: ChartAccount, ground: VatGround) -> Truth:
    """2700–2719: what the codes give so far in the term, nothing once the return has moved it."""
    amount = ground.expected.get(account.account.id)
    if amount is None:
        return Truth(None, "lines")
    if ground.is_transferred:
        return Truth(ZERO, ExpectedZero.VAT_AFTER_TRANSFER.value, is_automatic=True)
    return Truth(amount, "vat_specification", is_automatic=True, as_of=ground.term.until)


def expectation_of(account: ChartAccount, grounds: Grounds) -> Expectation | None:
    """How the balance of a payroll account follows from other accounts; None where it does not.

    2780 and 2781: the rate times what is accrued. 2600 and 2770: what is not due yet. 2940 with
    2945: the rate times the wages, less what is paid. The others need a list.
    """
    number = account.account.number.strip()
    balances: dict[str, Decimal] = {}
    for id_, closing in grounds.closings.items():
        held = grounds.accounts.get(id_)
        if held is not None:
            balances[held.account.number] = balances.get(held.account.number, ZERO) + closing
    day = grounds.month.last_day
    if number.startswith((WITHHELD_TAX, EMPLOYERS_TAX_DUE)):
        if grounds.credited is None:
            return None
        posted = [
            Reported(on, amount)
            for credited, on, amount in grounds.credited
            if credited.startswith(number[:DIGITS])
        ]
        return not_yet_due(balances, number[:DIGITS], posted, day)
    if number.startswith((HOLIDAY_PAY_DUE, HOLIDAY_PAY_PAID)):
        if grounds.holiday is None:
            return None
        return holiday_pay_of_wages(balances, grounds.holiday, grounds.facts, day)
    for each in accrued_employers_tax(balances, grounds.facts, day):
        if number.startswith(each.account):
            return each
    return None


def _accrued(account: ChartAccount, grounds: Grounds) -> Truth:
    """What the payroll account follows from. Others of the same digits are taken from it."""
    each = expectation_of(account, grounds)
    if each is None:
        return Truth(None, "lines")
    prefix = account.account.number.strip()[:DIGITS]
    if prefix == HOLIDAY_PAY_PAID:
        # one debt on two accounts: a difference is shown on 2940 alone
        held_against = grounds.closings.get(account.account.id, ZERO) if each.agrees() else None
        return Truth(held_against, each.rule.value, is_automatic=True)
    prefixes = (prefix, HOLIDAY_PAY_PAID) if prefix == HOLIDAY_PAY_DUE else (prefix,)
    others = sum(
        (
            grounds.closings.get(id_, ZERO)
            for id_, held in grounds.accounts.items()
            if id_ != account.account.id and held.account.number.strip().startswith(prefixes)
        ),
        ZERO,
    )
    return Truth(
        each.expected - others, each.rule.value, tolerance=Decimal("1.00"), is_automatic=True
    )
