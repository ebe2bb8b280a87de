"""Changes explained: filed VAT terms, opened locks, gaps in voucher numbers, a moved year end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from klientbro.domain.periods import Month, Period, vat_term
from klientbro.ledger.queries import books_of_connection, trial_balance_as_known
from klientbro.sync.services import queue_sync
from klientbro.sync.tests.support import Connected, until_history
from klientbro.sync.tests.test_changes import read_masters_next_time, today
from klientbro.tenants.context import firm as in_firm

Connect = Callable[..., Connected]
BALANCE = "/trialbalance"


def purchase(amount: str) -> list[dict[str, Any]]:
    """A purchase with VAT code 1, and one without any VAT beside it."""
    return [
        {"account_no": 6540, "amount": amount, "vat_code": "1"},
        {"account_no": 1920, "amount": str(-Decimal(amount))},
    ]


def test_voucher_in_a_term_whose_vat_return_was_filed_is_late_with_term_and_filing(
    connect: Connect,
) -> None:
    books = connect("vat_after_filing")
    books.sync("first")
    books.execute("delete from ledger_late_change where reason = 'vat_return'")
    books.do("play_scenario")
    books.sync()
    (row,) = books.rows(
        "select l.month, l.term_first, l.term_last, l.late_after, l.vat_return_no, "
        "r.filed_at, r.voucher_no, l.source_created_at > r.filed_at, l.result_effect "
        "from ledger_late_change l join ledger_vat_return r on r.voucher_id = l.vat_return_id "
        "where l.reason = 'vat_return'"
    )
    assert (row[1], row[2]) == vat_term(row[0], "bi_monthly")
    assert row[3] == row[5]
    assert row[4] == row[6]
    assert row[7] is True
    assert row[8] == Decimal("10000.00"), "12 500 less the VAT in it"
    assert books.cause == ""
    assert set(books.states()) == {"sealed"}


def test_first_sync_finds_what_came_after_a_filed_return_before_our_time(connect: Connect) -> None:
    books = connect("vat_after_filing")
    books.sync("first")
    late = books.rows(
        "select p.text, l.reason from ledger_late_change l join ledger_posting p "
        "on p.voucher_id = l.voucher_id where p.voucher_type = 'supplier_invoice' "
        "and p.text like 'Inventar, sen faktura%'"
    )
    assert {reason for _text, reason in late} == {"vat_return"}
    assert books.value("select count(*) from ledger_vat_return where not is_examined") == 0


def test_voucher_without_vat_in_a_filed_term_is_no_change_of_the_return(connect: Connect) -> None:
    books = connect("vat_after_filing")
    books.sync("first")
    before = books.value("select count(*) from ledger_late_change where reason = 'vat_return'")
    last = books.value("select max(term_last) from ledger_vat_return")
    books.post("75.00", last - timedelta(days=3))
    books.sync()
    reasons = books.value("select array_agg(distinct reason) from ledger_late_change")
    assert "seal" in reasons
    assert before == books.value(
        "select count(*) from ledger_late_change where reason = 'vat_return'"
    )


def test_return_taken_back_makes_what_comes_after_it_no_longer_late(connect: Connect) -> None:
    books = connect("vat_after_filing")
    books.sync("first")
    number, last = books.rows(
        "select voucher_no, term_last from ledger_vat_return order by term_last desc limit 1"
    )[0]
    books.execute("delete from ledger_late_change")
    books.do("reverse_voucher", voucher_no=number)
    books.do("post_voucher", lines=purchase("1000.00"), posting_date=str(last - timedelta(days=3)))
    books.sync()
    assert books.value(f"select is_reversed from ledger_vat_return where voucher_no = {number}")
    assert books.rows("select 1 from ledger_late_change where reason = 'vat_return'") == []


def test_lock_opened_and_closed_unseen_is_said_and_one_we_saw_is_not(connect: Connect) -> None:
    books = connect("lock_reopened")
    books.sync("first")
    books.do("play_scenario")
    read_masters_next_time(books)
    books.sync()
    assert books.rows("select lock_opening from ledger_late_change where reason = 'lock'") == [
        ("unseen",)
    ]
    (detail,) = books.rows("select detail from ledger_finding where kind = 'lock_opened'")[0]
    assert detail["vouchers"] == books.value(
        "select array_agg(voucher_no) from ledger_late_change where reason = 'lock'"
    )
    lock = books.value("select lock_date from ledger_books")
    books.do("set_lock_date", date=str(lock - timedelta(days=60)))
    read_masters_next_time(books)
    books.sync()
    late = books.post("30.00", lock - timedelta(days=2))
    books.sync()
    assert books.rows(
        "select lock_opening from ledger_late_change where reason = 'lock' "
        f"and voucher_no = {late['voucher_no']}"
    ) == [("seen",)]
    assert books.value("select count(*) from ledger_finding where kind = 'lock_opened'") == 1


@pytest.fixture
def books(connect: Connect) -> Connected:
    synced = connect("holding")
    synced.sync("first")
    assert synced.cause == ""
    return synced


def asked_months(books: Connected) -> int:
    return len(books.simulator.requests(path=BALANCE, company=books.number))


def gaps(books: Connected, state: str = "cleared_at is null") -> list[tuple[int, int]]:
    return books.rows(
        "select (detail->>'first')::int, (detail->>'last')::int from ledger_finding "
        f"where kind = 'voucher_gap' and {state} order by 1"
    )


def test_gap_in_voucher_numbers_is_a_finding_and_proves_every_month_once(books: Connected) -> None:
    months = sum(books.states().values())
    skipped = books.post("10.00")["voucher_no"]
    books.do("hide_voucher", voucher_no=skipped)
    books.post("20.00")
    books.simulator.reset_requests()
    books.sync("routine")
    assert gaps(books) == [(skipped, skipped)]
    assert asked_months(books) == months
    books.post("30.00")
    books.simulator.reset_requests()
    books.sync("routine")
    assert gaps(books) == [(skipped, skipped)]
    assert asked_months(books) <= 2, "the old gap asks for nothing more"


def test_gap_that_is_filled_is_cleared(books: Connected) -> None:
    numbers = [books.post("10.00")["voucher_no"] for _ in range(3)]
    for number in numbers[:2]:
        books.do("hide_voucher", voucher_no=number)
    books.sync("routine")
    assert gaps(books) == [(numbers[0], numbers[1])]
    books.do("restore_hidden")
    books.sync("full", full=True)
    assert gaps(books) == []
    assert gaps(books, "cleared_at is not null") == [(numbers[0], numbers[1])]
    books.assert_equal_to_source()


def test_year_end_changed_in_the_source_leaves_the_years_before_it_as_they_were(
    connect: Connect,
) -> None:
    books = connect("broken_year")
    books.sync("first")
    months = sum(books.states().values())
    before = books.rows("select first_day, last_day from ledger_financial_year order by 1")
    books.do("change_year_end", month=12)
    read_masters_next_time(books)
    books.sync()
    after = books.rows("select first_day, last_day from ledger_financial_year order by 1")
    running = next(year for year in before if year[0] <= today() <= year[1])
    assert after[: len(before) - 1] == before[: len(before) - 1]
    assert after[len(before) - 1] == (running[0], date(today().year, 12, 31))
    assert books.cause == ""
    assert books.states() == {"sealed": months}
    ahead = date(today().year + 1, 1, 15)
    books.post("410.00", ahead)
    books.sync()
    assert set(books.states()) == {"sealed"}, "the result account begins anew in January"
    books.assert_equal_to_source()


def known(books: Connected, moment: datetime, month: Month) -> str:
    """The checksum of the year to date as we knew it, by a page's own question."""
    with in_firm(books.firm.id):
        state = books_of_connection(books.connection.pk)
        assert state is not None
        answer = trial_balance_as_known(
            state, Period(Month(month.year, 1), month), moment, datetime.now(UTC)
        )
    assert answer is not None
    assert answer.sheet is not None
    return answer.sheet_hash


def test_answer_stays_through_history_renumbering_new_vouchers_and_a_full_fetch_anew(
    connect: Connect,
) -> None:
    books = connect(22)
    with in_firm(books.firm.id):
        queue_sync(books.connection, reason="first")
    until_history(books)
    month = Month.of(today()).previous()
    anchor = books.value("select anchor_date from ledger_books")
    moments = [books.value("select max(published_at) from ledger_publication")]
    hashes = [known(books, moments[0], month)]
    books.run()
    assert books.value("select anchor_date from ledger_books") < anchor
    for happens in (
        lambda: books.do("renumber_account", account_no=6800, new_no=6809),
        lambda: books.post("77.00", month.first_day, debit=6809),
        lambda: books.do("edit_text", text="Ny tekst", voucher_no=9),
    ):
        moments.append(datetime.now(UTC))
        hashes.append(known(books, moments[-1], month))
        happens()
        read_masters_next_time(books)
        books.sync()
    books.refetch()
    assert books.cause == ""
    assert [known(books, moment, month) for moment in moments] == hashes
    assert len(set(hashes)) >= 3, "each of them tells of something that came after"
