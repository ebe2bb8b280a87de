"""A client's loan: making, changing, taking away."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from klientbro.clients.errors import RefusedError
from klientbro.domain.liquidity.schedules import MONTHS_BETWEEN, Interval
from klientbro.practice.books.access import client_page
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import REFUSED, lead_on, person, product_view
from klientbro.products.liquidity.models import Loan
from klientbro.products.liquidity.texts import interval_name
from klientbro.products.liquidity.views.shared import (
    TAB,
    keep_up,
    save_version,
    stamp,
    typed_amount,
    typed_day,
    typed_text,
    typed_version,
)

HIGHEST_RATE = Decimal(60)


@require_http_methods(["GET", "POST"])
@product_view
def new_loan(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Makes a loan."""
    return _form(request, client_id, None)


@require_http_methods(["GET", "POST"])
@product_view
def edit_loan(request: HttpRequest, client_id: UUID, loan_id: UUID) -> HttpResponse:
    """Changes or takes away a loan. Two people at once: the second is told."""
    client = client_page(client_id).client
    held = Loan.objects.filter(client_id=client.pk, public_id=loan_id).first()
    if held is None:
        raise Http404
    return _form(request, client_id, held)


def _form(request: HttpRequest, client_id: UUID, held: Loan | None) -> HttpResponse:
    page = client_page(client_id)
    error: RefusedError | None = None
    typed = request.POST
    if request.method == "POST":
        try:
            if held is not None and typed.get("step") == "delete":
                save_version(Loan, held.pk, typed_version(typed), {}, delete=True)
                text = _("«%(title)s» has been taken away.") % {"title": held.title}
            else:
                values = read_loan(typed) | stamp(person(request))
                if held is None:
                    client = page.client
                    Loan.objects.create(firm_id=client.firm_id, client_id=client.pk, **values)
                else:
                    save_version(Loan, held.pk, typed_version(typed), values)
                text = _("«%(title)s» has been saved.") % {"title": values["title"]}
        except RefusedError as refused:
            error = refused
        else:
            keep_up(client_id)
            return lead_on(request, reverse("liquidity:plan", args=[client_id]), text)
    context = {
        "part": "plan",
        "held": held,
        "error": error,
        "intervals": [(each.value, interval_name(each)) for each in MONTHS_BETWEEN],
        "shown": {name: typed.get(name, "") for name in typed} if error else _stored(held),
        "version": held.version if held else 0,
    }
    status = REFUSED if error else 200
    return show(request, page, TAB, "liquidity/loan_form.html", context, status=status)


def read_loan(typed: QueryDict) -> dict[str, Any]:
    """The loan of a form. RefusedError names the field, the reason and the cure."""
    title = typed_text(typed, "title", 200, what=_("The name"))
    remaining = typed_amount(typed, "remaining", what=_("What is left"))
    instalment = typed_amount(typed, "instalment", what=_("The instalment"))
    rate = typed_amount(typed, "rate", what=_("The interest"))
    next_day = typed_day(typed, "next_day", what=_("The next day of payment"))
    if remaining <= 0 or instalment <= 0:
        field = "remaining" if remaining <= 0 else "instalment"
        raise RefusedError(_("What is left and the instalment are amounts above 0."), field=field)
    if not 0 <= rate <= HIGHEST_RATE:
        raise RefusedError(_("The interest is from 0 to 60 per cent a year."), field="rate")
    interval = typed.get("interval", "")
    if interval not in {each.value for each in MONTHS_BETWEEN}:
        raise RefusedError(_("Choose how often the loan is paid."), field="interval")
    return {
        "title": title,
        "remaining": remaining,
        "instalment": instalment,
        "yearly_rate": rate / 100,
        "next_day": next_day,
        "interval": interval,
        "account": typed.get("account", "").strip()[:20],
    }


def _stored(held: Loan | None) -> dict[str, Any]:
    if held is None:
        return {"interval": Interval.MONTHLY.value, "account": "2220"}
    return {
        "title": held.title,
        "remaining": held.remaining,
        "instalment": held.instalment,
        "rate": (held.yearly_rate * 100).normalize(),
        "next_day": held.next_day,
        "interval": held.interval,
        "account": held.account,
    }
