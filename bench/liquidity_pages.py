"""Server time and number of queries of every page of Likviditet, for a firm of 1,000 clients.

The forecasts of all are kept as the job keeps them; one client has lines, a loan, a scenario and
forecasts of half a year. The same pages for 30 clients must ask as many questions.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bench.pages import MOST_MILLISECONDS, Page
from bench.product_books import Practice, practice_of
from bench.table import Row, at_most

CLIENTS, FEW = 1000, 30
KEPT_DAYS = 180
_STANDINGS = """
insert into liquidity_standing (firm_id, client_id, connection_id, landing, items, start, opening,
  "limit", lowest, lowest_day, first_under, closing, is_complete, counted_at)
select b.firm_id, b.client_id, b.connection_id, b.landing, 1, %(today)s, 400000, 0,
  1000 - b.client_id, %(today)s::date + 30,
  case when b.client_id %% 9 = 0 then %(today)s::date + 20 end, 250000, true,
  now()
from ledger_books b where b.client_id <> %(client)s
on conflict do nothing
"""


def run(*, times: int) -> list[Row]:
    """One row for each page, and one for the queries."""
    few, main = _prepared(FEW), _prepared(CLIENTS)
    rows, growing = [], []
    for name, address in _addresses(main).items():
        here = Page(main.firm_id, address).measure(times)
        there = Page(few.firm_id, _addresses(few)[name]).measure(1)
        if there.queries != here.queries:
            growing.append(f"{name} {there.queries} → {here.queries}")
        found = f"{here.kilobytes:,.0f} kB, {here.queries} queries, p95 {here.slow:.0f} ms"
        rows.append(at_most(f"Likviditet, {name}", here.middle, MOST_MILLISECONDS, "ms", found))
    rows.append(
        Row(
            "Queries of Likviditet's pages",
            "fixed" if not growing else "; ".join(growing),
            f"{FEW} clients beside {CLIENTS:,}, {len(rows)} pages",
            "same" if not growing else "grows",
            "fixed",
            not growing,
        )
    )
    return rows


def _addresses(of: Practice) -> dict[str, str]:
    from django.urls import reverse

    client = [of.client]
    forecast = reverse("liquidity:forecast", args=client)
    return {
        "clients": reverse("liquidity:clients"),
        "clients by name": reverse("liquidity:clients") + "?sorter=klient",
        "30 days": f"{forecast}?vis=dager",
        "13 weeks": forecast,
        "12 months, every line": f"{forecast}?vis=maneder&alle=1",
        "planned lines": reverse("liquidity:plan", args=client),
        "hit rate": reverse("liquidity:history", args=client),
        "settings": reverse("liquidity:settings", args=client),
        "new scenario": reverse("liquidity:new_scenario", args=client),
    }


def _prepared(count: int) -> Practice:
    """The firm with a forecast of each client, the shown one's made by the product itself."""
    from django.db import connection as database
    from django.utils import timezone

    from klientbro.clients.models import Client
    from klientbro.products.liquidity.keeping import keep_client
    from klientbro.products.liquidity.models import KeptForecast, Loan, PlannedLine
    from klientbro.tenants.context import firm

    made = practice_of(count, books=True)
    today = timezone.localdate()
    with firm(made.firm_id):
        client = Client.objects.get(public_id=made.client)
        own: dict[str, Any] = {"firm_id": made.firm_id, "client": client}
        with database.cursor() as cursor:
            cursor.execute("update ledger_books set complete_at = now(), vat_period = 'bi_monthly'")
            cursor.execute(_STANDINGS, {"today": today, "client": client.pk})
        for number in range(12):
            PlannedLine.objects.create(
                title=f"Linje {number}",
                amount=-1000,
                first=today,
                interval="monthly",
                kind="other_out",
                **own,
            )
        Loan.objects.create(
            title="Lån",
            remaining=900_000,
            instalment=9_000,
            yearly_rate="0.06",
            next_day=today,
            **own,
        )
        points = [[days, "400000.00", "300000.00"] for days in (7, 14, 30, 60, 91)]
        KeptForecast.objects.bulk_create(
            [
                KeptForecast(
                    connection_id=1,
                    landing=1,
                    day=today - timedelta(days=days),
                    opening=1,
                    lowest=1,
                    lowest_day=today,
                    points=points,
                    **own,
                )
                for days in range(1, KEPT_DAYS)
            ]
        )
        if not keep_client(client.pk):
            raise RuntimeError("the forecast could not be made")
    return made
