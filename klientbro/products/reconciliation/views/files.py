"""Saves a month's documentation as PDF or Excel. Made while it is asked for; nothing is kept."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from klientbro.practice.books.exports import EXCEL, EXCEL_TYPE
from klientbro.practice.pages import person, product_view
from klientbro.practice.permissions import Act
from klientbro.products.reconciliation.period_excel import period_excel
from klientbro.products.reconciliation.period_file import period_file
from klientbro.products.reconciliation.period_pdf import PDF_TYPE, period_pdf
from klientbro.products.reconciliation.views.shared import read_month, sheet_of

PDF = "pdf"


@require_GET
@product_view(Act.SEE)
def period_document(request: HttpRequest, client_id: UUID, month: str, kind: str) -> HttpResponse:
    """The whole period; 404 before the ledger can say anything of it, or for another kind."""
    chosen = read_month(month)
    if kind not in (PDF, EXCEL):
        raise Http404
    page, sheet = sheet_of(client_id, chosen)
    if sheet is None:
        raise Http404
    found = period_file(page, sheet, timezone.now(), str(person(request)))
    content = period_pdf(found) if kind == PDF else period_excel(found)
    response = HttpResponse(content, content_type=PDF_TYPE if kind == PDF else EXCEL_TYPE)
    name = f"{_('reconciliation')}-{_file_part(page.client.name)}-{chosen.key}.{kind}"
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["Cache-Control"] = "no-store"
    return response


def _file_part(name: str) -> str:
    """A name as a file may be called: letters, digits and hyphens."""
    kept = "".join(char if char.isalnum() else "-" for char in name.lower())
    return "-".join(part for part in kept.split("-") if part)[:60]
