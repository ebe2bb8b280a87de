"""Timing items: an open row of the bank, the ledger or the open items, listed as a line.

The line says what lies between ledger and truth at the month's end, opens to the row's document,
and comes back next month until the row is matched or the line is taken away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.domain.periods import Month
from klientbro.lib.dates import format_date
from klientbro.products.reconciliation.automatic_texts import difference_words
from klientbro.products.reconciliation.bank_models import MatchMember
from klientbro.products.reconciliation.documentation import TEXT_LENGTH, add_line, remove_line
from klientbro.products.reconciliation.matching import Sides
from klientbro.products.reconciliation.models import DocumentedLine
from klientbro.products.reconciliation.subledgers import ShownDifference
from klientbro.products.reconciliation.suggestions import Item
from klientbro.tenants.models import User

POSTING, LINE, ITEM = "p:", "l:", "i:"
KEY_LENGTH = 32


@dataclass(frozen=True, slots=True)
class TimingItem:
    """A row as a line would have it. source: how the row is known again. amount: ledger sign."""

    source: str
    text: str
    amount: Decimal
    voucher_no: int | None = None


def of_open_row(item: Item, sides: Sides) -> TimingItem:
    """A posting the bank lacks stands as it is, a line the ledger lacks turned.

    In the ledger and not in the bank, +1 250: ledger = bank + 1 250. In the bank only, −50 in fees:
    ledger = bank + 50.
    """
    voucher_no = next(
        (each.voucher_no for each in sides.postings if POSTING + each.id == item.key), None
    )
    words = " ".join(f"{format_date(item.day)} {item.words} {item.text}".split())
    return TimingItem(item.key, words[:TEXT_LENGTH], item.value, voucher_no)


def of_difference(one: ShownDifference) -> TimingItem:
    """A difference between account and open items, with what it does to the account."""
    side = one.ledger or one.subledger
    parts = (
        format_date(side.day) if side else "",
        difference_words(one.kind),
        one.party,
        one.party_name,
        one.voucher,
    )
    return TimingItem(
        key_of(one),
        " ".join(part for part in parts if part)[:TEXT_LENGTH],
        one.effect,
        int(one.voucher) if one.voucher.isdecimal() else None,
    )


def key_of(one: ShownDifference) -> str:
    """What knows a difference again on another page: all that it is about."""
    ids = (side.id if side else "" for side in (one.ledger, one.subledger))
    content = "|".join((one.kind.value, one.party, one.voucher, f"{one.effect:f}", *ids))
    return ITEM + hashlib.sha256(content.encode()).hexdigest()[:KEY_LENGTH]


def list_as_timing(
    client_id: int, account_id: str, month: Month, item: TimingItem, *, by: User
) -> DocumentedLine:
    """Lists the row, carried forward. RefusedError: it is listed already, or the month closed."""
    try:
        with transaction.atomic():
            return add_line(
                client_id,
                account_id,
                month,
                item.text,
                item.amount,
                by=by,
                is_carried=True,
                voucher_no=item.voucher_no,
                source=item.source,
            )
    except IntegrityError as error:
        if "timing_item_once" not in str(error):
            raise
        raise RefusedError(_("The row is listed as a timing item already.")) from None


def listed_sources(lines: Iterable[DocumentedLine]) -> dict[str, DocumentedLine]:
    """The lines that were made from a row, by how the row is known."""
    return {line.source: line for line in lines if line.source}


def matched_sources(client_id: int, sources: Collection[str]) -> set[str]:
    """Those whose row has been matched since: they lie between nothing any longer."""
    postings = [source.removeprefix(POSTING) for source in sources if source.startswith(POSTING)]
    lines = [
        int(source.removeprefix(LINE))
        for source in sources
        if source.startswith(LINE) and source.removeprefix(LINE).isdecimal()
    ]
    if not postings and not lines:
        return set()
    standing = MatchMember.objects.filter(client_id=client_id, is_standing=True)
    matched = standing.filter(posting_id__in=postings).values_list("posting_id", flat=True)
    found = {POSTING + str(id_) for id_ in matched}
    return found | {
        f"{LINE}{id_}"
        for id_ in standing.filter(line_id__in=lines).values_list("line_id", flat=True)
    }


def take_away_matched(client_id: int, account_id: str, month: Month, *, by: User) -> int:
    """A row that is matched lies between nothing: its line in the month goes, marked. How many."""
    lines = DocumentedLine.objects.filter(
        client_id=client_id, account_id=account_id, month=month.first_day, removed_at=None
    ).exclude(source="")
    by_source = {line.source: line.public_id for line in lines}
    matched = matched_sources(client_id, by_source.keys())
    for source in matched:
        remove_line(client_id, by_source[source], by=by)
    return len(matched)


def settled_before(client_id: int, month: Month) -> set[str]:
    """Rows listed last month that have been matched: their lines are not carried forward."""
    sources = DocumentedLine.objects.filter(
        client_id=client_id, month=month.previous().first_day, is_carried=True, removed_at=None
    ).exclude(source="")
    return matched_sources(client_id, set(sources.values_list("source", flat=True)))
