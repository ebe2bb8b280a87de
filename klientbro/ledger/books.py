"""A connection's books: made on activation, read at the start of every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from klientbro.domain.periods import (
    FinancialYear,
    Month,
    change_year_end,
    extend_years,
    financial_years,
)
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
    vat_period: str | None
    year_is_chosen: bool
    gaps_landing: int
    year_days: list[date]  # first and last day of each financial year that is written down

    @property
    def first_possible_day(self) -> date:
        """The day before conversion: the opening voucher lies there."""
        if self.conversion_date is None:
            raise ValueError("the books have no settings yet")
        return self.conversion_date - timedelta(days=1)

    def years(self, until: date) -> tuple[FinancialYear, ...]:
        """Financial years from conversion through the one that holds `until`, oldest first.

        Those written down rule, since a changed year end leaves the years before it as they were.
        """
        if self.conversion_date is None or self.year_end_month is None:
            return ()
        known = years_of_days(self.year_days)
        if not known:
            return financial_years(self.conversion_date, self.year_end_month, until)
        years = extend_years(known, self.year_end_month, until)
        return tuple(year for year in years if year.start <= until) or years[:1]


_COLUMNS = (
    "connection_id, firm_id, client_id, run, landing, complete_landing, complete_at, stage, "
    "conversion_date, year_end_month, lock_date, covered_from, anchor_date, "
    "is_anchored_at_conversion, results_restart, watermark, reading_seconds, newest_source_id, "
    "newest_source_at, postings, vat_period, year_is_chosen, gaps_landing, "
    "array(select day from ledger_financial_year y, unnest(array[y.first_day, y.last_day]) as day "
    "where y.connection_id = ledger_books.connection_id order by y.first_day, day) as year_days"
)


def years_of_days(days: Sequence[date]) -> tuple[FinancialYear, ...]:
    """Years from their first and last days, in turn: 1.1., 31.12., 1.1., 31.12."""
    return tuple(
        FinancialYear.of_months(Month.of(first), Month.of(last))
        for first, last in zip(days[::2], days[1::2], strict=True)
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
    vat_period: str | None = None,
    year_is_chosen: bool = False,
) -> None:
    """What the source says of the company's accounting; a moved lock date is kept with its time.

    year_is_chosen: the firm has set the financial year itself. Only what differs is written.
    """
    check_fence(transaction, key)
    before = read_books(transaction, key.connection_id)
    if before is None:
        return
    years = _years_now(before, conversion_date, year_end_month, year_is_chosen, until)
    transaction.execute(
        "insert into ledger_lock_date (firm_id, connection_id, lock_date) "
        "select firm_id, connection_id, %s from ledger_books where connection_id = %s "
        "and lock_date is distinct from %s",
        [lock_date, key.connection_id, lock_date],
    )
    written = [
        conversion_date,
        year_end_month,
        lock_date,
        currency,
        results_restart,
        vat_period,
        year_is_chosen,
    ]
    transaction.execute(
        "update ledger_books set conversion_date = %s, year_end_month = %s, lock_date = %s, "
        "currency = %s, results_restart = %s, vat_period = %s, year_is_chosen = %s "
        "where connection_id = %s "
        "and (conversion_date, year_end_month, lock_date, currency, results_restart, vat_period, "
        "year_is_chosen) is distinct from (%s, %s, %s, %s, %s, %s, %s)",
        [*written, key.connection_id, *written],
    )
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


def _years_now(
    before: Books, conversion_date: date, year_end_month: int, year_is_chosen: bool, until: date
) -> tuple[FinancialYear, ...]:
    """The financial years after the settings were read on `until`.

    A year end that the company changes in the source leaves the years before it as they were. The
    firm's own choice is a correction: it rules over every year, and so does taking it back.
    """
    anew = financial_years(conversion_date, year_end_month, until)
    known = years_of_days(before.year_days)
    if not known or year_is_chosen or before.year_is_chosen:
        return anew
    if before.year_end_month != year_end_month:
        known = change_year_end(known, year_end_month, until, until)
    known = tuple(year for year in known if conversion_date <= year.end)
    if not known:
        return anew
    older: tuple[FinancialYear, ...] = ()
    if conversion_date < known[0].start:  # the books now begin earlier
        day = known[0].start - timedelta(days=1)
        older = financial_years(conversion_date, day.month, day)
    return (*older, *extend_years(known, year_end_month, until))
