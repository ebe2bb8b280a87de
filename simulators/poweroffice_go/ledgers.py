"""The endpoints of figures: transactions, trial balance, customer and supplier ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from .answers import Answer, not_found, too_slow
from .books import (
    BalanceQuery,
    LedgerQuery,
    SubLedger,
    TransactionQuery,
    TrialBalanceQuery,
    parse_number_ranges,
    timestamp_of_ticks,
)
from .books.model import (
    CustomerBalance,
    CustomerEntry,
    SupplierBalance,
    SupplierEntry,
    Transaction,
    TrialBalanceRow,
)
from .endpoint import Endpoint, Reading
from .lists import answer_page, in_order, page_of
from .query import Query, bad_value

VOUCHER_TYPES = [
    "Unknown",
    "IncomingInvoice",
    "IncomingCreditNote",
    "OutgoingInvoice",
    "OutgoingCreditNote",
    "IncomingBankRemittance",
    "IncomingOcrGiro",
    "ManualJournal",
    "Expense",
    "CashJournal",
    "IncomingPayments",
    "OutgoingPayments",
    "YearEndJournal",
    "BankJournal",
    "VatReturns",
    "PayrollJournal",
    "OutgoingPaymentReminder",
    "OutgoingNoticeOfDebtCollection",
    "OutgoingPaymentDemand",
    "OutgoingWarrantOfExecution",
    "CorrectionVoucher",
    "ReversalVoucher",
    "DepreciationJournal",
    "TravelExpense",
    "Settlement",
    "NegativeSettlement",
    "SystemGeneratedDocumentationVoucher",
]
AGRICULTURE_DEPARTMENTS = [
    "None",
    "Finance",
    "Farming",
    "Forestry",
    "FurAnimals",
    "OtherIndustries",
    "Private",
]

NumberRanges = tuple[tuple[int, int | None], ...]


def ranges(query: Query, name: str) -> NumberRanges | None:
    text = query.text(name)
    if text is None:
        return None
    try:
        found: NumberRanges = parse_number_ranges(text)
    except ValueError:
        raise bad_value(name, text) from None
    return found


def moment(query: Query, name: str) -> str | None:
    ticks = query.moment(name)
    if ticks is None:
        return None
    text: str = timestamp_of_ticks(ticks)
    return text


def months_later(day: date, months: int) -> date:
    """The day ``months`` later, or the last day of that month; 31.01 + 1 gives 28.02."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year - 1:
        return date.max
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise ValueError(day)


def account_transactions(reading: Reading) -> Answer:
    """Posted rows. A long range without a filter that narrows it down takes too long."""
    query, simulator = reading.query, reading.simulator
    page = page_of(reading, Transaction)
    first, last = query.mandatory_day("fromDate"), query.mandatory_day("toDate")
    asked = TransactionQuery(
        first.isoformat(),
        last.isoformat(),
        account_numbers=ranges(query, "accountNos"),
        voucher_numbers=ranges(query, "voucherNos"),
        voucher_types=query.enums("voucherTypes", VOUCHER_TYPES),
        vat_codes=query.code_set("vatCodes"),
        agriculture_departments=query.enums("agricultureDepartments", AGRICULTURE_DEPARTMENTS),
        department_codes=query.code_set("departmentCodes"),
        project_codes=query.code_set("projectCodes"),
        product_codes=query.code_set("productCodes"),
        include_sub_project=bool(query.boolean("includeSubProject", default=False)),
        created_after=moment(query, "createdDateTimeOffsetGreaterThan"),
        changed_after=moment(query, "lastChangedDateTimeOffsetGreaterThan"),
        order_by=page.order,
    )
    # The way PowerOffice recommends for increments spans all years, so it must be quick.
    narrowed = asked.voucher_numbers or asked.created_after or asked.changed_after
    months = simulator.slow_months
    if months and not narrowed and last >= months_later(first, months):
        return too_slow()
    rows = reading.books.transactions(asked)
    if simulator.slow_rows and len(rows) > simulator.slow_rows:
        return too_slow()
    return answer_page(reading, Transaction, page, rows)


def trial_balance(reading: Reading) -> Answer:
    query = reading.query
    page = page_of(reading, TrialBalanceRow)
    rows = reading.books.trial_balance(
        TrialBalanceQuery(
            query.mandatory_day("date").isoformat(),
            account_numbers=ranges(query, "accountNos"),
            agriculture_departments=query.enums("agricultureDepartments", AGRICULTURE_DEPARTMENTS),
            department_codes=query.code_set("departmentCodes"),
            # One code each here, and the names in the singular.
            project_code=query.text("projectCode"),
            product_code=query.text("productCode"),
            include_sub_project=bool(query.boolean("includeSubProject", default=False)),
            hide_zero=bool(query.boolean("hideAccountsWithZeroBalance", default=False)),
        )
    )
    ordered = in_order(rows, page, TrialBalanceRow) if page.order else rows
    return answer_page(reading, TrialBalanceRow, page, ordered)


@dataclass(frozen=True, slots=True)
class Side:
    """The customer ledger or the supplier ledger: same shape, other names."""

    name: str
    privilege: str
    entry: type
    balance: type

    @property
    def path(self) -> str:
        return f"/{self.name}ledger"

    def ledger(self, reading: Reading) -> SubLedger:
        books = reading.books
        return books.customer_ledger if self.name == "Customer" else books.supplier_ledger

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint("GET", f"{self.path}/Statement", self.privilege, self.statement),
            Endpoint("GET", f"{self.path}/OpenItems", self.privilege, self.open_items),
            Endpoint("GET", f"{self.path}/{self.name}Balances", self.privilege, self.balances),
            Endpoint("GET", f"{self.path}/EntriesByMatchId", self.privilege, self.matched),
        ]

    def statement(self, reading: Reading) -> Answer:
        page = page_of(reading, self.entry)
        first = reading.query.mandatory_day("fromDate")
        last = reading.query.mandatory_day("toDate")
        asked = self.filters(reading, page.order)
        rows = self.ledger(reading).statement(
            LedgerQuery(from_date=first.isoformat(), to_date=last.isoformat(), **asked)
        )
        return answer_page(reading, self.entry, page, rows)

    def open_items(self, reading: Reading) -> Answer:
        page = page_of(reading, self.entry)
        day = reading.query.mandatory_day("date")
        asked = self.filters(reading, page.order)
        rows = self.ledger(reading).open_items(LedgerQuery(date=day.isoformat(), **asked))
        return answer_page(reading, self.entry, page, rows)

    def balances(self, reading: Reading) -> Answer:
        query = reading.query
        page = page_of(reading, self.balance)
        day = query.mandatory_day("date")
        query.ids("contactGroupIds", ())
        contacts = query.ids(f"{self.name}Ids", self.contact_ids(reading))
        rows = self.ledger(reading).balances(
            BalanceQuery(
                day.isoformat(),
                only_open=bool(query.boolean("includeOnlyOpenItems", default=False)),
                numbers=ranges(query, f"{self.name}Nos"),
                series_ids=query.guids("subLedgerNumberSeriesIds"),
                contact_ids=frozenset(contacts) if contacts is not None else None,
            )
        )
        ordered = in_order(rows, page, self.balance) if page.order else rows
        return answer_page(reading, self.balance, page, ordered)

    def matched(self, reading: Reading) -> Answer:
        page = page_of(reading, self.entry)
        match_id = reading.query.integer("matchId")
        if match_id is None:
            raise not_found("The required query parameter 'matchId' is missing.")
        return answer_page(
            reading, self.entry, page, self.ledger(reading).entries_by_match_id(match_id)
        )

    def contact_ids(self, reading: Reading) -> list[int]:
        contacts: Sequence[Any] = getattr(reading.books, f"{self.name.lower()}s")
        return [contact.Id for contact in contacts]

    def filters(self, reading: Reading, order: tuple[tuple[str, bool], ...]) -> dict[str, Any]:
        query = reading.query
        query.ids("contactGroupIds", ())
        below = query.text("onlyBalancesLessThanAmount") if self.name == "Customer" else None
        above = query.text("onlyBalancesGreaterThanAmount") if self.name == "Supplier" else None
        return {
            "contact_numbers": ranges(query, f"{self.name}Nos"),
            "external_numbers": ranges(query, "externalNos"),
            "invoice_nos": query.code_set("invoiceNos"),
            "department_codes": query.code_set("departmentCodes"),
            "project_codes": query.code_set("projectCodes"),
            "include_sub_project": bool(query.boolean("includeSubProject", default=False)),
            "voucher_types": query.enums("voucherTypes", VOUCHER_TYPES),
            "created_after": moment(query, "createdDateTimeOffsetGreaterThan"),
            "changed_after": moment(query, "lastChangedDateTimeOffsetGreaterThan"),
            "matching_references": query.code_set("customMatchingReferences"),
            "series_ids": query.guids("subLedgerNumberSeriesIds"),
            "balance_less_than": _number(below, "onlyBalancesLessThanAmount"),
            "balance_greater_than": _number(above, "onlyBalancesGreaterThanAmount"),
            "only_own": bool(query.boolean("onlyCreatedByCurrentIntegration", default=False)),
            "order_by": order,
        }


def _number(text: str | None, name: str) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        raise bad_value(name, text or "") from None


SIDES = (
    Side("Customer", "CustomerLedger", CustomerEntry, CustomerBalance),
    Side("Supplier", "SupplierLedger", SupplierEntry, SupplierBalance),
)


def endpoints() -> list[Endpoint]:
    return [
        Endpoint("GET", "/AccountTransactions", "AccountTransaction", account_transactions),
        Endpoint("GET", "/TrialBalance", "TrialBalance", trial_balance),
        *(endpoint for side in SIDES for endpoint in side.endpoints()),
    ]
