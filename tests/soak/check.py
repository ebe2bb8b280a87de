"""After a seed: does the ledger equal the source, row for row and øre for øre, history too?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import psycopg

from simulators.poweroffice_go.testing import Simulator

CURRENT = 2147483647


@dataclass
class Verdict:
    """What one seed came to. `wrong`: what else does not hold, in words."""

    lost: int = 0
    doubled: int = 0
    difference: Decimal = Decimal(0)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.difference or self.wrong)

    def __str__(self) -> str:
        said = f"lost {self.lost}, doubled {self.doubled}, difference {self.difference:.2f}"
        return "; ".join([said, *self.wrong])


def source_rows(simulator: Simulator, number: int, first_year: int) -> dict[str, tuple[Any, ...]]:
    """Every posted row straight from the accounting system: account, voucher, day, amount, text."""
    token = simulator.token(simulator.install(number))
    found: dict[str, tuple[Any, ...]] = {}
    for year in range(first_year - 1, 2029):
        answer = simulator.get(
            "/AccountTransactions",
            token,
            fromDate=f"{year}-01-01",
            toDate=f"{year}-12-31",
            PageSize=20_000,
            Fields="Id,AccountId,VoucherId,PostingDate,Amount,Description",
        )
        for row in answer.json() if answer.content else []:
            found[str(row["Id"])] = (
                str(row["AccountId"]),
                row["VoucherId"],
                date.fromisoformat(row["PostingDate"]),
                Decimal(str(row["Amount"])),
                row.get("Description") or "",
            )
    return found


def source_accounts(simulator: Simulator, number: int) -> dict[str, tuple[str, str]]:
    """Number and name of each account, by id."""
    token = simulator.token(simulator.install(number))
    rows = simulator.get("/GeneralLedgerAccounts", token, PageSize=20_000).json()
    return {str(row["Id"]): (str(row["AccountNo"]), row["Name"]) for row in rows}


def source_balance(simulator: Simulator, number: int, day: date) -> dict[str, Decimal]:
    """What the accounting system says every account stands at."""
    token = simulator.token(simulator.install(number))
    rows = simulator.get("/TrialBalance", token, date=str(day), PageSize=20_000)
    found: dict[str, Decimal] = {}
    for row in rows.json() if rows.content else []:
        amount = Decimal(str(row["Balance"])).quantize(Decimal("0.01"))
        account = str(row["AccountId"])
        found[account] = found.get(account, Decimal(0)) + amount
    return {account: amount for account, amount in found.items() if amount}


class Check:
    """The questions, on one read-only connection of the operator's."""

    def __init__(
        self,
        database: psycopg.Connection[Any],
        connection_id: int,
        simulator: Simulator,
        number: int,
    ) -> None:
        self._database = database
        self._id = connection_id
        self._simulator = simulator
        self._number = number

    def verdict(self) -> Verdict:
        found = Verdict()
        conversion, stage, postings, landing = self._row(
            "select conversion_date, stage, postings, landing from ledger_books"
        ) or (None, "nothing", 0, 0)
        if conversion is None:
            found.wrong.append("there are no books")
            return found
        source = source_rows(self._simulator, self._number, conversion.year)
        self._compare_rows(found, source)
        self._compare_balances(found, source)
        self._check_history(found, source, landing)
        if stage != "current":
            found.wrong.append(f"stage {stage}")
        if postings != len(source):
            found.wrong.append(f"{postings} postings counted, {len(source)} there")
        unsealed = self._rows("select month, state from ledger_month", "and state <> 'sealed'")
        if unsealed or not self._rows("select 1 from ledger_month"):
            found.wrong.append(f"not sealed: {unsealed}")
        accounts = {
            row[0]: (row[1], row[2])
            for row in self._rows(
                "select source_id, number, name from ledger_account", "and gone_landing is null"
            )
        }
        if accounts != source_accounts(self._simulator, self._number):
            found.wrong.append("the chart of accounts is another")
        return found

    def _compare_rows(self, found: Verdict, source: dict[str, tuple[Any, ...]]) -> None:
        rows = self._rows(
            "select source_id, account_id, voucher_id, posting_date, amount, coalesce(text, '') "
            "from ledger_posting",
            f"and known_to = {CURRENT}",
        )
        held = {row[0]: tuple(row[1:]) for row in rows}
        found.lost = len(source.keys() - held.keys())
        found.doubled = len(rows) - len(held) + len(held.keys() - source.keys())
        for source_id in source.keys() & held.keys():
            ours, theirs = held[source_id], source[source_id]
            found.difference += abs(ours[3] - theirs[3])
            if ours != theirs:
                found.wrong.append(f"row {source_id} is {ours}, not {theirs}")

    def _compare_balances(self, found: Verdict, source: dict[str, tuple[Any, ...]]) -> None:
        """Kept balances and the sums of all deltas, each against the source's own rows."""
        wanted: dict[tuple[str, date], Decimal] = {}
        for account, _voucher, day, amount, _text in source.values():
            place = (account, day.replace(day=1))
            wanted[place] = wanted.get(place, Decimal(0)) + amount
        for query in (
            "select account_id, month, amount from ledger_balance",
            "select account_id, month, sum(delta) from ledger_change",
        ):
            ends = "group by 1, 2" if "sum" in query else ""
            kept = {(row[0], row[1]): row[2] for row in self._rows(query, ends)}
            for place in wanted.keys() | kept.keys():
                found.difference += abs(wanted.get(place, Decimal(0)) - kept.get(place, Decimal(0)))
        self._compare_sheet(found)

    def _compare_sheet(self, found: Verdict) -> None:
        """Today's trial balance: balance-sheet accounts all through, results since new year."""
        today = date.today()  # noqa: DTZ011 the simulator's own day
        year = self._row(
            "select max(first_day) from ledger_financial_year", f"and first_day <= '{today}'"
        )[0]
        ours = {
            row[0]: row[1]
            for row in self._rows(
                "select p.account_id, sum(p.amount) from ledger_posting p join ledger_account a "
                "on a.connection_id = p.connection_id and a.source_id = p.account_id",
                f"and p.known_to = {CURRENT} and p.posting_date <= '{today}' and (a.type not in "
                f"('income', 'expense') or p.posting_date >= '{year}') group by 1",
                alias="p.",
            )
        }
        for account, amount in self._rows(
            "select account_id, amount from ledger_opening", f"and known_to = {CURRENT}"
        ):
            ours[account] = ours.get(account, Decimal(0)) + amount
        theirs = source_balance(self._simulator, self._number, today)
        for account in ours.keys() | theirs.keys():
            found.difference += abs(ours.get(account, Decimal(0)) - theirs.get(account, Decimal(0)))

    def _check_history(
        self, found: Verdict, source: dict[str, tuple[Any, ...]], landing: int
    ) -> None:
        numbers = self._row("select count(*), coalesce(max(number), 0) from ledger_landing")
        if numbers != (landing, landing):
            found.wrong.append(f"landings {numbers}, the last is {landing}")
        versions: dict[str, list[tuple[int, int]]] = {}
        for source_id, known_from, known_to in self._rows(
            "select source_id, known_from, known_to from ledger_posting",
            "order by source_id, known_from",
        ):
            versions.setdefault(source_id, []).append((known_from, known_to))
        for source_id, known in versions.items():
            for (_from, ends), (begins, _to) in pairwise(known):
                if ends > begins:
                    found.wrong.append(f"row {source_id} is known twice at once: {known}")
            if source_id in source and known[-1][1] != CURRENT:
                found.wrong.append(f"row {source_id} was closed without a successor")
            if any(not 0 < begins < ends for begins, ends in known):
                found.wrong.append(f"row {source_id} is known backwards: {known}")
        # as known at any landing: the deltas up to it are the sums of the rows that stood then
        for at in sorted({1, landing // 3, landing // 2, landing - 1}):
            unequal = self._rows(
                "with p as (select account_id, date_trunc('month', posting_date)::date as month, "
                f"sum(amount) as amount from ledger_posting where connection_id = {self._id} and "
                f"known_from <= {at} and known_to > {at} group by 1, 2), "
                "c as (select account_id, month, sum(delta) as amount from ledger_change "
                f"where connection_id = {self._id} and landing <= {at} group by 1, 2) "
                "select account_id, month, p.amount, c.amount from p full join c "
                "using (account_id, month) where coalesce(p.amount, 0) <> coalesce(c.amount, 0)",
                narrowed=False,
            )
            if unequal:
                found.wrong.append(f"as known at landing {at}: {unequal[:3]}")

    def _rows(
        self, query: str, more: str = "", *, alias: str = "", narrowed: bool = True
    ) -> list[tuple[Any, ...]]:
        if narrowed:
            query = f"{query} where {alias}connection_id = {self._id} {more}"
        return self._database.execute(query).fetchall()

    def _row(self, query: str, more: str = "") -> Any:
        rows = self._rows(query, more)
        return rows[0] if rows else None
