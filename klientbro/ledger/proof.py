"""The proof: postings, added up anew, equal kept balances and deltas, equal the source. Seals it.

What a seal does not prove: texts, VAT codes, dimensions, dates inside the month, the sub-ledgers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from klientbro.domain.periods import Month
from klientbro.domain.proof import Difference, compare, sheet_hash, sum_by_account
from klientbro.ledger.books import Books
from klientbro.ledger.landing import BooksKey, Transaction, check_fence
from klientbro.ledger.sums import (
    MonthlySums,
    Place,
    Sheets,
    account_types,
    openings,
    three_sums,
)

MOVEMENT, FULL = "movement", "full"


@dataclass(frozen=True, slots=True)
class Holdings:
    """Our side of the proof, read once and used for every month of it."""

    landing: int
    opening: Mapping[str, Decimal]
    sums: MonthlySums
    types: Mapping[str, str]
    sheets: Sheets
    broken_balances: tuple[Place, ...]  # kept balance differs from its own postings
    broken_changes: tuple[Place, ...]  # the deltas of all landings do


def read_holdings(transaction: Transaction, books: Books) -> Holdings:
    """Adds up the postings and compares them with the kept balances, in one snapshot."""
    sums = three_sums(transaction, books.connection_id)
    opening = openings(transaction, books.connection_id)
    types = account_types(transaction, books.connection_id)
    return Holdings(
        landing=books.landing,
        opening=opening,
        sums=sums.posted,
        types=types,
        sheets=Sheets(books, opening, sums.posted, types),
        broken_balances=sums.broken_balances,
        broken_changes=sums.broken_changes,
    )


def differences_at(
    books: Books,
    holdings: Holdings,
    month: Month,
    source: Sequence[tuple[str, Decimal]],
) -> list[Difference]:
    """Where our copy and the source stand apart at the month's last day, account by account."""
    return compare(holdings.sheets.at(month.last_day), sum_by_account(source))


def months_to_prove(transaction: Transaction, books: Books, today: date) -> list[Month]:
    """Every month from the first held one to the present, or to the last with postings.

    A month ahead whose last posting has gone is proved once more: it stands at nothing now.
    """
    if books.covered_from is None:
        return []
    row = transaction.execute(
        "select greatest((select max(month) from ledger_balance where connection_id = %s "
        "and postings > 0), (select max(month) from ledger_month where connection_id = %s "
        "and state <> 'sealed'))",
        [books.connection_id, books.connection_id],
    ).fetchone()
    last = Month.of(today)
    if row is not None and isinstance(row[0], date):
        last = max(last, Month.of(row[0]))
    months: list[Month] = []
    month = Month.of(books.covered_from)
    while month <= last:
        months.append(month)
        month = month.next()
    return months


def unproved_months(transaction: Transaction, books: Books, today: date) -> list[Month]:
    """The months without a seal that stands, and those sealed only for their movement."""
    sealed = {
        (month, kind)
        for month, kind in transaction.execute(
            "select m.month, s.kind from ledger_month m join ledger_seal s on s.id = m.seal_id "
            "where m.connection_id = %s and m.state = 'sealed'",
            [books.connection_id],
        ).fetchall()
    }
    wanted = [FULL] if books.is_anchored_at_conversion else [FULL, MOVEMENT]
    return [
        month
        for month in months_to_prove(transaction, books, today)
        if not any((month.first_day, kind) in sealed for kind in wanted)
    ]


# Open years are proved in full weekly, closed ones monthly; a run takes a few months at a time.
OPEN_YEAR_DAYS, CLOSED_YEAR_DAYS, MOST_DUE_MONTHS = 7, 30, 4


def due_months(transaction: Transaction, books: Books, today: date, latest: Month) -> list[Month]:
    """What a routine sweep proves beside the unsealed: the latest month, and those of this
    financial year proved longest ago when that is more than a week."""
    found = _proved_long_ago(transaction, books, today, is_closed=False)
    return [*found, latest] if latest in months_to_prove(transaction, books, today) else found


def due_old_months(transaction: Transaction, books: Books, today: date) -> list[Month]:
    """Sealed months of earlier financial years whose proof is more than a month old."""
    return _proved_long_ago(transaction, books, today, is_closed=True)


def _proved_long_ago(
    transaction: Transaction, books: Books, today: date, *, is_closed: bool
) -> list[Month]:
    years = books.years(today)
    return [
        Month.of(month)
        for (month,) in transaction.execute(
            "select month from ledger_month where connection_id = %s and state = 'sealed' "
            "and (month < %s) = %s "
            "and proved_at < clock_timestamp() - make_interval(days => %s) "
            "order by proved_at, month limit %s",
            [
                books.connection_id,
                years[-1].start if years else date.min,
                is_closed,
                CLOSED_YEAR_DAYS if is_closed else OPEN_YEAR_DAYS,
                MOST_DUE_MONTHS,
            ],
        ).fetchall()
        if isinstance(month, date)
    ]


def upgrade_movement_seals(
    transaction: Transaction, key: BooksKey, books: Books, holdings: Holdings
) -> int:
    """When the history reaches the conversion date, movement seals become full ones without asking
    the source again: the same sheet that equalled the source is now made of postings we hold.

    A month whose sheet came out otherwise is proved anew. Returns how many were upgraded.
    """
    if check_fence(transaction, key) != holdings.landing:
        return 0
    upgraded = 0
    for month, seal_id, sheet_hash_then in transaction.execute(
        "select m.month, s.id, s.sheet_hash from ledger_month m join ledger_seal s "
        "on s.id = m.seal_id where m.connection_id = %s and m.state = 'sealed' "
        "and s.kind = 'movement'",
        [key.connection_id],
    ).fetchall():
        if not isinstance(month, date):
            continue
        sheet = holdings.sheets.at(Month.of(month).last_day)
        if sheet_hash(sheet) != sheet_hash_then:
            transaction.execute(
                "update ledger_month set state = 'unproved' where connection_id = %s "
                "and month = %s",
                [key.connection_id, month],
            )
            continue
        transaction.execute(
            "with full_seal as (insert into ledger_seal (firm_id, connection_id, month, kind, "
            "landing, newest_source_id, newest_source_at, accounts, postings, undisposed, "
            "sheet_hash) select firm_id, connection_id, month, 'full', %s, newest_source_id, "
            "newest_source_at, accounts, postings, undisposed, sheet_hash from ledger_seal "
            "where id = %s returning id) "
            "update ledger_month set seal_id = (select id from full_seal) "
            "where connection_id = %s and month = %s",
            [holdings.landing, seal_id, key.connection_id, month],
        )
        upgraded += 1
    return upgraded


def seal_month(
    transaction: Transaction,
    key: BooksKey,
    books: Books,
    holdings: Holdings,
    month: Month,
) -> bool:
    """Seals a month that equals the source; False when something landed since it was compared."""
    if check_fence(transaction, key) != holdings.landing:
        return False
    sheet = holdings.sheets.at(month.last_day)
    fingerprint = sheet_hash(sheet)
    kind = FULL if books.is_anchored_at_conversion else MOVEMENT
    stands = transaction.execute(
        "update ledger_month m set proved_at = clock_timestamp() from ledger_seal s "
        "where m.connection_id = %s and m.month = %s and m.state = 'sealed' and s.id = m.seal_id "
        "and s.kind = %s and s.sheet_hash = %s returning 1",
        [key.connection_id, month.first_day, kind, fingerprint],
    ).fetchone()
    if stands is not None:
        return True  # proved once more: nothing moved, so the seal that stands says it all
    counted = transaction.execute(
        "select coalesce(sum(postings), 0) from ledger_balance "
        "where connection_id = %s and month = %s",
        [key.connection_id, month.first_day],
    ).fetchone()
    inserted = transaction.execute(
        "insert into ledger_seal (firm_id, connection_id, month, kind, landing, newest_source_id, "
        "newest_source_at, accounts, postings, undisposed, sheet_hash) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
        [
            key.firm_id,
            key.connection_id,
            month.first_day,
            kind,
            holdings.landing,
            books.newest_source_id,
            books.newest_source_at,
            len(sheet),
            counted[0] if counted else 0,
            -sum(sheet.values(), Decimal(0)),
            fingerprint,
        ],
    ).fetchone()
    _set_month(
        transaction, key, month, "sealed", seal_id=inserted[0] if inserted else None, differences=[]
    )
    return True


def record_difference(
    transaction: Transaction,
    key: BooksKey,
    month: Month,
    differences: Sequence[Difference],
    *,
    lasting: bool,
) -> None:
    """A month that does not equal the source: in motion, or a lasting difference to be shown."""
    check_fence(transaction, key)
    _set_month(transaction, key, month, "differs" if lasting else "moving", None, differences)


def repair_balances(transaction: Transaction, key: BooksKey, holdings: Holdings) -> int:
    """Sets kept balances that differ from their own postings to what the postings say.

    Postings are the truth; a kept balance is only a sum of them. Each repair is a finding.
    """
    check_fence(transaction, key)
    for account, month in holdings.broken_balances:
        row = transaction.execute(
            "select coalesce(sum(amount), 0), count(*) from ledger_posting "
            "where connection_id = %s and account_id = %s and known_to = 2147483647 "
            "and posting_date >= %s and posting_date < (%s::date + interval '1 month')",
            [key.connection_id, account, month, month],
        ).fetchone()
        amount, count = row if row is not None else (Decimal(0), 0)
        transaction.execute(
            "insert into ledger_balance (firm_id, connection_id, account_id, month, amount, "
            "postings) values (%s, %s, %s, %s, %s, %s) "
            "on conflict (connection_id, account_id, month) do update "
            "set amount = excluded.amount, postings = excluded.postings",
            [key.firm_id, key.connection_id, account, month, amount, count],
        )
        transaction.execute(
            "insert into ledger_finding (firm_id, connection_id, kind, reference, detail, landing) "
            "values (%s, %s, 'balance_repaired', %s, %s, %s) "
            "on conflict (connection_id, kind, reference) do update "
            "set found_at = clock_timestamp(), landing = excluded.landing, "
            "detail = excluded.detail, cleared_at = null",
            [
                key.firm_id,
                key.connection_id,
                f"{account}|{month}",
                json.dumps({"postings": str(amount)}),
                holdings.landing,
            ],
        )
    return len(holdings.broken_balances)


def _set_month(
    transaction: Transaction,
    key: BooksKey,
    month: Month,
    state: str,
    seal_id: object,
    differences: Sequence[Difference],
) -> None:
    transaction.execute(
        "insert into ledger_month (firm_id, connection_id, month, state, seal_id, proved_at, "
        "landing, differences) select firm_id, connection_id, %s, %s, %s, clock_timestamp(), "
        "landing, %s::jsonb from ledger_books where connection_id = %s "
        "on conflict (connection_id, month) do update set state = excluded.state, "
        "seal_id = coalesce(excluded.seal_id, ledger_month.seal_id), "
        "proved_at = excluded.proved_at, landing = excluded.landing, "
        "differences = excluded.differences",
        [
            month.first_day,
            state,
            seal_id,
            json.dumps(
                [
                    {
                        "account_id": difference.account_id,
                        "ours": f"{difference.ours:.2f}",
                        "source": f"{difference.source:.2f}",
                    }
                    for difference in differences
                ]
            ),
            key.connection_id,
        ],
    )
