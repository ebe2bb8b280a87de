"""Figures, days, months and seals as the ledger pages write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from klientbro.domain.periods import Month
from klientbro.ledger.queries.findings import Finding
from klientbro.ledger.queries.late import Partner
from klientbro.ledger.rows import LateChange, MonthMark, MonthState, VoucherReference
from klientbro.lib.numbers import format_nok
from klientbro.practice.books import findings, late, texts
from klientbro.practice.books.sheets import ShownRow
from klientbro.shell.markup import escaped, fill
from klientbro.shell.templatetags.kb import icon, seal

register = template.Library()


@register.simple_tag
def num(amount: Decimal | None, css: str = "", *, signed: bool = False) -> SafeString:
    """A cell with an amount: zero is grey, a missing figure is a dash that says so."""
    return mark_safe(_cell(amount, css, signed=signed))  # noqa: S308 digits and our own words # nosec B703


@register.simple_tag
def account_rows(rows: Iterable[ShownRow], home: str, query: str) -> SafeString:
    """The accounts of a section. Written here, since a template takes ten times as long.

    home: the client's address. query: the period, for the way to an account's postings.
    """
    differs = seal("unsealed", _("Differs from the source"))
    late_words = escaped(_("Changed after locking"))
    mark = icon("lock")
    derived = escaped(
        _("Derived, not an account: what earlier years earned and nobody has disposed of yet.")
    )
    end = escaped(query)
    lines = []
    for row in rows:
        name = escaped(row.name)
        if row.is_derived:
            lines.append('<tr class="kb-derived"><td class="acct"></td><th scope="row">')
            lines.append(f'<em title="{derived}">{name}</em>')
            lines.append(f'<span class="ds-sr-only"> {derived}</span></th>')
        else:
            link = f"{home}konto/{quote(row.account_id or '')}/{end}"
            lines.append(f'<tr><td class="acct">{escaped(row.number)}</td><th scope="row">')
            lines.append(f'<a class="main" href="{link}">{name}</a></th>')
        lines.append(_cell(row.opening))
        lines.append(_cell(row.movement))
        lines.append(_cell(row.closing, "strong"))
        marks = differs if row.differs else ""
        if row.late_query:
            way = f"{home}endret-etter-lasing/{escaped(row.late_query)}"
            marks += f'<a href="{way}" title="{late_words}" aria-label="{late_words}">{mark}</a>'
        lines.append(f'<td class="kb-mark">{marks}</td>')
        lines.append(_cell(row.last_year, "muted"))
        lines.append("</tr>\n")
    return mark_safe("".join(lines))  # noqa: S308 every text above is escaped # nosec B703


def _cell(amount: Decimal | None, css: str = "", *, signed: bool = False) -> str:
    if amount is None:
        words = escaped(_("Not fetched"))
        return (
            f'<td class="num muted"><span title="{words}"><span aria-hidden="true">–</span>'
            f'<span class="ds-sr-only">{words}</span></span></td>'
        )
    classes = f"num {css}" if css else "num"
    grey = "" if amount else " zero"
    return f'<td class="{classes}{grey}">{format_nok(amount, signed=signed)}</td>'


@register.simple_tag
def blank_or_num(amount: Decimal | None) -> SafeString:
    """A debit or credit cell: empty on the side that has nothing."""
    text = "" if amount is None else format_nok(amount)
    return fill('<td class="num">{}</td>', text)


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
def late_reason(change: LateChange) -> str:
    """Why a voucher is late, as a sentence."""
    return late.reason_words(change)


@register.filter
def late_reason_title(reason: str) -> str:
    """The reason in a few words."""
    return late.reason_title(reason)


@register.filter
def late_partner(partner: Partner) -> str:
    """How a voucher belongs with a late one."""
    return late.partner_words(partner)


@register.filter
def finding(found: Finding) -> str:
    """A finding as whole sentences."""
    return findings.finding_words(found)


@register.filter
def magnitude(amount: Decimal) -> Decimal:
    """The amount without its sign, where a sentence says what it is."""
    return abs(amount)


@register.filter
def percent(rate: Decimal) -> str:
    """A rate as the ledger keeps it, 0.25 or 0.1111: 25 %, 11,11 %, as few decimals as it has."""
    return f"{format_nok((100 * rate).normalize()).removesuffix(',00')}\N{NO-BREAK SPACE}%"


@register.filter
def shortened(hash_: str) -> str:
    """9f3c…e27a."""
    return f"{hash_[:4]}…{hash_[-4:]}"


@register.filter
def voucher_query(reference: VoucherReference) -> str:
    """What tells two vouchers with the same number apart in the address."""
    return f"?id={reference.voucher_id}" if reference.voucher_id else ""
