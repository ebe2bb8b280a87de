"""`{% load kb %}`: numbers, days, icons, the seal, status, pagination, empty states."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.core.paginator import Page
from django.http import QueryDict
from django.template import defaulttags
from django.template.base import Parser, Token
from django.template.context import Context
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from klientbro.domain.national_id import mask_national_id
from klientbro.domain.orgnr import format_orgnr
from klientbro.lib.dates import format_date, format_time, oslo_date, to_oslo
from klientbro.lib.numbers import NO_BREAK_SPACE, format_count, format_nok
from klientbro.shell import icons
from klientbro.shell.addresses import address
from klientbro.shell.markup import fill
from klientbro.shell.paging import Pages, pages_around

register = template.Library()

MISSING = "–"
TONE_ICONS = {
    "ok": "check",
    "run": "sync",
    "wait": "clock",
    "warn": "warning",
    "stop": "stop",
    "off": "off",
}


@register.filter
def amount(value: Decimal | int | None) -> str:
    """`1 234 567,89`; a missing figure is a dash, never zero."""
    return MISSING if _is_missing(value) else format_nok(Decimal(value or 0))


@register.filter
def amount_signed(value: Decimal | int | None) -> str:
    """For changes: `+1 250,00`."""
    return MISSING if _is_missing(value) else format_nok(Decimal(value or 0), signed=True)


@register.filter
def kroner(value: Decimal | int | None) -> str:
    """Whole kroner, rounded half up once; the page says that it shows whole kroner."""
    return MISSING if _is_missing(value) else format_nok(Decimal(value or 0), decimals=0)


@register.filter
def count(value: int | None) -> str:
    """`41 206`."""
    return MISSING if _is_missing(value) else format_count(value or 0)


@register.filter
def zero(value: Decimal | int | None) -> str:
    """The class of a cell whose figure is nought, grey but legible: `class="num {{ x|zero }}"`."""
    return "zero" if not _is_missing(value) and Decimal(value or 0) == 0 else ""


@register.filter
def day(value: date | datetime | None) -> str:
    """`18.11.2026`; a moment's day is the one in Norway."""
    if not value:
        return MISSING
    return format_date(oslo_date(value) if isinstance(value, datetime) else value)


@register.filter
def clock(value: datetime | None) -> str:
    """`kl. 14:02` in Norway."""
    if not value:
        return MISSING
    # Translators: a time of day, as in "18.11.2026 at 14:02"
    return _("at %(time)s") % {"time": format_time(value)}


@register.filter
def moment(value: datetime | None) -> str:
    """`18.11.2026 kl. 14:02` in Norway."""
    return f"{day(value)} {clock(value)}" if value else MISSING


@register.filter
def when(value: datetime | None) -> str:
    """As short as it is plain: `14:02` today, `17.11. 22:14` this year, else `02.09.2025`."""
    if not value:
        return MISSING
    local, today = to_oslo(value), timezone.localdate()
    if local.date() == today:
        return format_time(value)
    if local.year == today.year:
        return f"{local.day:02}.{local.month:02}.{NO_BREAK_SPACE}{format_time(value)}"
    return format_date(local.date())


@register.filter
def orgnr(value: str | None) -> str:
    """`312 480 778`; empty where there is none."""
    return format_orgnr(value).replace(" ", NO_BREAK_SPACE) if value else ""


@register.filter
def masked(value: str | None) -> str:
    """A personal number with only its birth date: `018190 *****`."""
    return mask_national_id(value).replace(" ", NO_BREAK_SPACE) if value else ""


class AddressNode(defaulttags.URLNode):
    """`{% url %}` by klientbro.shell.addresses."""

    def render(self, context: Context) -> str:
        if self.kwargs:
            return super().render(context)
        arguments = [argument.resolve(context) for argument in self.args]
        try:
            found = address(self.view_name.resolve(context), *arguments)
        except NoReverseMatch:
            if self.asvar is None:
                raise
            found = ""
        if self.asvar is not None:
            context[self.asvar] = found
            return ""
        return conditional_escape(found) if context.autoescape else found


@register.tag
def url(parser: Parser, token: Token) -> AddressNode:
    """Django's own `{% url %}`, faster: a page asks for some forty addresses."""
    node = defaulttags.url(parser, token)
    return AddressNode(node.view_name, node.args, node.kwargs, node.asvar)


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "plus" %}`: one of klientbro.shell.icons, hidden from screen readers."""
    return icons.icon(name)


@register.simple_tag
def seal(state: str, label: str = "", size: str = "") -> SafeString:
    """`{% seal "sealed" %}`: sealed, unsealed, open or none; size="lg"; a label makes it speak."""
    return icons.seal(state, label, size)


@register.simple_tag
def status(tone: str, text: str, icon_name: str = "") -> SafeString:
    """`{% status "ok" words %}`: a shape and a word. Tones: ok, run, wait, warn, stop, off."""
    return fill(
        '<span class="st" data-tone="{}">{}{}</span>',
        tone,
        icons.icon(icon_name or TONE_ICONS[tone]),
        text,
    )


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: object) -> str:
    """The address's query with changes, as `?q=…`: `{% query sort="name" side=None %}`."""
    asked = _asked(context).copy()
    for name, value in changes.items():
        if value is None or value == "":
            asked.pop(name, None)
        else:
            asked[name] = str(value)
    return f"?{asked.urlencode()}"


@register.inclusion_tag("shell/parts/pagination.html", takes_context=True)
def pagination(context: Context, pages: Pages | Page[Any]) -> dict[str, object]:
    """`{% pagination pages %}`: "1–50 av 1 284" and links with `?side=` that keep the rest.

    `pages` comes from `klientbro.shell.paging.pages_of`, or is Django's own page.
    """
    if isinstance(pages, Page):
        paginator = pages.paginator
        pages = pages_around(
            _asked(context), pages.number, paginator.count, int(paginator.per_page)
        )
    return {"pages": pages}


@register.inclusion_tag("shell/parts/empty_state.html")
def empty_state(
    text: str, action: str = "", href: str = "", icon_name: str = "plus", dialog: bool = False
) -> dict[str, object]:
    """One sentence and the one button that ends it. `dialog=True` opens href in the dialog."""
    return {"text": text, "action": action, "href": href, "icon_name": icon_name, "dialog": dialog}


def _is_missing(value: object) -> bool:
    return value is None or value == ""


def _asked(context: Context) -> QueryDict:
    request = context.get("request")
    return request.GET if request is not None else QueryDict()
