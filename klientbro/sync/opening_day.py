"""The day before conversion, where the opening voucher lies: asked of alone when we hold nothing.

The opening takes the place of whatever is not held, so a source that wrongly says «nothing» of the
oldest year leaves its opening voucher missing and no figure wrong. Told twice, that looks just like
a client whose opening voucher the source does not give; so the days after are asked once more each.
"""

from __future__ import annotations

from datetime import date

from klientbro.connectors.contract import Resource, Unit
from klientbro.ledger.books import Books
from klientbro.ledger.landing import Transaction
from klientbro.sync.steps import Step, StepKind

DOUBTFUL_DAYS = 3  # from when a client was first usable; daily rounds after that ask no more


def holds_opening_day(cursor: Transaction, books: Books) -> bool:
    """Whether any posting of the first possible day, or before it, has come."""
    held = cursor.execute(
        "select 1 from ledger_posting where connection_id = %s and known_to = 2147483647 "
        "and posting_date <= %s limit 1",
        [books.connection_id, books.first_possible_day],
    ).fetchone()
    return held is not None


def opening_day(day: date, kind: StepKind) -> Step:
    """The step that reads the day alone."""
    return Step.of_unit(kind, Unit(Resource.POSTINGS, first=day, last=day))


def asked_again(cursor: Transaction, books: Books) -> list[Step]:
    """What a daily round adds for a new client whose history is read: nothing, or the day once."""
    if books.stage != "current" or not books.is_anchored_at_conversion:
        return []
    doubtful = cursor.execute(
        "select exists (select from ledger_opening where connection_id = %s "
        "and known_to = 2147483647 and amount <> 0) from sync_state where connection_id = %s "
        "and first_usable_at > clock_timestamp() - make_interval(days => %s)",
        [books.connection_id, books.connection_id, DOUBTFUL_DAYS],
    ).fetchone()
    if doubtful is None or not doubtful[0] or holds_opening_day(cursor, books):
        return []
    # as history: the opening gives way to what lands, and the seals stand
    return [opening_day(books.first_possible_day, StepKind.HISTORY)]
