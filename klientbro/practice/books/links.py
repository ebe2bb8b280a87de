"""Where what a page shows is saved from."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from klientbro.practice.books.exports import CSV, EXCEL


@dataclass(frozen=True, slots=True)
class ExportLinks:
    """Where the page is saved from; the address carries period and filter."""

    csv: str
    excel: str


def export_links(request: HttpRequest, name: str, *arguments: object) -> ExportLinks:
    """Links to the same page as a file."""
    query = request.GET.urlencode()
    end = f"?{query}" if query else ""
    csv, excel = (reverse(f"books:{name}", args=[*arguments, kind]) for kind in (CSV, EXCEL))
    return ExportLinks(csv=csv + end, excel=excel + end)
