"""A manual line, or a recurring one that was taken: making, changing, matching, taking away."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from klientbro.clients.errors import RefusedError
from klientbro.domain.liquidity.lines import Kind
from klientbro.domain.liquidity.schedules import Interval
from klientbro.domain.money import ZERO
from klientbro.practice.books.access import client_page
from klientbro.practice.books.typed import voucher_number
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import REFUSED, lead_on, person, product_view
from klientbro.products.liquidity.models import Offer, PlannedLine
from klientbro.products.liquidity.texts import interval_name, kind_name
from klientbro.products.liquidity.views.shared import (
    TAB,
    keep_up,
    optional_day,
    save_version,
    stamp,
    typed_amount,
    typed_day,
    typed_text,
    typed_version,
)

OUT_KINDS = (Kind.OTHER_OUT, Kind.SUPPLIERS, Kind.WAGES, Kind.LOAN, Kind.ADVANCE_TAX, Kind.VAT)
IN_KINDS = (Kind.OTHER_IN, Kind.CUSTOMERS)
# What an amount may hold of VAT, by the word of the form.
VAT_RATES = {"25": Decimal("0.25"), "15": Decimal("0.15"), "12": Decimal("0.12")}


@require_http_methods(["GET", "POST"])
@product_view
def new_line(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Makes a manual line."""
    return _form(request, client_id, None)


@require_http_methods(["GET", "POST"])
@product_view
def edit_line(request: HttpRequest, client_id: UUID, line_id: UUID) -> HttpResponse:
    """Changes or takes away a line. Two people at once: the second is told."""
    client = client_page(client_id).client
    held = PlannedLine.objects.filter(client_id=client.pk, public_id=line_id).first()
    if held is None:
        raise Http404
    return _form(request, client_id, held)


def _form(request: HttpRequest, client_id: UUID, held: PlannedLine | None) -> HttpResponse:
    page = client_page(client_id)
    error: RefusedError | None = None
    if request.method == "POST":
        try:
            text = _save(request, page.client, held)
        except RefusedError as refused:
            error = refused
        else:
            keep_up(client_id)
            return lead_on(request, reverse("liquidity:plan", args=[client_id]), text)
    context = {
        "part": "plan",
        "held": held,
        "typed": request.POST if error else None,
        "error": error,
        "intervals": [(each.value, interval_name(each)) for each in Interval],
        "kinds": [(each.value, kind_name(each)) for each in (*OUT_KINDS, *IN_KINDS)],
        "vat_rates": [(key, f"{key} %") for key in VAT_RATES],
        "shown": _shown(held, request.POST if error else None),
        "version": held.version if held else 0,
    }
    status = REFUSED if error else 200
    return show(request, page, TAB, "liquidity/line_form.html", context, status=status)


def _save(request: HttpRequest, client: Any, held: PlannedLine | None) -> str:
    typed = request.POST
    if held is not None and typed.get("step") == "delete":
        save_version(PlannedLine, held.pk, typed_version(typed), {}, delete=True)
        if held.offer_key:
            Offer.objects.filter(client_id=client.pk, key=held.offer_key).update(
                state=Offer.State.REFUSED
            )
        return _("«%(title)s» has been taken away.") % {"title": held.title}
    values = read_line(typed) | stamp(person(request))
    if held is None:
        PlannedLine.objects.create(firm_id=client.firm_id, client_id=client.pk, **values)
    else:
        save_version(PlannedLine, held.pk, typed_version(typed), values)
    return _("«%(title)s» has been saved.") % {"title": values["title"]}


def read_line(typed: QueryDict) -> dict[str, Any]:
    """The line of a form. RefusedError names the field, the reason and the cure."""
    title = typed_text(typed, "title", 200, what=_("The text"))
    amount = typed_amount(typed, "amount", what=_("The amount"))
    first = typed_day(typed, "first", what=_("The first day"))
    last = optional_day(typed, "last", what=_("The last day"))
    if not amount:
        raise RefusedError(_("A line of 0 moves no money. Write an amount."), field="amount")
    is_in = typed.get("direction") == "in"
    amount = abs(amount) if is_in else -abs(amount)
    interval = typed.get("interval", "")
    if interval not in set(Interval):
        raise RefusedError(_("Choose how often the line comes."), field="interval")
    if last is not None and last < first:
        raise RefusedError(
            _("The last day is before the first. Correct one of them."), field="last"
        )
    kind = typed.get("kind", "")
    allowed = IN_KINDS if is_in else OUT_KINDS
    if kind not in {each.value for each in allowed}:
        kind = allowed[0].value
    voucher = typed.get("settled", "").strip()
    settled = voucher_number(voucher)
    if voucher and (settled is None or interval != Interval.ONCE.value):
        raise RefusedError(
            _("Only a line that comes once can be matched, with the number of one voucher."),
            field="settled",
        )
    account, party = typed.get("account", "").strip()[:20], typed.get("party", "").strip()[:50]
    vat_rate = VAT_RATES.get(typed.get("vat", ""), ZERO)
    if vat_rate and (account or party):
        raise RefusedError(
            _(
                "What comes again on an account or from somebody has its VAT in the usual "
                "already. Choose no VAT, or take the account and the number away."
            ),
            field="vat",
        )
    return {
        "title": title,
        "amount": amount,
        "vat_rate": vat_rate,
        "first": first,
        "last": last,
        "interval": interval,
        "kind": kind,
        "account": account,
        "party": party,
        "settled_voucher": settled,
    }


def _shown(held: PlannedLine | None, typed: QueryDict | None) -> dict[str, Any]:
    """What stands in the form: what was typed, else what is stored."""
    if typed is not None:
        return {name: typed.get(name, "") for name in typed}
    if held is None:
        return {"interval": Interval.ONCE.value, "direction": "out", "kind": Kind.OTHER_OUT.value}
    return {
        "title": held.title,
        "amount": abs(held.amount),
        "direction": "in" if held.amount > 0 else "out",
        "first": held.first,
        "last": held.last,
        "interval": held.interval,
        "kind": held.kind,
        "account": held.account,
        "party": held.party,
        "settled": held.settled_voucher or "",
        "vat": next((key for key, rate in VAT_RATES.items() if rate == held.vat_rate), ""),
    }
