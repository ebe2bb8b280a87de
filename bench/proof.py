"""How long it takes to prove 1,000 clients for twelve months, once the source's answers are in.

The real tables and the real proof: all postings added up anew, compared with the kept balances, and
every month's closing of every account compared with the source. Answers are made beforehand.
"""

from __future__ import annotations

import time
import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from bench.pages import analyze, firm_of
from bench.table import Row, at_most

CLIENTS = 1000
MONTHS = 12
ACCOUNTS = 60
POSTINGS = 1200  # of a client in the year
YEAR = 2025
MOST_SECONDS = 10.0
_POSTINGS = """
    insert into ledger_posting (firm_id, connection_id, source_id, known_from, account_id,
      posting_date, amount, voucher_id, voucher_no, voucher_series, voucher_type, is_reversed)
    select firm_id, connection_id, n::text, 1, 'a' || (n * 7 %% %(accounts)s),
      make_date(%(year)s, 1, 1) + (n * 364 / %(postings)s),
      ((n * 7919 + connection_id * 31) %% 1000003 - 500000)::numeric / 100,
      'v' || (n / 3), n / 3, '', 'manual', false
    from ledger_books, generate_series(1, %(postings)s) n
    order by connection_id, n  -- as they land: a client at a time, the oldest first
"""
_MASTERS = """
    with accounts as (
      insert into ledger_account (firm_id, connection_id, source_id, number, number_key, name,
        type, is_active)
      select firm_id, connection_id, 'a' || a, (1000 + a * 100)::text, (1000 + a * 100)::text,
        'Konto ' || a, (array['asset', 'liability', 'income', 'expense'])[1 + a %% 4], true
      from ledger_books, generate_series(0, %(accounts)s - 1) a
    ), openings as (
      insert into ledger_opening (firm_id, connection_id, account_id, amount, known_from)
      select firm_id, connection_id, 'a' || a, a * 10.25, 1
      from ledger_books, generate_series(0, %(accounts)s - 1, 4) a
    )
    insert into ledger_balance (firm_id, connection_id, account_id, month, amount, postings)
    select firm_id, connection_id, account_id, date_trunc('month', posting_date)::date,
      sum(amount), count(*)
    from ledger_posting group by 1, 2, 3, 4
"""
_ANSWERS = """
    select m.month::date, a.source_id, coalesce((select amount from ledger_opening o
        where o.connection_id = a.connection_id and o.account_id = a.source_id), 0)
      + coalesce((select sum(amount) from ledger_balance b
        where b.connection_id = a.connection_id and b.account_id = a.source_id
          and b.month <= m.month), 0)
    from ledger_account a, generate_series(make_date(%s, 1, 1), make_date(%s, 12, 1),
      interval '1 month') m(month)
    where a.connection_id = %s
"""


def run() -> list[Row]:
    """Made, then proved: the clock runs for what the product does with the answers only."""
    firm_id = firm_of(CLIENTS)
    connections = _fill(firm_id)
    compared = sealed = 0.0
    for number, connection_id in enumerate(connections):
        answers = _answers(firm_id, connection_id)
        if number == 0:
            _assert_that_an_ore_is_found(firm_id, connection_id, answers)
        started = time.perf_counter()
        books, holdings = _compare(firm_id, connection_id, answers)
        compared += time.perf_counter() - started
        started = time.perf_counter()
        _seal(firm_id, books, holdings, list(answers))
        sealed += time.perf_counter() - started
    months = f"{CLIENTS:,} clients × {MONTHS} months"
    beside = f"{POSTINGS:,} postings and {ACCOUNTS} accounts each, added up anew"
    written = f"and {sealed:.1f} s more to write {CLIENTS * MONTHS:,} seals, a transaction each"
    return [at_most(f"Proof of {months}", compared, MOST_SECONDS, "s", f"{beside}; {written}")]


def _fill(firm_id: uuid.UUID) -> list[int]:
    from klientbro.sync.database import transaction

    sizes = {"accounts": ACCOUNTS, "postings": POSTINGS, "year": YEAR}
    with transaction(firm_id) as cursor:
        cursor.execute(
            "update ledger_books set run = 1, year_end_month = 12, conversion_date = %s, "
            "covered_from = %s, anchor_date = %s, is_anchored_at_conversion = true",
            [date(YEAR, 1, 1), date(YEAR, 1, 1), date(YEAR - 1, 12, 31)],
        )
        cursor.execute("delete from ledger_month")
        cursor.execute(_POSTINGS, sizes)
        cursor.execute(_MASTERS, sizes)
        found = cursor.execute("select connection_id from ledger_books order by 1").fetchall()
    analyze()
    return [int(str(row[0])) for row in found]


def _answers(firm_id: uuid.UUID, connection_id: int) -> dict[Any, list[tuple[str, Decimal]]]:
    """What the source would say each account stands at, month by month."""
    from klientbro.domain.periods import Month
    from klientbro.sync.database import transaction

    answers: dict[Any, list[tuple[str, Decimal]]] = {}
    with transaction(firm_id) as cursor:
        rows: list[Any] = cursor.execute(_ANSWERS, [YEAR, YEAR, connection_id]).fetchall()
    for month, account, amount in rows:
        answers.setdefault(Month.of(month), []).append((account, amount))
    assert len(answers) == MONTHS
    return answers


def _compare(
    firm_id: uuid.UUID, connection_id: int, answers: dict[Any, list[tuple[str, Decimal]]]
) -> tuple[Any, Any]:
    from klientbro.ledger.books import read_books
    from klientbro.ledger.proof import differences_at, read_holdings
    from klientbro.sync.database import transaction

    with transaction(firm_id) as cursor:
        books = read_books(cursor, connection_id)
        assert books is not None
        holdings = read_holdings(cursor, books)
    assert holdings.broken_balances == ()
    for month, source in answers.items():
        differences = differences_at(books, holdings, month, source)
        if differences:
            raise AssertionError((connection_id, month, differences[:3]))
    return books, holdings


def _seal(firm_id: uuid.UUID, books: Any, holdings: Any, months: list[Any]) -> None:
    from klientbro.ledger.landing import BooksKey
    from klientbro.ledger.proof import seal_month
    from klientbro.sync.database import transaction

    key = BooksKey(firm_id, books.connection_id, books.run)
    for month in months:
        with transaction(firm_id) as cursor:
            assert seal_month(cursor, key, books, holdings, month)


def _assert_that_an_ore_is_found(
    firm_id: uuid.UUID, connection_id: int, answers: dict[Any, list[tuple[str, Decimal]]]
) -> None:
    month, source = next(iter(answers.items()))
    wrong = [(account, amount + Decimal("0.01")) for account, amount in source[:1]]
    try:
        _compare(firm_id, connection_id, {month: [*wrong, *source[1:]]})
    except AssertionError:
        return
    raise RuntimeError("the proof did not find an øre that was planted")
