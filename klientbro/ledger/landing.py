"""Lands postings: COPY to a temporary table, then one merge with balances, changes and the fence.

`COPY` into a table with row-level security is refused by PostgreSQL, and a resync must compare and
merge anyway, so there is one path for the first load and every later one. Everything a window
changes is written in one transaction, under the lock of the client's books row, and only by the
newest run: a worker that was thought dead and wakes up finds its fencing number outdated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import psycopg
from psycopg import sql

from klientbro.domain.exchange import COLUMNS, Resource, Row
from klientbro.ledger.copying import copy_rows
from klientbro.lib.errors import LedgerError

CURRENT = 2147483647  # known_to of a row that still stands
POSTING_COLUMNS = COLUMNS[Resource.POSTINGS]
SOURCE_ID = POSTING_COLUMNS.index("source_id")
ACCOUNT_ID = POSTING_COLUMNS.index("account_id")
POSTING_DATE = POSTING_COLUMNS.index("posting_date")
CUSTOMER_NO = POSTING_COLUMNS.index("customer_no")
SUPPLIER_NO = POSTING_COLUMNS.index("supplier_no")
CREATED_AT = POSTING_COLUMNS.index("source_created_at")
# A row whose only news is that the source touched it is nothing an accountant would call a change.
COMPARED = tuple(name for name in POSTING_COLUMNS if name not in ("source_id", "source_changed_at"))

Transaction = psycopg.Connection[tuple[object, ...]]


class FencedError(LedgerError):
    """A newer run has taken over this client; nothing was written."""


@dataclass(frozen=True, slots=True)
class BooksKey:
    """Whose books, and the fencing number of the run that may write them."""

    firm_id: UUID
    connection_id: int
    run: int


@dataclass(slots=True)
class Landed:
    """What a landing did: rows by kind, and the movement per account and month.

    `number` is only taken (in finish_landing) when something was written.
    """

    number: int
    new: int = 0
    changed: int = 0
    closed: int = 0
    sums: dict[tuple[str, date], Decimal] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.changed or self.closed)

    @property
    def touched(self) -> set[date]:
        return {month for _account, month in self.sums}


@dataclass(slots=True)
class _Sum:
    delta: Decimal = Decimal(0)
    postings: int = 0
    vouchers: set[int] = field(default_factory=set)


def begin_run(transaction: Transaction, connection_id: int) -> int:
    """Takes the client's books for a new run: every older run is fenced off from here on."""
    row = transaction.execute(
        "update ledger_books set run = run + 1 where connection_id = %s returning run",
        [connection_id],
    ).fetchone()
    if row is None:
        raise LedgerError(f"connection {connection_id} has no books")
    return int(str(row[0]))


def take_landing(
    transaction: Transaction,
    key: BooksKey,
    kind: str,
    first: date | None = None,
    last: date | None = None,
) -> int:
    """Locks the client's books, checks the fence and takes the next landing number."""
    row = transaction.execute(
        "update ledger_books set landing = landing + 1 where connection_id = %s and run = %s "
        "returning landing",
        [key.connection_id, key.run],
    ).fetchone()
    if row is None:
        raise FencedError(f"run {key.run} of connection {key.connection_id} has been overtaken")
    number = int(str(row[0]))
    transaction.execute(
        "insert into ledger_landing (firm_id, connection_id, number, run, kind, first_date, "
        "last_date) values (%s, %s, %s, %s, %s, %s, %s)",
        [key.firm_id, key.connection_id, number, key.run, kind, first, last],
    )
    return number


def check_fence(transaction: Transaction, key: BooksKey) -> int:
    """Locks the client's books and returns the last landing number; FencedError when overtaken."""
    row = transaction.execute(
        "select landing from ledger_books where connection_id = %s and run = %s for update",
        [key.connection_id, key.run],
    ).fetchone()
    if row is None:
        raise FencedError(f"run {key.run} of connection {key.connection_id} has been overtaken")
    return int(str(row[0]))


_COLUMN_LIST = sql.SQL(", ").join(map(sql.Identifier, POSTING_COLUMNS))
_CREATE_INCOMING = sql.SQL(
    "create temp table if not exists incoming on commit delete rows as "
    "select {columns} from ledger_posting with no data"
).format(columns=_COLUMN_LIST)


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a copied window was, so that its rows need not be kept in memory while it merges.

    newest: id and time of the newest row by the source's own clock. control_accounts: those with
    sub-ledger postings, which open items are checked against.
    """

    rows: int
    distinct: int
    newest: tuple[str, datetime] | None
    control_accounts: Mapping[str, frozenset[str]]


def copy_incoming(transaction: Transaction, rows: Sequence[Row]) -> Incoming:
    """Fills the transaction's temporary table with a window of postings.

    Doubles within the window (a page sent twice) collapse to the last one by id.
    """
    distinct = list({row[SOURCE_ID]: row for row in rows}.values())
    with transaction.cursor() as cursor:
        cursor.execute("select to_regclass('pg_temp.incoming') is not null")
        existing = cursor.fetchone()
        if existing is None or not existing[0]:
            cursor.execute(_CREATE_INCOMING)
        copy_rows(cursor, "incoming", POSTING_COLUMNS, distinct)
    return Incoming(len(rows), len(distinct), _newest_of(rows), _control_accounts_of(rows))


# Whether any of our ids lies among the incoming ones. A source numbers its postings as they come,
# so most windows of a first load are beyond everything we hold, and need no comparison.
_MEETS = """
    select exists (
      select from ledger_posting l
      where l.connection_id = %(connection)s and l.known_to >= 2147483647
        and l.source_id between (select min(source_id) from incoming)
                            and (select max(source_id) from incoming)
    )
"""
# What we hold of the incoming ids, and which of those have changed. The lookup is lateral with
# `offset 0` so that the planner has no join to choose: with a client's first page its statistics
# know nothing of that client, and any plan but one index lookup an id takes minutes.
_COMPARE = sql.SQL(
    """
    select count(l.is_changed), array_agg(s.source_id) filter (where l.is_changed)
    from incoming s left join lateral (
      select ({mine}) is distinct from ({theirs}) as is_changed
      from ledger_posting l
      where l.connection_id = %(connection)s and l.known_to >= 2147483647
        and l.source_id = s.source_id
      offset 0
    ) l on true
    """
).format(
    mine=sql.SQL(", ").join(sql.Identifier("l", name) for name in COMPARED),
    theirs=sql.SQL(", ").join(sql.Identifier("s", name) for name in COMPARED),
)
_OPENED = sql.SQL(
    """
    with opened as (
      insert into ledger_posting (firm_id, connection_id, known_from, known_to, {columns})
      select %(firm)s, %(connection)s, %(landing)s, 2147483647, {columns}
      from incoming s where {which}
      returning account_id, posting_date, amount, voucher_no
    )
    select account_id, date_trunc('month', posting_date::timestamp)::date as month,
           sum(amount), count(*), {vouchers}
    from opened group by account_id, month
    """
)
_ALL = sql.SQL("true")
_MISSING = sql.SQL(
    "not exists (select from ledger_posting l where l.connection_id = %(connection)s "
    "and l.known_to >= 2147483647 and l.source_id = s.source_id offset 0)"
)
_CHANGED = sql.SQL("s.source_id = any(%(changed)s)")
_VOUCHERS = sql.SQL("array_agg(distinct voucher_no)")
_NO_VOUCHERS = sql.SQL("null::bigint[]")
_CLOSE = """
    with gone as (
      update ledger_posting set known_to = %(landing)s
      where connection_id = %(connection)s and known_to >= 2147483647
        and source_id = any(%(ids)s)
      returning account_id, posting_date, amount, voucher_no
    )
    select account_id, date_trunc('month', posting_date::timestamp)::date as month,
           sum(amount), count(*), array_agg(distinct voucher_no)
    from gone group by account_id, month
"""


def merge_incoming(
    transaction: Transaction, key: BooksKey, landed: Landed, distinct: int, *, first: bool
) -> None:
    """Merges the temporary table into the ledger and keeps balances and changes in step.

    Compares by id, closes what has changed, and inserts what then has no open row.
    `first`: a first load, where listing every voucher as a change would say nothing.
    """
    parameters: dict[str, object] = {
        "firm": key.firm_id,
        "connection": key.connection_id,
        "landing": landed.number,
    }
    with index_only(transaction):
        held, changed = _compare(transaction, parameters)
        sums: dict[tuple[str, date], _Sum] = {}
        if changed:
            _close(transaction, parameters, changed, sums)
        which = _CHANGED if held == distinct else _MISSING if held else _ALL
        insert = _OPENED.format(
            columns=_COLUMN_LIST, which=which, vouchers=_NO_VOUCHERS if first else _VOUCHERS
        )
        opened = 0
        if changed or held != distinct:
            for account, month, amount, count, vouchers in transaction.execute(
                insert, {**parameters, "changed": changed}
            ).fetchall():
                _add(sums, account, month, amount, int(str(count)), vouchers)
                opened += int(str(count))
    landed.new += opened - len(changed)
    landed.changed += len(changed)
    _write_sums(transaction, key, landed, sums)


def _compare(transaction: Transaction, parameters: Mapping[str, object]) -> tuple[int, list[str]]:
    """How many of the incoming ids we hold, and which of those have changed."""
    meets = transaction.execute(_MEETS, parameters).fetchone()
    if meets is None or not meets[0]:
        return 0, []
    row = transaction.execute(_COMPARE, parameters).fetchone()
    held, changed = row if row is not None else (0, None)
    return int(str(held)), changed if isinstance(changed, list) else []


@contextmanager
def index_only(transaction: Transaction) -> Iterator[None]:
    """For lookups by id: a plan made while the table was small would read all of it for each."""
    transaction.execute("set local enable_seqscan = off")
    yield
    transaction.execute("set local enable_seqscan = on")


def close_postings(
    transaction: Transaction, key: BooksKey, landed: Landed, source_ids: Sequence[str]
) -> None:
    """Closes postings that the source no longer has; their history stays."""
    sums: dict[tuple[str, date], _Sum] = {}
    with index_only(transaction):
        parameters = {"connection": key.connection_id, "landing": landed.number}
        landed.closed += _close(transaction, parameters, source_ids, sums)
    _write_sums(transaction, key, landed, sums)


def _close(
    transaction: Transaction,
    parameters: Mapping[str, object],
    source_ids: Sequence[str],
    sums: dict[tuple[str, date], _Sum],
) -> int:
    closed = 0
    for account, month, amount, count, vouchers in transaction.execute(
        _CLOSE, {**parameters, "ids": list(source_ids)}
    ).fetchall():
        _add(sums, account, month, -_decimal(amount), -int(str(count)), vouchers)
        closed += int(str(count))
    return closed


def begin_landing(transaction: Transaction, key: BooksKey) -> Landed:
    """Locks the client's books for a landing whose number is taken only if something changes."""
    return Landed(check_fence(transaction, key) + 1)


def finish_landing(
    transaction: Transaction,
    key: BooksKey,
    landed: Landed,
    kind: str,
    first: date | None,
    last: date | None,
    *,
    newest: tuple[str, datetime] | None = None,
    takes_back_seals: bool = True,
) -> None:
    """Takes the number, writes the counts, and takes back the seals of months that may have moved.

    An empty landing writes nothing. History below the anchor moves no later balance, since the
    opening gives way by the same amount: its caller leaves the seals alone.
    """
    if landed.is_empty:
        return
    newest_id, newest_at = newest or (None, None)
    transaction.execute(
        "update ledger_books set landing = %s, postings = postings + %s, "
        "newest_source_id = case when %s::timestamptz is null "
        "or %s::timestamptz <= newest_source_at then newest_source_id else %s end, "
        "newest_source_at = greatest(newest_source_at, %s::timestamptz) where connection_id = %s",
        [
            landed.number,
            landed.new - landed.closed,
            newest_at,
            newest_at,
            newest_id,
            newest_at,
            key.connection_id,
        ],
    )
    transaction.execute(
        "insert into ledger_landing (firm_id, connection_id, number, run, kind, first_date, "
        "last_date, rows_new, rows_changed, rows_closed) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            key.firm_id,
            key.connection_id,
            landed.number,
            key.run,
            kind,
            first,
            last,
            landed.new,
            landed.changed,
            landed.closed,
        ],
    )
    if takes_back_seals and landed.sums:
        # a balance-sheet account carries the change into every later month
        transaction.execute(
            "update ledger_month set state = 'unproved' where connection_id = %s and month >= %s "
            "and state <> 'unproved'",
            [key.connection_id, min(landed.touched)],
        )


def mark_control_accounts(transaction: Transaction, key: BooksKey, incoming: Incoming) -> None:
    """Remembers which accounts carry sub-ledger postings: open items are checked against them."""
    for kind, accounts in incoming.control_accounts.items():
        transaction.execute(
            "update ledger_account set control = %s where connection_id = %s "
            "and source_id = any(%s) and control is null",
            [kind, key.connection_id, list(accounts)],
        )


def _control_accounts_of(rows: Sequence[Row]) -> Mapping[str, frozenset[str]]:
    found = {
        kind: frozenset(str(row[ACCOUNT_ID]) for row in rows if row[column] is not None)
        for kind, column in (("customer", CUSTOMER_NO), ("supplier", SUPPLIER_NO))
    }
    return {kind: accounts for kind, accounts in found.items() if accounts}


def _newest_of(rows: Sequence[Row]) -> tuple[str, datetime] | None:
    newest: tuple[str, datetime] | None = None
    for row in rows:
        created = row[CREATED_AT]
        if isinstance(created, datetime) and (newest is None or created > newest[1]):
            newest = (str(row[SOURCE_ID]), created)
    return newest


def _decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _add(
    sums: dict[tuple[str, date], _Sum],
    account: object,
    month: object,
    delta: object,
    postings: int,
    vouchers: object,
) -> None:
    if not isinstance(month, date):
        raise LedgerError("a posting without a month")
    entry = sums.setdefault((str(account), month), _Sum())
    entry.delta += _decimal(delta)
    entry.postings += postings
    if isinstance(vouchers, list):
        entry.vouchers.update(vouchers)


def _write_sums(
    transaction: Transaction,
    key: BooksKey,
    landed: Landed,
    sums: Mapping[tuple[str, date], _Sum],
) -> None:
    """Balances move by their deltas, and each delta is kept with the balance before and after."""
    if not sums:
        return
    transaction.execute(
        """
        with delta as (
          select * from unnest(%(accounts)s::text[], %(months)s::date[], %(deltas)s::numeric[],
                               %(counts)s::int[], %(vouchers)s::text[])
            as d(account_id, month, delta, postings, vouchers)
        ), moved as (
          insert into ledger_balance (firm_id, connection_id, account_id, month, amount, postings)
          select %(firm)s, %(connection)s, account_id, month, delta, postings from delta
          on conflict (connection_id, account_id, month) do update
            set amount = ledger_balance.amount + excluded.amount,
                postings = ledger_balance.postings + excluded.postings
          returning account_id, month, amount
        )
        insert into ledger_change (firm_id, connection_id, landing, account_id, month, delta,
                                   before, after, postings, vouchers)
        select %(firm)s, %(connection)s, %(landing)s, account_id, month, delta,
               moved.amount - delta, moved.amount, delta.postings, delta.vouchers::bigint[]
        from delta join moved using (account_id, month)
        on conflict (connection_id, landing, account_id, month) do update
          set delta = ledger_change.delta + excluded.delta, after = excluded.after,
              postings = ledger_change.postings + excluded.postings,
              vouchers = ledger_change.vouchers || excluded.vouchers
        """,
        {
            "firm": key.firm_id,
            "connection": key.connection_id,
            "landing": landed.number,
            "accounts": [account for account, _month in sums],
            "months": [month for _account, month in sums],
            "deltas": [entry.delta for entry in sums.values()],
            "counts": [entry.postings for entry in sums.values()],
            "vouchers": [
                "{" + ",".join(map(str, sorted(entry.vouchers))) + "}" for entry in sums.values()
            ],
        },
    )
    for place, entry in sums.items():
        landed.sums[place] = landed.sums.get(place, Decimal(0)) + entry.delta
