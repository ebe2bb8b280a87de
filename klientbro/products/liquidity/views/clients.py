"""Likviditet's first page: every active client with its lowest point and first day under."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from klientbro.clients.models import Client, Connection
from klientbro.domain.periods import Month
from klientbro.ledger.queries.many import books_of_clients, month_states
from klientbro.ledger.rows import MonthState
from klientbro.practice.books.texts import month_name, seal_tone
from klientbro.practice.books.typed import page_number, typed_text
from klientbro.practice.pages import product_view
from klientbro.products.liquidity.models import Standing
from klientbro.shell.finding import clients_matching
from klientbro.shell.paging import pages_of

PAGE_SIZE = 50
ORDERS = ("klient", "under", "lavest")


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client with what its forecast comes to."""

    client: Client
    standing: Standing | None
    seal: str
    is_active: bool
    stopped_at: datetime | None

    @property
    def is_under(self) -> bool:
        return self.standing is not None and self.standing.first_under is not None


@require_GET
@product_view
def clients_page(request: HttpRequest) -> HttpResponse:
    """Active clients, and those that were and have a forecast. A fixed number of statements."""
    search = typed_text(request.GET, "q")
    order = request.GET.get("sorter", "under")
    order = order if order in ORDERS else "under"
    own = Standing.objects.filter(client=OuterRef("pk"))
    shown = clients_matching(search).filter(
        Exists(Connection.objects.filter(client=OuterRef("pk"), is_active=True)) | Exists(own)
    )
    if order != "klient":
        field = "first_under" if order == "under" else "lowest"
        shown = shown.annotate(
            chosen=Subquery(own.values(field)[:1]), lowest=Subquery(own.values("lowest")[:1])
        ).order_by(F("chosen").asc(nulls_last=True), F("lowest").asc(nulls_last=True), "sort_key")
    paginator = Paginator(shown, PAGE_SIZE)
    part = list(paginator.get_page(page_number(request.GET)).object_list)
    ids = [client.pk for client in part]
    standings = {each.client_id: each for each in Standing.objects.filter(client_id__in=ids)}
    books = books_of_clients(ids)
    month = Month.of(timezone.localdate()).previous()
    states = month_states([each.connection_id for each in books.values()], month, month)
    rows = []
    for client in part:
        held = books.get(client.pk)
        state = states.get(held.connection_id, {}).get(month) if held else None
        unproved = MonthState.OPEN if held else MonthState.MISSING
        rows.append(
            ClientRow(
                client,
                standings.get(client.pk),
                seal_tone(state or unproved),
                bool(held and held.is_active),
                (held.as_of or held.stopped_at) if held else None,
            )
        )
    context = {
        "rows": rows,
        "pages": pages_of(request, paginator.count, PAGE_SIZE),
        "search": search,
        "order": order,
        "month_name": month_name(month),
    }
    return render(request, "liquidity/clients.html", context)
