"""A thousand errors of one øre planted in our copy: the proof finds each, and invents none."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from klientbro.domain.periods import Month
from klientbro.domain.proof import Difference
from klientbro.ledger.books import Books, read_books
from klientbro.ledger.landing import Transaction
from klientbro.ledger.proof import Holdings, differences_at, months_to_prove, read_holdings
from klientbro.lib.dates import oslo_date
from klientbro.sync.database import transaction
from klientbro.sync.surroundings import SystemClock
from klientbro.sync.tests.support import Connected
from simulators.poweroffice_go.testing import Simulator

Connect = Callable[..., Connected]
ERRORS = 1000
TARGETS: Mapping[str, tuple[str, str]] = {
    # where an error is planted: the table, and its amount
    "posting": ("ledger_posting", "amount"),
    "balance": ("ledger_balance", "amount"),
    "delta": ("ledger_change", "delta"),
}
Controls = Mapping[Month, list[tuple[str, Decimal]]]


def small(connect: Connect, simulator: Simulator) -> Connected:
    """A company with two years of books, synced and sealed."""
    books = connect(simulator.add_company(3, postings=150, years=1))
    books.sync("first")
    for amount in ("10.00", "20.00"):  # later landings, so that there is history to spoil
        books.post(amount)
        books.sync()
    assert books.cause == ""
    books.assert_equal_to_source()
    return books


def held_controls(cursor: Transaction, books: Books) -> Controls:
    """What the source answered for each month: its sheet equalled ours when it was sealed."""
    holdings = read_holdings(cursor, books)
    months = months_to_prove(cursor, books, oslo_date(SystemClock().now()))
    return {month: list(holdings.sheets.at(month.last_day).items()) for month in months}


def differing(
    books: Books, holdings: Holdings, controls: Controls
) -> dict[Month, list[Difference]]:
    found = {month: differences_at(books, holdings, month, controls[month]) for month in controls}
    return {month: differences for month, differences in found.items() if differences}


def places(cursor: Transaction, target: str) -> list[tuple[Any, str, date]]:
    """Every row an error may be planted in: where it lies, its account and its month."""
    if target == "posting":
        query = (
            "select tableoid::regclass::text || ctid::text, account_id, "
            "date_trunc('month', posting_date)::date from ledger_posting "
            "where known_to = 2147483647"
        )
    else:
        query = (
            "select tableoid::regclass::text || ctid::text, account_id, month "
            f"from {TARGETS[target][0]}"
        )
    return [(row[0], str(row[1]), row[2]) for row in cursor.execute(query).fetchall()]  # type: ignore[misc]


def test_thousand_planted_errors_of_one_ore_are_all_found_and_none_is_invented(
    connect: Connect, simulator: Simulator
) -> None:
    synced = small(connect, simulator)
    chance = random.Random(20261122)  # noqa: S311 repeatable
    found = dict.fromkeys(TARGETS, 0)
    with transaction(synced.firm.id) as cursor:
        books = read_books(cursor, synced.connection.pk)
        assert books is not None
        controls = held_controls(cursor, books)
        assert len(controls) > 20
        clean = read_holdings(cursor, books)
        assert differing(books, clean, controls) == {}
        assert (clean.broken_balances, clean.broken_changes) == ((), ())
        rows = {target: places(cursor, target) for target in TARGETS}
        for _ in range(ERRORS):
            target = chance.choice(list(TARGETS))
            row, account, month = chance.choice(rows[target])
            table, column = TARGETS[target]
            cursor.execute("savepoint before")
            planted = cursor.execute(
                f"update {table} set {column} = {column} + %s "
                "where tableoid::regclass::text || ctid::text = %s",
                [chance.choice((Decimal("0.01"), Decimal("-0.01"))), row],
            )
            assert planted.rowcount == 1
            holdings = read_holdings(cursor, books)
            apart = differing(books, holdings, controls)
            place = ((account, month),)
            if target == "posting":
                assert holdings.broken_balances == holdings.broken_changes == place
                # it begins where it was planted; an opening voucher lies before the first month
                assert min(apart) == max(Month.of(month), min(controls))
                assert {d.account_id for each in apart.values() for d in each} == {account}
                assert {abs(d.amount) for each in apart.values() for d in each} == {Decimal("0.01")}
            else:
                # the postings stand, so the sheets do: only what is kept of them is wrong
                assert holdings.broken_balances == (place if target == "balance" else ())
                assert holdings.broken_changes == (place if target == "delta" else ())
                assert apart == {}
            found[target] += 1
            cursor.execute("rollback to savepoint before")
        assert sum(found.values()) == ERRORS
        assert min(found.values()) > 250
        again = read_holdings(cursor, books)
        assert differing(books, again, controls) == {}
        assert (again.broken_balances, again.broken_changes) == ((), ())


def test_planted_delta_is_written_anew_from_the_postings_versions_and_is_a_finding(
    connect: Connect, simulator: Simulator
) -> None:
    books = small(connect, simulator)
    query = (
        "select landing, account_id, month, delta, before, after, postings from ledger_change "
        "order by 1, 2, 3"
    )
    before = books.rows(query)
    books.execute(
        "update ledger_change set delta = delta + 0.01, after = after + 0.01 where "
        "landing = (select min(landing) from ledger_change)"
    )
    books.execute(
        "insert into ledger_change (firm_id, connection_id, landing, account_id, month, delta, "
        "before, after, postings) select firm_id, connection_id, 999, account_id, month, 5, 0, 5, "
        "1 from ledger_change limit 1"
    )
    books.sync("routine")
    assert books.cause == ""
    assert books.rows(query) == before
    assert {kind for (kind,) in books.rows("select kind from ledger_finding")} == {
        "change_repaired"
    }
    books.assert_equal_to_source()
