"""What is done to the books while the simulator runs: post, reverse, match, lock and so on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from .chart import account_type
from .days import MONTH_NAMES, MONTH_OF, month_index, ordinal_of, tick_after, timestamp_text
from .errors import AlreadyReversedError, ConflictError, PeriodLockedError, not_found
from .lines import Line, LineReader, plain_line
from .model import (
    Account,
    FinancialSettings,
    LedgerEntry,
    LockDateSettings,
    Transaction,
    Voucher,
)
from .store import Store, mirrored_line


class Changes:
    """The changing half of `Books`."""

    store: Store
    lock_date_history: list[LockDateSettings]
    financial_settings: FinancialSettings

    # ---- vouchers

    def post_voucher(
        self,
        lines: Sequence[Line],
        posting_date: date,
        *,
        now: datetime,
        voucher_date: date | None = None,
        voucher_type: str = "ManualJournal",
        text: str = "",
    ) -> Voucher:
        """Post one voucher; nothing is changed when it is refused."""
        with self.store.lock:
            self._check_open([posting_date, *(x.posting_date for x in lines if x.posting_date)])
            return self._post(lines, posting_date, now, voucher_date, voucher_type, text)

    def reverse_voucher(
        self, number: int, *, now: datetime, posting_date: date | None = None
    ) -> Voucher:
        """Opposite signs, on the same day as the first, or today where that day is locked."""
        with self.store.lock:
            return self._reverse(number, now, posting_date)

    def correct_voucher(
        self,
        number: int,
        lines: Sequence[Line],
        *,
        now: datetime,
        posting_date: date | None = None,
        text: str | None = None,
    ) -> tuple[Voucher, Voucher]:
        """A reversal and a new voucher in the place of the old one."""
        with self.store.lock:
            store, old = self.store, self._voucher(number)
            store.check_balance(LineReader(store).read(lines)[0])
            self._check_open(x.posting_date for x in lines if x.posting_date)
            reversal = self._reverse(number, now, posting_date)
            day = date.fromisoformat(store.rows_of(reversal)[0].PostingDate)
            label = text or f"Korreksjon av bilag {number}"
            correction = self._post(lines, day, now, None, "CorrectionVoucher", label, corrects=old)
            return reversal, correction

    def edit_text(self, transaction_id: int, text: str, *, now: datetime) -> Transaction:
        """The one thing that may change after posting."""
        with self.store.lock:
            row = self.store.row(transaction_id)
            if row is None:
                raise not_found("Transaction", "Posteringen", transaction_id)
            row.Description = text
            self.store.touch([row], self._stamp(now))
            self.store.version += 1
            return row

    def bulk_post(self, count: int, *, now: datetime, posting_date: date | None = None) -> int:
        """About `count` postings at once, in vouchers of two; gives the number made."""
        with self.store.lock:
            day = posting_date or now.date()
            self._check_open([day])
            store, stamp = self.store, self._stamp(now)
            reader = LineReader(store)
            cost, bank = reader.account(6800), reader.account(1920)
            no_vat = reader.vat_code("0")
            vouchers = (count + 1) // 2
            for index in range(vouchers):
                ore = 10_000 + index % 97 * 113
                lines = [plain_line(cost, ore, no_vat), plain_line(bank, -ore, no_vat)]
                text = f"Masseføring {index + 1}"
                store.post(0, "ManualJournal", day.toordinal(), text, lines, stamp=stamp)
            store.version += 1
            return vouchers * 2

    # ---- accounts

    def add_account(
        self,
        number: int,
        name: str,
        *,
        now: datetime,
        kind: str | None = None,
        agriculture_department: str = "None",
    ) -> Account:
        """A new general ledger account; its type follows from the number when it is not said."""
        with self.store.lock:
            self._check_number_free(number, agriculture_department, None)
            code = LineReader(self.store).vat_code("0")
            account = Account(
                number,
                max(account.Id for account in self.store.accounts) + 1,
                name,
                kind or account_type(number),
                self._stamp(now),
                agriculture_department,
                VatCode=code.Code,
                VatCodeId=code.Id,
            )
            self.store.accounts.append(account)
            self.store.version += 1
            return account

    def rename_account(self, account_id: int, name: str, *, now: datetime) -> Account:
        """A new name for an account."""
        with self.store.lock:
            return self._changed_account(account_id, now, Name=name)

    def set_account_active(self, account_id: int, active: bool, *, now: datetime) -> Account:
        """Selectable in the user interface or not."""
        with self.store.lock:
            return self._changed_account(account_id, now, IsActive=active)

    def renumber_account(self, account_id: int, number: int, *, now: datetime) -> Account:
        """A new number; the Id stays, and posted rows show the new number at once."""
        with self.store.lock:
            account = self._account_by_id(account_id)
            self._check_number_free(number, account.AgricultureDepartment, account)
            self._changed_account(account_id, now, AccountNo=number)
            if self.store.spec.guesses.renumber_moves_last_changed:
                rows = [row for row in self.store.rows if row.account is account]
                self.store.touch(rows, self._stamp(now))
            return account

    # ---- matching

    def match(self, entry_ids: Sequence[int], *, now: datetime) -> int:
        """Settle ledger entries of one contact against each other; gives the match id."""
        with self.store.lock:
            entries = [self._entry(entry_id) for entry_id in dict.fromkeys(entry_ids)]
            if len(entries) < 2 or len({entry.row.contact for entry in entries}) != 1:
                raise ConflictError(
                    "At least two entries of one customer or supplier are needed.",
                    "Det trengs minst to poster på samme kunde eller leverandør.",
                )
            match = self.store.match(entries, self._stamp(now))
            self.store.version += 1
            return match.Id

    def unmatch(self, match_id: int, *, now: datetime) -> None:
        """Open the entries of a match again."""
        with self.store.lock:
            if match_id not in self.store.matches:
                raise not_found("Match", "Utligningen", match_id)
            self.store.unmatch(match_id, self._stamp(now))
            self.store.version += 1

    # ---- the lock date

    def set_lock_date(self, day: date, *, now: datetime, reason: str | None = None) -> None:
        """Nothing can be posted on or before `day` from now on."""
        with self.store.lock:
            change = LockDateSettings(day.isoformat(), reason, 4_711, self._stamp(now))
            self.lock_date_history.insert(0, change)
            self.store.version += 1

    def change_year_end(self, month: int, *, now: datetime) -> None:
        """Financial years end in another month from the running one on; earlier years stay."""
        with self.store.lock:
            self.store.year_end_changes.append((month_index(now.date()), month))
            self.financial_settings.FinancialYearEndMonth = MONTH_NAMES[month - 1]
            self.financial_settings.LastChangedDateTimeOffset = self._stamp(now)
            self.store.version += 1

    # ---- oddities of a source, for fault tests

    def hide_voucher(self, number: int, *, also_from_balances: bool = True) -> None:
        """The voucher is gone from AccountTransactions, and as a rule from every balance too."""
        with self.store.lock:
            self._hide([self._voucher(number)], also_from_balances)

    def remove_voucher_type(self, voucher_type: str, *, also_from_balances: bool = True) -> int:
        """All vouchers of a type are gone; gives how many."""
        with self.store.lock:
            gone = [v for v in self.store.vouchers if v.VoucherType == voucher_type]
            self._hide(gone, also_from_balances)
            return len(gone)

    def restore_hidden(self) -> None:
        """Everything hidden comes back as it was."""
        with self.store.lock:
            store = self.store
            for number in sorted(store.out_of_balances):
                self._count(store.vouchers[number - 1], 1)
            store.out_of_balances.clear()
            store.unlisted = {
                number
                for number in store.unlisted
                if store.vouchers[number - 1].is_outside_transactions
            }
            store.version += 1

    # ---- inside

    def _hide(self, vouchers: Iterable[Voucher], also_from_balances: bool) -> None:
        store = self.store
        for voucher in vouchers:
            store.unlisted.add(voucher.VoucherNo)
            if also_from_balances and voucher.VoucherNo not in store.out_of_balances:
                self._count(voucher, -1)
                store.out_of_balances.add(voucher.VoucherNo)
        store.version += 1

    def _count(self, voucher: Voucher, sign: int) -> None:
        """Take a voucher's rows out of the kept sums, or put them back."""
        store = self.store
        for row in store.rows_of(voucher):
            months = store.months(row.account)
            day, ore = ordinal_of(row.PostingDate), sign * round(row.Amount * 100)
            days = store.day_sums[row.account]
            days[day] = days.get(day, 0) + ore
            month = MONTH_OF[day]
            months[month] = months.get(month, 0) + ore

    def _post(
        self,
        lines: Sequence[Line],
        day: date,
        now: datetime,
        voucher_date: date | None,
        voucher_type: str,
        text: str,
        corrects: Voucher | None = None,
    ) -> Voucher:
        tuples, documents = LineReader(self.store).read(lines)
        voucher, _ = self.store.post(
            0,
            voucher_type,
            day.toordinal(),
            text,
            tuples,
            voucher_day=voucher_date.toordinal() if voucher_date else None,
            corrects=corrects,
            documents=(documents, False, False),
            stamp=self._stamp(now),
        )
        self.store.version += 1
        return voucher

    def _reverse(self, number: int, now: datetime, posting_date: date | None) -> Voucher:
        store, old = self.store, self._voucher(number)
        if old.IsReversed:
            raise AlreadyReversedError(
                f"Voucher {number} is already reversed.", f"Bilag {number} er allerede reversert."
            )
        rows = store.rows_of(old)
        day = posting_date or date.fromisoformat(rows[0].PostingDate)
        if posting_date is None and day.isoformat() <= self._locked():
            day = now.date()
        self._check_open([day])
        stamp = self._stamp(now)
        originals = [self._entry(r.SubLedgerEntryId) for r in rows if r.SubLedgerEntryId]
        for entry in originals:
            if entry.MatchId is not None and entry.MatchId in store.matches:
                store.unmatch(entry.MatchId, stamp)
        reversal, entries = store.post(
            0,
            "ReversalVoucher",
            day.toordinal(),
            f"Reversering av bilag {number}",
            [mirrored_line(row) for row in rows],
            currency=rows[0].CurrencyCode,
            reverses=old,
            stamp=stamp,
        )
        for original, entry in zip(originals, entries, strict=True):
            store.match((original, entry), stamp)
        store.mark_reversed(old, stamp)
        store.version += 1
        return reversal

    def _check_open(self, days: Iterable[date]) -> None:
        locked = self._locked()
        for day in days:
            if day.isoformat() <= locked:
                raise PeriodLockedError(
                    f"The period is locked until {locked}.",
                    f"Perioden er låst til og med {locked}.",
                )

    def _locked(self) -> str:
        return self.lock_date_history[0].LockDate

    def _check_number_free(self, number: int, department: str, itself: Account | None) -> None:
        for account in self.store.accounts:
            if (
                account.AccountNo == number
                and account.AgricultureDepartment == department
                and account is not itself
            ):
                raise ConflictError(
                    f"Account {number} exists already.", f"Konto {number} finnes allerede."
                )

    def _changed_account(
        self, account_id: int, now: datetime, **values: str | int | bool
    ) -> Account:
        account = self._account_by_id(account_id)
        for name, value in values.items():
            setattr(account, name, value)
        account.LastChangedDateTimeOffset = self._stamp(now)
        self.store.version += 1
        return account

    def _stamp(self, now: datetime) -> str:
        """The moment as text, always later than all that has happened: filters are exclusive."""
        store = self.store
        store.latest_stamp = max(timestamp_text(now), tick_after(store.latest_stamp))
        return store.latest_stamp

    def _voucher(self, number: int) -> Voucher:
        if not 1 <= number <= len(self.store.vouchers):
            raise not_found("Voucher", "Bilag", number)
        return self.store.vouchers[number - 1]

    def _entry(self, entry_id: int) -> LedgerEntry:
        entry = self.store.entry(entry_id)
        if entry is None:
            raise not_found("Ledger entry", "Reskontroposten", entry_id)
        return entry

    def _account_by_id(self, account_id: int) -> Account:
        for account in self.store.accounts:
            if account.Id == account_id:
                return account
        raise not_found("Account with id", "Konto med id", account_id)
