"""«Slett gamle kontoer»: closes accounts gone from the source that carry nothing. History stays."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection as database
from django.db import transaction


@dataclass(frozen=True, slots=True)
class StaleAccount:
    """An account that the source no longer lists, and what it still carries in our copy."""

    account_id: str
    number: str
    name: str
    balance: Decimal
    postings: int
    opening: Decimal

    @property
    def carries_nothing(self) -> bool:
        """No balance, no entries, no opening: taking it away hides no figure."""
        return not self.balance and not self.postings and not self.opening


@dataclass(frozen=True, slots=True)
class Closed:
    """What a press did: the accounts taken away, and those kept because they carry something."""

    removed: tuple[StaleAccount, ...]
    kept: tuple[StaleAccount, ...]


_STALE = """
select a.source_id, a.number, a.name, coalesce(b.amount, 0), coalesce(b.postings, 0),
       coalesce(o.amount, 0)
from ledger_account a
left join lateral (
  select sum(amount) as amount, sum(postings)::bigint as postings from ledger_balance
  where connection_id = a.connection_id and account_id = a.source_id
) b on true
left join ledger_opening o on o.connection_id = a.connection_id and o.account_id = a.source_id
  and o.known_to = 2147483647
where a.connection_id = %(connection)s and a.gone_landing is not null and a.closed_at is null
order by a.number_key, a.source_id
"""


def stale_accounts(connection_id: int) -> tuple[StaleAccount, ...]:
    """Accounts gone from the source and not yet closed, with what each carries. One statement."""
    with database.cursor() as cursor:
        cursor.execute(_STALE, {"connection": connection_id})
        return tuple(StaleAccount(*row) for row in cursor.fetchall())


def close_stale_accounts(connection_id: int) -> Closed:
    """Closes those that carry nothing. Pressed twice, the second closes none.

    The books' row is locked, so that no landing gives an account a posting meanwhile.
    """
    with transaction.atomic():
        with database.cursor() as cursor:
            cursor.execute(
                "select from ledger_books where connection_id = %s for update", [connection_id]
            )
        stale = stale_accounts(connection_id)
        removed = tuple(one for one in stale if one.carries_nothing)
        with database.cursor() as cursor:
            cursor.execute(
                "update ledger_account set closed_at = clock_timestamp() "
                "where connection_id = %s and source_id = any(%s)",
                [connection_id, [one.account_id for one in removed]],
            )
        return Closed(removed, tuple(one for one in stale if not one.carries_nothing))
