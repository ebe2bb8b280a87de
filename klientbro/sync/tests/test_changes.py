"""What people do in the accounting system between two syncs, and what our copy makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from klientbro.domain.periods import Month
from klientbro.lib.dates import oslo_date
from klientbro.sync.surroundings import SystemClock
from klientbro.sync.tests.support import Connected
from simulators.poweroffice_go.testing import Simulator

Connect = Callable[..., Connected]


def today() -> date:
    return oslo_date(SystemClock().now())


def closed_day() -> date:
    """A day in the middle of last month."""
    return Month.of(today()).previous().first_day + timedelta(days=14)


def read_masters_next_time(books: Connected) -> None:
    """As if a day had passed."""
    books.execute("update sync_state set masters_read_at = masters_read_at - interval '25 hours'")


@pytest.fixture
def books(connect: Connect) -> Connected:
    synced = connect("holding")
    synced.sync("first")
    assert synced.cause == ""
    return synced


def test_new_voucher_appears_after_the_next_sync_and_the_seal_of_its_month_renews(
    books: Connected,
) -> None:
    month = Month.of(today()).first_day
    before = books.value(f"select seal_id from ledger_month where month = '{month}'")
    posted = books.post("1250.00")
    books.sync()
    assert books.cause == ""
    lines = books.rows(
        "select a.number, p.amount from ledger_posting p join ledger_account a "
        "on a.source_id = p.account_id where p.voucher_id = "
        f"'{posted['voucher_id']}' order by p.amount"
    )
    assert lines == [("1920", Decimal("-1250.00")), ("6800", Decimal("1250.00"))]
    after = books.rows(f"select seal_id, state from ledger_month where month = '{month}'")[0]
    assert after[0] > before
    assert after[1] == "sealed"
    assert books.value("select rows_new from sync_run order by id desc limit 1") == 2
    books.assert_equal_to_source()


def test_change_says_what_moved_from_what_to_what_and_by_which_voucher(books: Connected) -> None:
    posted = books.post("1250.00")
    books.sync()
    rows = books.rows(
        "select a.number, c.delta, c.after - c.before, c.postings, c.vouchers "
        "from ledger_change c join ledger_account a on a.source_id = c.account_id "
        "where c.landing = (select max(landing) from ledger_change) order by a.number"
    )
    number = posted["voucher_no"]
    assert rows == [
        ("1920", Decimal("-1250.00"), Decimal("-1250.00"), 1, [number]),
        ("6800", Decimal("1250.00"), Decimal("1250.00"), 1, [number]),
    ]


def test_reversal_and_correction_land_with_what_they_reverse_and_correct(books: Connected) -> None:
    first, second = books.post("300.00"), books.post("400.00")
    books.sync()
    books.do("reverse_voucher", voucher_no=first["voucher_no"])
    corrected = books.do(
        "correct_voucher",
        voucher_no=second["voucher_no"],
        lines=[{"account_no": 6800, "amount": "450.00"}, {"account_no": 1920, "amount": "-450.00"}],
    )
    books.sync()
    assert books.cause == ""
    links = books.rows(
        "select distinct voucher_no, reverses_voucher_no, corrects_voucher_no from ledger_posting "
        "where known_to = 2147483647 and coalesce(reverses_voucher_no, corrects_voucher_no) "
        "is not null order by 1"
    )
    assert (
        corrected["correction"]["voucher_no"],
        None,
        second["voucher_no"],
    ) in links
    assert {link[1] for link in links if link[1]} >= {first["voucher_no"], second["voucher_no"]}
    assert (
        books.value(
            "select count(*) from ledger_posting where known_to = 2147483647 and is_reversed "
            f"and voucher_no in ({first['voucher_no']}, {second['voucher_no']})"
        )
        == 4
    )
    books.assert_equal_to_source()


def test_edited_text_closes_the_old_row_and_opens_a_new_one_without_moving_a_balance(
    books: Connected,
) -> None:
    posted = books.post("77.00")
    books.sync()
    balances = books.rows("select account_id, month, amount from ledger_balance order by 1, 2")
    edited = books.do("edit_text", text="Riktig tekst", voucher_no=posted["voucher_no"])
    books.sync()
    versions = books.rows(
        "select text, known_to = 2147483647 from ledger_posting "
        f"where source_id = '{edited['transaction_id']}' order by known_from"
    )
    assert len(versions) == 2
    assert versions[1] == ("Riktig tekst", True)
    assert versions[0][1] is False
    assert balances == books.rows(
        "select account_id, month, amount from ledger_balance order by 1, 2"
    )
    assert books.value("select rows_changed from sync_run order by id desc limit 1") == 1
    assert books.rows("select 1 from ledger_late_change") == []


def test_renamed_and_renumbered_account_keeps_its_postings_and_its_history(
    books: Connected,
) -> None:
    source_id = books.value("select source_id from ledger_account where number = '6705'")
    postings = books.value(f"select count(*) from ledger_posting where account_id = '{source_id}'")
    books.do("rename_account", account_no=6705, name="Revisjon og attestasjon")
    books.do("renumber_account", account_no=6705, new_no=6709)
    read_masters_next_time(books)
    books.sync()
    assert books.cause == ""
    assert books.rows(
        f"select number, name from ledger_account where source_id = '{source_id}'"
    ) == [("6709", "Revisjon og attestasjon")]
    assert books.rows("select number_before, number_after from ledger_account_history") == [
        ("6705", "6709")
    ]
    assert postings == books.value(
        f"select count(*) from ledger_posting where account_id = '{source_id}'"
    )
    books.assert_equal_to_source()


def test_account_made_and_posted_on_today_is_fetched_when_it_is_met(books: Connected) -> None:
    books.do("add_account", account_no=6899, name="Ny konto")
    books.post("60.00", debit=6899)
    books.sync()
    assert books.cause == ""
    assert books.rows("select name, type from ledger_account where number = '6899'") == [
        ("Ny konto", "expense")
    ]
    books.assert_equal_to_source()


def test_voucher_back_dated_into_a_sealed_month_is_a_late_change(books: Connected) -> None:
    day = closed_day()
    # the seal stood from the moment the month had ended
    posted = books.post("640.00", day)
    books.sync()
    late = books.rows(
        "select month, voucher_no, reason, result_effect, seal_id is not null "
        "from ledger_late_change"
    )
    assert late == [
        (Month.of(day).first_day, posted["voucher_no"], "seal", Decimal("640.00"), True)
    ]
    assert books.cause == ""
    books.assert_equal_to_source()


def test_lock_date_opened_and_closed_between_two_syncs_does_not_hide_the_late_voucher(
    connect: Connect,
) -> None:
    books = connect("lock_reopened")
    books.sync("first")
    assert books.value("select count(*) from ledger_lock_date") == 1
    books.do("play_scenario")
    read_masters_next_time(books)
    books.sync()
    assert books.value("select count(*) from ledger_lock_date") == 1, "it reads the same"
    (row,) = books.rows(
        "select month, reason, lock_date >= month, voucher_no from ledger_late_change "
        "where reason = 'lock'"
    )
    assert row[1:3] == ("lock", True)
    assert books.rows("select month from ledger_month where changed_after_lock") == [(row[0],)]
    assert books.cause == ""
    assert books.states().keys() == {"sealed"}


def test_moved_lock_date_is_recorded_with_the_time_we_saw_it(books: Connected) -> None:
    for day in ("2026-06-30", "2026-04-30"):
        books.do("set_lock_date", date=day)
        read_masters_next_time(books)
        books.sync()
    dates = books.rows("select lock_date from ledger_lock_date order by seen_at desc limit 2")
    assert dates == [(date(2026, 4, 30),), (date(2026, 6, 30),)]
    assert books.value("select lock_date from ledger_books") == date(2026, 4, 30)


def test_voucher_dated_ahead_is_held_and_its_month_proved(books: Connected) -> None:
    day = today() + timedelta(days=70)
    books.post("900.00", day)
    books.sync()
    assert books.cause == ""
    assert (
        books.value(f"select state from ledger_month where month = '{Month.of(day).first_day}'")
        == "sealed"
    )
    books.assert_equal_to_source()


def test_matching_without_posting_makes_a_new_snapshot_and_touches_no_posting(
    connect: Connect,
) -> None:
    books = connect("matched_without_posting")
    books.sync("first")
    party, owed = books.rows(
        "select party_no, balance from ledger_item where balance > 0 "
        "and snapshot_id = (select id from ledger_item_snapshot where side = 'customer') limit 1"
    )[0]
    lines = [
        {"account_no": 1920, "amount": str(owed)},
        {"customer_no": party, "amount": str(-owed)},
    ]
    books.do("post_voucher", lines=lines, voucher_type="BankJournal")
    read_masters_next_time(books)
    books.sync()
    postings = books.value("select count(*) from ledger_posting")
    open_items = books.rows(
        "select source_id from ledger_item where party_no = "
        f"'{party}' and abs(balance) = {owed} and snapshot_id = "
        "(select max(id) from ledger_item_snapshot where side = 'customer') limit 2"
    )
    read_masters_next_time(books)
    books.sync()
    assert items(books) == [0, 1], "an unchanged day makes no second snapshot"
    books.do("match", entry_ids=[int(row[0]) for row in open_items])
    read_masters_next_time(books)
    books.sync()
    assert books.cause == ""
    assert items(books) == [0, 1, -1]
    assert books.value("select count(*) from ledger_posting") == postings


def items(books: Connected) -> list[int]:
    """How many open items each customer snapshot has, beside the first."""
    found = [
        row[0]
        for row in books.rows(
            "select items from ledger_item_snapshot where side = 'customer' order by id"
        )
    ]
    return [count - found[0] for count in found]


def test_open_items_equal_their_control_accounts_on_the_same_day(connect: Connect) -> None:
    books = connect("never_disposed")
    books.sync("first")
    rows = books.rows("select side, items, total, control_total from ledger_item_snapshot")
    assert {row[0] for row in rows} == {"customer", "supplier"}
    assert all(items > 0 and total == control for _side, items, total, control in rows)


def test_voucher_taken_away_in_the_source_is_closed_and_its_history_kept(books: Connected) -> None:
    posted = books.post("55.00")
    books.sync()
    books.do("hide_voucher", voucher_no=posted["voucher_no"])
    books.sync()
    assert books.cause == ""
    rows = books.rows(
        "select known_to < 2147483647 from ledger_posting where voucher_id = "
        f"'{posted['voucher_id']}'"
    )
    assert rows == [(True,), (True,)]
    assert books.value("select rows_closed from sync_run order by id desc limit 1") == 2
    books.do("restore_hidden")
    books.sync()
    assert books.cause == ""
    books.assert_equal_to_source()


def test_voucher_taken_away_in_an_old_year_is_found_by_halving(books: Connected) -> None:
    number = books.value(
        "select p.voucher_no from ledger_posting p join ledger_account a "
        "on a.source_id = p.account_id where p.posting_date between '2024-01-01' and '2024-12-31' "
        "and a.type in ('asset', 'liability') and voucher_no in (select voucher_no from "
        "ledger_posting group by 1 having count(*) <= 4) order by 1 limit 1"
    )
    books.do("hide_voucher", voucher_no=number)
    books.sync()
    assert books.cause == ""
    assert books.held() == books.source()
    assert books.states() == {"sealed": 47}


def test_opening_voucher_taken_away_in_silence_is_asked_about_and_goes_here_too(
    connect: Connect, simulator: Simulator
) -> None:
    # its rows lie on the anchor's own day, where an opening of the opposite amounts would hide them
    books = connect(simulator.add_company(1843, postings=119, years=0))
    books.sync("first")
    opening = books.rows(
        "select distinct voucher_no from ledger_posting join ledger_books using (connection_id) "
        f"where connection_id = {books.connection.pk} and posting_date <= anchor_date"
    )
    ((number,),) = opening
    books.do("hide_voucher", voucher_no=number)
    books.sync("routine")
    assert books.cause == "vanished", "a whole day that is nothing at once is asked about"
    books.sync("looking", accept=True)
    assert books.cause == ""
    assert books.held().keys() == books.source().keys()
    assert not books.rows(
        "select amount from ledger_opening where known_to = 2147483647 and amount <> 0 "
        f"and connection_id = {books.connection.pk}"
    )
    states = books.rows(books.mine("select distinct state from ledger_month"))
    assert states == [("sealed",)]
