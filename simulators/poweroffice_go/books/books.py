"""One company's books as the API sees them: lists, settings, posted rows, balances, ledgers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from .balances import TrialBalanceQuery, trial_balance
from .change import Changes
from .days import DAY_TEXT, MONTH_NAMES, month_index
from .drafts import Inbox
from .generate import build_store
from .generate.rates import CURRENCIES, rate
from .identifiers import guid
from .model import (
    Account,
    ClientBankAccount,
    Currency,
    CurrencyRate,
    Customer,
    Department,
    FinancialSettings,
    LockDateSettings,
    OrganizationSettings,
    Project,
    SubLedgerNumberSeries,
    Supplier,
    Transaction,
    TrialBalanceRow,
    VatCode,
    VatSettings,
    Voucher,
    VoucherDocumentation,
)
from .scenarios import play
from .selection import Selection, TransactionQuery
from .spec import CompanySpec, Quirk
from .store import Store
from .subledger import SubLedger

_NOTATIONS = {"EUR": "€", "USD": "$", "GBP": "£"}


class Books(Changes):
    """Everything the API serves of one company, and (from `Changes`) everything done to it."""

    def __init__(
        self, spec: CompanySpec, store: Store, lock_date_history: list[LockDateSettings]
    ) -> None:
        self.spec = spec
        self.store = store
        self.lock = store.lock
        self.lock_date_history = lock_date_history
        self._selection = Selection(store)
        series_ids = [guid("series", spec.seed, spec.index, side) for side in ("c", "s", "e")]
        self.customer_ledger = SubLedger(store, "Customer", series_ids[0])
        self.supplier_ledger = SubLedger(store, "Supplier", series_ids[1])
        self.organization_settings: OrganizationSettings = store.organization
        self.financial_settings = self._financial_settings()
        self.vat_settings = self._vat_settings()
        self.currencies = [Currency(code, _NOTATIONS.get(code, "kr")) for code in CURRENCIES]
        self.sub_ledger_number_series = self._number_series(series_ids)
        self.inbox = Inbox(spec)
        self._documentation: tuple[int, list[VoucherDocumentation]] = (-1, [])

    # ---- lists

    @property
    def version(self) -> int:
        """One more for every change."""
        return self.store.version

    @property
    def accounts(self) -> list[Account]:
        """General ledger accounts, inactive ones too."""
        return self.store.accounts

    @property
    def vat_codes(self) -> list[VatCode]:
        """VAT codes, expired ones too."""
        return self.store.vat_codes

    @property
    def customers(self) -> list[Customer]:
        """Customers, archived ones too."""
        return self.store.customers

    @property
    def suppliers(self) -> list[Supplier]:
        """Suppliers, archived ones too."""
        return self.store.suppliers

    @property
    def departments(self) -> list[Department]:
        """Departments; none in many companies."""
        return self.store.departments

    @property
    def projects(self) -> list[Project]:
        """Projects and subprojects."""
        return self.store.projects

    @property
    def client_bank_accounts(self) -> list[ClientBankAccount]:
        """The company's own bank accounts."""
        return self.store.bank_accounts

    @property
    def lock_date_settings(self) -> LockDateSettings:
        """The lock date now."""
        return self.lock_date_history[0]

    def currency_rate(self, source: str, target: str, day: date) -> CurrencyRate | None:
        """What one unit of `source` costs in `target`; None for an unknown currency."""
        source, target = source.upper(), target.upper()
        if source not in CURRENCIES or target not in CURRENCIES:
            return None
        ordinal = min(day, self.spec.today).toordinal()
        ratio = rate(source, ordinal) / rate(target, ordinal)
        return CurrencyRate(source, 1, round(ratio, 6), DAY_TEXT[ordinal], round(1 / ratio, 6))

    # ---- posted rows

    @property
    def posting_count(self) -> int:
        """How many rows have been posted."""
        return len(self.store.rows)

    @property
    def voucher_count(self) -> int:
        """How many vouchers have been posted; also the highest voucher number."""
        return len(self.store.vouchers)

    def transactions(self, query: TransactionQuery) -> Sequence[Transaction]:
        """All rows that meet the query, in its order; kept at hand for the next pages."""
        with self.lock:
            return self._selection.find(query)

    def voucher(self, number: int) -> Voucher | None:
        """By number."""
        vouchers = self.store.vouchers
        return vouchers[number - 1] if 1 <= number <= len(vouchers) else None

    def voucher_by_id(self, voucher_id: str) -> Voucher | None:
        """By GUID, in any case."""
        wanted = voucher_id.strip().lower()
        with self.lock:
            return next((v for v in self.store.vouchers if v.Id == wanted), None)

    def voucher_rows(self, voucher: Voucher) -> list[Transaction]:
        """The rows of a voucher."""
        with self.lock:
            return self.store.rows_of(voucher)

    def recent_vouchers(self, limit: int = 50) -> list[Voucher]:
        """The latest vouchers, newest first."""
        with self.lock:
            return self.store.vouchers[: -limit - 1 : -1]

    def voucher_documentation(
        self, voucher_id: str | None = None, voucher_no: int | None = None
    ) -> Sequence[VoucherDocumentation]:
        """Which vouchers have documents, and of which kind."""
        with self.lock:
            if voucher_id is not None or voucher_no is not None:
                voucher = (
                    self.voucher_by_id(voucher_id) if voucher_id else self.voucher(voucher_no or 0)
                )
                fits = voucher is not None and voucher_no in (None, voucher.VoucherNo)
                return [_documentation(voucher)] if fits and _has_any(voucher) else []
            if self._documentation[0] != self.version:
                listed = [_documentation(v) for v in self.store.vouchers if _has_any(v)]
                self._documentation = (self.version, listed)
            return self._documentation[1]

    # ---- balances

    def trial_balance(self, query: TrialBalanceQuery) -> list[TrialBalanceRow]:
        """Balances at the end of a day, debit positive."""
        with self.lock:
            return trial_balance(self.store, query)

    def undisposed_result(self, year_end: date) -> Decimal:
        """What is left on a year's result accounts, profit positive; zero once disposed of."""
        last = month_index(year_end)
        with self.lock:
            ore = sum(
                amount
                for account in self.accounts
                if self.store.is_result_account(account)
                for month, amount in self.store.months(account).items()
                if last - 12 < month <= last
            )
        return Decimal(-ore) / 100

    def play_scenario(self, *, now: datetime) -> str:
        """What happens between two syncs in this special company; says it in Norwegian."""
        with self.lock:
            return play(self, now)

    # ---- settings

    def _account_id(self, number: int) -> int:
        return next(account.Id for account in self.accounts if account.AccountNo == number)

    def _financial_settings(self) -> FinancialSettings:
        return FinancialSettings(
            self.spec.conversion_date.isoformat(),
            self._account_id(8060),
            8060,
            self._account_id(8160),
            8160,
            MONTH_NAMES[self.spec.year_end_month - 1],
            self.organization_settings.LastChangedDateTimeOffset,
        )

    def _vat_settings(self) -> VatSettings:
        spec = self.spec
        registered = spec.industry.vat_registered and spec.quirk is not Quirk.HOLDING
        yearly = spec.quirk is Quirk.FARM or spec.postings_target < 400
        return VatSettings(
            registered,
            f"NO{spec.orgnr}MVA" if registered and spec.orgnr and len(spec.orgnr) == 9 else None,
            VatPeriod="Yearly" if yearly else "BiMonthly",
            VatReturnType=(
                "NoReporting"
                if not registered
                else "PrimaryIndustry"
                if spec.quirk is Quirk.FARM
                else "GeneralIndustry"
            ),
            RoundingAccountId=self._account_id(7770),
            RoundingAccountNo=7770,
        )

    def _number_series(self, ids: list[str]) -> list[SubLedgerNumberSeries]:
        kinds = (
            ("Kunder", "Customer", 10_000, 1500),
            ("Leverandører", "Supplier", 20_000, 2400),
            ("Ansatte", "Employee", 30_000, 2910),
        )
        return [
            SubLedgerNumberSeries(
                series_id, name, kind, first, first + 9_999, self._account_id(number), number
            )
            for series_id, (name, kind, first, number) in zip(ids, kinds, strict=True)
        ]


def build(spec: CompanySpec) -> Books:
    """Make a company's books: the same spec gives the same books to the byte."""
    store, lock_date_history = build_store(spec)
    return Books(spec, store, lock_date_history)


def _has_any(voucher: Voucher | None) -> bool:
    return voucher is not None and (voucher.HasPdf or voucher.HasEhf or voucher.HasImages)


def _documentation(voucher: Voucher | None) -> VoucherDocumentation:
    assert voucher is not None  # noqa: S101 - `_has_any` has said so
    return VoucherDocumentation(
        voucher.Id,
        voucher.VoucherNo,
        voucher.VoucherType,
        voucher.HasEhf,
        voucher.HasImages,
        voucher.HasPdf,
    )
