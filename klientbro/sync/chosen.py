"""What a firm has chosen for a client rules over what the accounting system says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import cast

from django.db import connection as database

from klientbro.connectors.contract import CompanySettings
from klientbro.domain.periods import MONTHS_IN_YEAR
from klientbro.ledger.books import Books
from klientbro.ledger.landing import Transaction
from klientbro.sync.steps import Step, StepKind, put_steps


def chosen_settings(
    settings: CompanySettings, fetch_from: date | None, year_start_month: int | None
) -> CompanySettings:
    """The source's settings with the firm's own start and financial year put over them.

    «Hent regnskap fra» 1 July 2024 for books converted on 1 January 2023: bookkeeping begins on
    1 July 2024, and the anchor is the source's balance on 30 June. Earlier than the source's own
    conversion there is nothing, so the later of the two rules. A financial year that begins in
    May ends in April.
    """
    conversion = settings.conversion_date
    if fetch_from is not None:
        conversion = max(conversion, fetch_from)
    end = settings.year_end_month
    if year_start_month is not None:
        end = (year_start_month - 2) % MONTHS_IN_YEAR + 1
    return replace(settings, conversion_date=conversion, year_end_month=end)


def begins_as_chosen(books: Books, fetch_from: date | None) -> bool:
    """Whether the books begin on the firm's own day: no opening voucher lies on the one before."""
    return fetch_from is not None and books.conversion_date == fetch_from


def take_over_choices(transaction: Transaction, before: Books, settings: CompanySettings) -> bool:
    """What new choices do to books that are here; True when older history must now be fetched.

    An earlier start: the books are no longer anchored at their beginning. Another financial year:
    every result account stands otherwise, so no seal holds.
    """
    if before.conversion_date is None:
        return False
    if before.year_end_month != settings.year_end_month:
        transaction.execute(
            "update ledger_month set state = 'unproved' where connection_id = %s "
            "and state <> 'unproved'",
            [before.connection_id],
        )
    if settings.conversion_date >= before.conversion_date or before.stage == "new":
        return False
    transaction.execute(
        "update ledger_books set stage = 'history', is_anchored_at_conversion = false "
        "where connection_id = %s",
        [before.connection_id],
    )
    return before.stage == "current"


def books_begin_on(connection_id: int) -> date | None:
    """The first day of the books that have been fetched, None before there are any."""
    with database.cursor() as cursor:
        cursor.execute(
            "select conversion_date from ledger_books where connection_id = %s and stage <> 'new'",
            [connection_id],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def read_settings_anew(*connection_ids: int) -> None:
    """New choices have been saved: they are read before anything else is fetched."""
    ids = list(connection_ids)
    with database.cursor() as cursor:
        cursor.execute(
            "update sync_state set masters_read_at = null where connection_id = any(%s)", [ids]
        )
        cursor.execute(
            "select connection_id, min(position) from sync_step where connection_id = any(%s) "
            "group by 1",
            [ids],
        )
        for connection_id, lowest in cursor.fetchall():
            put_steps(
                cast(Transaction, cursor), connection_id, [Step(StepKind.SETTINGS)], before=lowest
            )


def read_settings_of_many_anew(connection_ids: Sequence[int]) -> None:
    """The same for many, who are fetched as soon as their turn comes."""
    read_settings_anew(*connection_ids)
    with database.cursor() as cursor:
        cursor.execute(
            "update sync_schedule set next_at = now() where connection_id = any(%s)",
            [list(connection_ids)],
        )
