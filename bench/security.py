"""What row-level security and encryption cost on the pages: with and without, turn by turn.

Without: the same statements by a role that PostgreSQL's policies do not bind, and envelopes that
open without a cipher. The database holds one firm, so that both see the same rows. Each page is
asked for by turns in one process on the same data: with, without, without, with, so that neither
always pays for what the other left behind.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from bench.house import collect_static_files
from bench.pages import _signed_in, analyze
from bench.product_books import Practice, practice_of
from bench.products import _addresses
from bench.table import Row, median

CLIENTS = 300
PEOPLE = 60  # the portal's first page, whose numbers are opened to be shown as masks
MOST = 0.10
BYPASSING = "klientbro_bench_unbound"


def run(superuser: str, *, times: int) -> list[Row]:
    """One row for all pages together, one for the page that pays most."""
    from django.urls import reverse

    practice = practice_of(CLIENTS, books=True)
    _people(practice.firm_id)
    analyze()
    collect_static_files()
    pages = _addresses(practice) | {
        "Integration, first 50 people": reverse("portal:integration", args=["poweroffice"]),
        "Integrations": reverse("portal:integrations"),
        "Log": reverse("operations:log"),
    }
    browser = _signed_in(practice.firm_id)
    spent: dict[str, tuple[list[float], list[float]]] = {}
    with _unbound(superuser) as without:
        for name, address in pages.items():
            bound, unbound = _turns(browser, address, without, times)
            spent[name] = (bound, unbound)
    return _rows(practice, spent)


def _rows(practice: Practice, spent: dict[str, tuple[list[float], list[float]]]) -> list[Row]:
    middles = {name: (median(bound), median(free)) for name, (bound, free) in spent.items()}
    ours, beside = (sum(pair[place] for pair in middles.values()) for place in (0, 1))
    costs = {name: bound / free - 1 for name, (bound, free) in middles.items()}
    dearest = max(costs, key=lambda name: costs[name])
    return [
        _row(f"Row-level security and encryption, {len(spent)} pages", ours, beside),
        Row(
            f"… the page that pays most: {dearest}",
            f"{middles[dearest][0]:,.1f} ms",
            f"{middles[dearest][1]:,.1f} ms without either",
            f"{costs[dearest]:+.1%}",
        ),
        Row(
            "… pages that pay more than a tenth",
            f"{sum(cost > MOST for cost in costs.values())} of {len(costs)}",
            f"{CLIENTS} clients, {PEOPLE} people",
        ),
    ]


def _row(name: str, ours: float, beside: float) -> Row:
    cost = ours / beside - 1
    return Row(
        name,
        f"{ours:,.1f} ms",
        f"{beside:,.1f} ms without either",
        f"{cost:+.1%}",
        f"≤ {MOST:.0%}",
        cost <= MOST,
    )


def _turns(
    browser: Any, address: str, without: Callable[[], Any], times: int
) -> tuple[list[float], list[float]]:
    bound: list[float] = []
    free: list[float] = []

    def ask(into: list[float] | None) -> int:
        began = time.perf_counter()
        answer = browser.get(address)
        if into is not None:
            into.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, (address, answer.status_code)
        return len(answer.content)

    for _ in range(3):  # templates compiled, plans kept, envelopes opened once
        size = ask(None)
        with without():
            assert abs(ask(None) - size) < 200, address  # the same page
    for turn in range(2 * times):
        if turn % 2:
            ask(bound)
        with without():
            ask(free)
        if not turn % 2:
            ask(bound)
    return bound, free


@contextmanager
def _unbound(superuser: str) -> Iterator[Callable[[], Any]]:
    """A way to run what follows as a role past every policy, and without a cipher."""
    from django.db import connections

    from klientbro.tenants import envelopes

    password = secrets.token_urlsafe(16)
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create role {} login bypassrls password {} in role klientbro_app").format(
                sql.Identifier(BYPASSING), sql.Literal(password)
            )
        )
    bound = connections["default"]
    free = connections.create_connection("default")
    free.settings_dict = bound.settings_dict | {"USER": BYPASSING, "PASSWORD": password}
    opened: dict[bytes, bytes] = {}
    decrypt = envelopes._decrypt

    def without_cipher(key: bytes, body: bytes, associated: bytes) -> bytes:
        if body not in opened:
            opened[body] = decrypt(key, body, associated)
        return opened[body]

    @contextmanager
    def without() -> Iterator[None]:
        connections["default"] = free
        envelopes._decrypt = without_cipher
        try:
            yield
        finally:
            connections["default"] = bound
            envelopes._decrypt = decrypt

    try:
        yield without
    finally:
        free.close()
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(BYPASSING)))


def _people(firm_id: uuid.UUID) -> None:
    """Clients known by a personal number, first in the list, with sealed numbers and keys."""
    from klientbro.clients.identifiers import StoredIdentifier
    from klientbro.clients.models import Client, Connection, Integration
    from klientbro.domain.identifier import Identifier, IdentifierKind
    from klientbro.tenants.context import firm
    from klientbro.tenants.services import firm_envelopes

    with firm(firm_id):
        envelopes = firm_envelopes()
        integration = Integration.objects.get(system="poweroffice")
        for number in range(PEOPLE):
            name = f"Aase {number:02}"
            client = Client(firm_id=firm_id, name=name, sort_key=f"aaa{number:02}")
            digits = Identifier(IdentifierKind.NATIONAL_ID, f"018190{10_000 + number}")
            StoredIdentifier.of(digits, envelopes).put_on(client)
            client.save()
            connection = Connection(
                firm_id=firm_id,
                integration=integration,
                client=client,
                name=name,
                sort_key=client.sort_key,
                key_sealed=envelopes.seal("client_key", f"key-{number}"),
                key_hash=envelopes.equality_hash("client_key", f"key-{number}"),
            )
            StoredIdentifier.of(digits, envelopes).put_on(connection)
            connection.save()
