"""Books that machines work on: queued, looked at, and compared with the source at the end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

from django.db import connections

from klientbro.sync.services import queue_sync
from klientbro.sync.tests.support import Connected
from klientbro.tenants.context import firm as in_firm
from tests.machines.estate import PATIENCE_SECONDS, Estate


def queue(books: Connected, reason: str = "first") -> None:
    """As when somebody presses the button."""
    with in_firm(books.firm.id):
        queue_sync(books.connection, reason=reason)
    connections.close_all()


def is_done(books: Connected) -> bool:
    """Whether its run has come to its end."""
    return (
        books.rows(books.mine("select 1 from sync_step")) == []
        and books.rows(books.mine("select 1 from sync_state") + " and last_success_at is not null")
        != []
    )


def all_done(books: list[Connected]) -> bool:
    return all(is_done(one) for one in books)


def holder(estate: Estate, books: list[Connected], *, among: set[str]) -> tuple[str, Connected]:
    """One of the machines that is in the middle of somebody's books."""
    found: list[tuple[str, Connected]] = []

    def somebody_lands() -> bool:
        for one in books:
            host = estate.last_writer(one.connection.pk)
            if host in among and not is_done(one):
                found.append((host, one))
        return bool(found)

    estate.wait_for(somebody_lands, 30, "a landing")
    return found[0]


def seconds_to_move(
    estate: Estate, books: Connected, from_host: str, at_most: float = PATIENCE_SECONDS
) -> float:
    """How long until another machine has landed something for these books."""
    return estate.wait_for(
        lambda: estate.last_writer(books.connection.pk) != from_host or is_done(books),
        at_most,
        f"a takeover from {from_host}",
    )


def source_of(books: Connected) -> dict[str, tuple[str, date, Decimal]]:
    """Account, day and amount by id, from the accounting system itself."""
    return {key: (row[0], row[2], row[3]) for key, row in books.source().items()}


def held_of(books: Connected) -> list[tuple[str, tuple[str, date, Decimal]]]:
    """The same from every row we have of these books, closed ones too."""
    rows = books.rows(
        books.mine("select source_id, account_id, posting_date, amount from ledger_posting")
    )
    return [(row[0], (row[1], row[2], row[3])) for row in rows]


def assert_nothing_lost_or_doubled(estate: Estate, books: Connected) -> None:
    """The ledger is the source, each row landed once, and no write of an older run came late."""
    assert books.cause == ""
    held, source = held_of(books), source_of(books)
    assert len(held) == len(source), "a row was lost, doubled or closed"
    assert dict(held) == source
    landings = books.rows(books.mine("select number, run from ledger_landing") + " order by number")
    assert [row[0] for row in landings] == list(range(1, len(landings) + 1))
    for runs in (
        [row[1] for row in landings],
        [row[1] for row in estate.landed(books.connection.pk)],
    ):
        assert all(earlier <= later for earlier, later in pairwise(runs)), "an older run wrote late"
    states = books.rows(books.mine("select distinct state from ledger_month"))
    assert states == [("sealed",)]
    assert books.unbalanced() == []
