"""Server time and number of queries of the two heaviest pages, through the whole of Django.

The list of 1,000 connections, and the trial balance of the client with the most postings. Times are
from request to finished HTML inside the server; a browser adds its own.
"""

from __future__ import annotations

import time
import uuid
from datetime import date
from typing import Any

from bench.house import Books
from bench.pipeline import held
from bench.table import Row, at_most, median, percentile

MOST_MILLISECONDS = 50.0
CONNECTIONS = 1000
FEW = 30
_MONTHS = 24


def run(books: Books, *, times: int) -> list[Row]:
    """The books must be landed; a firm of many connections is made here."""
    from django.urls import reverse

    portal = reverse("portal:integration", args=["poweroffice"])
    # the same page for few and for many: a query for each row would show
    few = Page(firm_of(FEW), portal).measure(3)
    many = Page(firm_of(CONNECTIONS), portal).measure(times)
    address = reverse("books:trial_balance", args=[books.client_id])
    balance = Page(books.firm_id, address).measure(times)
    size = f"{held(books):,} postings"
    return [
        _row(f"Page of {CONNECTIONS:,} connections", many, f"{few.queries} with {FEW} connections"),
        Row(
            "… its queries",
            f"{many.queries}",
            f"{few.queries} for {FEW} connections",
            "same" if few.queries == many.queries else "grows",
            "fixed",
            few.queries == many.queries,
        ),
        _row(f"Trial balance page, {size}", balance, f"{balance.queries} queries"),
    ]


def _row(name: str, page: Page, beside: str) -> Row:
    found = f"{page.kilobytes:,.0f} kB, {page.queries} queries, p95 {page.slow:.0f} ms"
    return at_most(name, page.middle, MOST_MILLISECONDS, "ms", found)


class Page:
    """One address, asked for as somebody signed in to the firm."""

    def __init__(self, firm_id: uuid.UUID, address: str) -> None:
        self._browser = _signed_in(firm_id)
        self._address = address
        self.queries = 0
        self.kilobytes = 0.0
        self.middle = self.slow = self.processor = 0.0

    def measure(self, times: int) -> Page:
        from django.db import connection

        from klientbro.lib.collector import collect_rarely

        collect_rarely()  # as a web process does
        for _ in range(3):  # templates compiled, connection open
            answer = self._browser.get(self._address)
            assert answer.status_code == 200, (self._address, answer.status_code)
        counter = _Counter()
        with connection.execute_wrapper(counter):
            answer = self._browser.get(self._address)
        self.queries, self.kilobytes = counter.count, len(answer.content) / 1000
        spent: list[float] = []
        used: list[float] = []  # by this process alone: what others do on the machine is not in it
        for _ in range(times):
            started, began = time.perf_counter(), time.process_time()
            self._browser.get(self._address)
            used.append(1000 * (time.process_time() - began))
            spent.append(1000 * (time.perf_counter() - started))
        self.middle, self.slow = median(spent), percentile(spent, 0.95)
        self.processor = median(used)
        return self


class _Counter:
    """Counts statements, the firm's own setting left out."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += "set_config" not in sql or "from tenants_firm" in sql
        return execute(sql, params, many, context)


def _signed_in(firm_id: uuid.UUID) -> Any:
    from django.test import Client

    from klientbro.tenants.services import add_user

    user, _path = add_user(firm_id, f"{uuid.uuid4().hex}@bench.example")
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def firm_of(count: int) -> uuid.UUID:
    """A firm with active connections that have books, a state and two years of sealed months."""
    from klientbro.clients.models import Client, Connection, Integration
    from klientbro.domain.identifier import IdentifierKind
    from klientbro.ledger.books import open_books
    from klientbro.lib.sorting import norwegian_sort_key
    from klientbro.sync.database import transaction
    from klientbro.sync.models import State
    from klientbro.tenants.context import firm
    from klientbro.tenants.services import create_firm

    firm_id = create_firm(f"Regnskapsbyrået {count}").id
    names = [f"Selskap {number:04} {'ÆØÅ'[number % 3]}s Handel AS" for number in range(count)]
    with firm(firm_id):
        integration = Integration.objects.create(firm_id=firm_id, system="poweroffice")
        alike = [
            {
                "firm_id": firm_id,
                "name": name,
                "sort_key": norwegian_sort_key(name),
                "identifier_kind": IdentifierKind.ORGNR,
                "orgnr": f"{310_000_000 + number}",
                "identifier_hash": name.encode(),
            }
            for number, name in enumerate(names)
        ]
        clients = Client.objects.bulk_create([Client(**fields) for fields in alike])
        rows = Connection.objects.bulk_create(
            [
                Connection(
                    **fields,
                    client=client,
                    integration=integration,
                    is_active=True,
                    api_active=True,
                    key_sealed=b"sealed",
                    key_hash=name.encode(),
                )
                for fields, client, name in zip(alike, clients, names, strict=True)
            ]
        )
        State.objects.bulk_create(
            [State(connection=row, firm_id=firm_id, steps_done=9, steps_total=9) for row in rows]
        )
    with transaction(firm_id) as cursor:
        for row, client in zip(rows, clients, strict=True):
            open_books(cursor, firm_id, row.pk, client.pk)
        cursor.execute(
            "update ledger_books set stage = 'current', landing = 9, complete_landing = 9, "
            "conversion_date = %s, covered_from = %s, anchor_date = %s, postings = 9000",
            [date(2024, 1, 1), date(2024, 1, 1), date(2023, 12, 31)],
        )
        cursor.execute(
            "update sync_state set last_success_at = now(), last_attempt_at = now(), "
            "first_usable_at = now() - interval '9 days', rows_new = 12, rows_changed = 1"
        )
        cursor.execute(
            "insert into ledger_month (firm_id, connection_id, month, state) "
            "select firm_id, connection_id, m::date, 'sealed' from ledger_books, "
            "generate_series(date '2024-01-01', date '2024-01-01' + make_interval(months => %s), "
            "interval '1 month') m",
            [_MONTHS - 1],
        )
    analyze()
    return firm_id


def analyze() -> None:
    """What autovacuum does within its minute."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("analyze")
