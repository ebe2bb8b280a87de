"""Avstemming's first page: every active client with how far its month has come."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from klientbro.clients.models import Client, Connection
from klientbro.domain.periods import Month
from klientbro.ledger.queries.many import books_of_clients, month_states
from klientbro.ledger.rows import MonthState
from klientbro.practice.books.texts import seal_tone
from klientbro.practice.books.typed import page_number, typed_text
from klientbro.practice.pages import month_choices, month_name, product_view
from klientbro.products.reconciliation.models import Progress
from klientbro.products.reconciliation.progress import Counts, progress_of
from klientbro.products.reconciliation.views.shared import MONTHS_BACK, last_month
from klientbro.shell.finding import clients_matching
from klientbro.shell.paging import pages_of

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client with its month."""

    client: Client
    counts: Counts | None
    seal: str
    is_active: bool
    stopped_at: object

    @property
    def to_review(self) -> int:
        """Prepared and waiting for a reviewer."""
        counts = self.counts
        return counts.prepared - counts.reviewed - counts.suspended if counts else 0

    @property
    def share(self) -> int:
        counts = self.counts
        return round(100 * counts.reviewed / counts.to_do) if counts and counts.to_do else 0


@require_GET
@product_view
def clients_page(request: HttpRequest) -> HttpResponse:
    """Active clients, and those that were and have work done. A fixed number of statements."""
    month = _month(request)
    search = typed_text(request.GET, "q")
    shown = clients_matching(search).filter(
        Exists(Connection.objects.filter(client=OuterRef("pk"), is_active=True))
        | Exists(Progress.objects.filter(client=OuterRef("pk")))
    )
    paginator = Paginator(shown, PAGE_SIZE)
    part = list(paginator.get_page(page_number(request.GET)).object_list)
    ids = [client.pk for client in part]
    books = books_of_clients(ids)
    states = month_states([each.connection_id for each in books.values()], month, month)
    progress = progress_of(ids, month.first_day)
    rows = []
    for client in part:
        held = books.get(client.pk)
        unproved = MonthState.OPEN if held else MonthState.MISSING
        state = states.get(held.connection_id, {}).get(month) if held else None
        rows.append(
            ClientRow(
                client,
                progress.get(client.pk),
                seal_tone(state or unproved),
                bool(held and held.is_active),
                (held.as_of or held.stopped_at) if held else None,
            )
        )
    context = {
        "rows": rows,
        "total": paginator.count,
        "pages": pages_of(request, paginator.count, PAGE_SIZE),
        "search": search,
        "month": month,
        "month_name": month_name(month),
        "months": month_choices(MONTHS_BACK),
    }
    return render(request, "reconciliation/clients.html", context)


def _month(request: HttpRequest) -> Month:
    try:
        return Month.parse(request.GET.get("maned", ""))
    except ValueError:
        return last_month()
