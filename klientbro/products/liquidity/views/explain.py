"""What stands behind a figure: the lines of a day, each with its reason and its postings."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.domain.liquidity.estimates import RECENT, moved_in
from klientbro.domain.liquidity.lines import CashLine, Reason, SourceKind
from klientbro.domain.liquidity.recurring import Category
from klientbro.domain.periods import Month, month_range
from klientbro.practice.books.access import client_page
from klientbro.practice.books.texts import month_title
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import lead_on, person, product_view
from klientbro.practice.permissions import Act, may
from klientbro.products.liquidity.making import Made
from klientbro.products.liquidity.models import ExpectedDay
from klientbro.products.liquidity.texts import (
    certainty_name,
    certainty_tone,
    kind_name,
    line_title,
    reason_words,
)
from klientbro.products.liquidity.views.shared import (
    TAB,
    keep_up,
    optional_day,
    page_and_made,
    save_version,
    typed_version,
)


@dataclass(frozen=True, slots=True)
class Explained:
    """A line with everything that may be said of it."""

    line: CashLine
    title: str
    kind: str
    certainty: str
    tone: str
    reason: str
    plan: str  # where the planned line or loan behind it is edited
    expected: ExpectedDay | None
    is_item: bool
    months: tuple[tuple[str, Decimal], ...] = ()  # history behind an estimate


@require_GET
@product_view
def lines_page(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """One line by its key, or a day's lines of one kind and certainty. 404 when there are none."""
    page, made = page_and_made(client_id)
    asked = request.GET
    key = asked.get("linje", "")
    found = [
        line
        for line in made.base.lines
        if (
            line.key == key
            if key
            else line.day.isoformat() == asked.get("dag")
            and line.kind.value == asked.get("slag")
            and line.certainty.value == asked.get("sikkerhet")
        )
    ]
    if not found:
        raise Http404
    expected = {one.item: one for one in made.held.expected}
    rows = [
        Explained(
            line,
            line_title(line),
            kind_name(line.kind),
            certainty_name(line.certainty),
            certainty_tone(line.certainty),
            reason_words(line),
            _plan_address(client_id, line),
            expected.get(line.key),
            line.source.kind is SourceKind.OPEN_ITEM,
            _months(made, line),
        )
        for line in found
    ]
    context = {
        "part": "forecast",
        "rows": rows,
        "title": rows[0].title if len(rows) == 1 else rows[0].kind,
        "day": found[0].day,
        "total": sum(line.amount for line in found),
        "may_work": may(request, Act.WORK),
    }
    return show(request, page, TAB, "liquidity/lines.html", context)


@require_POST
@product_view
def set_expected(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Sets the day an open item's money is expected; an empty day takes it back."""
    client = client_page(client_id).client
    typed = request.POST
    item = typed.get("item", "")[:120]
    back = reverse("liquidity:lines", args=[client_id]) + f"?{urlencode({'linje': item})}"
    if not item.startswith(("customer:", "supplier:")):
        raise Http404
    try:
        day = optional_day(typed, "day", what=_("The expected day"))
        held = ExpectedDay.objects.filter(client_id=client.pk, item=item).first()
        if held is not None:
            values = {"day": day, "changed_by": person(request)}
            save_version(ExpectedDay, held.pk, typed_version(typed), values, delete=day is None)
        elif day is not None:
            _made, is_new = ExpectedDay.objects.get_or_create(
                client_id=client.pk,
                item=item,
                defaults={"firm_id": client.firm_id, "day": day, "changed_by": person(request)},
            )
            if not is_new:
                raise RefusedError(_("Somebody else has just set a day. Look at it anew."))
    except RefusedError as error:
        return lead_on(request, back, str(error), level=30)
    keep_up(client_id)
    return lead_on(request, back, _("The expected day has been saved."))


def _months(made: Made, line: CashLine) -> tuple[tuple[str, Decimal], ...]:
    """What the months behind an estimate moved: last year's same one, and the last twelve."""
    if line.source.reason is not Reason.ESTIMATE:
        return ()
    category, wanted = Category(line.fact("category")), Month.parse(line.fact("month"))
    this = Month.of(made.base.start)
    months = set(month_range(max(this.plus(-RECENT), made.ground.since), this.previous()))
    same = wanted.plus(-12)
    while same >= this:
        same = same.plus(-12)
    if same >= made.ground.since:
        months.add(same)
    return tuple(
        (month_title(month), moved_in(made.ground.monthly, category, month))
        for month in sorted(months)
    )


def _plan_address(client_id: UUID, line: CashLine) -> str:
    rule = line.source.rule_id
    if not rule:
        return ""
    name = "liquidity:loan" if line.key.startswith("loan:") else "liquidity:line"
    return reverse(name, args=[client_id, rule])
