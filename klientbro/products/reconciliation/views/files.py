"""Saves a month's documentation as PDF or Excel: small ones at once, large ones by a job."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.models import Client
from klientbro.domain.periods import Month
from klientbro.practice.books.exports import EXCEL, EXCEL_TYPE
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import lead_on, month_name, person, product_view, read_month
from klientbro.products.reconciliation.kept_files import (
    STEPS,
    ask_for_file,
    content_of,
    file_bytes,
    ground_of,
    is_large,
    newest_files,
    standing_file,
)
from klientbro.products.reconciliation.models import KeptFile
from klientbro.products.reconciliation.period_file import period_file
from klientbro.products.reconciliation.period_findings import matching_mark, with_findings
from klientbro.products.reconciliation.period_pdf import PDF_TYPE
from klientbro.products.reconciliation.views.shared import TAB, sheet_of

PDF = "pdf"
TYPES = {PDF: PDF_TYPE, EXCEL: EXCEL_TYPE}


@require_GET
@product_view
def period_document(request: HttpRequest, client_id: UUID, month: str, kind: str) -> HttpResponse:
    """The whole period; 404 before the ledger can say anything of it, or for another kind.

    A large one is made by a job: this leads to the page that shows it being made.
    """
    chosen = read_month(month)
    if kind not in TYPES:
        raise Http404
    page, sheet = sheet_of(client_id, chosen)
    if sheet is None:
        raise Http404
    if is_large(sheet):
        return lead_on(request, _address(page.client, chosen, kind))
    found = with_findings(period_file(page, sheet, timezone.now(), str(person(request))), sheet)
    return _as_file(file_bytes(found, kind), page.client, chosen, kind)


@require_GET
@product_view
def files_page(request: HttpRequest, client_id: UUID, month: str, kind: str) -> HttpResponse:
    """The period's kept files: the one being made with its progress, who made the others, when."""
    chosen = read_month(month)
    if kind not in TYPES:
        raise Http404
    if request.headers.get("HX-Request") == "true":
        client = get_object_or_404(Client, public_id=client_id)
        context = _context(client, chosen, kind)
        files = newest_files(client.pk, chosen, kind, most=1)
        context["standing"] = files and files[0].state == KeptFile.State.DONE
        return render(request, "reconciliation/parts/kept_files.html", context)
    page, sheet = sheet_of(client_id, chosen)
    if sheet is None:
        raise Http404
    found = period_file(page, sheet, timezone.now(), "")
    standing = standing_file(
        page.client.pk, chosen, kind, ground_of(found, matching_mark(page.client.pk))
    )
    context = _context(page.client, chosen, kind) | {
        "month": chosen,
        "month_name": month_name(chosen),
        "sheet": sheet,
        "standing": standing,
    }
    return show(request, page, TAB, "reconciliation/files.html", context)


@require_POST
@product_view
def make_document(request: HttpRequest, client_id: UUID, month: str, kind: str) -> HttpResponse:
    """Queues the making of the file; twice is once. One that says the same stands already."""
    chosen = read_month(month)
    if kind not in TYPES:
        raise Http404
    page, sheet = sheet_of(client_id, chosen)
    if sheet is None:
        raise Http404
    address = _address(page.client, chosen, kind)
    found = period_file(page, sheet, timezone.now(), "")
    if standing_file(page.client.pk, chosen, kind, ground_of(found, matching_mark(page.client.pk))):
        return lead_on(request, address, _("Nothing has changed: the file that is there holds."))
    ask_for_file(page.client.pk, chosen, kind, by=person(request))
    return lead_on(request, address)


@require_GET
@product_view
def kept_document(
    request: HttpRequest, client_id: UUID, month: str, kind: str, file_id: UUID
) -> HttpResponse:
    """A kept file, as it was made."""
    chosen = read_month(month)
    client = get_object_or_404(Client, public_id=client_id)
    kept = get_object_or_404(
        KeptFile,
        client=client,
        month=chosen.first_day,
        kind=kind,
        public_id=file_id,
        state=KeptFile.State.DONE,
    )
    return _as_file(content_of(kept), client, chosen, kind)


def _context(client: Client, month: Month, kind: str) -> dict[str, object]:
    files = newest_files(client.pk, month, kind)
    return {
        "client": client,
        "kind": kind,
        "month": month,
        "files": files,
        "under_way": next((each for each in files if each.state in KeptFile.UNDER_WAY), None),
        "steps": STEPS,
    }


def _address(client: Client, month: Month, kind: str) -> str:
    return reverse("reconciliation:files", args=[client.public_id, month.key, kind])


def _as_file(content: bytes, client: Client, month: Month, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=TYPES[kind])
    name = f"{_('reconciliation')}-{_file_part(client.name)}-{month.key}.{kind}"
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["Cache-Control"] = "no-store"
    return response


def _file_part(name: str) -> str:
    """A name as a file may be called: letters, digits and hyphens."""
    kept = "".join(char if char.isalnum() else "-" for char in name.lower())
    return "-".join(part for part in kept.split("-") if part)[:60]
