"""The forecast page: figures, drawing, buckets and the lines behind, base and scenario."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from klientbro.domain.liquidity.buckets import Balance, Bucket, Horizon
from klientbro.domain.liquidity.lines import CashLine, Certainty, Kind
from klientbro.domain.liquidity.lowest import depth, path_to
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month
from klientbro.ledger.queries.months import month_marks
from klientbro.practice.books.texts import month_title, seal_tone, state_words
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import product_view
from klientbro.practice.permissions import Act, may
from klientbro.products.liquidity.chart import draw
from klientbro.products.liquidity.choosing import changes_of
from klientbro.products.liquidity.forecast_html import BucketRow, Row, bucket_rows, line_rows
from klientbro.products.liquidity.making import Beside, Made, beside
from klientbro.products.liquidity.models import Offer
from klientbro.products.liquidity.scenario_texts import change_words
from klientbro.products.liquidity.texts import (
    certainty_name,
    certainty_tone,
    horizon_name,
    kind_name,
    left_out_words,
    line_title,
    notice_words,
    source_words,
)
from klientbro.products.liquidity.views.shared import TAB, made_of, waiting

ADDRESS_WORDS = {
    "dager": Horizon.DAYS,
    "uker": Horizon.WEEKS,
    "maneder": Horizon.MONTHS,
}
MOST_ROWS = 30


@require_GET
@product_view
def forecast_page(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """The whole forecast of a client. A fixed number of statements."""
    page, made = made_of(client_id)
    if made is None or page.books is None:
        return waiting(request, page)
    base = made.base
    horizon = ADDRESS_WORDS.get(request.GET.get("vis", ""), Horizon.WEEKS)
    other = _beside(request, made)
    limit = made.held.settings.limit
    balances = base.balances(horizon)
    others = other.forecast.balances(horizon) if other else None
    own = depth(balances, limit)
    theirs = depth(others, limit) if others else None
    months = month_marks(
        page.books, Month.of(base.start).previous(), Month.of(base.start), timezone.localdate()
    )
    buckets = base.walk(horizon)
    chosen = _chosen(request, len(buckets))
    lines, is_cut = _rows(buckets, others, chosen, own.lowest.day, request)
    lowest_path = path_to(base.opening, base.lines, own.lowest.day)
    context = {
        "part": "forecast",
        "made": made,
        "base": base,
        "horizon": horizon,
        "horizons": [
            (word, horizon_name(each), each is horizon) for word, each in ADDRESS_WORDS.items()
        ],
        "word": next(word for word, each in ADDRESS_WORDS.items() if each is horizon),
        "own": own,
        "theirs": theirs,
        "over": own.lowest.amount - limit,
        "limit": limit,
        "closing": balances[-1],
        "chart": draw(balances, others, limit, horizon),
        "other": other,
        "changes": _changes(other, made) if other else (),
        "passed_over": len(other.applied.passed_over) if other else 0,
        "scenarios": made.held.scenarios,
        "marks": [
            (seal_tone(each.state), month_title(each.month), state_words(each.state))
            for each in months
        ],
        "buckets": bucket_rows(
            _bucket_rows(buckets, other, horizon, chosen, limit, request),
            has_scenario=other is not None,
        ),
        "rows": line_rows(lines, has_scenario=other is not None),
        "is_cut": is_cut,
        "chosen": buckets[chosen] if chosen is not None else None,
        "chosen_title": bucket_title(buckets[chosen], horizon) if chosen is not None else "",
        "path": [(kind_name(kind), amount) for kind, amount in lowest_path.by_kind],
        "path_end": lowest_path,
        "causes": [
            (line, line_title(line), line_address(page.client.public_id, line))
            for line in lowest_path.causes
        ],
        "notices": [notice_words(kind, value) for kind, value in base.notices.items()],
        "left_out": [(one, left_out_words(one)) for one in base.left_out],
        "left_sum": sum((one.amount for one in base.left_out), ZERO),
        "offer_count": Offer.objects.filter(client_id=page.client.pk, state="offered").count(),
        "may_work": may(request, Act.WORK),
    }
    return show(request, page, TAB, "liquidity/forecast.html", context)


def line_address(client_id: UUID, line: CashLine) -> str:
    """Where a line opens to its reason and the postings behind it."""
    base = reverse("liquidity:lines", args=[client_id])
    return f"{base}?{urlencode({'linje': line.key})}"


def bucket_title(bucket: Bucket, horizon: Horizon) -> str:
    """«mandag 23.11.», «uke 48, 23.11.–29.11.», «november 2026»."""
    if horizon is Horizon.MONTHS:
        return month_title(Month.of(bucket.first))
    if horizon is Horizon.WEEKS:
        return _("%(first)s to %(last)s") % {
            "first": date_format(bucket.first, "j.n."),
            "last": date_format(bucket.last, "j.n.Y"),
        }
    return date_format(bucket.first, "D j.n.")


def _beside(request: HttpRequest, made: Made) -> Beside | None:
    wanted = request.GET.get("scenario", "")
    found = next((one for one in made.held.scenarios if str(one.public_id) == wanted), None)
    return beside(made, found) if found else None


def _changes(other: Beside, made: Made) -> list[tuple[str, bool]]:
    """Each change in words, and whether its line is no longer there."""
    titles = {line.key: line_title(line) for line in made.base.lines}
    titles |= {one.key: one.title for one in made.base.left_out}
    titles |= {f"party:{line.party}": line.title for line in made.base.lines if line.party}
    gone = other.applied.passed_over
    return [
        (change_words(each, titles), each in gone) for each in changes_of(other.scenario.changes)
    ]


def _chosen(request: HttpRequest, count: int) -> int | None:
    text = request.GET.get("bolk", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else count
    return number if number < count else None


def _bucket_rows(
    buckets: Sequence[Bucket],
    other: Beside | None,
    horizon: Horizon,
    chosen: int | None,
    limit: Decimal,
    request: HttpRequest,
) -> list[BucketRow]:
    theirs = other.forecast.walk(horizon) if other else None
    rows = []
    for at, bucket in enumerate(buckets):
        query = request.GET.copy()
        query["bolk"] = str(at)
        rows.append(
            BucketRow(
                bucket,
                bucket_title(bucket, horizon),
                theirs[at].closing if theirs else None,
                f"?{query.urlencode()}#linjer",
                at == chosen,
                bucket.closing < limit,
            )
        )
    return rows


def _rows(
    buckets: Sequence[Bucket],
    others: Sequence[Balance] | None,
    chosen: int | None,
    lowest: date,
    request: HttpRequest,
) -> tuple[list[Row], bool]:
    """The lines of the chosen bucket, else the first ones of the horizon; whether some are cut."""
    shown = [buckets[chosen]] if chosen is not None else list(buckets)
    held = shown[0].opening
    theirs = {one.day: one.amount for one in others or ()}
    lines = [line for bucket in shown for line in bucket.lines]
    client = request.resolver_match.kwargs["client_id"] if request.resolver_match else ""
    page = reverse("liquidity:lines", args=[client])
    shows_every = chosen is not None or request.GET.get("alle") == "1"
    rows: list[Row] = []
    ends = _last_of_days(lines)
    for _key, group in groupby(lines, key=_together):
        if not shows_every and len(rows) == MOST_ROWS:
            return rows, True
        own = list(group)
        total = sum((line.amount for line in own), ZERO)
        held += total
        first = own[0]
        title, source, link = _words(own)
        is_end = own[-1].key in ends
        rows.append(
            Row(
                first.day,
                title,
                source,
                certainty_tone(first.certainty),
                certainty_name(first.certainty),
                total,
                held,
                theirs.get(first.day) if is_end else None,
                f"{page}?{urlencode(link)}",
                is_end and first.day == lowest,
            )
        )
    return rows, False


def _words(own: Sequence[CashLine]) -> tuple[str, str, dict[str, str]]:
    """What a row is called, where it comes from, and what its page is asked for."""
    first = own[0]
    if len(own) == 1:
        return line_title(first), source_words(first), {"linje": first.key}
    name = kind_name(first.kind)
    if first.certainty is Certainty.ESTIMATED:
        name = _("%(kind)s, estimated") % {"kind": name}
    count = ngettext("%(count)s line", "%(count)s lines", len(own)) % {"count": len(own)}
    link = {
        "dag": first.day.isoformat(),
        "slag": first.kind.value,
        "sikkerhet": first.certainty.value,
    }
    return name, count, link


def _together(line: CashLine) -> tuple[date, Kind, Certainty]:
    return line.day, line.kind, line.certainty


def _last_of_days(lines: Sequence[CashLine]) -> set[str]:
    """The last line of each day: after it the day's balance stands."""
    return set({line.day: line.key for line in lines}.values())
