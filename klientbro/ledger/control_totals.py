"""The figures that tell whether two databases hold the same books: for backups and their restore.

Read by a role that sees every firm. Amounts are added up by month as debit and credit apart, since
their sum is zero in every honest ledger and would hide a lost voucher.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal

import psycopg
from psycopg import sql

Connection = psycopg.Connection[tuple[object, ...]]
Totals = dict[str, object]
CURRENT = 2147483647


def control_totals(connection: Connection, without: tuple[str, ...] = ()) -> Totals:
    """Rows of every table (but those `without`), and the books' figures by connection and month."""
    return {"tables": _table_counts(connection, without), "books": _books(connection)}


def differences(expected: Totals, found: Totals) -> list[str]:
    """What does not agree, in words; empty when all does."""
    told = []
    for part in ("tables", "books"):
        wanted, got = _flat(expected.get(part)), _flat(found.get(part))
        told += [
            f"{part} {name}: {wanted.get(name, 'missing')} in the backup, "
            f"{got.get(name, 'missing')} in the database"
            for name in sorted(wanted.keys() | got.keys())
            if wanted.get(name) != got.get(name)
        ]
    return told


def summary(totals: Totals) -> dict[str, str]:
    """A few figures for a person: connections, postings, debit, months with seals."""
    books = totals.get("books")
    found = list(books.values()) if isinstance(books, dict) else []
    months = [month for one in found for month in one["months"].values()]
    return {
        "connections": str(len(found)),
        "postings": str(sum(month["postings"] for month in months)),
        "debit": str(sum((Decimal(month["debit"]) for month in months), Decimal("0.00"))),
        "credit": str(sum((Decimal(month["credit"]) for month in months), Decimal("0.00"))),
        "seals": str(sum(one["seals"] for one in found)),
    }


def _table_counts(connection: Connection, without: tuple[str, ...]) -> dict[str, int]:
    names = connection.execute(
        "select relname::text from pg_class c join pg_namespace n on n.oid = relnamespace "
        "where nspname = 'public' and relkind in ('r', 'p') and not relispartition "
        "and relname <> all(%s) order by 1",
        (list(without),),
    ).fetchall()
    counts = {}
    for (name,) in names:
        row = connection.execute(
            sql.SQL("select count(*) from {}").format(sql.Identifier(str(name)))
        ).fetchone()
        counts[str(name)] = int(str(row[0])) if row else 0
    return counts


def _books(connection: Connection) -> dict[str, dict[str, object]]:
    if not _has(connection, "ledger_posting"):
        return {}
    books: dict[str, dict[str, object]] = {}
    for key, watermark, landing in connection.execute(
        "select connection_id, coalesce(watermark, ''), landing from ledger_books order by 1"
    ).fetchall():
        books[str(key)] = {
            "watermark": watermark,
            "landing": landing,
            "months": {},
            "seals": 0,
            "seals_hash": "",
        }
    for key, month, postings, closed, debit, credit in connection.execute(
        """
        select connection_id, to_char(posting_date, 'YYYY-MM'),
               count(*) filter (where known_to = %(current)s),
               count(*) filter (where known_to < %(current)s),
               coalesce(sum(amount) filter (where amount > 0 and known_to = %(current)s), 0.00),
               coalesce(sum(amount) filter (where amount < 0 and known_to = %(current)s), 0.00)
        from ledger_posting group by 1, 2 order by 1, 2
        """,
        {"current": CURRENT},
    ).fetchall():
        one = books.setdefault(str(key), {"months": {}, "seals": 0, "seals_hash": ""})
        months = one["months"]
        if isinstance(months, dict):
            months[str(month)] = {
                "postings": postings,
                "closed": closed,
                "debit": str(debit),
                "credit": str(credit),
            }
    hashes: dict[str, list[str]] = {}
    for key, month, landing, sheet in connection.execute(
        "select connection_id, month, landing, sheet_hash from ledger_seal order by id"
    ).fetchall():
        hashes.setdefault(str(key), []).append(f"{month} {landing} {sheet}")
    for key, lines in hashes.items():
        one = books.setdefault(key, {"months": {}})
        one["seals"] = len(lines)
        one["seals_hash"] = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return books


def _has(connection: Connection, table: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", (table,)).fetchone()
    return bool(row and row[0])


def _flat(tree: object, prefix: str = "") -> dict[str, str]:
    if not isinstance(tree, dict):
        return {prefix: str(tree)}
    found: dict[str, str] = {}
    for name, branch in tree.items():
        found |= _flat(branch, f"{prefix} {name}".strip())
    return found
