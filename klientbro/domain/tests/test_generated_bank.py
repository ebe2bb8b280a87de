"""Planted differences between the stand-in's bank accounts and their statements: all are found and
named, none is invented."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import pytest

from klientbro.domain.reconciliation.bank import BankFinding, BankLine, check_bank
from klientbro.domain.reconciliation.bank_faults import name_open
from klientbro.domain.tests.test_generated_subledgers import COMPANIES, books_of, swapped
from simulators.poweroffice_go.books import TransactionQuery
from simulators.poweroffice_go.books import parse_number_ranges as ranges

MONTHS = ((date(2026, 5, 1), date(2026, 6, 30)), (date(2026, 9, 1), date(2026, 10, 31)))
ROUNDS = 12
ZERO = Decimal(0)


@cache
def postings_of(index: int, first: date, last: date) -> tuple[BankLine, ...]:
    rows = books_of(index).transactions(
        TransactionQuery(first.isoformat(), last.isoformat(), account_numbers=ranges("1920"))
    )
    return tuple(
        BankLine(
            str(row.Id),
            date.fromisoformat(row.PostingDate),
            Decimal(str(row.Amount)),
            row.Description or "",
        )
        for row in rows
    )


def as_the_bank_has_it(postings: tuple[BankLine, ...]) -> list[BankLine]:
    return [replace(each, id=f"b{each.id}") for each in postings]


def plant(kind: BankFinding, lines: list[BankLine], at: int) -> bool:
    """Spoils one line of the statement; False where this one cannot be spoiled so."""
    line = lines[at]
    match kind:
        case BankFinding.NOT_ON_STATEMENT:
            lines.pop(at)
        case BankFinding.DOUBLED_ON_STATEMENT:
            lines.append(replace(line, id=f"{line.id} again"))
        case BankFinding.WRONG_AMOUNT:
            lines[at] = replace(line, amount=line.amount + Decimal("3.17").copy_sign(line.amount))
        case BankFinding.SWAPPED_DIGITS:
            turned = swapped(line.amount)
            if turned is None:
                return False
            lines[at] = replace(line, amount=turned)
        case BankFinding.WRONG_SIGN:
            lines[at] = replace(line, amount=-line.amount)
        case BankFinding.WRONG_PERIOD:
            days = 31 if line.day.month in (5, 9) else -31
            lines[at] = replace(line, day=line.day + timedelta(days=days))
    return True


PLANTED = (
    BankFinding.NOT_ON_STATEMENT,
    BankFinding.DOUBLED_ON_STATEMENT,
    BankFinding.WRONG_AMOUNT,
    BankFinding.SWAPPED_DIGITS,
    BankFinding.WRONG_SIGN,
    BankFinding.WRONG_PERIOD,
)
# what the same fault is called when it is the ledger that has it
TURNED = {
    BankFinding.NOT_ON_STATEMENT: BankFinding.NOT_IN_LEDGER,
    BankFinding.DOUBLED_ON_STATEMENT: BankFinding.DOUBLED_IN_LEDGER,
}


@pytest.mark.parametrize("index", COMPANIES)
def test_a_statement_that_equals_the_ledger_has_no_finding(index: int) -> None:
    for first, last in MONTHS:
        postings = postings_of(index, first, last)
        lines = as_the_bank_has_it(postings)
        total = sum((each.amount for each in lines), ZERO)
        assert check_bank(lines, ZERO, total, postings, ZERO).differences == ()


@pytest.mark.parametrize("index", COMPANIES)
@pytest.mark.parametrize("kind", PLANTED)
@pytest.mark.parametrize("is_turned", [False, True], ids=["at the bank", "in the ledger"])
def test_every_planted_difference_is_found_and_named(
    index: int, kind: BankFinding, is_turned: bool
) -> None:
    chance = random.Random(f"{index} {kind}")  # noqa: S311 repeatable, not secret
    planted = 0
    for first, last in MONTHS:
        right = postings_of(index, first, last)
        alone = [
            at
            for at, each in enumerate(right)
            if sum(abs(one.amount) == abs(each.amount) for one in right) == 1
        ]
        for _round in range(ROUNDS):
            if not alone:
                continue
            wrong = as_the_bank_has_it(right)
            at = chance.choice(alone)
            if not plant(kind, wrong, at):
                continue
            planted += 1
            ledger, bank = (wrong, list(right)) if is_turned else (list(right), wrong)
            closing = sum((each.amount for each in bank), ZERO)
            result = check_bank(bank, ZERO, closing, ledger, ZERO)
            expected = TURNED.get(kind, kind) if is_turned else kind
            assert [each.finding for each in result.differences] == [expected]
            (found,) = result.differences
            named = {row.id.strip("b").partition(" ")[0] for row in (found.line,) if row}
            assert named == {right[at].id}
            assert result.explained == result.difference
    assert planted >= ROUNDS


def rows(*table: tuple[str, int, str, str]) -> list[BankLine]:
    return [
        BankLine(id_, date(2026, 10, day), Decimal(amount), text)
        for id_, day, amount, text in table
    ]


def kinds(postings: list[BankLine], lines: list[BankLine]) -> list[tuple[str, str]]:
    return [
        (each.finding.value, each.line.id if each.line else "")
        for each in name_open(postings, lines)
    ]


def test_two_of_another_customer_are_not_called_a_wrong_amount() -> None:
    postings = rows(("p", 5, "1000.00", "Innbetaling Åshelse AS"))
    lines = rows(("b", 6, "1300.00", "Innbetaling Vestbygg AS"))
    assert kinds(postings, lines) == [("not_on_statement", "p"), ("not_in_ledger", "b")]


def test_where_two_could_be_meant_nothing_is_guessed() -> None:
    postings = rows(("p", 5, "1000.00", "Husleie"))
    lines = rows(("b1", 6, "1300.00", "Husleie"), ("b2", 6, "1400.00", "Husleie"))
    assert kinds(postings, lines) == [
        ("not_on_statement", "p"),
        ("not_in_ledger", "b1"),
        ("not_in_ledger", "b2"),
    ]


def test_the_same_amount_in_the_same_month_but_far_apart_is_another_day() -> None:
    postings, lines = rows(("p", 3, "1000.00", "")), rows(("b", 20, "1000.00", ""))
    assert kinds(postings, lines) == [("other_day", "p")]
    assert name_open(postings, lines)[0].effect == 0


def test_order_of_the_rows_means_nothing() -> None:
    postings = rows(("p1", 5, "1540.00", "Strøm"), ("p2", 9, "-80.00", "Gebyr"))
    lines = rows(("b1", 5, "1450.00", "Strøm"), ("b2", 9, "-85.00", "Gebyr"))
    expected = {("swapped_digits", "p1"), ("wrong_amount", "p2")}
    assert set(kinds(postings, lines)) == expected
    assert set(kinds(postings[::-1], lines[::-1])) == expected
