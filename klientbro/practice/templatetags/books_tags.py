"""Figures, days, months and seals as the ledger pages write them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from klientbro.domain.periods import Month
from klientbro.ledger.rows import MonthMark, MonthState, VoucherReference
from klientbro.lib.dates import format_date, format_time, oslo_date
from klientbro.lib.numbers import format_count, format_nok
from klientbro.practice.books import texts

register = template.Library()

_RING = '<circle class="ring" cx="8" cy="8" r="6.5"/>'
# The drawings of the seal, by its data-s: equal, not equal, still open, nothing yet.
_DRAWINGS = {
    "sealed": _RING + '<path class="eq" d="M5.25 6.5h5.5M5.25 9.5h5.5"/>',
    "unsealed": _RING + '<path class="eq" d="M5.25 6.5h5.5M5.25 9.5h5.5M10 4.5l-4 7"/>',
    "open": _RING,
    "none": '<circle class="ring" cx="8" cy="8" r="1.5"/>',
}


@register.simple_tag
def num(amount: Decimal | None, css: str = "", *, signed: bool = False) -> SafeString:
    """A cell with an amount: zero is grey, a missing figure is a dash that says so."""
    if amount is None:
        return format_html(
            '<td class="num muted"><span title="{0}"><span aria-hidden="true">–</span>'
            '<span class="ds-sr-only">{0}</span></span></td>',
            _("Not fetched"),
        )
    classes = " ".join(filter(None, ("num", css, "" if amount else "zero")))
    return format_html('<td class="{}">{}</td>', classes, format_nok(amount, signed=signed))


@register.simple_tag
def blank_or_num(amount: Decimal | None) -> SafeString:
    """A debit or credit cell: empty on the side that has nothing."""
    text = "" if amount is None else format_nok(amount)
    return format_html('<td class="num">{}</td>', text)


@register.simple_tag
def seal(tone: str, label: str = "", css: str = "") -> SafeString:
    """The equals sign in a ring. Without a label it is decoration beside words."""
    described = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="seal {}" data-s="{}" viewBox="0 0 16 16" {}>{}</svg>',
        css,
        tone,
        described,
        mark_safe(_DRAWINGS[tone]),  # noqa: S308 our own constant
    )


@register.filter
def nok(amount: Decimal | None) -> str:
    """1 234,50."""
    return "–" if amount is None else format_nok(amount)


@register.filter
def count(number: int) -> str:
    """41 206."""
    return format_count(number)


@register.filter
def day(value: date | None) -> str:
    """31.12.2026."""
    return format_date(value) if value else ""


@register.filter
def short_day(value: date | None) -> str:
    """31.12., where the year is plain."""
    return f"{value.day:02}.{value.month:02}." if value else ""


@register.filter
def moment(value: datetime | None) -> str:
    """18.11.2026 kl. 14:02."""
    if value is None:
        return ""
    return _("%(date)s at %(time)s") % {
        "date": format_date(oslo_date(value)),
        "time": format_time(value),
    }


@register.filter
def month(value: Month) -> str:
    """oktober 2026."""
    return texts.month_name(value)


@register.filter
def month_title(value: Month) -> str:
    """Oktober 2026."""
    return texts.month_title(value)


@register.filter
def month_short(value: Month) -> str:
    """okt."""
    return texts.month_short(value)


@register.filter
def tone(state: MonthState) -> str:
    """The seal's drawing for a state."""
    return texts.seal_tone(state)


@register.filter
def state_words(state: MonthState) -> str:
    """The state in words."""
    return texts.state_words(state)


@register.filter
def mark_label(mark: MonthMark) -> str:
    """What a screen reader says of a mark."""
    return texts.mark_label(mark)


@register.filter
def voucher_type(type_: str) -> str:
    """What a voucher is, in words."""
    return texts.voucher_type_name(type_)


@register.filter
def orgnr(digits: str | None) -> str:
    """312 480 778."""
    return " ".join((digits[:3], digits[3:6], digits[6:])) if digits else ""


@register.filter
def shortened(hash_: str) -> str:
    """9f3c…e27a."""
    return f"{hash_[:4]}…{hash_[-4:]}"


@register.filter
def voucher_query(reference: VoucherReference) -> str:
    """What tells two vouchers with the same number apart in the address."""
    return f"?id={reference.voucher_id}" if reference.voucher_id else ""
