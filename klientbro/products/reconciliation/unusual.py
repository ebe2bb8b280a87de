"""The accounts of a month that move otherwise than they use to, and how that is said."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from klientbro.domain.accounts import AccountId
from klientbro.domain.periods import MONTHS_IN_YEAR, month_range
from klientbro.domain.reconciliation.unusual import Look, Moved, Unusual, look_at
from klientbro.ledger.queries.reconciling import moved_by_month
from klientbro.products.reconciliation.sheet import Line, MonthSheet


def looks_of(sheet: MonthSheet, lines: Sequence[Line]) -> dict[AccountId, Look]:
    """How the month of each account stands against the twelve before it, where enough is held.

    One statement.
    """
    first = sheet.month.plus(-MONTHS_IN_YEAR)
    ids = [line.account.id for line in lines]
    held = moved_by_month(sheet.books.connection_id, ids, first, sheet.month)
    found: dict[AccountId, Look] = {}
    for id_, months in held.items():
        before = [
            Moved(*months.get(each, ())) for each in month_range(first, sheet.month.previous())
        ]
        last_year = Moved(*months[first]) if first in months else None
        look = look_at(Moved(*months.get(sheet.month, ())), before, last_year=last_year)
        if look is not None:
            found[id_] = look
    return found


def short_words(look: Look) -> str:
    """The first unusual thing in two or three words, '' where there is none."""
    words = {
        Unusual.AMOUNT: _("unusual amount"),
        Unusual.MORE_POSTINGS: _("unusually many postings"),
        Unusual.FEWER_POSTINGS: _("unusually few postings"),
        Unusual.NO_POSTINGS: _("no postings this month"),
    }
    return words[look.found[0]] if look.found else ""


def sentences(look: Look) -> list[str]:
    """Each unusual thing in a sentence."""
    words = {
        Unusual.AMOUNT: _("The movement is far from what it has been."),
        Unusual.MORE_POSTINGS: _("There are many more postings than there have been."),
        Unusual.FEWER_POSTINGS: _("There are far fewer postings than there have been."),
        Unusual.NO_POSTINGS: _("Nothing is posted, though every month before had something."),
    }
    return [words[each] for each in look.found]
