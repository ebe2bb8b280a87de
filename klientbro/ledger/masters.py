"""Lands what is read whole: accounts, VAT codes, parties, dimensions, bank accounts.

A complete reading marks what is no longer there as gone; nothing is deleted, history refers to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from klientbro.domain.accounts import account_sort_key
from klientbro.domain.exchange import COLUMNS, Resource, Row
from klientbro.ledger.landing import BooksKey, Transaction, take_landing


@dataclass(frozen=True, slots=True)
class _Target:
    table: str
    kind: str | None = None  # the value of the table's `kind` column, which is part of its key


_TARGETS = {
    Resource.ACCOUNTS: _Target("ledger_account"),
    Resource.VAT_CODES: _Target("ledger_vat_code"),
    Resource.CUSTOMERS: _Target("ledger_party", "customer"),
    Resource.SUPPLIERS: _Target("ledger_party", "supplier"),
    Resource.DEPARTMENTS: _Target("ledger_dimension", "department"),
    Resource.PROJECTS: _Target("ledger_dimension", "project"),
    Resource.BANK_ACCOUNTS: _Target("ledger_bank_account"),
}
MASTER_RESOURCES = tuple(_TARGETS)


def land_masters(
    transaction: Transaction,
    key: BooksKey,
    resource: Resource,
    rows: Sequence[Row],
    *,
    is_complete: bool,
) -> int | None:
    """Merges the rows; returns the landing number, None when nothing was new.

    An unchanged reading takes no landing number and writes nothing.
    """
    target = _TARGETS[resource]
    columns = COLUMNS[resource]
    by_id = {row[0]: row for row in rows}
    extra = resource is Resource.ACCOUNTS
    names = (*columns, "number_key") if extra else columns
    transaction.execute(
        sql.SQL(
            "create temp table incoming_master on commit drop as select {} from {} with no data"
        ).format(sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(target.table))
    )
    with (
        transaction.cursor() as cursor,
        cursor.copy(
            sql.SQL("copy incoming_master ({}) from stdin").format(
                sql.SQL(", ").join(map(sql.Identifier, names))
            )
        ) as copy,
    ):
        for row in by_id.values():
            copy.write_row((*row, account_sort_key(str(row[1]))) if extra else row)
    if not _differs(transaction, key, target, names, is_complete=is_complete):
        return None
    landing = take_landing(transaction, key, resource.value)
    if extra:
        _keep_account_history(transaction, key, landing)
    _merge(transaction, key, target, names)
    if is_complete:
        transaction.execute(
            sql.SQL(
                "update {table} t set gone_landing = %(landing)s "
                "where connection_id = %(connection)s {kind} and gone_landing is null "
                "and not exists (select from incoming_master i where i.source_id = t.source_id)"
            ).format(table=sql.Identifier(target.table), kind=_kind(target, "and t.kind = {}")),
            {"landing": landing, "connection": key.connection_id},
        )
    return landing


def _kind(target: _Target, text: str) -> sql.Composable:
    # rule sql: a piece of a statement, written in this module
    return sql.SQL(text).format(sql.Literal(target.kind)) if target.kind else sql.SQL("")


def _differs(
    transaction: Transaction,
    key: BooksKey,
    target: _Target,
    names: Sequence[str],
    *,
    is_complete: bool,
) -> bool:
    compared = [name for name in names if name not in ("source_id", "changed_at")]
    row = transaction.execute(
        sql.SQL(
            """
            select exists (
              select from incoming_master i left join {table} t
                on t.connection_id = %(connection)s and t.source_id = i.source_id {kind}
              where t.source_id is null or t.gone_landing is not null
                 or ({mine}) is distinct from ({theirs})
            ) or (%(complete)s and exists (
              select from {table} t where t.connection_id = %(connection)s {kind}
                and t.gone_landing is null
                and not exists (select from incoming_master i where i.source_id = t.source_id)
            ))
            """
        ).format(
            table=sql.Identifier(target.table),
            kind=_kind(target, "and t.kind = {}"),
            mine=sql.SQL(", ").join(sql.Identifier("t", name) for name in compared),
            theirs=sql.SQL(", ").join(sql.Identifier("i", name) for name in compared),
        ),
        {"connection": key.connection_id, "complete": is_complete},
    ).fetchone()
    return bool(row and row[0])


def _merge(transaction: Transaction, key: BooksKey, target: _Target, names: Sequence[str]) -> None:
    values = [name for name in names if name != "source_id"]
    # an account that comes back is open again
    reopened = ", closed_at = null" if target.table == "ledger_account" else ""
    transaction.execute(
        sql.SQL(
            """
            insert into {table} (firm_id, connection_id, {kind_name} {names})
            select %(firm)s, %(connection)s, {kind} {names} from incoming_master
            on conflict (connection_id, {kind_name} source_id) do update
              set {updates}, gone_landing = null {reopened}
            """
        ).format(
            table=sql.Identifier(target.table),
            kind_name=sql.SQL("kind,") if target.kind else sql.SQL(""),
            kind=_kind(target, "{},"),
            names=sql.SQL(", ").join(map(sql.Identifier, names)),
            updates=sql.SQL(", ").join(
                sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in values
            ),
            # rule sql: a piece of a statement, written in this module
            reopened=sql.SQL(reopened),
        ),
        {"firm": key.firm_id, "connection": key.connection_id},
    )


def _keep_account_history(transaction: Transaction, key: BooksKey, landing: int) -> None:
    """A renumbered, renamed or retyped account keeps what it was called, and until when."""
    transaction.execute(
        """
        insert into ledger_account_history (firm_id, connection_id, source_id, landing,
          number_before, number_after, name_before, name_after, type_before, type_after)
        select t.firm_id, t.connection_id, t.source_id, %(landing)s,
               t.number, i.number, t.name, i.name, t.type, i.type
        from ledger_account t join incoming_master i using (source_id)
        where t.connection_id = %(connection)s
          and (t.number, t.name, t.type) is distinct from (i.number, i.name, i.type)
        """,
        {"landing": landing, "connection": key.connection_id},
    )


def unknown_accounts(transaction: Transaction, key: BooksKey) -> list[str]:
    """Accounts that postings or openings refer to and the account list lacks."""
    return [
        str(account)
        for (account,) in transaction.execute(
            "select distinct b.account_id from ledger_balance b where b.connection_id = %s "
            "and not exists (select from ledger_account a where a.connection_id = b.connection_id "
            "and a.source_id = b.account_id)",
            [key.connection_id],
        ).fetchall()
    ]
