"""The next unit begun while the last merges and is proved: asked early, never lost or leaked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from klientbro.sync import ahead
from klientbro.sync.database import pool
from klientbro.sync.tests.support import Connected
from klientbro.sync.tests.workers import wait_for

Connect = Callable[..., Connected]
TRANSACTIONS, TRIAL_BALANCE = "/accounttransactions", "/trialbalance"


def asked(books: Connected) -> list[str]:
    """'2024' for each question for the transactions of a year, 'proof' for a trial balance."""
    found = []
    for entry in books.simulator.requests():
        query = dict(part.split("=") for part in entry["query"].split("&") if "=" in part)
        if entry["path"] == TRANSACTIONS and "fromDate" in query:
            found.append(query["toDate"][:4])
        elif entry["path"] == TRIAL_BALANCE:
            found.append("proof")
    return found


def assert_no_line_is_kept() -> None:
    """Every connection of this process is back; the pool takes them back in a thread of its own."""

    def are_back() -> bool:
        stats = pool().get_stats()
        return stats["pool_size"] == stats["pool_available"]

    wait_for(are_back, 5, "every connection to be given back")


def test_next_year_is_asked_for_before_the_last_one_is_proved(connect: Connect) -> None:
    books = connect("sole_proprietor")
    books.simulator.reset_requests()
    books.sync("first")
    order = asked(books)
    years = sorted({name for name in order if name != "proof"}, reverse=True)
    newest_history, older = years[2], years[3]  # behind the far future and this year
    first_proofs = [index for index, name in enumerate(order) if name == "proof"][:2]
    assert order.index(newest_history) > first_proofs[1], "nobody waits for last year"
    proofs_left = order[order.index(older) :].count("proof")
    assert proofs_left >= 2 * 12, "the older year was begun before the newer one was proved"
    books.assert_equal_to_source()
    assert_no_line_is_kept()


def test_run_that_stops_at_a_proof_gives_back_what_was_begun(connect: Connect) -> None:
    books = connect("sole_proprietor")
    books.fault("503", path=TRIAL_BALANCE, after=8)
    books.sync("first")
    assert books.cause == "unreachable"
    assert_no_line_is_kept()
    books.simulator.clear_faults()
    books.sync()
    assert books.cause == ""
    books.assert_equal_to_source()


def test_year_begun_too_long_ago_is_asked_for_anew(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "FRESH_SECONDS", -1.0)
    books = connect("sole_proprietor")
    books.simulator.reset_requests()
    books.sync("first")
    questions = [name for name in asked(books) if name != "proof"]
    assert len(questions) > len(set(questions)), "asked for ahead, and again at its turn"
    books.assert_equal_to_source()
    assert_no_line_is_kept()


def test_failure_met_ahead_is_told_at_the_years_own_turn(connect: Connect) -> None:
    books = connect("sole_proprietor")
    books.fault("504", path=TRANSACTIONS, after=3, count=1)
    books.sync("first")
    assert books.cause == ""
    books.assert_equal_to_source()
    assert_no_line_is_kept()
