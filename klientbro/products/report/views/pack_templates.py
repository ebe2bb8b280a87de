"""The firm's templates for report packs: the list, writing one, and making one of a pack."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.ledger.rows import BooksState
from klientbro.practice.books.access import ClientPage
from klientbro.practice.pages import REFUSED, lead_on, person, product_view
from klientbro.products.report.models import PackTemplate
from klientbro.products.report.pack_content import PackChoices
from klientbro.products.report.pack_templates import (
    change_template,
    delete_template,
    make_template,
    template_of,
    templates,
)
from klientbro.products.report.pack_words import example, offered
from klientbro.products.report.packs import choices_of, pack_of
from klientbro.products.report.views.packs import form_of, number_of, typed_of
from klientbro.products.report.views.shared import books_action, refused


@require_GET
@product_view
def templates_page(request: HttpRequest) -> HttpResponse:
    """The templates, and a form for a new one."""
    return render(request, "report/templates.html", {"templates": templates()})


@require_POST
@product_view
def new_template(request: HttpRequest) -> HttpResponse:
    """An empty template, ready to be written."""
    try:
        made = make_template(request.POST.get("name", ""), by=person(request))
    except RefusedError as error:
        return lead_on(request, reverse("report:templates"), str(error), messages.WARNING)
    return lead_on(request, reverse("report:template", args=[made.public_id]))


@require_GET
@product_view
def template_page(request: HttpRequest, texts_id: UUID) -> HttpResponse:
    """One template with its texts, and what they may hold."""
    return _shown(request, template_of(texts_id))


@require_POST
@product_view
def save_template(request: HttpRequest, texts_id: UUID) -> HttpResponse:
    """Saves name, parts and texts."""
    template = template_of(texts_id)
    typed = typed_of(request)
    try:
        change_template(
            template,
            name=typed.title,
            against=typed.against,
            parts=typed.parts,
            texts=typed.texts,
            seen=number_of(request, "seen"),
            by=person(request),
        )
    except RefusedError as error:
        return _shown(request, template, typed=typed, problem=error)
    return lead_on(request, reverse("report:templates"), _("The template is saved."))


@require_POST
@product_view
def remove_template(request: HttpRequest, texts_id: UUID) -> HttpResponse:
    """Takes a template away."""
    delete_template(template_of(texts_id))
    return lead_on(request, reverse("report:templates"), _("The template is deleted."))


@require_POST
@books_action
def keep_as_template(
    request: HttpRequest, page: ClientPage, state: BooksState, pack_id: UUID
) -> HttpResponse:
    """A template of what is saved in a pack."""
    pack = pack_of(page.client.pk, pack_id)
    address = reverse("report:pack", args=[page.client.public_id, pack.public_id])
    try:
        made = make_template(request.POST.get("name", ""), by=person(request), like=pack)
    except RefusedError as error:
        return refused(request, address, error)
    text = _("The texts are kept as «%(name)s», for every client.") % {"name": made.name}
    return lead_on(request, address, text)


def _shown(
    request: HttpRequest,
    template: PackTemplate,
    *,
    typed: PackChoices | None = None,
    problem: RefusedError | None = None,
) -> HttpResponse:
    choices = typed or choices_of(template)
    context: dict[str, Any] = form_of(choices) | {
        "template": template,
        "seen": request.POST.get("seen") if typed else template.version,
        "problem": str(problem) if problem else "",
        "offered": list(offered()),
        "example": example(),
    }
    return render(request, "report/template.html", context, status=REFUSED if problem else 200)
