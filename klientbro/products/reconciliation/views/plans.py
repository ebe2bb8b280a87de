"""The firm's reconciliation plans: seeing and editing them, and giving one to a client."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.facts import people_of_firm
from klientbro.domain.reconciliation.methods import Frequency, Method
from klientbro.lib.numbers import parse_typed_number
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import (
    REFUSED,
    lead_on,
    month_name,
    person,
    person_id,
    product_view,
    read_month,
)
from klientbro.products.reconciliation.models import PlanTemplate
from klientbro.products.reconciliation.plan_templates import (
    FORMS,
    MOST_LINES,
    STANDARD,
    TemplateLine,
    bring_in_standard,
    give_template,
    lines_of,
    proposals,
    save_template,
)
from klientbro.products.reconciliation.texts import frequency_names, method_names
from klientbro.products.reconciliation.views.shared import (
    TAB,
    keep_progress,
    refused,
    sheet_of,
)
from klientbro.shell.markup import Options

SPARE_LINES = 3
EVERY_FORM = "alle"  # '' in an address


@require_GET
@product_view
def plans_page(request: HttpRequest) -> HttpResponse:
    """Every template of the firm with how many lines it has. One statement."""
    held = {
        template.company_form: template.lines.all()
        for template in PlanTemplate.objects.prefetch_related("lines")
    }
    context: dict[str, Any] = {
        "rows": [
            (form or EVERY_FORM, form_name(form), len(held[form])) for form in FORMS if form in held
        ],
        "others": [(form or EVERY_FORM, form_name(form)) for form in FORMS if form not in held],
        "lacks_standard": any(form not in held for form in STANDARD),
    }
    return render(request, "reconciliation/plans.html", context)


@require_POST
@product_view
def standard_plans(request: HttpRequest) -> HttpResponse:
    """Brings in the standard plans; again it only adds what is missing."""
    made = bring_in_standard()
    text = ngettext(
        "%(count)s plan has been brought in.", "%(count)s plans have been brought in.", made
    ) % {"count": made}
    return lead_on(request, reverse("reconciliation:plans"), text)


@require_http_methods(["GET", "POST"])
@product_view
def plan_page(request: HttpRequest, form: str) -> HttpResponse:
    """One template and its lines."""
    wanted = _form(form)
    lines, version = lines_of(wanted)
    context: dict[str, Any] = {
        "form": form,
        "form_name": form_name(wanted),
        "version": version,
        "lines": [*lines, *[None] * SPARE_LINES],
        "methods": Options(method_names().items()),
        "frequencies": Options(frequency_names().items()),
        "people": Options(
            [("", _("Anybody")), *((each.pk, str(each)) for each in people_of_firm())]
        ),
    }
    if request.method != "POST":
        return render(request, "reconciliation/plan.html", context)
    typed = request.POST
    try:
        read = _typed_lines(typed)
        context["lines"] = [*read, *[None] * SPARE_LINES]
        save_template(wanted, read, version=_number(typed.get("version", "")))
    except RefusedError as error:
        return render(
            request,
            "reconciliation/plan.html",
            context | {"problem": str(error)},
            status=REFUSED,
        )
    text = _("The plan for %(form)s has been saved.") % {"form": form_name(wanted)}
    return lead_on(request, reverse("reconciliation:plans"), text)


@require_http_methods(["GET", "POST"])
@product_view
def give_plan(request: HttpRequest, client_id: UUID, month: str) -> HttpResponse:
    """What a template would change for a client, shown before it is done."""
    chosen = read_month(month)
    page, sheet = sheet_of(client_id, chosen)
    if sheet is None or sheet.grounds is None:
        raise Http404
    asked = request.POST if request.method == "POST" else request.GET
    own_form = sheet.grounds.facts.company_form.value
    held = list(PlanTemplate.objects.values_list("company_form", flat=True))
    fitting = own_form if own_form in held else ""
    form = _form(asked["mal"]) if asked.get("mal") else fitting
    found = proposals(sheet, form)
    address = reverse("reconciliation:give_plan", args=[client_id, chosen.key])
    if request.method == "POST":
        picked = dict(each.rpartition("|")[::2] for each in asked.getlist("account"))
        versions = {account: _number(version) for account, version in picked.items()}
        try:
            count = give_template(page.client.pk, found, versions, by=person(request))
        except RefusedError as error:
            return refused(request, f"{address}?mal={form or EVERY_FORM}", error)
        keep_progress(client_id, chosen)
        text = ngettext(
            "%(count)s account got the plan.", "%(count)s accounts got the plan.", count
        ) % {"count": count}
        return lead_on(request, reverse("reconciliation:month", args=[client_id, chosen.key]), text)
    context: dict[str, Any] = {
        "month": chosen,
        "month_name": month_name(chosen),
        "form": form or EVERY_FORM,
        "forms": [(each or EVERY_FORM, form_name(each)) for each in FORMS if each in held],
        "changed": [one for one in found if one.changes],
        "same": sum(1 for one in found if not one.changes),
        "names": {each.pk: str(each) for each in people_of_firm()},
    }
    return show(request, page, TAB, "reconciliation/give_plan.html", context)


def form_name(form: str) -> str:
    """A company form in words."""
    return {
        "": _("Every company form"),
        "AS": _("Limited company (AS)"),
        "ASA": _("Public limited company (ASA)"),
        "ENK": _("Sole proprietor (ENK)"),
        "ANS": _("General partnership (ANS)"),
        "DA": _("Partnership with shared liability (DA)"),
        "KS": _("Limited partnership (KS)"),
        "NUF": _("Branch of a foreign company (NUF)"),
        "SA": _("Co-operative (SA)"),
        "FLI": _("Association (FLI)"),
        "STI": _("Foundation (STI)"),
        "BRL": _("Housing co-operative (BRL)"),
        "ESEK": _("Owners' association (ESEK)"),
    }.get(form, form)


def _form(text: str) -> str:
    """The form of an address; 404 when there is none."""
    form = "" if text == EVERY_FORM else text
    if form not in FORMS:
        raise Http404
    return form


def _typed_lines(typed: QueryDict) -> list[TemplateLine]:
    """The form's lines that say which accounts they are for."""
    people = people_of_firm()
    documented = set(typed.getlist("document"))
    columns = zip(
        typed.getlist("prefix")[:MOST_LINES],
        typed.getlist("method"),
        typed.getlist("frequency"),
        typed.getlist("assignee"),
        typed.getlist("materiality"),
        strict=False,
    )
    lines = []
    for at, (prefix, method, frequency, assignee, materiality) in enumerate(columns):
        if not prefix.strip():
            continue
        amount = parse_typed_number(materiality.strip() or "0")
        if method not in set(Method) or frequency not in set(Frequency):
            raise RefusedError(_("Choose a method and how often."), field="method")
        if amount is None:
            raise RefusedError(
                _("The materiality cannot be read. Write it as 1 000,00."), field="materiality"
            )
        lines.append(
            TemplateLine(
                prefix.strip(),
                Method(method),
                Frequency(frequency),
                person_id(people, assignee),
                amount,
                str(at) in documented,
            )
        )
    return lines


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
