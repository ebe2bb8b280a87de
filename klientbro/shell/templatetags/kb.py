"""Filters and tags every page uses. Each kind of figure goes through one filter, written alike."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from klientbro.domain.national_id import mask_national_id
from klientbro.domain.orgnr import format_orgnr
from klientbro.lib.dates import format_date, format_time, oslo_date, to_oslo
from klientbro.lib.numbers import NO_BREAK_SPACE, format_count, format_nok

register = template.Library()
MISSING = "–"
SEAL_DRAWINGS = {
    "sealed": '<circle class="ring" cx="8" cy="8" r="6.5"/><path class="eq" d="M5.25 6.5h5.5M5.25 9.5h5.5"/>',
    "unsealed": '<circle class="ring" cx="8" cy="8" r="6.5"/>'
    '<path class="eq" d="M5.25 6.5h5.5M5.25 9.5h5.5M10 4.5l-4 7"/>',
    "open": '<circle class="ring" cx="8" cy="8" r="6.5"/>',
    "none": '<circle class="ring" cx="8" cy="8" r="1.5"/>',
}


@register.filter
def amount(value: Decimal | None) -> str:
    """`1 234 567,89`, −0,50, and – where the figure is missing."""
    return MISSING if value is None else format_nok(value)


@register.filter
def change(value: Decimal | None) -> str:
    """An amount with its sign: +250,00."""
    return MISSING if value is None else format_nok(value, signed=True)


@register.filter
def kroner(value: Decimal | None) -> str:
    """Whole kroner, where the page says so."""
    return MISSING if value is None else format_nok(value, decimals=0)


@register.filter
def zero(value: Decimal | None) -> str:
    """The class of a cell whose figure is nought: grey, still legible."""
    return "zero" if value is not None and value == 0 else ""


@register.filter
def count(value: int | None) -> str:
    """`41 206`."""
    return MISSING if value is None else format_count(value)


@register.filter
def day(value: date | datetime | None) -> str:
    """`18.11.2026`; a moment is placed on the Norwegian calendar first."""
    if value is None:
        return MISSING
    return format_date(oslo_date(value) if isinstance(value, datetime) else value)


@register.filter
def clock(value: datetime | None) -> str:
    """`kl. 14:02` in Norway."""
    if value is None:
        return MISSING
    return _("at %(time)s") % {"time": format_time(value)}


@register.filter
def moment(value: datetime | None) -> str:
    """`18.11.2026 kl. 14:02` in Norway."""
    return MISSING if value is None else f"{day(value)}{NO_BREAK_SPACE}{clock(value)}"


@register.filter
def when(value: datetime | None) -> str:
    """As short as it can be understood: `14:02` today, `17.11. 22:14` this year, else the date."""
    if value is None:
        return MISSING
    local, today = to_oslo(value), timezone.localdate()
    if local.date() == today:
        return format_time(value)
    if local.year == today.year:
        return f"{local.day:02}.{local.month:02}.{NO_BREAK_SPACE}{format_time(value)}"
    return format_date(local.date())


@register.filter
def orgnr(value: str | None) -> str:
    """`314 021 177` with no-break spaces; '' when there is none."""
    return format_orgnr(value).replace(" ", NO_BREAK_SPACE) if value else ""


@register.filter
def masked(value: str | None) -> str:
    """A personal number with only its birth date: `010190 *****`."""
    return mask_national_id(value).replace(" ", NO_BREAK_SPACE) if value else ""


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A drawing of the sprite; with a label it speaks, without it is decoration."""
    if label:
        return format_html(
            '<svg class="i" viewBox="0 0 16 16" role="img" aria-label="{}"><use href="#i-{}"/></svg>',
            label,
            name,
        )
    return format_html(
        '<svg class="i" viewBox="0 0 16 16" aria-hidden="true"><use href="#i-{}"/></svg>', name
    )


@register.simple_tag
def seal(state: str, label: str = "", size: str = "") -> SafeString:
    """The seal: sealed (=), unsealed (≠), open (dashed ring) or none (dot)."""
    drawing = mark_safe(SEAL_DRAWINGS[state])  # noqa: S308  our own drawing, chosen by name
    speaks = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    css_class = f"seal {size}" if size else "seal"
    return format_html(
        '<svg class="{}" data-s="{}" viewBox="0 0 16 16" {}>{}</svg>',
        css_class,
        state,
        speaks,
        drawing,
    )


TONE_ICONS = {"ok": "ok", "run": "run", "warn": "warn", "stop": "stop", "off": "off", "wait": "clock"}


@register.simple_tag
def status(tone: str, text: str, icon_name: str = "") -> SafeString:
    """A state: its own shape and a word, then colour. Tones: ok run warn stop off wait."""
    return format_html(
        '<span class="st" data-tone="{}"><svg class="i" viewBox="0 0 16 16" aria-hidden="true">'
        '<use href="#i-{}"/></svg>{}</span>',
        tone,
        icon_name or TONE_ICONS[tone],
        text,
    )


@register.simple_tag
def brand_name() -> str:
    """The brand, also where no context processor has run (error pages)."""
    return str(settings.BRAND)
