"""Planted differences in the stand-in's generated books: all found and named, none invented."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache

import pytest

from klientbro.domain.reconciliation.open_items import OpenItem, compare_open_items
from klientbro.domain.reconciliation.subledger import DifferenceKind as Kind
from klientbro.domain.reconciliation.subledger import SubledgerEntry
from simulators.poweroffice_go.books import LedgerQuery, TransactionQuery, build, roster
from simulators.poweroffice_go.books import parse_number_ranges as ranges

COMPANIES = (0, 20, 21, 23)
SIDES = (("customer", "1500"), ("supplier", "2400"))
DAYS = (date(2026, 6, 30), date(2026, 10, 31))
ROUNDS = 12


@cache
def books_of(index: int):
    spec = replace(roster(count=27, today=date(2026, 11, 18))[index], postings_target=1500)
    return build(spec)


@cache
def both_sides(index: int, side: str, account: str, day: date):
    """The control account's postings to the day, and the open items on it."""
    books = books_of(index)
    rows = books.transactions(
        TransactionQuery("2015-01-01", day.isoformat(), account_numbers=ranges(account))
    )
    postings = [
        SubledgerEntry(
            str(row.Id),
            str(row.contact.CustomerAccountNo or row.contact.SupplierAccountNo or ""),
            str(row.voucher.VoucherNo),
            date.fromisoformat(row.PostingDate),
            Decimal(str(row.Amount)),
        )
        for row in rows
    ]
    ledger = books.customer_ledger if side == "customer" else books.supplier_ledger
    items = [
        OpenItem(
            str(row.entry.Id),
            str(row.entry.row.contact.CustomerAccountNo or row.entry.row.contact.SupplierAccountNo),
            str(row.entry.row.voucher.VoucherNo),
            date.fromisoformat(row.entry.row.PostingDate),
            Decimal(str(row.entry.row.Amount)),
            Decimal(str(row.Balance)),
        )
        for row in ledger.open_items(LedgerQuery(date=day.isoformat()))
    ]
    return postings, items


def swapped(amount: Decimal) -> Decimal | None:
    """Two unlike neighbouring digits of the amount in each other's place."""
    digits = str(int(abs(amount).scaleb(2)))
    for at in range(len(digits) - 1):
        if digits[at] != digits[at + 1] and (at or digits[1] != "0"):
            turned = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
            return Decimal(turned).scaleb(-2).copy_sign(amount)
    return None


def other_month(day: date) -> date:
    return date(day.year, day.month - 1, 15) if day.month > 1 else date(day.year - 1, 12, 15)


def plant(kind: Kind, items: list[OpenItem], at: int) -> bool:
    """Spoils one item; False where this one cannot be spoiled so."""
    item = items[at]
    match kind:
        case Kind.MISSING_IN_SUBLEDGER:
            items.pop(at)
        case Kind.DOUBLED_IN_SUBLEDGER:
            items.append(replace(item, id=f"{item.id} again"))
        case Kind.WRONG_AMOUNT:
            wrong = item.amount + Decimal("3.17")
            items[at] = replace(item, amount=wrong, balance=item.balance + Decimal("3.17"))
        case Kind.SWAPPED_DIGITS:
            turned = swapped(item.amount)
            if turned is None:
                return False
            items[at] = replace(item, amount=turned, balance=item.balance + turned - item.amount)
        case Kind.WRONG_PERIOD:
            items[at] = replace(item, day=other_month(item.day))
    return True


PLANTED = (
    Kind.MISSING_IN_SUBLEDGER,
    Kind.DOUBLED_IN_SUBLEDGER,
    Kind.WRONG_AMOUNT,
    Kind.SWAPPED_DIGITS,
    Kind.WRONG_PERIOD,
)


@pytest.mark.parametrize("index", COMPANIES)
@pytest.mark.parametrize(("side", "account"), SIDES)
def test_untouched_books_have_no_difference(index: int, side: str, account: str) -> None:
    for day in DAYS:
        postings, items = both_sides(index, side, account, day)
        found = compare_open_items(postings, items, day)

        assert found.differences == ()
        assert found.ledger_balance == found.subledger_balance


@pytest.mark.parametrize("index", COMPANIES)
@pytest.mark.parametrize("kind", PLANTED)
def test_every_planted_difference_is_found_and_named(index: int, kind: Kind) -> None:
    chance = random.Random(f"{index} {kind}")  # noqa: S311 repeatable, not secret
    planted = 0
    for side, account in SIDES:
        for day in DAYS:
            postings, items = both_sides(index, side, account, day)
            for _round in range(ROUNDS):
                whole = [
                    at
                    for at, item in enumerate(items)
                    if item.settled == 0 and sum(one.amount == item.amount for one in items) == 1
                ]
                if not whole:
                    continue
                spoiled, at = list(items), chance.choice(whole)
                voucher = items[at].voucher
                if not plant(kind, spoiled, at):
                    continue
                planted += 1
                found = compare_open_items(postings, spoiled, day)
                assert [(one.kind, one.voucher) for one in found.differences] == [(kind, voucher)]
                assert found.explained == found.difference
    assert planted >= ROUNDS
