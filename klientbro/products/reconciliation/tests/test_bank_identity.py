"""Whatever was posted, imported and matched: what is listed explains the difference to the øre."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from klientbro.domain.bank_statements import BankStatement, StatementFile, StatementLine
from klientbro.domain.bank_statements.model import with_ids
from klientbro.domain.periods import Month
from klientbro.ledger.queries import books_of
from klientbro.ledger.tests.book_table import BookTable
from klientbro.products.reconciliation.importing import BankAccountOf, import_statements
from klientbro.products.reconciliation.match_writes import accept, match_by_hand, undo
from klientbro.products.reconciliation.matching import Sides, sides_of
from klientbro.products.reconciliation.models import Match
from klientbro.products.reconciliation.statements import statement_balances
from klientbro.products.reconciliation.suggestions import items_of, rules_for, suggest
from klientbro.products.reconciliation.tests.conftest import sheet_now

MONTHS = (Month(2026, 9), Month(2026, 10), Month(2026, 11))
START = date(2026, 9, 1)


def sides(book: BookTable, month: Month) -> tuple[Sides, Decimal]:
    account = book.accounts["1920"]
    line = sheet_now(book, month).line(account)
    books = books_of(book.client.pk)
    return sides_of(book.client.pk, books, account, month, line.closing, is_bank=True), line.closing


def assert_explained(book: BookTable) -> None:
    for month in MONTHS:
        found, closing = sides(book, month)
        stated = statement_balances(book.client.pk, month.last_day)[book.accounts["1920"]]
        assert closing - stated.balance == found.explained, month.key
        listed = sum(each.amount for each in found.postings if each.day >= found.since)
        assert listed == found.open_postings_sum
        assert sum(each.amount for each in found.lines) == found.open_lines_sum
        assert sum(each.amount for each in found.uneven) == found.uneven_sum


def movements(random: Random) -> list[tuple[date, Decimal]]:
    return [
        (
            START + timedelta(days=random.randrange(91)),
            Decimal(random.randrange(-90000, 90000)) / 100,
        )
        for _ in range(25)
    ]


def post(book: BookTable, rows: list[tuple[date, Decimal]], first: int) -> None:
    def text(amount: Decimal) -> str:
        return f"{amount:.2f}".replace(".", ",")

    book.post(
        "Bilag | Dato | Konto | Beløp | Tekst\n"
        + "\n".join(
            f"{first + n} | {day:%d.%m.%Y} | {account} | {text(sign * amount)} | Nr {first + n}"
            for n, (day, amount) in enumerate(rows)
            for account, sign in (("1920", 1), ("3000", -1))
        )
    )


def take_in(book: BookTable, rows: list[tuple[date, Decimal]], user: Any) -> None:
    """One statement a month, each with its balances, in any order."""
    balance = Decimal("130000.00")
    statements = []
    for month in MONTHS:
        lines = with_ids(
            StatementLine("", day, amount, text=f"B {n}")
            for n, (day, amount) in enumerate(rows)
            if Month.of(day) == month
        )
        closing = balance + sum((each.amount for each in lines), Decimal(0))
        statements.append(
            BankStatement(
                month.key, "86011117947", "NOK", month.first_day, month.last_day, balance, closing,
                lines,
            )
        )  # fmt: skip
        balance = closing
    account = BankAccountOf(book.client.pk, book.accounts["1920"])
    file = StatementFile("camt.053.001.02", tuple(statements))
    import_statements(account, b"file", "file.xml", file, by=user)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_listed_explains_the_difference_whatever_has_been_done(
    book: BookTable, user: Any, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 the same books each time
    rows = movements(random)
    late = [(day + timedelta(days=random.randrange(4)), amount) for day, amount in rows]
    in_bank = [each for each in late if START <= each[0] <= date(2026, 11, 30)]
    # the ledger lacks some, has others twice, and begins with something the bank never saw
    post(book, [*rows[:20], *rows[:2], (date(2026, 8, 20), Decimal("17.00"))], 31000)
    take_in(book, in_bank, user)
    assert_explained(book)
    for month in MONTHS:
        found, _closing = sides(book, month)
        books = books_of(book.client.pk)
        made = suggest(found, rules_for(found, [])).suggestions
        accept(book.client.pk, books, found.account_id, month, made, by=user)
        left = items_of(sides(book, month)[0])
        if len(left) > 3:
            some = random.sample(left, 2)
            match_by_hand(book.client.pk, books, found.account_id, month, some, "slik", by=user)
        assert_explained(book)
    assert Match.objects.count() > 5
    some_id = Match.objects.order_by("pk").first().public_id
    undo(book.client.pk, book.accounts["1920"], MONTHS[0], [some_id], by=user)
    book.close(31003)
    assert_explained_with_suspended(book)


def assert_explained_with_suspended(book: BookTable) -> None:
    for month in MONTHS:
        found, closing = sides(book, month)
        stated = statement_balances(book.client.pk, month.last_day)[book.accounts["1920"]]
        assert closing - stated.balance == found.explained, month.key
