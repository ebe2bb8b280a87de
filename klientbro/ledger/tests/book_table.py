"""Books for tests, written as tables an accountant could check.

    Konto | Navn             | Type      | Inngående
    1920  | Driftskonto bank | asset     | 130 000,00
    2000  | Aksjekapital     | equity    | -100 000,00

    Bilag | Dato       | Konto | Beløp     | Tekst
    1     | 15.01.2026 | 1500  | 1 250,00  | Faktura 10001

«Inngående» is what the source says the account stood at on the anchor day.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from klientbro.clients.models import Client, Connection, Integration
from klientbro.domain.periods import Month
from klientbro.ledger.queries import books_of_connection
from klientbro.ledger.rows import BooksState
from klientbro.lib.dates import parse_typed_date
from klientbro.lib.numbers import parse_typed_number
from klientbro.lib.sorting import norwegian_sort_key
from klientbro.tenants.context import current_firm

AS_OF = datetime(2026, 11, 18, 13, 2, tzinfo=UTC)
NOBODYS_ORGNR = "312480778"


def table(text: str) -> Iterator[dict[str, str]]:
    """The rows of a `|` table by its headings; blank lines are passed over."""
    lines = [line for line in text.splitlines() if line.strip()]
    heads = [head.strip() for head in lines[0].split("|")]
    for line in lines[1:]:
        cells = [cell.strip() for cell in line.split("|")]
        assert len(cells) == len(heads), f"{line!r} has {len(cells)} cells of {len(heads)}"
        yield dict(zip(heads, cells, strict=True))


def amount(text: str) -> Decimal:
    """An amount as written; an empty cell is zero."""
    if not text:
        return Decimal("0.00")
    number = parse_typed_number(text)
    assert number is not None, f"{text!r} is no amount"
    return number


def day(text: str) -> date:
    found = parse_typed_date(text)
    assert found is not None, f"{text!r} is no day"
    return found


@dataclass
class BookTable:
    """A client with books in the database. Each `post` is one landing."""

    client: Client
    connection: Connection
    landing: int = 0
    posted: int = 0
    accounts: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> BooksState:
        found = books_of_connection(self.connection.pk)
        assert found is not None
        return found

    def post(self, text: str, *, landed_at: datetime = AS_OF, **everywhere: Any) -> BookTable:
        """Lands the vouchers of a table. Columns beyond the usual are the posting's own fields."""
        self.landing += 1
        first_of_many = self.posted == 0
        rows = [self._posting(row, everywhere) for row in table(text)]
        self._land(landed_at)
        for row in rows:
            insert("ledger_posting", **row)
        self._keep_balances(first_of_many)
        return self

    def close(self, voucher_no: int) -> BookTable:
        """The voucher is gone from the source: its rows end at a new landing."""
        self.landing += 1
        self._land(AS_OF)
        run(
            "update ledger_posting set known_to = %(landing)s where known_to = 2147483647 "
            "and connection_id = %(connection)s and voucher_no = %(no)s",
            self._keys(no=voucher_no),
        )
        self._keep_balances(False)
        return self

    def prove(
        self,
        month: str,
        state: str = "sealed",
        differences: Mapping[str, tuple[str, str]] | None = None,
        *,
        changed_after_lock: bool = False,
        sealed_at: datetime = AS_OF,
    ) -> BookTable:
        """Records what a proof of the month said: sealed, or {account: (ours, source)}."""
        stored = [
            {"account_id": account, "ours": str(amount(ours)), "source": str(amount(source))}
            for account, (ours, source) in (differences or {}).items()
        ]
        first = Month.parse(month).first_day
        run(
            "insert into ledger_month (firm_id, connection_id, month, state, proved_at, landing, "
            "differences, changed_after_lock) values (%(firm)s, %(connection)s, %(month)s, "
            "%(state)s, %(at)s, %(landing)s, %(stored)s, %(late)s) "
            "on conflict (connection_id, month) do update set state = excluded.state, "
            "differences = excluded.differences, changed_after_lock = excluded.changed_after_lock",
            self._keys(
                month=first,
                state=state,
                at=sealed_at,
                stored=json.dumps(stored),
                late=changed_after_lock,
            ),
        )
        if state == "sealed":
            insert(
                "ledger_seal",
                **self._own(),
                month=first,
                kind="full",
                landing=self.landing,
                sealed_at=sealed_at,
                accounts=3,
                postings=41206,
                undisposed=0,
                sheet_hash="9f3c" + "0" * 56 + "e27a",
            )
        return self

    def late(
        self,
        voucher_no: int,
        month: str,
        *,
        landing: int,
        effect: str = "0,00",
        reason: str = "lock",
    ) -> BookTable:
        """Notes a voucher that came to the month after it was locked."""
        insert(
            "ledger_late_change",
            **self._own(),
            landing=landing,
            month=Month.parse(month).first_day,
            voucher_id=f"v{voucher_no}",
            voucher_no=voucher_no,
            reason=reason,
            source_created_at=AS_OF - timedelta(days=2),
            late_after=AS_OF - timedelta(days=30),
            lock_date=Month.parse(month).last_day,
            result_effect=amount(effect),
        )
        return self

    def add_account(self, row: Mapping[str, str]) -> None:
        """An account of the chart and, where given, what it stood at on the anchor day."""
        number, department = row["Konto"], row.get("Avdeling", "")
        account_id = f"a{number}{department}"
        self.accounts[number + department] = account_id
        insert(
            "ledger_account",
            **self._own(),
            source_id=account_id,
            number=number,
            number_key=number,
            name=row["Navn"],
            type=row["Type"],
            is_active=True,
            agriculture_department=department,
        )
        opening = amount(row.get("Inngående", ""))
        if opening:
            insert(
                "ledger_opening",
                **self._own(),
                account_id=account_id,
                amount=opening,
                known_from=1,
            )

    def change(self, **columns: Any) -> BookTable:
        """Sets columns of the books row."""
        sets = ", ".join(f"{name} = %({name})s" for name in columns)
        run(
            f"update ledger_books set {sets} where connection_id = %(connection)s",
            self._keys(**columns),
        )
        return self

    def _posting(self, row: dict[str, str], everywhere: Mapping[str, Any]) -> dict[str, Any]:
        self.posted += 1
        number = int(row["Bilag"])
        posting_date = day(row["Dato"])
        usual = {"Bilag", "Dato", "Konto", "Beløp", "Tekst"}
        own = {name: value or None for name, value in row.items() if name not in usual}
        return (
            self._own()
            | {
                "source_id": f"p{self.posted:07}",
                "known_from": self.landing,
                "account_id": self.accounts[row["Konto"]],
                "posting_date": posting_date,
                "amount": amount(row["Beløp"]),
                "voucher_id": f"v{number}",
                "voucher_no": number,
                "voucher_series": "",
                "voucher_type": "manual",
                "voucher_date": posting_date,
                "text": row.get("Tekst") or None,
                "is_reversed": False,
                "source_created_at": datetime.combine(posting_date, datetime.min.time(), UTC),
            }
            | dict(everywhere)
            | own
        )

    def _keep_balances(self, first_of_many: bool) -> None:
        """Kept balances and changes, as a landing would leave them."""
        keys = self._keys(none=first_of_many)
        run(
            "with sums as (select account_id, date_trunc('month', posting_date)::date as month, "
            "sum(amount) filter (where known_from = %(landing)s) - coalesce(sum(amount) filter "
            "(where known_to = %(landing)s), 0) as delta, "
            "coalesce(sum(amount) filter (where known_from = %(landing)s), 0) as added, "
            "coalesce(sum(amount) filter (where known_to = %(landing)s), 0) as taken, "
            "count(*) filter (where known_from = %(landing)s) - count(*) filter "
            "(where known_to = %(landing)s) as postings, "
            "array_agg(distinct voucher_no) as vouchers "
            "from ledger_posting where connection_id = %(connection)s "
            "and (known_from = %(landing)s or known_to = %(landing)s) group by 1, 2) "
            "insert into ledger_change (firm_id, connection_id, landing, account_id, month, delta, "
            "before, after, postings, vouchers) select %(firm)s, %(connection)s, %(landing)s, "
            "s.account_id, s.month, added - taken, coalesce(b.amount, 0), "
            "coalesce(b.amount, 0) + added - taken, s.postings, "
            "case when %(none)s then '{}' else s.vouchers end from sums s "
            "left join ledger_balance b on b.connection_id = %(connection)s "
            "and b.account_id = s.account_id and b.month = s.month",
            keys,
        )
        run(
            "insert into ledger_balance "
            "(firm_id, connection_id, account_id, month, amount, postings) "
            "select firm_id, connection_id, account_id, month, delta, postings from ledger_change "
            "where connection_id = %(connection)s and landing = %(landing)s "
            "on conflict (connection_id, account_id, month) do update set "
            "amount = ledger_balance.amount + excluded.amount, "
            "postings = ledger_balance.postings + excluded.postings",
            keys,
        )
        run(
            "update ledger_books set landing = %(landing)s, complete_landing = %(landing)s, "
            "postings = (select count(*) from ledger_posting where connection_id = %(connection)s "
            "and known_to = 2147483647) where connection_id = %(connection)s",
            keys,
        )

    def _land(self, at: datetime) -> None:
        insert(
            "ledger_landing",
            **self._own(),
            number=self.landing,
            run=1,
            kind="postings",
            landed_at=at,
        )

    def _own(self) -> dict[str, Any]:
        return {"firm_id": self.connection.firm_id, "connection_id": self.connection.pk}

    def _keys(self, **more: Any) -> dict[str, Any]:
        return {
            "firm": self.connection.firm_id,
            "connection": self.connection.pk,
            "landing": self.landing,
        } | more


def run(statement: str, parameters: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def insert(table_name: str, **columns: Any) -> None:
    names, marks = ", ".join(columns), ", ".join(f"%({name})s" for name in columns)
    run(f"insert into {table_name} ({names}) values ({marks})", columns)


def book_table(
    accounts: str,
    *,
    anchor: str = "31.12.2025",
    conversion: str = "01.01.2026",
    years: tuple[tuple[str, str], ...] = (("01.01.2026", "31.12.2026"),),
    name: str = "Fjordglimt Bakeri AS",
    orgnr: str = NOBODYS_ORGNR,
    stage: str = "current",
    is_active: bool = True,
    is_whole: bool = True,
    columns: Mapping[str, Any] | None = None,
) -> BookTable:
    """A client with the chart of accounts and openings of the table, and no postings yet.

    is_whole: history reaches the conversion date; False while older periods are being fetched.
    """
    firm_id = current_firm()
    digest = hashlib.sha256(orgnr.encode()).digest()
    client = Client.objects.create(
        firm_id=firm_id,
        name=name,
        sort_key=norwegian_sort_key(name),
        identifier_kind="orgnr",
        orgnr=orgnr,
        identifier_hash=digest,
    )
    integration, _ = Integration.objects.get_or_create(firm_id=firm_id, system="poweroffice")
    made = Connection.objects.create(
        firm_id=firm_id,
        integration=integration,
        client=client,
        name=name,
        sort_key=norwegian_sort_key(name),
        identifier_kind="orgnr",
        orgnr=orgnr,
        identifier_hash=digest,
        key_sealed=b"sealed",
        key_hash=uuid.uuid4().bytes,
        is_active=is_active,
        api_active=True,
        activated_at=AS_OF,
        deactivated_at=None if is_active else AS_OF,
    )
    book = BookTable(client, made)
    anchor_date = day(anchor)
    values = {
        "client_id": client.pk,
        "stage": stage,
        "complete_at": AS_OF,
        "conversion_date": day(conversion),
        "year_end_month": day(years[-1][1]).month,
        "anchor_date": anchor_date,
        "covered_from": anchor_date + timedelta(days=1),
        "is_anchored_at_conversion": is_whole,
    } | dict(columns or {})
    own = book._own()
    insert("ledger_books", **own, **values)
    for first, last in years:
        insert("ledger_financial_year", **own, first_day=day(first), last_day=day(last))
    insert(
        "ledger_anchor",
        **own,
        landing=1,
        anchor_date=anchor_date,
        covered_from=anchor_date + timedelta(days=1),
    )
    for row in table(accounts):
        book.add_account(row)
    return book
