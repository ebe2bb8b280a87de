"""What is planned for a client: recurring lines offered and taken, own lines, loans."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from klientbro.domain.liquidity.schedules import Interval
from klientbro.practice.books.access import client_page
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import lead_on, person, product_view
from klientbro.practice.permissions import Act, may
from klientbro.products.liquidity.models import Learned, Loan, Offer, PlannedLine
from klientbro.products.liquidity.texts import interval_name
from klientbro.products.liquidity.views.shared import TAB, keep_up

SEEN_SHOWN = 6


@require_GET
@product_view
def plan_page(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Everything planned, and what history offers. Three statements beside the client's own."""
    page = client_page(client_id)
    own = {"client_id": page.client.pk}
    offers = list(Offer.objects.filter(**own).order_by("amount", "pk"))
    shown = [
        (one, interval_name(Interval(one.interval)), list(reversed(one.seen))[:SEEN_SHOWN])
        for one in offers
    ]
    lines = PlannedLine.objects.filter(**own).order_by("first", "pk")
    loans = Loan.objects.filter(**own).order_by("next_day", "pk")
    context = {
        "part": "plan",
        "offered": [row for row in shown if row[0].state == Offer.State.OFFERED],
        "refused": [row for row in shown if row[0].state == Offer.State.REFUSED],
        "lines": [(one, interval_name(Interval(one.interval))) for one in lines],
        "loans": [
            (one, interval_name(Interval(one.interval)), one.yearly_rate * 100) for one in loans
        ],
        "is_learned": bool(offers) or Learned.objects.filter(**own).exists(),
        "may_work": may(request, Act.WORK),
    }
    return show(request, page, TAB, "liquidity/plan.html", context)


@require_POST
@product_view
def decide(request: HttpRequest, client_id: UUID, offer_id: UUID) -> HttpResponse:
    """Takes or refuses an offer, or offers it again. Pressed twice, or by two, once counts."""
    client = client_page(client_id).client
    back = reverse("liquidity:plan", args=[client_id])
    answer = request.POST.get("svar", "")
    with transaction.atomic():
        held = Offer.objects.select_for_update()
        offer = held.filter(client_id=client.pk, public_id=offer_id).first()
        if offer is None:
            raise Http404
        wanted = {
            "ta": (Offer.State.OFFERED, Offer.State.TAKEN),
            "avvis": (Offer.State.OFFERED, Offer.State.REFUSED),
            "tilby": (Offer.State.REFUSED, Offer.State.OFFERED),
        }.get(answer)
        if wanted is None or offer.state != wanted[0]:
            text = _("«%(title)s» has been decided already.") % {"title": offer.title}
            return lead_on(request, back, text, level=30)
        offer.state = wanted[1]
        offer.decided_at, offer.decided_by = timezone.now(), person(request)
        offer.save(update_fields=["state", "decided_at", "decided_by"])
        if offer.state == Offer.State.TAKEN:
            PlannedLine.objects.create(
                firm_id=client.firm_id,
                client_id=client.pk,
                title=offer.title,
                amount=offer.amount,
                first=offer.next_day,
                interval=offer.interval,
                kind=offer.kind,
                account=offer.account,
                party=offer.party,
                offer_key=offer.key,
                changed_by=person(request),
            )
    keep_up(client_id)
    text = {
        "ta": _("«%(title)s» is a line in the forecast now."),
        "avvis": _("«%(title)s» is not offered again."),
        "tilby": _("«%(title)s» is offered again."),
    }[answer] % {"title": offer.title}
    return lead_on(request, back, text)
