"""Which rows of a page we hold already as they are: a re-reading keeps only the others."""

from __future__ import annotations

from psycopg import sql

from klientbro.ledger.landing import COMPARED, BooksKey, Transaction, index_only

# Lateral with `offset 0`, as in landing.py: one index, whatever statistics say.
_UNLIKE = sql.SQL(
    """
    select s.source_id from incoming s left join lateral (
      select l.source_id, ({mine}) is distinct from ({theirs}) as is_changed
      from ledger_posting l
      where l.connection_id = %(connection)s and l.known_to >= 2147483647
        and l.source_id = s.source_id
      offset 0
    ) l on true
    where l.source_id is null or l.is_changed
    """
).format(
    mine=sql.SQL(", ").join(sql.Identifier("l", name) for name in COMPARED),
    theirs=sql.SQL(", ").join(sql.Identifier("s", name) for name in COMPARED),
)


def unlike_ids(transaction: Transaction, key: BooksKey) -> set[str]:
    """Ids among the copied rows (`copy_incoming`) that are new to us or have changed."""
    with index_only(transaction):
        rows = transaction.execute(_UNLIKE, {"connection": key.connection_id}).fetchall()
    return {str(source_id) for (source_id,) in rows}
