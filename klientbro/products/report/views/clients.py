"""Rapport's first page: every active client with its result so far, its seal and its packs."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from klientbro.clients.models import Connection
from klientbro.domain.money import ZERO
from klientbro.domain.periods import MONTHS_IN_YEAR, Month
from klientbro.ledger.queries.many import ClientBooks, books_of_clients, month_states
from klientbro.ledger.queries.reporting import year_results
from klientbro.ledger.rows import MonthState
from klientbro.practice.books.texts import seal_tone, state_words
from klientbro.practice.books.typed import page_number, typed_text
from klientbro.practice.pages import month_choices, month_name, product_view
from klientbro.products.report.client_html import ClientRow, client_rows
from klientbro.products.report.models import Budget, Pack, Published
from klientbro.products.report.views.shared import listed_month
from klientbro.shell.finding import clients_matching
from klientbro.shell.paging import pages_of

PAGE_SIZE = 50
MONTHS_BACK = 24


@require_GET
@product_view
def clients_page(request: HttpRequest) -> HttpResponse:
    """Clients that are or have been active. A fixed number of statements."""
    month = listed_month(request.GET.get("maned", ""))
    search = typed_text(request.GET, "q")
    shown = clients_matching(search).filter(
        # deactivated is kept, with its figures as they were; a removed one where it has work done
        Exists(
            Connection.objects.filter(
                Q(is_active=True) | Q(activated_at__isnull=False, deleted_at=None),
                client=OuterRef("pk"),
            )
        )
        | Exists(Pack.objects.filter(client=OuterRef("pk")))
        | Exists(Budget.objects.filter(client=OuterRef("pk")))
    )
    paginator = Paginator(shown, PAGE_SIZE)
    part = list(paginator.get_page(page_number(request.GET)).object_list)
    books = books_of_clients([client.pk for client in part])
    held = list(books.values())
    figures = _results(held, month)
    states = month_states([each.connection_id for each in held], month, month)
    packs = _packs([client.pk for client in part], month)
    rows = []
    for client in part:
        own = books.get(client.pk)
        result, last_year = figures.get(own.connection_id, (None, None)) if own else (None, None)
        state = states.get(own.connection_id, {}).get(month) if own else None
        shown_state = state or _unproved(own, month)
        pack, is_published = packs.get(client.pk, (None, False))
        rows.append(
            ClientRow(
                client=client,
                is_active=bool(own and own.is_active),
                stopped_at=(own.as_of or own.stopped_at) if own else None,
                result=result,
                last_year=last_year,
                tone=seal_tone(shown_state),
                state=state_words(shown_state),
                pack_id=pack,
                is_published=is_published,
            )
        )
    context = {
        "rows": client_rows(rows, month),
        "pages": pages_of(request, paginator.count, PAGE_SIZE),
        "search": search,
        "month": month,
        "month_name": month_name(month),
        "months": month_choices(MONTHS_BACK),
    }
    return render(request, "report/clients.html", context)


def _packs(client_ids: list[int], month: Month) -> dict[int, tuple[UUID, bool]]:
    """The month's newest pack of each client, and whether it is published. One statement."""
    found = (
        Pack.objects.filter(client__in=client_ids, month=month.first_day, removed_at=None)
        .annotate(is_published=Exists(Published.objects.filter(pack=OuterRef("pk"))))
        .order_by("pk")
        .values_list("client_id", "public_id", "is_published")
    )
    return {client: (pack, is_published) for client, pack, is_published in found}


def _unproved(books: ClientBooks | None, month: Month) -> MonthState:
    if books is None or not books.is_usable or books.covered_from is None:
        return MonthState.MISSING
    is_covered = books.is_anchored_at_conversion or month.first_day >= books.covered_from
    if not is_covered:
        return MonthState.MISSING
    return MonthState.OPEN


def _results(
    books: Sequence[ClientBooks], month: Month
) -> dict[int, tuple[Decimal | None, Decimal | None]]:
    """This year's result and last year's by connection, a profit positive; None where the books
    do not reach."""
    wanted = [
        (each.connection_id, each.year_start(month).first_day, each.anchor_date)
        for each in books
        if each.is_usable and each.anchor_date is not None
    ]
    found = year_results(wanted, month)
    results: dict[int, tuple[Decimal | None, Decimal | None]] = {}
    for each in books:
        this_year, last_year = found.get(each.connection_id, (ZERO, ZERO))
        start = each.year_start(month)
        results[each.connection_id] = (
            ZERO - this_year if _reaches(each, start, month) else None,
            ZERO - last_year if _holds(each, start.plus(-MONTHS_IN_YEAR)) else None,
        )
    return results


def _holds(books: ClientBooks, first: Month) -> bool:
    """Whether every posting from the month on is held."""
    return books.covered_from is not None and books.covered_from <= first.first_day


def _reaches(books: ClientBooks, start: Month, month: Month) -> bool:
    """Whether the year so far is known: held from its start, or taken over within it."""
    if not books.is_usable or books.anchor_date is None:
        return False
    return _holds(books, start) or start.first_day <= books.anchor_date <= month.last_day
