"""Finds an account or a voucher in one client's books, for the Ctrl-K finder."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from klientbro.ledger.queries import find
from klientbro.lib.dates import format_date
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.typed import typed_text
from klientbro.practice.books.views.shared import client_view


@require_GET
@client_view
def find_in_books(request: HttpRequest, page: ClientPage) -> JsonResponse:
    """Hits as {label, note, url}, best first; none while there are no books."""
    hits: list[dict[str, str]] = []
    if page.books is not None and page.books.is_usable:
        client_id = page.client.public_id
        found = find(page.books.connection_id, typed_text(request.GET, "q"))
        hits += [
            {
                "label": f"{account.number} {account.name}",
                "note": page.client.name,
                "url": reverse("books:account", args=[client_id, account.id]),
            }
            for account in found.accounts
        ]
        hits += [
            {
                "label": _("Voucher %(number)s") % {"number": voucher.voucher_no},
                "note": format_date(voucher.posting_date) if voucher.posting_date else "",
                "url": reverse("books:voucher", args=[client_id, voucher.voucher_no])
                + f"?id={voucher.voucher_id}",
            }
            for voucher in found.vouchers
        ]
    return JsonResponse({"hits": hits})
