"""As it stood to our knowledge: whatever lands later, the same question has the same answer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from klientbro.domain.periods import Month, Period
from klientbro.domain.proof import trial_balance_hash
from klientbro.domain.trial_balance import TrialBalance
from klientbro.ledger.queries import trial_balance, trial_balance_as_known
from klientbro.ledger.tests.book_table import BookTable, book_table, insert, run

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
NOW = datetime(2026, 12, 1, tzinfo=UTC)
YEAR = Period(Month(2026, 1), Month(2026, 12))
CHART = """
Konto | Navn             | Type      | Inngående
1500  | Kundefordringer  | asset     | 20 000,00
1920  | Driftskonto bank | asset     | 130 000,00
2000  | Aksjekapital     | equity    | -150 000,00
3000  | Salg             | income    |
6300  | Leie lokale      | expense   |
"""


class Clock:
    """Publishes the books an hour apart, as a complete run would."""

    def __init__(self, book: BookTable) -> None:
        self.book, self.moment = book, BEGAN

    def tick(self) -> None:
        """What the table publishes by itself from here on has the next hour's time."""
        self.moment += timedelta(hours=1)
        self.book.change(complete_at=self.moment)

    def publish(self) -> datetime:
        self.book.change(complete_landing=self.book.landing, complete_at=self.moment)
        moment = self.moment
        self.tick()
        return moment


def post(book: BookTable, number: int, month: int, debit: str, amount: str) -> None:
    book.post(f"""
        Bilag    | Dato            | Konto   | Beløp
        {number} | 15.{month:02}.2026 | {debit} | {amount}
        {number} | 15.{month:02}.2026 | 3000    | -{amount}
    """)


def rename(book: BookTable, account: str, number: str, name: str) -> None:
    """The source has given an account another number and name: a landing of its own."""
    book.landing += 1
    insert(
        "ledger_landing", **book._own(), number=book.landing, run=1, kind="accounts", landed_at=NOW
    )
    run(
        "insert into ledger_account_history (firm_id, connection_id, source_id, landing, "
        "number_before, number_after, name_before, name_after, type_before, type_after) "
        "select firm_id, connection_id, source_id, %(landing)s, number, %(number)s, name, "
        "%(name)s, type, type from ledger_account where connection_id = %(connection)s "
        "and source_id = %(account)s",
        book._keys(account=account, number=number, name=name),
    )
    run(
        "update ledger_account set number = %(number)s, name = %(name)s "
        "where connection_id = %(connection)s and source_id = %(account)s",
        book._keys(account=account, number=number, name=name),
    )
    book.change(landing=book.landing)


def move_anchor_back(book: BookTable) -> None:
    """History has reached a year further back: openings and anchor move in one landing."""
    book.landing += 1
    insert(
        "ledger_landing", **book._own(), number=book.landing, run=1, kind="anchor", landed_at=NOW
    )
    insert(
        "ledger_anchor",
        **book._own(),
        landing=book.landing,
        anchor_date="2024-12-31",
        covered_from="2025-01-01",
    )
    run(
        "update ledger_opening set known_to = %(landing)s where connection_id = %(connection)s "
        "and known_to = 2147483647 and account_id = 'a1920'",
        book._keys(),
    )
    insert(
        "ledger_opening",
        **book._own(),
        account_id="a1920",
        amount="90000.00",
        known_from=book.landing,
    )
    book.change(
        landing=book.landing,
        anchor_date="2024-12-31",
        covered_from="2025-01-01",
        conversion_date="2025-01-01",
    )
    run(
        "insert into ledger_financial_year (firm_id, connection_id, first_day, last_day) "
        "values (%(firm)s, %(connection)s, '2025-01-01', '2025-12-31')",
        book._keys(),
    )


def asked(book: BookTable, moment: datetime) -> tuple[TrialBalance, str]:
    known = trial_balance_as_known(book.state, YEAR, moment, NOW)
    assert known is not None
    assert known.sheet is not None
    return known.sheet, known.sheet_hash


def random_events(book: BookTable, seed: int) -> Iterator[None]:
    """Landings of every kind, in any order."""
    chance = random.Random(seed)  # noqa: S311 a repeatable test
    number = 0
    moved = False
    for _ in range(12):
        kind = chance.choice(["post", "post", "post", "close", "rename", "anchor", "unused"])
        if kind == "close" and number:
            book.close(chance.randint(1, number))
        elif kind == "rename":
            new = str(6300 + chance.randint(1, 90))
            rename(book, "a6300", new, f"Leie {new}")
        elif kind == "anchor" and not moved:
            moved = True
            move_anchor_back(book)
        else:
            number += 1
            debit = chance.choice(["1500", "1920", "6300"])
            post(book, number, chance.randint(1, 12), debit, f"{chance.randint(1, 99999)},50")
        yield


@pytest.mark.parametrize("seed", range(12))
def test_answer_at_every_landing_is_the_trial_balance_of_then_and_its_hash_never_changes(
    firm: object, seed: int
) -> None:
    book = book_table(CHART, columns={"complete_at": BEGAN})
    clock = Clock(book)
    recorded: list[tuple[datetime, TrialBalance, str]] = []
    for _ in random_events(book, seed):
        moment = clock.publish()
        then = trial_balance(book.connection.pk, YEAR)
        assert then is not None
        recorded.append((moment, then, trial_balance_hash(then)))
    for moment, then, fingerprint in recorded:
        for asked_at in (moment, moment + timedelta(minutes=59)):
            sheet, sheet_hash = asked(book, asked_at)
            assert sheet == then
            assert sheet_hash == fingerprint


def test_account_that_is_renumbered_keeps_its_number_and_name_of_then(firm: object) -> None:
    book = book_table(CHART, columns={"complete_at": BEGAN})
    post(book, 1, 2, "6300", "4 000,00")
    clock = Clock(book)
    moment = clock.publish()
    _sheet, before = asked(book, moment)

    rename(book, "a6300", "6390", "Leie av kontor")
    clock.publish()
    sheet, after = asked(book, moment)

    named = {row.account.number: row.account.name for row in sheet.rows if row.account}
    assert named["6300"] == "Leie lokale"
    assert after == before


def test_year_that_is_changed_later_does_not_change_what_we_said(firm: object) -> None:
    book = book_table(CHART, columns={"complete_at": BEGAN})
    post(book, 1, 2, "6300", "4 000,00")
    post(book, 2, 9, "6300", "500,00")
    moment = Clock(book).publish()
    _sheet, before = asked(book, moment)

    run("delete from ledger_financial_year where connection_id = %(connection)s", book._keys())
    for first, last in (("2026-01-01", "2026-06-30"), ("2026-07-01", "2027-06-30")):
        insert("ledger_financial_year", **book._own(), first_day=first, last_day=last)
    book.change(year_end_month=6, complete_at=moment + timedelta(days=1))  # no landing was needed
    _sheet, after = asked(book, moment)
    _sheet, later = asked(book, moment + timedelta(days=2))

    assert after == before
    assert later != before


def test_before_the_first_publication_nothing_was_known(firm: object) -> None:
    book = book_table(CHART, columns={"complete_at": BEGAN})
    post(book, 1, 2, "6300", "4 000,00")
    first = Clock(book).publish()

    assert trial_balance_as_known(book.state, YEAR, BEGAN - timedelta(days=300), NOW) is None
    assert asked(book, first)[1]


def test_what_will_be_known_cannot_be_asked(firm: object) -> None:
    book = book_table(CHART, columns={"complete_at": BEGAN})
    post(book, 1, 2, "6300", "4 000,00")

    with pytest.raises(ValueError, match="not known yet"):
        trial_balance_as_known(book.state, YEAR, NOW + timedelta(seconds=1), NOW)


def test_publications_cannot_be_changed_or_taken_away(firm: object) -> None:
    from django.db import DatabaseError, transaction

    book = book_table(CHART, columns={"complete_at": BEGAN})
    post(book, 1, 2, "6300", "4 000,00")
    Clock(book).publish()
    for statement in (
        "update ledger_publication set landing = 99",
        "delete from ledger_publication",
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            run(statement, {})


def test_run_that_brought_nothing_publishes_nothing(firm: object) -> None:
    book = book_table(CHART, columns={"complete_at": BEGAN})
    post(book, 1, 2, "6300", "4 000,00")
    clock = Clock(book)
    clock.publish()
    clock.publish()
    with connection.cursor() as cursor:
        cursor.execute("select count(distinct landing), count(*) from ledger_publication")
        landings, rows = cursor.fetchone()
    assert landings == rows == 1


def test_the_answer_takes_a_fixed_number_of_statements_and_no_posting_is_read(firm: object) -> None:
    book = book_table(CHART, columns={"complete_at": BEGAN})
    clock = Clock(book)
    counts = []
    for number in (1, 2):
        for more in range(number * 3):
            post(book, number * 100 + more, 2 + more, "6300", "10,00")
        moment = clock.publish()
        with CaptureQueriesContext(connection) as queries:
            asked(book, moment)
        assert not any("ledger_posting" in query["sql"] for query in queries.captured_queries)
        counts.append(len(queries))
    assert counts[0] == counts[1]
