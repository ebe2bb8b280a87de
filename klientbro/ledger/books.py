"""A connection's books: made on activation, read at the start of every step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from klientbro.domain.periods import FinancialYear, financial_years
from klientbro.ledger.landing import BooksKey, Transaction, check_fence


@dataclass(frozen=True, slots=True)
class Books:
    """The row that is locked by every landing."""

    connection_id: int
    firm_id: UUID
    client_id: int
    run: int
    landing: int
    complete_landing: int
    complete_at: datetime | None
    stage: str
    conversion_date: date | None
    year_end_month: int | None
    lock_date: date | None
    covered_from: date | None
    anchor_date: date | None
    is_anchored_at_conversion: bool
    results_restart: bool
    watermark: str | None
    reading_seconds: float
    newest_source_id: str | None
    newest_source_at: datetime | None
    postings: int

    @property
    def first_possible_day(self) -> date:
        """The day before conversion: the opening voucher lies there."""
        if self.conversion_date is None:
            raise ValueError("the books have no settings yet")
        return self.conversion_date - timedelta(days=1)

    def years(self, until: date) -> tuple[FinancialYear, ...]:
        """Financial years from conversion through the one that holds `until`, oldest first."""
        if self.conversion_date is None or self.year_end_month is None:
            return ()
        return tuple(financial_years(self.conversion_date, self.year_end_month, until))


_COLUMNS = (
    "connection_id, firm_id, client_id, run, landing, complete_landing, complete_at, stage, "
    "conversion_date, year_end_month, lock_date, covered_from, anchor_date, "
    "is_anchored_at_conversion, results_restart, watermark, reading_seconds, newest_source_id, "
    "newest_source_at, postings"
)


def open_books(transaction: Transaction, firm_id: UUID, connection_id: int, client_id: int) -> None:
    """Makes the books when they are not there; what is there stays."""
    transaction.execute(
        "insert into ledger_books (firm_id, connection_id, client_id) values (%s, %s, %s) "
        "on conflict (connection_id) do update set client_id = excluded.client_id",
        [firm_id, connection_id, client_id],
    )


def read_books(transaction: Transaction, connection_id: int) -> Books | None:
    """The books, None when the connection never was active (or is another firm's)."""
    with transaction.cursor(row_factory=class_row(Books)) as cursor:
        cursor.execute(
            f"select {_COLUMNS} from ledger_books where connection_id = %s",  # noqa: S608 constants
            [connection_id],
        )
        return cursor.fetchone()


def write_settings(
    transaction: Transaction,
    key: BooksKey,
    *,
    conversion_date: date,
    year_end_month: int,
    lock_date: date | None,
    currency: str,
    results_restart: bool,
    until: date,
) -> None:
    """What the source says of the company's accounting; a moved lock date is kept with its time.

    Only what differs is written.
    """
    check_fence(transaction, key)
    transaction.execute(
        "insert into ledger_lock_date (firm_id, connection_id, lock_date) "
        "select firm_id, connection_id, %s from ledger_books where connection_id = %s "
        "and lock_date is distinct from %s",
        [lock_date, key.connection_id, lock_date],
    )
    transaction.execute(
        "update ledger_books set conversion_date = %s, year_end_month = %s, lock_date = %s, "
        "currency = %s, results_restart = %s where connection_id = %s "
        "and (conversion_date, year_end_month, lock_date, currency, results_restart) "
        "is distinct from (%s, %s, %s, %s, %s)",
        [
            conversion_date,
            year_end_month,
            lock_date,
            currency,
            results_restart,
            key.connection_id,
            conversion_date,
            year_end_month,
            lock_date,
            currency,
            results_restart,
        ],
    )
    years = tuple(financial_years(conversion_date, year_end_month, until))
    transaction.execute(
        "delete from ledger_financial_year y where connection_id = %s and not exists "
        "(select from unnest(%s::date[], %s::date[]) as k(first_day, last_day) "
        "where k.first_day = y.first_day and k.last_day = y.last_day)",
        [key.connection_id, [year.start for year in years], [year.end for year in years]],
    )
    with transaction.cursor() as cursor:
        cursor.executemany(
            "insert into ledger_financial_year (firm_id, connection_id, first_day, last_day) "
            "values (%s, %s, %s, %s) on conflict do nothing",
            [(key.firm_id, key.connection_id, year.start, year.end) for year in years],
        )
