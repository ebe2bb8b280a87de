"""A voucher's history as a line of dated events, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from klientbro.ledger.rows import Voucher
from klientbro.lib.dates import oslo_date, start_of_day
from klientbro.practice.books.texts import month_title


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `moment` is None for what only has a day."""

    day: date
    moment: datetime | None
    text: str
    is_late: bool = False

    @property
    def order(self) -> datetime:
        return self.moment or start_of_day(self.day)


def history_of(voucher: Voucher) -> tuple[Event, ...]:
    """Dated, posted, fetched, changed, locked, sealed: whatever we know of."""
    events: list[Event] = []
    if voucher.voucher_date is not None:
        events.append(Event(voucher.voucher_date, None, _("Voucher date")))

    def at(moment: datetime | None, text: str, is_late: bool = False) -> None:
        if moment is not None:
            events.append(Event(oslo_date(moment), moment, text, is_late))

    at(voucher.created_at, _("Posted in the accounting system"))
    if voucher.changed_at != voucher.created_at:
        at(voucher.changed_at, _("Changed in the accounting system"))
    at(voucher.first_seen_at, _("The voucher was fetched for the first time"))
    gone = _("The voucher was gone from the accounting system")
    changed = _("Klientbro saw a change in the voucher")
    at(voucher.last_seen_change_at, gone if voucher.is_gone else changed)
    for month in voucher.months:
        name = {"month": month_title(month.month)}
        at(month.locked_at, _("%(month)s was locked in the accounting system") % name)
        for number, seal in enumerate(reversed(month.seals)):
            again = _("%(month)s was reconciled with the source again") % name
            first = _("%(month)s was reconciled with the source") % name
            at(seal.sealed_at, again if number else first)
    for change in voucher.late_changes:
        at(change.found_at, _("Klientbro saw that the voucher came after locking"), True)
    return tuple(sorted(events, key=lambda event: event.order, reverse=True))
