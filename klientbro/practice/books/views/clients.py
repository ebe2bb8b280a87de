"""The firm's clients, and one client's summary: where the copy stands and what it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRefresh

from klientbro.clients.models import Client, Connection
from klientbro.domain.periods import FinancialYear, Month
from klientbro.ledger.queries import (
    late_counts,
    month_marks,
    open_findings,
    open_item_totals,
)
from klientbro.ledger.rows import BooksState, MonthMark, MonthState
from klientbro.lib.dates import oslo_date
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.texts import connection_tone, connection_words
from klientbro.practice.books.typed import page_number, typed_text
from klientbro.practice.books.views.shared import client_view, has_arrived, show
from klientbro.shell.finding import clients_matching
from klientbro.shell.paging import pages_of
from klientbro.sync.services import ConnectionState, connection_states

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class ClientRow:
    client: Client
    status: ConnectionState

    @property
    def words(self) -> str:
        return connection_words(self.status)

    @property
    def tone(self) -> str:
        return connection_tone(self.status)


@dataclass(frozen=True, slots=True)
class SealedYear:
    """A financial year with a mark for each month."""

    year: FinancialYear
    marks: tuple[MonthMark, ...]

    @property
    def newest(self) -> Month:
        """The last month of the year that has begun."""
        begun = [mark.month for mark in self.marks if mark.state is not MonthState.AHEAD]
        return begun[-1] if begun else self.year.first_month

    @property
    def begun(self) -> int:
        """How many of its months there are books for so far."""
        outside = (MonthState.AHEAD, MonthState.BEFORE)
        return sum(1 for mark in self.marks if mark.state not in outside)

    @property
    def sealed(self) -> int:
        return sum(1 for mark in self.marks if mark.is_sealed)


@require_GET
@login_required
def clients_page(request: HttpRequest) -> HttpResponse:
    """Every client of the firm by name. A fixed number of statements."""
    search = typed_text(request.GET, "q")
    paginator = Paginator(clients_matching(search), PAGE_SIZE)
    part = paginator.get_page(page_number(request.GET))
    context = {
        "search": search,
        "rows": _with_status(part.object_list),
        "total": paginator.count,
        "pages": pages_of(request, paginator.count, PAGE_SIZE),
    }
    return render(request, "practice/books/clients.html", context)


@require_GET
@client_view
def summary_page(request: HttpRequest, page: ClientPage) -> HttpResponse:
    """Sammendrag: status, seals year by year, the last sync, open items and the settings."""
    context: dict[str, object] = {}
    if page.books is not None and page.books.is_usable:
        if has_arrived(request):
            return HttpResponseClientRefresh()
        books = page.books
        context = {
            "years": sealed_years(books, page),
            "items": open_item_totals(books.connection_id),
            "late": late_counts(books.connection_id),
            "findings": open_findings(books.connection_id),
            "current_year": books.year_of(Month.of(page.today)),
        }
    return show(request, page, "summary", "practice/books/summary.html", context)


def sealed_years(books: BooksState, page: ClientPage) -> tuple[SealedYear, ...]:
    """The years through the present one, newest first. One statement."""
    as_of = oslo_date(books.as_of) if books.as_of else page.today
    years = [year for year in books.years if year.start <= as_of]
    if not years:
        return ()
    marks = month_marks(books, years[0].first_month, years[-1].last_month, page.today)
    return tuple(
        SealedYear(year, tuple(mark for mark in marks if mark.month in year.period))
        for year in reversed(years)
    )


def _with_status(clients: Iterable[Client]) -> list[ClientRow]:
    """Each client with the state of the connection that supplies its books. Two statements."""
    chosen: dict[int, int] = {}
    shown = list(clients)
    # the last one written wins: deleted and inactive come first
    for connection_id, client_id in (
        Connection.objects.filter(client__in=shown)
        .order_by("is_active", "-deleted_at", "activated_at", "pk")
        .values_list("pk", "client_id")
    ):
        if client_id is not None:
            chosen[client_id] = connection_id
    states = connection_states(chosen.values())
    return [
        ClientRow(client, states.get(chosen.get(client.pk, 0), ConnectionState()))
        for client in shown
    ]
