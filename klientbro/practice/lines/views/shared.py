"""What the pages of report lines share: whose rules they are, and where the pages lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from klientbro.practice.books.access import ClientPage, client_page
from klientbro.practice.books.views.shared import show
from klientbro.practice.permissions import Act, may

TAB = "lines"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rules a page is about: a client's, or the firm's where there is none."""

    page: ClientPage | None

    @property
    def client_id(self) -> int | None:
        return self.page.client.pk if self.page else None

    def address(self, name: str) -> str:
        """The address of a page of the scope, or of what a form of it is sent to."""
        if self.page is None:
            return reverse(f"lines:firm_{name}")
        return reverse(f"lines:client_{name}", args=[self.page.client.public_id])

    def show(
        self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        """Renders the page within the client's pages, or on its own for the firm."""
        shared = {
            "scope": self,
            "home_of_lines": self.address("page"),
            "save_address": self.address("save"),
            "may_change": may(request, Act.EDIT_REPORT_LINES if self.page else Act.EDIT_TEMPLATES),
        }
        if self.page is not None:
            shared["base"] = "practice/lines/client_base.html"
            return show(request, self.page, TAB, template, shared | context, status=status)
        shared["base"] = "practice/lines/firm_base.html"
        return render(request, template, shared | context, status=status)


def scope_of(client_id: UUID | None) -> Scope:
    """The firm's scope, or the client's: 404 where one may not see the client."""
    return Scope(client_page(client_id) if client_id else None)
