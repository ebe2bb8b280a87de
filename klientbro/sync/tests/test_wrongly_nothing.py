"""A source that says «nothing» once, where there is something: found and read again by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from klientbro.connectors import http
from klientbro.connectors.poweroffice import client, paging
from klientbro.sync.causes import cause_text
from klientbro.sync.tests.support import Connected
from simulators.poweroffice_go.testing import Simulator

Connect = Callable[..., Connected]
PAGE, MOST_CALLS = 40, 40
TRANSACTIONS = "/accounttransactions"


@pytest.fixture(autouse=True)
def small_pages_and_little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACK_OFF_SECONDS", (0.01, 0.02))
    monkeypatch.setattr(paging, "PAGE_SIZE", PAGE)
    monkeypatch.setattr(client, "PAGE_SIZE", PAGE)


# Trial balances are two dozen and much alike: each is tried in `make soak-workers`.
@pytest.mark.parametrize(
    ("path", "stride"),
    [
        (TRANSACTIONS, 1),
        ("/generalledgeraccounts", 1),
        ("/trialbalance", 6),
        pytest.param("/trialbalance", 1, marks=pytest.mark.soak),
    ],
)
def test_first_sync_told_nothing_once_ends_sealed_by_itself_wherever_it_was_told(
    connect: Connect, simulator: Simulator, path: str, stride: int
) -> None:
    for position in range(0, MOST_CALLS, stride):
        books = connect(simulator.add_company(100 + position, postings=90, years=2))
        books.fault("no_content", path=path, after=position, count=1)
        books.sync("first")
        (rule,) = simulator.control("GET", "faults")
        simulator.clear_faults()
        if rule["applied"] == 0:
            break
        causes = [books.cause]
        if books.cause:  # what the schedule does
            assert cause_text(books.cause).heals_alone, (position, books.cause, books.detail)
            books.sync("routine")
            causes.append(books.cause)
        held, source = held_by(books), books.source()
        assert causes[-1] == "", (position, causes)
        assert held == source.keys(), (position, causes)
        assert states_of(books) == {"sealed"}, (position, causes)
    assert position > 1, "the fault did not strike"


def held_by(books: Connected) -> set[str]:
    query = "select source_id from ledger_posting where known_to = 2147483647 and connection_id = "
    return {str(row[0]) for row in books.rows(query + str(books.connection.pk))}


def states_of(books: Connected) -> set[str]:
    return {str(row[0]) for row in books.rows(books.mine("select state from ledger_month"))}


def test_opening_voucher_twice_told_to_be_nothing_comes_with_the_next_days_lists(
    connect: Connect, simulator: Simulator
) -> None:
    asked = connect(simulator.add_company(140, postings=90, years=2))
    simulator.reset_requests()
    asked.sync("first")
    last = len(simulator.requests(path=TRANSACTIONS)) - 1

    books = connect(simulator.add_company(141, postings=90, years=2))
    books.fault("no_content", path=TRANSACTIONS, after=last - 1, count=3)
    books.sync("first")
    (rule,) = simulator.control("GET", "faults")
    assert rule["applied"] == 3
    simulator.clear_faults()
    books.sync("routine")
    missing = books.source().keys() - held_by(books)
    assert missing, "the source's word was to be taken"
    before = books.value(books.mine("select count(*) from ledger_month"))

    books.execute("update sync_state set masters_read_at = masters_read_at - interval '25 hours'")
    books.sync("routine")
    assert books.cause == ""
    assert held_by(books) == books.source().keys()
    assert states_of(books) == {"sealed"}
    assert books.value(books.mine("select count(*) from ledger_month")) == before

    books.execute("update sync_state set masters_read_at = masters_read_at - interval '25 hours'")
    simulator.reset_requests()
    books.sync("routine")
    assert len(simulator.requests(path=TRANSACTIONS)) == 1, "asked once more and then no more"
