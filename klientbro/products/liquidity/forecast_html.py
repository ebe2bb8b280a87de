"""The tables of the forecast page as HTML, put together in Python: a year has hundreds of rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from klientbro.domain.liquidity.buckets import Bucket
from klientbro.shell.markup import escaped, fill
from klientbro.shell.templatetags.kb import amount, amount_signed, day, zero

_LINE = """<tr{css}><td class="tnum">{day}</td><td data-m="main"><a class="main" \
href="{address}">{title}</a></td><td class="muted" data-label="{l_source}">{source}</td>\
<td data-m="hide"><span class="ds-tag" data-color="{tone}">{certainty}</span></td>\
<td class="num" data-m="act">{amount}</td>\
<td class="num strong" data-label="{l_base}">{base}</td>{beside}</tr>
"""
_BUCKET = """<tr{css}><th scope="row"><a class="main" href="{address}">{title}</a></th>\
<td class="num">{opening}</td><td class="num {in_zero}" data-label="{l_in}">{inflow}</td>\
<td class="num {out_zero}" data-label="{l_out}">{outflow}</td>\
<td class="num strong{under}">{closing}</td>{beside}</tr>
"""
_BESIDE = '<td class="num" data-label="{}">{}</td>'


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table, or several alike on one day; `base` and `beside` after it."""

    day: date
    title: str
    source: str
    tone: str
    certainty: str
    amount: Decimal
    base: Decimal | None
    beside: Decimal | None
    address: str
    is_lowest: bool


@dataclass(frozen=True, slots=True)
class BucketRow:
    """A bucket of the table with its scenario's closing."""

    bucket: Bucket
    title: str
    beside: Decimal | None
    address: str
    is_chosen: bool
    is_under: bool


def line_rows(rows: Iterable[Row], *, has_scenario: bool) -> SafeString:
    """The lines behind, each opening to its reason."""
    labels = {
        "l_source": escaped(_("Source")),
        "l_base": escaped(pgettext("forecast", "Base")),
    }
    scenario, as_base = _("Scenario"), _as_base()
    made = []
    for row in rows:
        beside = ""
        if has_scenario:
            same = as_base if row.beside == row.base else amount(row.beside)
            beside = fill(_BESIDE, scenario, "" if row.beside is None else same)
        made.append(
            _LINE.format(
                css=' class="lq-lowest"' if row.is_lowest else "",
                day=day(row.day),
                address=escaped(row.address),
                title=escaped(row.title),
                source=escaped(row.source),
                tone=row.tone,
                certainty=escaped(row.certainty),
                amount=amount_signed(row.amount),
                base=amount(row.base),
                beside=beside,
                **labels,
            )
        )
    return SafeString("".join(made))  # every part of it is escaped # nosec B703


def bucket_rows(rows: Iterable[BucketRow], *, has_scenario: bool) -> SafeString:
    """Day by day, week by week or month by month, each opening to its lines."""
    labels = {
        "l_in": escaped(pgettext("money", "In")),
        "l_out": escaped(pgettext("money", "Out")),
    }
    scenario, as_base = _("Closing, scenario"), _as_base()
    made = []
    for row in rows:
        one = row.bucket
        beside = ""
        if has_scenario:
            same = as_base if row.beside == one.closing else amount(row.beside)
            beside = fill(_BESIDE, scenario, same)
        made.append(
            _BUCKET.format(
                css=' aria-selected="true" class="lq-chosen"' if row.is_chosen else "",
                address=escaped(row.address),
                title=escaped(row.title),
                opening=amount(one.opening),
                in_zero=zero(one.inflow),
                inflow=amount(one.inflow),
                out_zero=zero(one.outflow),
                outflow=amount(one.outflow),
                under=" lq-under" if row.is_under else "",
                closing=amount(one.closing),
                beside=beside,
                **labels,
            )
        )
    return SafeString("".join(made))  # every part of it is escaped # nosec B703


def _as_base() -> SafeString:
    return fill('<span class="muted">{}</span>', _("as base"))
