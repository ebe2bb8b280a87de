"""The proof finds every øre: planted errors, rounds, motion, lasting differences, seals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import psycopg
import pytest

from klientbro.connectors.poweroffice import mapping
from klientbro.domain.periods import Month
from klientbro.sync.tests.support import Connected

Connect = Callable[..., Connected]
TRANSACTIONS, BALANCE = "/accounttransactions", "/trialbalance"
ORE = "0.01"


@pytest.fixture
def books(connect: Connect) -> Connected:
    synced = connect("holding")
    synced.sync("first")
    assert synced.cause == ""
    return synced


def differences(books: Connected) -> dict[date, list[dict[str, str]]]:
    return dict(books.rows("select month, differences from ledger_month where state <> 'sealed'"))


def test_kept_balance_one_ore_off_is_repaired_and_is_a_finding(books: Connected) -> None:
    books.execute(
        "update ledger_balance set amount = amount + %s where ctid = "
        "(select ctid from ledger_balance order by month limit 1)",
        Decimal(ORE),
    )
    assert len(books.unbalanced()) == 1
    books.sync("routine")
    assert books.unbalanced() == []
    assert books.cause == ""
    assert books.states() == {"sealed": 47}
    assert books.value("select kind from ledger_finding") == "balance_repaired"


def test_balance_without_any_posting_is_repaired_too(books: Connected) -> None:
    books.execute(
        "insert into ledger_balance (firm_id, connection_id, account_id, month, amount, postings) "
        "select firm_id, connection_id, account_id, '2024-02-01', 5, 1 from ledger_balance limit 1 "
        "on conflict (connection_id, account_id, month) do update set amount = 5 + "
        "ledger_balance.amount"
    )
    books.sync("routine")
    assert books.cause == ""
    assert books.value("select count(*) from ledger_finding where kind = 'balance_repaired'") == 1


def test_posting_one_ore_off_in_an_old_month_is_found_and_cured_by_reading_that_month_anew(
    books: Connected,
) -> None:
    planted = books.rows(
        "select p.source_id, p.posting_date, p.account_id from ledger_posting p "
        "join ledger_account a on a.source_id = p.account_id and a.connection_id = p.connection_id "
        "where a.type = 'asset' and p.posting_date between '2024-02-01' and '2025-06-30' "
        "order by p.posting_date limit 1"
    )[0]
    books.execute(
        "update ledger_posting set amount = amount + %s where source_id = %s",
        Decimal(ORE),
        planted[0],
    )
    books.simulator.reset_requests()
    books.sync("routine")
    assert books.cause == ""
    books.assert_equal_to_source_but_for_history()
    month = Month.of(planted[1])
    read = [entry["query"] for entry in books.simulator.requests(path=TRANSACTIONS)]
    assert any(
        f"fromDate={month.first_day}" in query and f"toDate={month.last_day}" in query
        for query in read
    )
    asked = [entry["path"] for entry in books.simulator.requests()]
    found = next(
        index for index, query in enumerate(read) if f"fromDate={month.first_day}" in query
    )
    place = [index for index, path in enumerate(asked) if path == TRANSACTIONS][found]
    assert asked[:place].count(BALANCE) <= 2 + 6  # twice to be sure, and 47 months halved


def test_result_posting_one_ore_off_in_this_year_is_found(books: Connected) -> None:
    posted = books.post("500.00")
    books.sync()
    books.execute(
        "update ledger_posting set amount = amount + %s where voucher_id = %s and amount > 0",
        Decimal(ORE),
        posted["voucher_id"],
    )
    books.sync("routine")
    assert books.cause == ""
    assert {row[3] for row in books.held().values() if row[1] == posted["voucher_id"]} == {
        Decimal("500.00"),
        Decimal("-500.00"),
    }


def test_opening_one_ore_off_is_set_right_from_the_source(books: Connected) -> None:
    books.execute(
        "insert into ledger_opening (firm_id, connection_id, account_id, amount, known_from) "
        "select firm_id, connection_id, source_id, %s, 1 from ledger_account "
        "where type = 'asset' order by source_id limit 1",
        Decimal(ORE),
    )
    books.sync("prove")
    assert books.cause == ""
    assert set(books.states()) == {"sealed"}
    assert books.rows("select amount from ledger_opening where known_to = 2147483647") == []


def test_lost_posting_is_read_again(books: Connected) -> None:
    books.execute(
        "with gone as (delete from ledger_posting where source_id = (select max(source_id) from "
        "ledger_posting) returning account_id, posting_date, amount) update ledger_balance b "
        "set amount = b.amount - gone.amount, postings = postings - 1 from gone "
        "where b.account_id = gone.account_id "
        "and b.month = date_trunc('month', gone.posting_date)::date"
    )
    books.sync("routine")
    assert books.cause == ""
    assert books.held() == books.source()


def test_lasting_difference_is_shown_by_account_and_month_and_cured_when_it_is_gone(
    books: Connected,
) -> None:
    # the balances count a voucher that the transactions do not show
    hidden = books.post("900.00")
    books.do("hide_voucher", voucher_no=hidden["voucher_no"], also_from_balances=False)
    books.sync("routine")
    assert books.cause == "moving"  # not yet known to last
    books.sync("routine")
    assert books.cause == "differs"
    ((month, shown),) = differences(books).items()
    numbers = dict(books.rows("select source_id, number from ledger_account"))
    assert {
        numbers[one["account_id"]]: Decimal(one["source"]) - Decimal(one["ours"]) for one in shown
    } == {"6800": Decimal("900.00"), "1920": Decimal("-900.00")}
    assert books.detail["months"] == [str(month)]
    assert books.rows("select next_at - now() between '5 min' and '7 min' from sync_schedule") == [
        (True,)
    ]
    books.do("restore_hidden")
    books.sync("routine")
    assert books.cause == ""
    assert differences(books) == {}
    books.assert_equal_to_source()


def test_changed_opening_in_the_source_is_taken_over_as_a_finding_and_everything_proved_anew(
    books: Connected,
) -> None:
    books.fault("off_by", path=BALANCE, parameters={"amount": 0.01, "field": "Balance"})
    books.sync("routine")
    books.sync("routine")
    assert books.cause == ""
    assert books.rows("select amount from ledger_opening where known_to = 2147483647") == [
        (Decimal(ORE),)
    ]
    assert books.value("select kind from ledger_finding") == "opening_changed"
    assert books.states() == {"sealed": 47}
    assert books.value("select count(*) from ledger_seal") >= 2 * 47


def test_somebody_posting_while_we_compare_is_in_motion_and_then_proved(books: Connected) -> None:
    books.fault("row_inserted", path=BALANCE)
    books.sync("routine")
    assert books.cause == "moving"
    assert "moving" in books.states()
    assert books.value("select last_success_at is not null from sync_state")
    books.simulator.clear_faults()
    books.sync("routine")
    assert books.cause == ""
    books.assert_equal_to_source()


def test_voucher_posted_between_reading_and_comparing_is_read_in_the_next_round(
    books: Connected,
) -> None:
    books.fault("row_inserted", path=BALANCE, count=1)
    books.sync("routine")
    assert books.cause == ""
    books.assert_equal_to_source()


def test_posting_with_parts_of_an_ore_is_kept_exactly_and_is_a_finding(
    connect: Connect,
) -> None:
    books = connect("holding")
    books.fault("off_by", path=TRANSACTIONS, parameters={"amount": 0.004, "field": "Amount"})
    books.sync("first")
    odd = books.value("select count(*) from ledger_posting where amount <> round(amount, 2)")
    assert odd >= 1
    assert books.value("select count(*) from ledger_finding where kind = 'parts_of_ore'") == odd
    assert books.cause in ("moving", "differs")  # never rounded away


def test_months_are_sealed_for_their_movement_until_history_is_complete(
    connect: Connect,
) -> None:
    books = connect("holding")
    # the future, this year, and then the first window of history fails
    books.fault("503", path=TRANSACTIONS, after=2)
    books.sync("first")
    assert books.cause == "unreachable"
    movement = books.rows("select month, sheet_hash from ledger_seal where kind = 'movement'")
    assert movement
    assert books.value("select count(*) from ledger_seal where kind = 'full'") == 0
    assert books.value("select first_usable_at is not null from sync_state")
    books.simulator.clear_faults()
    asked = len(books.simulator.requests(path=BALANCE))
    books.sync()
    assert books.cause == ""
    full = dict(
        books.rows(
            "select m.month, s.sheet_hash from ledger_month m "
            "join ledger_seal s on s.id = m.seal_id where s.kind = 'full'"
        )
    )
    assert len(full) == 47
    assert all(full[month] == sheet for month, sheet in movement)
    # upgraded by their hashes: each older month and each anchor was asked for once, no more
    assert len(books.simulator.requests(path=BALANCE)) - asked <= 47 - len(movement) + 4


def test_seals_can_only_be_added(books: Connected) -> None:
    for statement in ("update ledger_seal set accounts = 0", "delete from ledger_seal"):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            books.as_owner(statement)


def test_seal_says_what_it_stands_on(books: Connected) -> None:
    landing, newest_id, newest_at, accounts = books.rows(
        "select landing, newest_source_id, newest_source_at, accounts from ledger_seal "
        "order by month desc limit 1"
    )[0]
    assert 0 < landing <= books.value("select landing from ledger_books")
    assert (newest_id, newest_at) == books.rows(
        "select newest_source_id, newest_source_at from ledger_books"
    )[0]
    assert newest_at == books.value("select max(source_created_at) from ledger_posting")
    assert accounts > 3


def test_undisposed_result_is_derived_and_every_sheet_sums_to_zero_with_it(
    connect: Connect,
) -> None:
    books = connect("never_disposed")
    books.sync("first")
    assert books.cause == ""
    undisposed = dict(books.rows("select month, undisposed from ledger_seal where kind = 'full'"))
    first_year = min(month.year for month in undisposed)
    assert undisposed[date(first_year, 12, 1)] == 0
    result = books.value(
        "select sum(p.amount) from ledger_posting p join ledger_account a "
        "on a.source_id = p.account_id where a.type in ('income', 'expense') "
        f"and p.posting_date between '{first_year}-01-01' and '{first_year}-12-31'"
    )
    assert undisposed[date(first_year + 1, 1, 1)] == result
    assert result != 0


@pytest.mark.parametrize(
    "company",
    [
        "broken_year",
        "converted_with_opening",
        "converted_without_opening",
        "farm",
        "five_digits",
        "disposed_late",
        "future_voucher",
    ],
)
def test_special_books_are_proved_in_every_month(connect: Connect, company: str) -> None:
    books = connect(company)
    books.sync("first")
    assert books.cause == ""
    assert set(books.states()) == {"sealed"}
    assert books.held() == books.source()


@pytest.mark.parametrize("company", ["never_disposed", "disposed_late"])
def test_sources_whose_results_accumulate_until_disposed_are_proved_too(
    connect: Connect, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = connect(company)
    books.simulator.control(
        "POST",
        "guesses",
        {"company": books.number, "year_end_restarts_result_accounts": False},
    )
    monkeypatch.setattr(mapping, "results_restart", lambda: False)
    books.sync("first")
    for _ in range(3):
        if books.cause:
            books.sync("prove")
    assert books.value("select results_restart from ledger_books") is False
    assert books.cause == ""
    assert set(books.states()) == {"sealed"}


@pytest.mark.parametrize(
    ("company", "is_among_them"),
    [("converted_with_opening", True), ("converted_without_opening", False)],
)
def test_opening_is_right_whether_its_voucher_stands_among_the_transactions_or_not(
    connect: Connect, company: str, is_among_them: bool
) -> None:
    books = connect(company)
    books.sync("first")
    assert books.cause == ""
    conversion = books.value("select conversion_date from ledger_books")
    before = books.value(f"select count(*) from ledger_posting where posting_date < '{conversion}'")
    openings = books.value("select count(*) from ledger_opening where known_to = 2147483647")
    assert (before > 0, openings > 0) == (is_among_them, not is_among_them)
