"""Kept forecasts beside what happened, with how often they hit."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from klientbro.domain.liquidity.hits import TOLERANCE, Kept, Point, hit_rates, outcomes
from klientbro.ledger.queries.cash import bank_accounts, bank_by_day
from klientbro.ledger.rows import BooksState
from klientbro.practice.books.access import ClientPage, read_client
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import product_view
from klientbro.practice.permissions import Act
from klientbro.products.liquidity.choosing import settings_of
from klientbro.products.liquidity.gathering import chosen_bank, start_of
from klientbro.products.liquidity.models import KeptForecast
from klientbro.products.liquidity.views.shared import TAB, waiting

DAYS_SHOWN = 400
MOST_ROWS = 60


@require_GET
@product_view(Act.SEE)
def history_page(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """The hit rate at each distance, and the newest forecasts with what the bank stood at."""

    def read(page: ClientPage) -> HttpResponse:
        if not page.is_usable:
            return waiting(request, page)
        books = page.usable_books()
        today = start_of(books, timezone.localdate())
        kept = list(
            KeptForecast.objects.filter(
                client_id=page.client.pk, day__gte=today - timedelta(days=DAYS_SHOWN)
            ).order_by("-day")
        )
        actual = _actual(page, books, today, kept[-1].day if kept else today)
        found = outcomes([_kept(one) for one in kept], actual)
        context = {
            "part": "history",
            "rates": hit_rates(found),
            "outcomes": found[:MOST_ROWS],
            "is_cut": len(found) > MOST_ROWS,
            "number": len(kept),
            "oldest": kept[-1].day if kept else None,
            "tolerance": TOLERANCE * 100,
        }
        return show(request, page, TAB, "liquidity/history.html", context)

    return read_client(client_id, read)


def _kept(row: KeptForecast) -> Kept:
    points = tuple(
        Point(int(days), Decimal(amount), Decimal(outflow)) for days, amount, outflow in row.points
    )
    return Kept(row.day, points)


def _actual(page: ClientPage, books: BooksState, today: date, first: date) -> dict[date, Decimal]:
    """What the bank stood at on each day from the first through the day the figures are from."""
    chosen = settings_of(page.client.pk).bank_accounts
    bank = chosen_bank(bank_accounts(books.connection_id, today), chosen)
    moved = bank_by_day(books.connection_id, [one.id for one in bank], first, today)
    held = sum((one.balance for one in bank), Decimal(0))
    found = {}
    day = today
    while day >= first:
        found[day] = held
        held -= moved.get(day, Decimal(0))
        day -= timedelta(days=1)
    return found
