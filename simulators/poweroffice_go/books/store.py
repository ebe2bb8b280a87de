"""Holds posted rows and writes new ones: the one place where a voucher comes into being."""

from __future__ import annotations

import random
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from threading import RLock
from typing import TypeAlias

from .chart import RESULT_TYPES
from .days import DAY_TEXT, MONTH_OF, moment_text, month_index, month_start, year_start
from .errors import UnbalancedVoucherError
from .identifiers import random_guid
from .model import (
    NO_EXTRA,
    Account,
    ClientBankAccount,
    Contact,
    Customer,
    Department,
    Extra,
    LedgerEntry,
    Match,
    OrganizationSettings,
    Project,
    Supplier,
    Transaction,
    VatCode,
    Voucher,
)
from .spec import CompanySpec

Terms: TypeAlias = tuple[str | None, str | None, str | None]
"""Due date, invoice number, KID of a sub-ledger line."""
Special: TypeAlias = tuple[int | None, int | None, Extra]
"""Own posting day (ordinal), amount in the voucher's currency (øre), seldom used fields."""
LineTuple: TypeAlias = tuple[
    Account,
    int,
    VatCode,
    int,
    Contact,
    Department,
    Project,
    str | None,
    Terms | None,
    Special | None,
]
"""Account, øre, VAT code, VAT in øre, contact, department, project, text, terms, special."""

NO_TERMS: Terms = (None, None, None)
FIRST_ID = 90_000_000


class Store:
    """One company's rows, vouchers, ledger entries and sums, kept in step by `post`."""

    def __init__(self, spec: CompanySpec) -> None:
        self.spec = spec
        self.lock = RLock()
        self.version = 0
        self.accounts: list[Account] = []
        self.vat_codes: list[VatCode] = []
        self.customers: list[Customer] = []
        self.suppliers: list[Supplier] = []
        self.departments: list[Department] = []
        self.projects: list[Project] = []
        self.bank_accounts: list[ClientBankAccount] = []
        self.organization: OrganizationSettings
        self.contacts: dict[int, Contact] = {}
        """By sub-ledger number."""
        self.rows: list[Transaction] = []
        self.vouchers: list[Voucher] = []
        self.customer_entries: list[LedgerEntry] = []
        self.supplier_entries: list[LedgerEntry] = []
        self.matches: dict[int, Match] = {}
        self.day_sums: dict[Account, dict[int, int]] = {}
        self.month_sums: dict[Account, dict[int, int]] = {}
        """Filled from `day_sums` at first use and kept from then on."""
        self.unlisted: set[int] = set()
        """Numbers of vouchers that AccountTransactions does not return."""
        self.out_of_balances: set[int] = set()
        self.year_end_changes: list[tuple[int, int]] = []
        """When the year end was changed, as a month index, and the month years end in since."""
        """Numbers of vouchers that count nowhere: a fault that a test has asked for."""
        self.latest_stamp = ""
        """No voucher is created before the one with the number below it."""
        self.changed_rows: list[tuple[str, int, Transaction]] = []
        """Rows changed after creation (LastChanged, Id, row), in the order of LastChanged."""
        self._ids = random.Random(f"ids:{spec.seed}:{spec.index}")  # noqa: S311 - made-up ids
        self._next_row_id = FIRST_ID + int(self._ids.random() * 800_000_000)
        self._next_entry_id = 5_000_000 + int(self._ids.random() * 90_000_000)
        self._next_match_id = 30_000 + int(self._ids.random() * 900_000)

    # ---- writing

    def post(
        self,
        ms: int,
        voucher_type: str,
        day: int,
        text: str,
        lines: Iterable[LineTuple],
        *,
        voucher_day: int | None = None,
        currency: str = "NOK",
        reverses: Voucher | None = None,
        corrects: Voucher | None = None,
        imported_no: int | None = None,
        documents: tuple[bool, bool, bool] = (False, False, False),
        stamp: str | None = None,
    ) -> tuple[Voucher, list[LedgerEntry]]:
        """Write one voucher created at `ms`; days are ordinals. Entries come in line order."""
        lines = tuple(lines)
        self.check_balance(lines)
        rows = self.rows
        created = max(stamp or moment_text(ms), self.latest_stamp)
        self.latest_stamp = created
        voucher = Voucher(
            random_guid(self._ids.getrandbits(128)),
            len(self.vouchers) + 1,
            voucher_type,
            DAY_TEXT[day if voucher_day is None else voucher_day],
            text,
            created,
            len(rows),
            0,
            ImportedVoucherNo=imported_no,
            HasPdf=documents[0],
            HasEhf=documents[1],
            HasImages=documents[2],
        )
        if reverses is not None:
            voucher.ReversedVoucherId, voucher.ReversedVoucherNo = reverses.Id, reverses.VoucherNo
        if corrects is not None:
            voucher.CorrectionOfVoucherId = corrects.Id
            voucher.CorrectionOfVoucherNo = corrects.VoucherNo
        entries: list[LedgerEntry] = []
        day_sums, day_text = self.day_sums, DAY_TEXT[day]
        row_id = self._next_row_id
        is_invoice = voucher_type in INVOICE_TYPES
        for account, ore, vat, vat_ore, contact, department, project, note, terms, special in lines:
            amount = ore / 100
            if special is None:
                on, date_text, in_currency, extra = day, day_text, amount, NO_EXTRA
            else:
                own_day, currency_ore, extra = special
                on = day if own_day is None else own_day
                date_text = DAY_TEXT[on]
                in_currency = amount if currency_ore is None else currency_ore / 100
            row = Transaction(
                row_id,
                voucher,
                account,
                date_text,
                amount,
                in_currency,
                currency,
                vat,
                vat_ore / 100 if vat_ore else 0.0,
                contact,
                department,
                project,
                text if note is None else note,
                created,
                None,
                False,
                extra,
            )
            row_id += 1
            rows.append(row)
            sums = day_sums.get(account)
            if sums is None:
                sums = day_sums[account] = {}
            sums[on] = sums.get(on, 0) + ore
            months = self.month_sums.get(account)
            if months is not None:
                month = MONTH_OF[on]
                months[month] = months.get(month, 0) + ore
            if contact.CustomerAccountNo is not None:
                side = self.customer_entries
            elif contact.SupplierAccountNo is not None:
                side = self.supplier_entries
            else:
                continue
            due, invoice_no, cid = terms or NO_TERMS
            entry_id = self._next_entry_id
            self._next_entry_id = entry_id + 1
            entry = LedgerEntry(entry_id, row, due, invoice_no, cid, created)
            row.SubLedgerEntryId = entry_id
            row.IsNoteMainEntry = is_invoice
            side.append(entry)
            entries.append(entry)
        voucher.count = len(lines)
        self._next_row_id = row_id + int(self._ids.random() * 9)
        self.vouchers.append(voucher)
        return voucher, entries

    def check_balance(self, lines: Iterable[LineTuple]) -> None:
        """Raise unless the lines sum to zero."""
        if total := sum([line[1] for line in lines]):
            kroner = f"{total / 100:.2f}"
            raise UnbalancedVoucherError(
                f"The voucher is out of balance by {kroner}.",
                f"Bilaget er i ubalanse med {kroner.replace('.', ',')}.",
            )

    def match(self, entries: Sequence[LedgerEntry], stamp: str) -> Match:
        """Settle entries against each other; entries already matched bring their whole group in."""
        members = list(entries)
        for entry in entries:
            if entry.MatchId is not None and entry.MatchId in self.matches:
                old = self.matches.pop(entry.MatchId)
                members.extend(other for other in old.entries if other not in members)
        match_id = self._next_match_id
        self._next_match_id += 1
        self.latest_stamp = max(self.latest_stamp, stamp)
        left = sum([round(entry.row.Amount * 100) for entry in members])
        settled = None if left else max([entry.row.PostingDate for entry in members])
        match = Match(match_id, stamp[:10], members, settled)
        self.matches[match_id] = match
        for entry in members:
            entry.MatchId = match_id
            entry.LastChangedDateTimeOffset = stamp
        if self.spec.guesses.match_moves_transaction_last_changed:
            self.touch([entry.row for entry in members], stamp)
        return match

    def unmatch(self, match_id: int, stamp: str) -> None:
        """Open the entries of a match again."""
        self.latest_stamp = max(self.latest_stamp, stamp)
        for entry in self.matches.pop(match_id).entries:
            entry.MatchId = None
            entry.LastChangedDateTimeOffset = stamp

    def touch(self, rows: Iterable[Transaction], stamp: str) -> None:
        """Move LastChanged of rows."""
        self.latest_stamp = max(self.latest_stamp, stamp)
        changes = self.changed_rows
        for row in rows:
            row.LastChangedDateTimeOffset = stamp
            change = (stamp, row.Id, row)
            if not changes or changes[-1][0] <= stamp:
                changes.append(change)
            else:
                insort(changes, change, key=lambda known: known[0])

    def mark_reversed(self, voucher: Voucher, stamp: str) -> None:
        """The voucher now counts as reversed; whether that shows as a change is a guess."""
        voucher.IsReversed = True
        if self.spec.guesses.reversal_moves_last_changed:
            self.touch(self.rows_of(voucher), stamp)

    # ---- reading back

    def rows_of(self, voucher: Voucher) -> list[Transaction]:
        """The rows of a voucher, which lie side by side."""
        return self.rows[voucher.first : voucher.first + voucher.count]

    def row(self, row_id: int) -> Transaction | None:
        """By Id, which ascends."""
        at = bisect_left(self.rows, row_id, key=lambda row: row.Id)
        return self.rows[at] if at < len(self.rows) and self.rows[at].Id == row_id else None

    def entry(self, entry_id: int) -> LedgerEntry | None:
        """By Id, in either ledger."""
        for side in (self.customer_entries, self.supplier_entries):
            at = bisect_left(side, entry_id, key=lambda entry: entry.Id)
            if at < len(side) and side[at].Id == entry_id:
                return side[at]
        return None

    def months(self, account: Account) -> dict[int, int]:
        """Movement per month (year * 12 + month - 1) in øre."""
        months = self.month_sums.get(account)
        if months is None:
            months = {}
            for day, ore in self.day_sums.get(account, {}).items():
                month = MONTH_OF[day]
                months[month] = months.get(month, 0) + ore
            self.month_sums[account] = months
        return months

    def movement(self, account: Account, first: int | None, last: int) -> int:
        """Øre posted between two days, both included; from the beginning when `first` is None."""
        low = -1 if first is None else first
        return sum(ore for day, ore in self.day_sums.get(account, {}).items() if low <= day <= last)

    def is_result_account(self, account: Account) -> bool:
        """By the account's own type, never by its number."""
        return account.GeneralLedgerAccountType in RESULT_TYPES

    def first_month_of_year(self, month: int) -> int:
        """First month of the financial year that holds `month`."""
        return self.financial_year(month).start

    def financial_year(self, month: int) -> range:
        """The months of the financial year that holds `month`.

        [guess] A year end that is changed leaves earlier years as they were: the year running then
        ends at the next new year end, or at the one before when it would last over 18 months.
        """
        end_month, changes = self.spec.year_end_month, list(self.year_end_changes)
        oldest = min([month, *(changed for changed, _ in changes)])
        first = month_index(year_start(month_start(oldest), end_month))
        while True:
            last = _next_year_end(first, end_month)
            if changes and changes[0][0] <= last:
                changed, end_month = changes.pop(0)
                last = _next_year_end(changed, end_month)
                if last - first + 1 > 18:
                    last -= 12
            if month <= last:
                return range(first, last + 1)
            first = last + 1


def _next_year_end(month: int, end_month: int) -> int:
    return month + (end_month - 1 - month) % 12


INVOICE_TYPES = frozenset(
    (
        "OutgoingInvoice",
        "OutgoingCreditNote",
        "IncomingInvoice",
        "IncomingCreditNote",
        "OutgoingPaymentReminder",
    )
)


def mirrored_line(row: Transaction) -> LineTuple:
    """A posted row with opposite sign, as a line for a reversal."""
    return (
        row.account,
        -round(row.Amount * 100),
        row.vat,
        -round(row.VatAmount * 100),
        row.contact,
        row.department,
        row.project,
        row.Description,
        None,
        (None, -round(row.CurrencyAmount * 100), row.extra),
    )
