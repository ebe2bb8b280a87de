"""Kept forecasts beside what happened, with how often they hit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from klientbro.domain.liquidity.hits import (
    TOLERANCE,
    Kept,
    Outcome,
    Point,
    hit_rates,
    outcomes,
)
from klientbro.domain.money import ZERO
from klientbro.ledger.queries.cash import BankAccount, bank_accounts, bank_by_day
from klientbro.practice.books.access import ClientPage, read_client
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import product_view
from klientbro.products.liquidity.choosing import settings_of
from klientbro.products.liquidity.gathering import chosen_bank, start_of
from klientbro.products.liquidity.models import KeptForecast
from klientbro.products.liquidity.views.shared import TAB, waiting

DAYS_SHOWN = 400
MOST_ROWS = 60


@require_GET
@product_view
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
        first = kept[-1].day if kept else today
        bank = bank_accounts(books.connection_id, today)
        moved = bank_by_day(books.connection_id, [one.id for one in bank], first, today)
        now = chosen_bank(bank, settings_of(page.client.pk).bank_accounts)
        found, gone = _compared(kept, bank, now, moved, today)
        context = {
            "part": "history",
            "rates": hit_rates(found),
            "outcomes": found[:MOST_ROWS],
            "is_cut": len(found) > MOST_ROWS,
            "number": len(kept),
            "oldest": kept[-1].day if kept else None,
            "tolerance": TOLERANCE * 100,
            "bank": [f"{one.number} {one.name}" for one in now],
            "other_bank": _other_bank(kept, now),
            "gone": gone,
        }
        return show(request, page, TAB, "liquidity/history.html", context)

    return read_client(client_id, read)


def _kept(row: KeptForecast) -> Kept:
    points = tuple(
        Point(int(days), Decimal(amount), Decimal(outflow)) for days, amount, outflow in row.points
    )
    return Kept(row.day, points)


def _compared(
    kept: Sequence[KeptForecast],
    bank: Sequence[BankAccount],
    now: Sequence[BankAccount],
    moved: Mapping[str, Mapping[date, Decimal]],
    today: date,
) -> tuple[tuple[Outcome, ...], tuple[str, ...]]:
    """Each forecast beside the accounts it counted itself, and accounts that are no longer there.

    What somebody has since chosen to count as bank would else be taken for a miss. Forecasts from
    before the accounts were kept are held beside those that count now.
    """
    by_number = {one.number: one for one in bank}
    groups: dict[tuple[str, ...], list[KeptForecast]] = defaultdict(list)
    gone: dict[str, None] = {}
    for one in kept:
        numbers = [number for number, _name in one.bank] or [each.number for each in now]
        lost = [number for number in numbers if number not in by_number]
        gone |= dict.fromkeys(lost)
        if not lost:
            groups[tuple(numbers)].append(one)
    found: list[Outcome] = []
    for together, own in groups.items():
        counted = [by_number[number] for number in together]
        first = min(one.day for one in own)
        found += outcomes([_kept(one) for one in own], _actual(counted, moved, first, today))
    found.sort(key=lambda one: (one.day, one.point.days), reverse=True)
    return tuple(found), tuple(gone)


def _other_bank(kept: Sequence[KeptForecast], now: Sequence[BankAccount]) -> list[str]:
    """The accounts of the newest kept forecast that counted others than those that count now."""
    own = {one.number for one in now}
    return next(
        (
            [f"{number} {name}" for number, name in one.bank]
            for one in kept
            if one.bank and {number for number, _name in one.bank} != own
        ),
        [],
    )


def _actual(
    bank: Sequence[BankAccount],
    moved: Mapping[str, Mapping[date, Decimal]],
    first: date,
    today: date,
) -> dict[date, Decimal]:
    """What the accounts stood at on each day from the first through the day of the figures."""
    held = sum((one.balance for one in bank), ZERO)
    own = [moved.get(one.id, {}) for one in bank]
    found = {}
    day = today
    while day >= first:
        found[day] = held
        held -= sum((days.get(day, ZERO) for days in own), ZERO)
        day -= timedelta(days=1)
    return found
