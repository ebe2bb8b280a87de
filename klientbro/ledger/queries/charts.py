"""The accounts of one client's chart, and those of every client whose numbers begin alike."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from klientbro.domain.accounts import Account, AccountType
from klientbro.ledger.queries.books import SUPPLIER_FIRST
from klientbro.ledger.queries.sql import fetch_all

_CHART = """
select source_id, number, name, type from ledger_account
where connection_id = %(connection)s and closed_at is null
order by number_key, source_id
"""

# The clients named in `apart` one by one, all the others together.
_BEGINNING = f"""
with supplying as (
  select distinct on (c.client_id) c.client_id, c.id
  from clients_connection c left join ledger_books b on b.connection_id = c.id
  where c.client_id is not null
  order by c.client_id, {SUPPLIER_FIRST}
)
select a.number, a.type, min(a.name), count(distinct s.client_id),
       case when s.client_id = any(%(apart)s::bigint[]) then s.client_id end as one
from supplying s join ledger_account a on a.connection_id = s.id
where a.closed_at is null and a.number like any(%(patterns)s)
group by a.number, a.number_key, a.type, one
order by a.number_key, a.type, one nulls first
limit %(most)s
"""  # noqa: S608 constants only


@dataclass(frozen=True, slots=True)
class AccountOfMany:
    """An account number and type as some clients have it. client_id: where it is one alone."""

    account: Account
    clients: int
    client_id: int | None


def chart_of(connection_id: int) -> list[Account]:
    """Every account of the chart in order, used or not. One statement."""
    rows = fetch_all(_CHART, {"connection": connection_id})
    return [Account(id_, number, name, AccountType(type_)) for id_, number, name, type_ in rows]


def accounts_beginning(
    prefixes: Collection[str], apart: Collection[int], most: int
) -> list[AccountOfMany]:
    """The firm's clients' accounts whose numbers begin with any of the digits. One statement.

    Clients in `apart` are counted one by one: they may have rules of their own. The name is that
    of one client; the account has no id here, being many clients'.
    """
    patterns = [prefix + "%" for prefix in prefixes]
    rows = fetch_all(_BEGINNING, {"patterns": patterns, "apart": list(apart), "most": most})
    return [
        AccountOfMany(Account(number, number, name, AccountType(type_)), clients, client_id)
        for number, type_, name, clients, client_id in rows
    ]
