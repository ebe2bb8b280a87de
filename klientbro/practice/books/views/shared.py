"""What the ledger's views share: who may look, and what is shown before there are figures."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRefresh

from klientbro.lib.errors import UnknownAccountError
from klientbro.practice.books.access import ClientPage, client_page, read_client
from klientbro.practice.books.texts import cause_notice
from klientbro.practice.books.typed import page_number
from klientbro.practice.pages import plans_for

__all__ = ["client_view", "ledger_view", "page_number", "show"]

WAITING = "practice/books/waiting.html"
ClientView = Callable[..., HttpResponseBase]


def client_view(view: ClientView) -> ClientView:
    """A page of a client, also before it has books. The view takes (request, page, …)."""

    @wraps(view)
    def wrapped(
        request: HttpRequest, client_id: UUID, **arguments: str | int | UUID
    ) -> HttpResponseBase:
        with plans_for(request):
            return view(request, client_page(client_id), **arguments)

    return login_required(wrapped)


def ledger_view(tab: str) -> Callable[[ClientView], ClientView]:
    """A page of the books. The view takes (request, page, books, …).

    Until this year has landed the progress is shown in its place. All it reads is of one landing.
    """

    def decorate(view: ClientView) -> ClientView:
        @wraps(view)
        def wrapped(
            request: HttpRequest, client_id: UUID, **arguments: str | int | UUID
        ) -> HttpResponseBase:
            def read(page: ClientPage) -> HttpResponseBase:
                books = page.books
                if books is None or not books.is_usable:
                    return show(request, page, tab, WAITING, {})
                if has_arrived(request):
                    return HttpResponseClientRefresh()
                try:
                    return view(request, page, books, **arguments)
                except UnknownAccountError as error:
                    # a posting came before the account it is on: the next sync brings it
                    context = {"unknown_accounts": error.account_ids}
                    return show(request, page, tab, WAITING, context)

            with plans_for(request):
                return read_client(client_id, read)

        return login_required(wrapped)

    return decorate


def has_arrived(request: HttpRequest) -> bool:
    """Whether the asker is a progress panel, which the whole page can now take the place of."""
    return request.headers.get("HX-Target") == "progress"


def show(
    request: HttpRequest,
    page: ClientPage,
    tab: str,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """Renders a client's page with its head, tabs and notices."""
    shared: dict[str, Any] = {
        "page": page,
        "client": page.client,
        "books": page.books,
        "tab": tab,
        "cause": cause_notice(page.status),
        "home": reverse("books:summary", args=[page.client.public_id]),
    }
    return render(request, template, shared | context, status=status)
