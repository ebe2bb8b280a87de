"""The customer and supplier ledgers: statement, open items and balances as of any day."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .model import (
    CustomerBalance,
    CustomerEntry,
    LedgerEntry,
    Match,
    SupplierBalance,
    SupplierEntry,
)
from .selection import NumberRanges, Order, code_test, in_order, in_ranges
from .store import Store

EntryRow = CustomerEntry | SupplierEntry
BalanceRow = CustomerBalance | SupplierBalance
REMEMBERED = 4


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """What Statement (from_date, to_date) and OpenItems (date) can ask for. Moments exclusive."""

    date: str | None = None
    from_date: str | None = None
    to_date: str | None = None
    contact_numbers: NumberRanges | None = None
    contact_ids: frozenset[int] | None = None
    external_numbers: NumberRanges | None = None
    invoice_nos: frozenset[str] | None = None
    matching_references: frozenset[str] | None = None
    department_codes: frozenset[str] | None = None
    project_codes: frozenset[str] | None = None
    include_sub_project: bool = False
    series_ids: frozenset[str] | None = None
    voucher_types: frozenset[str] | None = None
    created_after: str | None = None
    changed_after: str | None = None
    only_own: bool = False
    balance_less_than: float | None = None
    balance_greater_than: float | None = None
    order_by: Order = ()


@dataclass(frozen=True, slots=True)
class BalanceQuery:
    """What CustomerBalances and SupplierBalances can ask for."""

    date: str
    only_open: bool = False
    numbers: NumberRanges | None = None
    contact_ids: frozenset[int] | None = None
    series_ids: frozenset[str] | None = None


class SubLedger:
    """One of the two ledgers."""

    def __init__(self, store: Store, side: str, series_id: str) -> None:
        self._store = store
        self.side = side
        self.series_id = series_id.lower()
        self._is_customer = side == "Customer"
        self._entries = store.customer_entries if self._is_customer else store.supplier_entries
        self._row: type[Any] = CustomerEntry if self._is_customer else SupplierEntry
        self._answers: OrderedDict[tuple[int, LedgerQuery], Sequence[EntryRow]] = OrderedDict()

    def statement(self, query: LedgerQuery) -> Sequence[EntryRow]:
        """All entries posted in the interval, with their balance at its end."""
        return self._remembered(query, self._statement)

    def open_items(self, query: LedgerQuery) -> Sequence[EntryRow]:
        """The entries with something left at the end of the day."""
        return self._remembered(query, self._open_items)

    def entries_by_match_id(self, match_id: int) -> list[EntryRow]:
        """The entries matched together, with their balance now; none if the match is not here."""
        with self._store.lock:
            match = self._store.matches.get(match_id)
            if match is None or not self._is_here(match.entries[0]):
                return []
            balances = self._group_balances(match, "9999-12-31")
            members = sorted(match.entries, key=lambda entry: entry.Id)
            return [self._row(entry, balances[entry.Id] / 100) for entry in members]

    def balances(self, query: BalanceQuery) -> list[BalanceRow]:
        """What each contact with entries owes or is owed at the end of the day."""
        with self._store.lock:
            if query.series_ids is not None and self.series_id not in query.series_ids:
                return []
            totals: dict[int, int] = {}
            for entry in self._posted_by(query.date):
                number = self._number(entry)
                totals[number] = totals.get(number, 0) + round(entry.row.Amount * 100)
            kind: type[Any] = CustomerBalance if self._is_customer else SupplierBalance
            open_numbers: set[int] | None = None
            if query.only_open:
                opened = self._open_items(LedgerQuery(date=query.date))
                open_numbers = {self._number(row.entry) for row in opened}
            rows: list[BalanceRow] = []
            for number in sorted(totals):
                contact = self._store.contacts[number]
                if query.numbers is not None and not in_ranges(number, query.numbers):
                    continue
                if query.contact_ids is not None and contact.Id not in query.contact_ids:
                    continue
                if open_numbers is not None and number not in open_numbers:
                    continue
                rows.append(
                    kind(contact.Id, number, contact.Name, totals[number] / 100, contact.ExternalNo)
                )
            return rows

    # ---- inside

    def _remembered(self, query: LedgerQuery, find: Any) -> Sequence[EntryRow]:
        with self._store.lock:
            key = (self._store.version, query)
            if key not in self._answers:
                self._answers[key] = in_order(find(query), self._row, query.order_by)
                if len(self._answers) > REMEMBERED:
                    self._answers.popitem(last=False)
            return self._answers[key]

    def _is_here(self, entry: LedgerEntry) -> bool:
        return (entry.row.contact.CustomerAccountNo is not None) == self._is_customer

    def _number(self, entry: LedgerEntry) -> int:
        contact = entry.row.contact
        number = contact.CustomerAccountNo if self._is_customer else contact.SupplierAccountNo
        return number or 0

    def _posted_by(self, day: str) -> Iterable[LedgerEntry]:
        gone = self._store.out_of_balances
        if not gone:
            return [entry for entry in self._entries if entry.row.PostingDate <= day]
        return [
            entry
            for entry in self._entries
            if entry.row.PostingDate <= day and entry.row.voucher.VoucherNo not in gone
        ]

    def _statement(self, query: LedgerQuery) -> list[EntryRow]:
        first, last = query.from_date or "", query.to_date or "9999-12-31"
        wanted = [
            entry
            for entry in self._posted_by(last)
            if entry.row.PostingDate >= first and self._meets(entry, query)
        ]
        return self._with_balances(wanted, last, query)

    def _open_items(self, query: LedgerQuery) -> list[EntryRow]:
        day = query.date or query.to_date or "9999-12-31"
        wanted = [entry for entry in self._posted_by(day) if self._meets(entry, query)]
        return self._with_balances(wanted, day, query, only_open=True)

    def _with_balances(
        self,
        entries: Iterable[LedgerEntry],
        day: str,
        query: LedgerQuery,
        *,
        only_open: bool = False,
    ) -> list[EntryRow]:
        groups: dict[int, dict[int, int]] = {}
        matches = self._store.matches
        make, rows = self._row, []
        dates_decide = not self._store.out_of_balances and (
            not self._store.spec.guesses.balance_uses_match_date
        )
        for entry in entries:
            match = matches.get(entry.MatchId) if entry.MatchId is not None else None
            if match is None:
                ore = round(entry.row.Amount * 100)
            elif dates_decide and match.settled_from and match.settled_from <= day:
                ore = 0
            else:
                group = groups.get(match.Id)
                if group is None:
                    group = groups[match.Id] = self._group_balances(match, day)
                ore = group[entry.Id]
            if (only_open and not ore) or not self._balance_wanted(ore, query):
                continue
            rows.append(make(entry, ore / 100))
        return rows

    def _balance_wanted(self, ore: int, query: LedgerQuery) -> bool:
        if query.balance_less_than is not None and abs(ore) >= query.balance_less_than * 100:
            return False
        return query.balance_greater_than is None or abs(ore) > query.balance_greater_than * 100

    def _group_balances(self, match: Match, day: str) -> dict[int, int]:
        """What is left of each entry of a match at the end of a day, in øre.

        The side with less is used up; it is taken from the other side's entries in the order they
        were posted. Invoice 100 and payment 60: 40 is left of the invoice, 0 of the payment.
        """
        gone = self._store.out_of_balances
        left = {
            entry.Id: round(entry.row.Amount * 100)
            for entry in match.entries
            if entry.row.PostingDate <= day and entry.row.voucher.VoucherNo not in gone
        }
        counted = not self._store.spec.guesses.balance_uses_match_date or match.matched_on <= day
        if counted:
            debit = sum(ore for ore in left.values() if ore > 0)
            credit = -sum(ore for ore in left.values() if ore < 0)
            settled_debit = settled_credit = min(debit, credit)
            order = sorted(match.entries, key=lambda entry: (entry.row.PostingDate, entry.Id))
            for entry_id in (entry.Id for entry in order if entry.Id in left):
                ore = left[entry_id]
                if ore > 0:
                    used = min(ore, settled_debit)
                    settled_debit -= used
                    left[entry_id] = ore - used
                else:
                    used = min(-ore, settled_credit)
                    settled_credit -= used
                    left[entry_id] = ore + used
        return {entry.Id: left.get(entry.Id, 0) for entry in match.entries}

    def _meets(self, entry: LedgerEntry, query: LedgerQuery) -> bool:
        row = entry.row
        if query.only_own:
            return False
        if query.changed_after is not None and not (
            entry.LastChangedDateTimeOffset > query.changed_after
        ):
            return False
        if query.created_after is not None and not (
            row.voucher.CreatedDateTimeOffset > query.created_after
        ):
            return False
        contact = row.contact
        if query.contact_numbers is not None and not in_ranges(
            self._number(entry), query.contact_numbers
        ):
            return False
        if query.contact_ids is not None and contact.Id not in query.contact_ids:
            return False
        if query.external_numbers is not None and not in_ranges(
            contact.ExternalNo, query.external_numbers
        ):
            return False
        if query.invoice_nos is not None and entry.InvoiceNo not in query.invoice_nos:
            return False
        if (
            query.matching_references is not None
            and entry.CustomMatchingReference not in query.matching_references
        ):
            return False
        if query.voucher_types is not None and row.voucher.VoucherType not in query.voucher_types:
            return False
        if query.series_ids is not None and self.series_id not in query.series_ids:
            return False
        if query.department_codes is not None and not code_test(query.department_codes)(
            row.department.Code
        ):
            return False
        return query.project_codes is None or code_test(
            query.project_codes, query.include_sub_project
        )(row.project.Code)
