"""«Full henting på nytt»: compared, merged in one landing, proved, and never seen midway."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from klientbro.sync import refetching
from klientbro.sync.database import transaction
from klientbro.sync.services import queue_sync, request_refetch
from klientbro.sync.tests.support import Connected, until_history
from klientbro.tenants.context import firm as in_firm

Connect = Callable[..., Connected]
TRANSACTIONS = "/accounttransactions"
FIRST, LAST = date(2025, 3, 1), date(2025, 3, 31)


@pytest.fixture
def books(connect: Connect) -> Connected:
    synced = connect(22)
    synced.sync("first")
    assert synced.cause == ""
    return synced


def spoil(books: Connected, first: date = FIRST, last: date = LAST) -> int:
    """Our copy of a period is made wrong in a way that no balance tells: texts and VAT codes."""
    books.execute(
        "update ledger_posting set text = 'feil', vat_code = '99' where known_to = 2147483647 "
        "and posting_date between %s and %s",
        first,
        last,
    )
    return still_spoiled(books)


def still_spoiled(books: Connected) -> int:
    return int(
        books.value(
            "select count(*) from ledger_posting where text = 'feil' and known_to = 2147483647"
        )
    )


def test_period_read_anew_sets_right_what_no_balance_tells_in_one_landing(books: Connected) -> None:
    spoiled = spoil(books)
    assert spoiled > 20
    before = books.value("select landing from ledger_books")
    books.simulator.reset_requests()
    books.refetch(FIRST, LAST)
    assert books.cause == ""
    assert still_spoiled(books) == 0
    assert books.rows(
        f"select kind, rows_new, rows_changed from ledger_landing where number > {before}"
    ) == [("refetch", 0, spoiled)]
    asked = [line["query"] for line in books.simulator.requests(path=TRANSACTIONS)]
    assert sum("fromDate=2025-03-01" in query for query in asked) == 1
    assert books.rows("select reason, rows_changed from sync_run order by id desc limit 1") == [
        ("refetch", spoiled)
    ]
    proved = books.rows(
        "select month from ledger_month m join sync_state s on s.connection_id = m.connection_id "
        "where m.proved_at >= s.run_started_at order by 1"
    )
    assert (FIRST,) in proved
    books.assert_equal_to_source()


def test_refetch_of_what_is_equal_writes_nothing(books: Connected) -> None:
    before = books.written()
    books.refetch()
    books.refetch(FIRST, LAST)
    after = books.written()
    assert {t: v for t, v in before.items() if v != after[t]} == {}
    assert books.cause == ""


def test_everything_anew_brings_back_lost_rows_and_closes_those_the_source_no_longer_has(
    books: Connected,
) -> None:
    number = books.post("812.00", date(2026, 6, 10))["voucher_no"]
    books.sync()
    books.do("hide_voucher", voucher_no=number)
    books.execute(
        "delete from ledger_posting where source_id in (select source_id from ledger_posting "
        "where posting_date between '2024-05-01' and '2024-05-31' order by source_id limit 2)"
    )
    books.refetch()
    assert books.cause == ""
    assert books.held() == books.source()
    assert set(books.states()) == {"sealed"}


def test_reader_sees_the_old_or_the_new_totals_of_the_period_and_never_between(
    books: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refetching, "MOST_ROWS", 1_000_000)
    accounts = books.rows(
        "select account_id, sum(amount) from ledger_balance "
        f"where month = '{FIRST}' group by 1 order by 1"
    )
    # half of the month's rows stand elsewhere in our copy: right in sum, wrong per account
    books.execute(
        "update ledger_posting set amount = amount * 2 where known_to = 2147483647 "
        "and posting_date between %s and %s",
        FIRST,
        LAST,
    )
    books.execute("update ledger_balance set amount = amount * 2 where month = %s", FIRST)
    seen: set[tuple[tuple[str, Decimal], ...]] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            with transaction(books.firm.id) as cursor:
                rows = cursor.execute(
                    "select account_id, sum(amount) from ledger_balance "
                    "where month = %s group by 1 order by 1",
                    [FIRST],
                ).fetchall()
            seen.add(tuple((str(a), Decimal(str(b))) for a, b in rows))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        books.refetch(FIRST, LAST)
    finally:
        done.set()
        reader.join()
    new = tuple((account, amount) for account, amount in accounts)
    old = tuple((account, 2 * amount) for account, amount in accounts)
    assert seen <= {old, new}
    assert new in seen
    assert books.held() == books.source()


def test_killed_midway_has_written_nothing_and_goes_on(
    books: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoiled = spoil(books)
    whole = refetching._land

    def dies(*_arguments: object) -> None:
        raise RuntimeError("killed")

    with in_firm(books.firm.id):
        request_refetch(books.connection, FIRST, LAST)
    monkeypatch.setattr(refetching, "_land", dies)
    with pytest.raises(RuntimeError):
        books.slice()
    assert still_spoiled(books) == spoiled
    monkeypatch.setattr(refetching, "_land", whole)
    books.run()
    assert still_spoiled(books) == 0


def test_second_period_asked_for_before_the_first_is_done_does_both(books: Connected) -> None:
    spoil(books)
    spoil(books, date(2025, 6, 1), date(2025, 6, 30))
    with in_firm(books.firm.id):
        request_refetch(books.connection, FIRST, LAST)
    books.refetch(date(2025, 6, 1), date(2025, 6, 30))
    assert still_spoiled(books) == 0
    assert books.rows("select refetch_first, refetch_last from sync_state") == [(None, None)]


def test_refetch_while_history_is_coming_reads_the_period_first_and_the_history_goes_on(
    connect: Connect,
) -> None:
    books = connect(22)
    with in_firm(books.firm.id):
        queue_sync(books.connection, reason="first")
    until_history(books)
    first, last = date(2026, 10, 1), date(2026, 10, 31)
    spoil(books, first, last)
    books.refetch(first, last)
    assert books.cause == ""
    assert still_spoiled(books) == 0
    books.assert_equal_to_source()
