"""«Vis bilag»: a job fetches the document, the page waits for it and shows it from our address."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.typed import typed_text
from klientbro.practice.books.views.shared import client_view
from klientbro.shell.headers import may_be_framed
from klientbro.sync.models import DocumentRequest
from klientbro.sync.services import request_document
from klientbro.tenants.services import firm_envelopes

# What a browser may show inside our page; anything else is handed over as a file.
SHOWN_IN_PAGE = ("application/pdf", "image/png", "image/jpeg")
LONGEST_WAIT_POLLS = 60


@require_POST
@client_view
def fetch_document(request: HttpRequest, page: ClientPage) -> HttpResponse:
    """Asks for the document of a voucher and shows that it is under way."""
    voucher_id = typed_text(request.POST, "bilag")
    if not voucher_id or page.books is None or not page.books.is_active:
        raise Http404
    asked = request_document(page.connection, voucher_id)
    return redirect(
        "books:document_state", client_id=page.client.public_id, request_id=asked.public_id
    )


@require_GET
@client_view
def document_state(request: HttpRequest, page: ClientPage, request_id: UUID) -> HttpResponse:
    """How far it has come: the page asks until it has an answer, for a minute at the most."""
    asked = _request(page, request_id)
    polls = int(request.GET.get("n", "0")) if request.GET.get("n", "0").isdigit() else 0
    context = {
        "client": page.client,
        "asked": asked,
        "system_name": page.system_name,
        "is_waiting": asked.state != "done" and polls < LONGEST_WAIT_POLLS,
        "is_shown_in_page": asked.content_type in SHOWN_IN_PAGE,
        "polls": polls + 1,
    }
    is_part = getattr(request, "htmx", False)
    template = "document_part.html" if is_part else "document.html"
    return render(request, f"practice/books/{template}", context)


@require_GET
@client_view
def document(request: HttpRequest, page: ClientPage, request_id: UUID) -> HttpResponse:
    """The document itself, opened for the firm it belongs to only."""
    asked = _request(page, request_id)
    if asked.content_sealed is None:
        raise Http404
    content = firm_envelopes().open_bytes("document", bytes(asked.content_sealed))
    is_shown = asked.content_type in SHOWN_IN_PAGE
    response = HttpResponse(
        content, content_type=asked.content_type if is_shown else "application/octet-stream"
    )
    name = asked.file_name or "bilag"
    response["Content-Disposition"] = content_disposition_header(not is_shown, name) or ""
    response["Cache-Control"] = "private, no-store"
    return may_be_framed(response)


def _request(page: ClientPage, request_id: UUID) -> DocumentRequest:
    """The request, only of a connection of this client."""
    return get_object_or_404(
        DocumentRequest, public_id=request_id, connection__client_id=page.client.pk
    )
