"""What each difference of a period consists of, for its documentation: item by item, with vouchers.

Looked up only when the file itself is made, for the accounts that differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from django.db.models import Max
from django.utils.translation import gettext as _

from klientbro.domain.reconciliation.methods import Method
from klientbro.lib.dates import format_date
from klientbro.products.reconciliation.automatic_texts import difference_words
from klientbro.products.reconciliation.bank_faults import Fault, faults_of
from klientbro.products.reconciliation.kept_suggestions import suggested_for
from klientbro.products.reconciliation.matching import made_matches, sides_of
from klientbro.products.reconciliation.models import Match
from klientbro.products.reconciliation.period_file import PeriodFile
from klientbro.products.reconciliation.sheet import Line, MonthSheet
from klientbro.products.reconciliation.subledgers import subledger_sheet
from klientbro.products.reconciliation.suggestions import own_rules, rules_for
from klientbro.products.reconciliation.timing import listed_sources
from klientbro.products.reconciliation.truths import SIDES

MOST = 200  # of one account
MOST_MATCHES = 1000
Finding = tuple[str, Decimal]


def with_findings(found: PeriodFile, sheet: MonthSheet) -> PeriodFile:
    """The same with what each difference consists of."""
    lines = {line.account.number: line for line in sheet.lines}
    return replace(
        found,
        accounts=[
            replace(each, findings=tuple(findings_of(sheet, lines[each.number])))
            if each.is_worked and each.difference
            else each
            for each in found.accounts
        ],
    )


def matching_mark(client_id: int) -> str:
    """Changes when a match of the client's is made or undone. One statement."""
    found = Match.objects.filter(client_id=client_id).aggregate(Max("pk"), Max("undone_at"))
    return f"{found['pk__max']}|{found['undone_at__max']}"


def findings_of(sheet: MonthSheet, line: Line) -> list[Finding]:
    """What the account's difference consists of; nothing where its method cannot say."""
    if line.plan.method in SIDES:
        return list(_of_items(sheet, line))[:MOST]
    if line.plan.method is Method.BANK:
        return list(_of_bank(sheet, line))[:MOST]
    return []


def _of_items(sheet: MonthSheet, line: Line) -> Iterator[Finding]:
    snapshot = sheet.grounds.items.get(SIDES[line.plan.method]) if sheet.grounds else None
    if snapshot is None:
        return
    for one in subledger_sheet(sheet.books.connection_id, snapshot, most=MOST).differences:
        if one.account_id not in ("", line.account.id):
            continue  # the side's other control account
        party = " ".join(part for part in (one.party, one.party_name) if part)
        voucher = _("voucher %(number)s") % {"number": one.voucher} if one.voucher else ""
        told = ", ".join(part for part in (party, voucher) if part)
        words = difference_words(one.kind)
        yield f"{words}: {told}" if told else words, one.effect


def _of_bank(sheet: MonthSheet, line: Line) -> Iterator[Finding]:
    client, account = sheet.client_id, line.account.id
    sides = sides_of(client, sheet.books, account, sheet.month, line.closing, is_bank=True)
    if sides.since is None:
        return
    if sides.opening_difference:
        day = {"day": format_date(sides.since)}
        yield _("Differed already before %(day)s") % day, sides.opening_difference
    made = made_matches(
        client,
        account,
        sheet.month,
        without=[each.match.pk for each in sides.suspended],
        most=MOST_MATCHES,
    )
    suggested = suggested_for(client, sides, rules_for(sides, own_rules(client, account)))
    listed = listed_sources(line.documentation.lines)
    for fault in faults_of(sides, suggested, made, listed):
        yield _fault_words(fault), fault.effect
    if sides.uneven_sum:
        yield _("Matched with a difference"), sides.uneven_sum
    if sides.suspended_sum:
        yield _("Suspended matches"), sides.suspended_sum


def _fault_words(fault: Fault) -> str:
    """«Ulikt beløp: 31.10.2026 2859 Kort» with the row it concerns."""
    row = fault.ledger or fault.bank
    if row is None:
        return fault.words
    shown = " ".join(part for part in (format_date(row.day), row.words, row.text) if part)
    return f"{fault.words}: {shown}"
