"""What is wrong with the rows of a bank account that nothing has met, in words.

Rows that a suggestion or a match holds, and those somebody has listed as timing items, are not
asked about. Where not everything open has been looked at, nothing is said: it might be wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from klientbro.domain.reconciliation.bank_faults import (
    BankDifference,
    BankFinding,
    BankLine,
    name_open,
)
from klientbro.lib.dates import format_date
from klientbro.products.reconciliation.matching import Sides
from klientbro.products.reconciliation.models import Match, StatementLine
from klientbro.products.reconciliation.suggestions import Item, Suggested, items_of

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, with the rows it concerns. effect: on ledger less bank."""

    words: str
    ledger: Item | None
    bank: Item | None
    effect: Decimal


def faults_of(
    sides: Sides, suggested: Suggested, made: Sequence[Match], listed: Collection[str]
) -> list[Fault]:
    """Every open row with what is wrong with it; one statement."""
    if sides.since is None or suggested.is_narrowed or suggested.gave_up:
        return []
    in_suggestion = {item.key for each in suggested.suggestions for item in each.items}
    items = [each for each in items_of(sides) if each.key not in listed and each.day >= sides.since]
    open_items = {each.key: each for each in items if each.key not in in_suggestion}
    met = [each for each in items if each.key in in_suggestion]
    met_postings, met_lines = _made(made)
    found = name_open(
        _rows(open_items.values(), is_line=False),
        _rows(open_items.values(), is_line=True),
        met_postings=[*met_postings, *_rows(met, is_line=False)],
        met_lines=[*met_lines, *_rows(met, is_line=True)],
    )
    return [_fault(each, open_items) for each in found]


def _rows(items: Iterable[Item], *, is_line: bool) -> list[BankLine]:
    """One side's items; the voucher's number and the bank's reference do not tell two apart."""
    return [
        BankLine(each.key, each.day, each.amount, each.text)
        for each in items
        if each.is_line is is_line
    ]


def _made(matches: Sequence[Match]) -> tuple[list[BankLine], list[BankLine]]:
    """The rows of the matches that stand. One statement."""
    members = [member for match in matches for member in match.members.all()]
    postings = [
        BankLine(f"p:{each.posting_id}", each.day, each.amount, each.words.partition(" ")[2])
        for each in members
        if each.posting_id is not None
    ]
    ids = [each.line_id for each in members if each.line_id is not None]
    lines = [
        BankLine(f"l:{each.pk}", each.booked_on, each.amount, each.text or each.party)
        for each in StatementLine.objects.filter(pk__in=ids)
    ]
    return postings, lines


def _fault(found: BankDifference, items: dict[str, Item]) -> Fault:
    one = items.get(found.line.id) if found.line else None
    other = items.get(found.other.id) if found.other else None
    ledger = one if one is not None and not one.is_line else None
    bank = one if one is not None and one.is_line else other
    return Fault(_words(found), ledger, bank, found.effect)


def _words(found: BankDifference) -> str:
    """What is wrong, in a few words."""
    twin = format_date(found.twin.day) if found.twin else ""
    return {
        BankFinding.NOT_ON_STATEMENT: _("Missing at the bank"),
        BankFinding.NOT_IN_LEDGER: _("Missing in the ledger"),
        BankFinding.DOUBLED_IN_LEDGER: _("Twice in the ledger, %(day)s") % {"day": twin},
        BankFinding.DOUBLED_ON_STATEMENT: _("Twice at the bank, %(day)s") % {"day": twin},
        BankFinding.SWAPPED_DIGITS: _("Digits in each other's place"),
        BankFinding.WRONG_SIGN: _("Opposite sign"),
        BankFinding.WRONG_AMOUNT: _("Different amount"),
        BankFinding.WRONG_PERIOD: _("Different month"),
        BankFinding.OTHER_DAY: _("Same amount, but far apart"),
    }.get(found.finding, found.finding.value)
