"""Words for what the ledger knows: months, seals, states, causes. Whole sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klientbro.domain.periods import FinancialYear, Month
from klientbro.domain.vouchers import VoucherType
from klientbro.ledger.rows import MonthMark, MonthState, ProofDetails
from klientbro.lib.dates import format_date, format_time, oslo_date
from klientbro.lib.numbers import format_nok
from klientbro.sync.services import ConnectionState, cause_text


@dataclass(frozen=True, slots=True)
class SealBar:
    """The bar above the figures: is the month equal to the source?"""

    tone: str  # the seal's own data-s: sealed, unsealed, open, none
    title: str
    note: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One line about the copying: cause, since when, and what to do."""

    tone: str  # info, warning, danger
    title: str
    text: str
    action: str = ""
    leads_to: str = ""  # portal, trial_balance


def month_name(month: Month) -> str:
    """`oktober 2026`; English writes months with a capital letter."""
    return f"{_(month.name)} {month.year}"


def month_title(month: Month) -> str:
    """`Oktober 2026`, as a sentence begins."""
    name = month_name(month)
    return name[:1].upper() + name[1:]


def month_short(month: Month) -> str:
    """`okt`."""
    return date_format(month.first_day, "b").rstrip(".").lower()[:3]


def voucher_type_name(type_: str) -> str:
    """What a voucher is, in the reader's language; the source's word when we do not know it."""
    try:
        return _(VoucherType(type_).label)
    except ValueError:
        return type_


def seal_tone(state: MonthState) -> str:
    """Which of the four drawings of the seal a state has."""
    match state:
        case MonthState.SEALED:
            return "sealed"
        case MonthState.DIFFERS | MonthState.MOVING:
            return "unsealed"
        case MonthState.OPEN | MonthState.UNPROVED:
            return "open"
    return "none"


def state_words(state: MonthState) -> str:
    """The state of a month in words, for labels."""
    match state:
        case MonthState.SEALED:
            return _("Reconciled with the source")
        case MonthState.DIFFERS:
            return _("Not reconciled with the source")
        case MonthState.MOVING:
            return _("In motion, is tried again")
        case MonthState.UNPROVED:
            return _("Not compared yet")
        case MonthState.OPEN:
            return _("The month is open")
        case MonthState.AHEAD:
            return _("Has not begun")
        case MonthState.MISSING:
            return _("Fetching history")
        case MonthState.BEFORE:
            return _("Before the books began")
    raise ValueError(state)


def mark_label(mark: MonthMark) -> str:
    """What a screen reader says of a mark on the strip."""
    words = f"{month_name(mark.month)}: {state_words(mark.state)}"
    if mark.changed_after_lock:
        words = _("%(mark)s. Changed after locking.") % {"mark": words}
    return words


def seal_bar(mark: MonthMark, proof: ProofDetails | None, strip: Sequence[MonthMark]) -> SealBar:
    """The bar for the month shown."""
    month = month_title(mark.month)
    tone = seal_tone(mark.state)
    match mark.state:
        case MonthState.SEALED:
            title = _("%(month)s is reconciled with the source") % {"month": month}
            return SealBar(tone, title, _sealed_note(mark))
        case MonthState.DIFFERS:
            title = _("%(month)s is not reconciled with the source") % {"month": month}
            return SealBar(tone, title, _difference_note(proof))
        case MonthState.MOVING:
            title = _("%(month)s is not reconciled with the source") % {"month": month}
            return SealBar(tone, title, _("Somebody is posting while we compare. Tried again."))
        case MonthState.OPEN:
            return SealBar(tone, _("%(month)s is open") % {"month": month}, _year_note(strip))
        case MonthState.AHEAD:
            title = _("%(month)s has not begun") % {"month": month}
            return SealBar(tone, title, _year_note(strip))
        case MonthState.MISSING:
            title = _("Fetching history for %(month)s") % {"month": month_name(mark.month)}
            note = _("The figures are missing until they have arrived. They are not zero.")
            return SealBar(tone, title, note)
        case MonthState.BEFORE:
            title = _("The books had not begun in %(month)s") % {"month": month_name(mark.month)}
            return SealBar(tone, title, "")
    title = _("%(month)s is not compared with the source yet") % {"month": month}
    return SealBar(tone, title, _year_note(strip))


def year_heading(year: FinancialYear) -> str:
    return _("Financial year %(year)s") % {"year": year.label}


def _sealed_note(mark: MonthMark) -> str:
    if mark.seal is None:
        return ""
    values = {
        "date": format_date(oslo_date(mark.seal.sealed_at)),
        "time": format_time(mark.seal.sealed_at),
    }
    if mark.seal.kind == "movement":
        return (
            _("Reconciled %(date)s at %(time)s. Movement; the opening balance is the source's own.")
            % values
        )
    return _("Reconciled %(date)s at %(time)s.") % values


def _difference_note(proof: ProofDetails | None) -> str:
    if proof is None:
        return ""
    count = len(proof.differences)
    return ngettext(
        "One account differs, sum %(sum)s.", "%(count)s accounts differ, sum %(sum)s.", count
    ) % {"count": count, "sum": format_nok(proof.sum_of_differences)}


def _year_note(strip: Sequence[MonthMark]) -> str:
    """How much of the year is sealed, so that an open month does not look like a poor one."""
    ended = [
        mark
        for mark in strip
        if mark.state not in (MonthState.OPEN, MonthState.AHEAD, MonthState.BEFORE)
    ]
    sealed = [mark for mark in ended if mark.is_sealed]
    if not ended:
        return ""
    return ngettext(
        "%(sealed)s of %(count)s ended month is reconciled with the source.",
        "%(sealed)s of %(count)s ended months are reconciled with the source.",
        len(ended),
    ) % {"sealed": len(sealed), "count": len(ended)}


def cause_notice(status: ConnectionState) -> Notice | None:
    """Why the copy is not up to date, who can cure it and how; None when all is well."""
    if not status.cause:
        return None
    text = cause_text(status.cause)
    values = _Words({name: _readable(value) for name, value in status.cause_detail.items()})
    parts = [_(text.explanation).format_map(values)]
    if status.since is not None:
        parts.append(
            _("Since %(date)s at %(time)s.")
            % {"date": format_date(oslo_date(status.since)), "time": format_time(status.since)}
        )
    return Notice(
        tone="danger" if text.stops else "warning",
        title=_(text.title),
        text=" ".join(parts),
        action=_(text.action).format_map(values),
        leads_to="trial_balance" if text.action_name == "differences" else "portal",
    )


def connection_words(status: ConnectionState) -> str:
    """The state of the copying in a few words."""
    if status.state == "running":
        return _("Fetching %(percent)s %%") % {"percent": status.percent}
    if status.cause and status.state in ("stopped", "waiting"):
        return _(cause_text(status.cause).title)
    return {
        "inactive": _("Not activated"),
        "never": _("Never fetched"),
        "waiting": _("Waiting"),
        "updated": _("Up to date"),
        "differs": _("Differs from the source"),
    }.get(status.state, status.state)


def connection_tone(status: ConnectionState) -> str:
    """The shape and colour of the state."""
    return {
        "running": "run",
        "waiting": "wait",
        "updated": "ok",
        "differs": "warn",
        "stopped": "stop",
    }.get(status.state, "off")


class _Words(dict[str, str]):
    """A text whose detail was not stored still reads: the brace becomes an ellipsis."""

    def __missing__(self, key: str) -> str:
        return "…"


def _readable(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_readable(one) for one in value)
    text = str(value)
    try:
        return month_name(Month.parse(text[:7])) if len(text) in (7, 10) else _(text)
    except ValueError:
        return _(text) if text else text
