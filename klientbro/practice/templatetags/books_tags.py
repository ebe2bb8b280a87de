"""Figures, days, months and seals as the ledger pages write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from klientbro.domain.periods import Month
from klientbro.ledger.rows import MonthMark, MonthState, VoucherReference
from klientbro.lib.numbers import format_nok
from klientbro.practice.books import texts

register = template.Library()


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


@register.filter
def short_day(value: date | None) -> str:
    """31.12., where the year is plain."""
    return f"{value.day:02}.{value.month:02}." if value else ""


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
def percent(rate: Decimal) -> str:
    """25 %, 11,11 %: as few decimals as the rate has."""
    return f"{format_nok(rate.normalize()).removesuffix(',00')}\N{NO-BREAK SPACE}%"


@register.filter
def shortened(hash_: str) -> str:
    """9f3c…e27a."""
    return f"{hash_[:4]}…{hash_[-4:]}"


@register.filter
def voucher_query(reference: VoucherReference) -> str:
    """What tells two vouchers with the same number apart in the address."""
    return f"?id={reference.voucher_id}" if reference.voucher_id else ""
