"""A connection to a simulated company, its syncs run to their end, and questions to its ledger."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
from django.db import connections

from klientbro.clients.models import Connection
from klientbro.sync.context import Slice
from klientbro.sync.database import transaction
from klientbro.sync.engine import run_slice
from klientbro.sync.queue import LOOKING
from klientbro.sync.services import queue_sync, request_refetch
from klientbro.tenants.context import firm as in_firm
from simulators.poweroffice_go.testing import Simulator

PAGE = 15  # rows, where pages are small
# Everything a sync may write about a client's books, and nothing it writes about itself.
WRITTEN = (
    "ledger_landing",
    "ledger_posting",
    "ledger_balance",
    "ledger_change",
    "ledger_opening",
    "ledger_anchor",
    "ledger_account",
    "ledger_account_history",
    "ledger_vat_code",
    "ledger_party",
    "ledger_dimension",
    "ledger_bank_account",
    "ledger_financial_year",
    "ledger_lock_date",
    "ledger_seal",
    "ledger_late_change",
    "ledger_finding",
    "ledger_item_snapshot",
    "ledger_item",
)


@dataclasses.dataclass
class Connected:
    """One active connection to a simulated company."""

    firm: Any
    connection: Connection
    simulator: Simulator
    number: int

    def sync(self, reason: str = "looking", *, full: bool = False, accept: bool = False) -> None:
        """Queues and runs slices until no steps are left or the run has ended with a cause."""
        with in_firm(self.firm.id):
            queue_sync(self.connection, reason=reason, full=full, accept_vanished=accept)
        self.run()

    def refetch(self, first: date | None = None, last: date | None = None) -> None:
        """«Full henting på nytt», run to its end."""
        with in_firm(self.firm.id):
            request_refetch(self.connection, first, last)
        self.run()

    def run(self) -> None:
        for _ in range(100):
            asyncio.run(run_slice(self.firm.id, self.connection.pk, LOOKING))
            if not self.rows(self.mine("select 1 from sync_step")) or self.cause:
                return
        raise AssertionError("the run did not end")

    def press(self, **how: Any) -> None:
        """Somebody presses a button while a slice runs, whose thread then needs its own line."""
        with in_firm(self.firm.id):
            queue_sync(self.connection, **{"reason": "looking", **how})
        connections.close_all()

    def slice(self) -> None:
        """One job's share of a run."""
        asyncio.run(run_slice(self.firm.id, self.connection.pk, LOOKING))

    @property
    def cause(self) -> str:
        found = self.rows(self.mine("select cause from sync_state"))
        return str(found[0][0]) if found else ""

    def mine(self, query: str) -> str:
        """The query narrowed to this connection."""
        return f"{query} where connection_id = {self.connection.pk}"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with transaction(self.firm.id) as cursor:
            return cursor.execute(query).fetchall()

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]

    @property
    def detail(self) -> dict[str, Any]:
        return dict(self.value(self.mine("select cause_detail from sync_state")))

    def execute(self, query: str, *parameters: object) -> None:
        """Changes something behind the engine's back."""
        with transaction(self.firm.id) as cursor:
            cursor.execute(query, parameters)

    def as_owner(self, query: str) -> None:
        """The same where the application's role may not, such as behind a trigger."""
        parameters = connections["owner"].get_connection_params()
        wanted = ("host", "port", "user", "password", "dbname")
        with psycopg.connect(**{k: parameters[k] for k in wanted if k in parameters}) as owner:
            owner.execute("select set_config('klientbro.firm', %s, true)", [str(self.firm.id)])
            owner.execute(query)

    def do(self, action: str, **arguments: object) -> Any:
        """Somebody does something in the accounting system."""
        return self.simulator.do(self.number, action, **arguments)

    def post(
        self, amount: str, day: date | str | None = None, debit: int = 6800, credit: int = 1920
    ) -> Any:
        """Somebody posts a voucher of two lines."""
        lines = [
            {"account_no": debit, "amount": amount},
            {"account_no": credit, "amount": str(-Decimal(amount))},
        ]
        when = {"posting_date": str(day)} if day else {}
        return self.do("post_voucher", lines=lines, **when)

    def fault(self, kind: str, **rule: Any) -> None:
        self.simulator.fault(kind, company=self.number, **rule)

    # ---- what we hold and what the source says

    def states(self) -> dict[str, int]:
        """How many months stand in each state."""
        return dict(self.rows("select state, count(*) from ledger_month group by 1"))

    def held(self) -> dict[str, tuple[str, str, date, Decimal]]:
        """Current postings by id: account, voucher, day, amount."""
        return {
            row[0]: tuple(row[1:])
            for row in self.rows(
                "select source_id, account_id, voucher_id, posting_date, amount "
                "from ledger_posting where known_to = 2147483647"
            )
        }

    def source(self) -> dict[str, tuple[str, str, date, Decimal]]:
        """The same, straight from the accounting system."""
        token = self.simulator.token(self.simulator.install(self.number))
        found: dict[str, tuple[str, str, date, Decimal]] = {}
        for year in range(2021, 2029):
            rows = self.simulator.get(
                "/AccountTransactions",
                token,
                fromDate=f"{year}-01-01",
                toDate=f"{year}-12-31",
                PageSize=20_000,
                Fields="Id,AccountId,VoucherId,PostingDate,Amount",
            )
            for row in rows.json() if rows.content else []:
                found[str(row["Id"])] = (
                    str(row["AccountId"]),
                    row["VoucherId"],
                    date.fromisoformat(row["PostingDate"]),
                    Decimal(str(row["Amount"])),
                )
        return found

    def assert_equal_to_source(self) -> None:
        """0 lost, 0 doubled, kept balances are the sums of their postings, every month sealed."""
        held, source = self.held(), self.source()
        assert held == source
        assert self.value("select count(*) from ledger_posting where known_to = 2147483647") == len(
            source
        )
        assert self.unbalanced() == []
        assert set(self.states()) == {"sealed"}
        assert self.value("select postings from ledger_books") == len(source)

    def assert_equal_to_source_but_for_history(self) -> None:
        """The same after something was planted that no change tells of."""
        assert self.held() == self.source()
        assert set(self.states()) == {"sealed"}

    def unbalanced(self) -> list[tuple[Any, ...]]:
        """Kept balances that are not the sum of their postings, and those not of their changes."""
        return self.rows(
            "with p as (select account_id, date_trunc('month', posting_date)::date as month, "
            "sum(amount) as amount, count(*) as postings from ledger_posting "
            "where known_to = 2147483647 group by 1, 2), "
            "c as (select account_id, month, sum(delta) as amount, sum(postings) as postings "
            "from ledger_change group by 1, 2) "
            "select account_id, month, b.amount, p.amount, c.amount from ledger_balance b "
            "full join p using (account_id, month) full join c using (account_id, month) "
            "where (coalesce(b.amount, 0), coalesce(b.postings, 0)) is distinct from "
            "(coalesce(p.amount, 0), coalesce(p.postings, 0)) "
            "or coalesce(b.amount, 0) <> coalesce(c.amount, 0)"
        )

    def written(self) -> dict[str, tuple[int, str]]:
        """How many rows each ledger table has, and a hash of which transactions wrote them."""
        return {
            table: self.rows(
                f"select count(*), coalesce(md5(string_agg(t.xmin::text || t.ctid::text, ',' "
                f"order by t.tableoid, t.ctid)), '') from {table} t"
            )[0]
            for table in WRITTEN
        }


def until_history(books: Connected) -> None:
    """Takes steps one at a time until this year is usable and older years are still to come."""
    over = Slice.is_over
    try:
        Slice.is_over = property(lambda _self: True)  # type: ignore[assignment,method-assign]
        for _ in range(40):
            books.slice()
            usable = "select stage = 'history' and complete_landing > 0 from ledger_books"
            if books.value(usable):
                return
    finally:
        Slice.is_over = over  # type: ignore[method-assign]
    raise AssertionError("this year never landed")
