"""The endpoints of settings and registers: accounts, VAT codes, contacts, dimensions, series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from .answers import Answer, ApiError, not_found, unknown_path
from .books import timestamp_of_ticks
from .books.drafts import JournalEntryVoucher
from .books.model import (
    Account,
    ClientBankAccount,
    Currency,
    Customer,
    Department,
    LockDateSettings,
    Project,
    SubLedgerNumberSeries,
    Supplier,
    VatCode,
)
from .endpoint import Endpoint, Reading
from .lists import (
    CREATED,
    LAST_CHANGED,
    Filter,
    Test,
    answer_object,
    answer_page,
    by_codes,
    by_flag,
    by_numbers,
    by_part,
    by_text,
    changed_since,
    in_order,
    page_of,
    pagination,
)
from .query import Page, Query


@dataclass(frozen=True, slots=True)
class Register:
    """A list that is read from the books as it stands, filtered and sorted."""

    path: str
    privilege: str
    kind: type
    rows: Callable[[Any], Sequence[Any]]
    filters: tuple[Filter, ...] = ()
    noun: str | None = None
    """Named in «not found»; None where single rows cannot be read by id."""

    def endpoints(self) -> list[Endpoint]:
        found = [Endpoint("GET", self.path, self.privilege, self.answer_list)]
        if self.noun:
            found.append(Endpoint("GET", self.path + "/{id}", self.privilege, self.answer_one))
        return found

    def answer_list(self, reading: Reading) -> Answer:
        page = page_of(reading, self.kind)
        rows = filtered(reading, self.rows(reading.books), self.filters)
        return answer_page(reading, self.kind, page, in_order(rows, page, self.kind))

    def answer_one(self, reading: Reading) -> Answer:
        text = reading.parts["id"]
        if self.noun != "SubLedgerNumberSeries" and not text.lstrip("-").isdigit():
            raise ApiError(unknown_path())
        for row in self.rows(reading.books):
            if str(row.Id).lower() == text:
                return answer_object(row)
        raise not_found(f"{self.noun} with id = {text} not found.")


def filtered(reading: Reading, rows: Sequence[Any], filters: tuple[Filter, ...]) -> list[Any]:
    tests = [test for read in filters if (test := read(reading.query, timestamp_of_ticks))]
    return [row for row in rows if all(test(row) for test in tests)]


def contact_group_filter(query: Query, moment: Callable[[int], str]) -> Test | None:
    """The simulated companies have no contact groups, so any id is unknown."""
    query.ids("contactGroupIds", ())
    return None


CONTACT_FILTERS = (
    by_numbers("externalNos", "ExternalNumber"),
    by_text("externalImportReference", "ExternalImportReference"),
    by_codes("organizationNumbers", "OrganizationNumber"),
    by_codes("emailAddresses", "EmailAddress"),
    by_codes("phoneNumbers", "PhoneNumber"),
    contact_group_filter,
    LAST_CHANGED,
)

REGISTERS = (
    Register(
        "/GeneralLedgerAccounts",
        "GeneralLedgerAccount",
        Account,
        lambda books: books.accounts,
        (
            by_numbers("accountNos", "AccountNo"),
            by_codes("agricultureDepartments", "AgricultureDepartment"),
            LAST_CHANGED,
        ),
        "GeneralLedgerAccount",
    ),
    Register(
        "/Customers",
        "Customer",
        Customer,
        lambda books: books.customers,
        (
            by_numbers("customerNos", "Number"),
            changed_since(
                "customerCreatedDateTimeOffsetGreaterThan", "CustomerCreatedDateTimeOffset"
            ),
            *CONTACT_FILTERS,
        ),
        "Customer",
    ),
    Register(
        "/Suppliers",
        "Supplier",
        Supplier,
        lambda books: books.suppliers,
        (
            by_numbers("supplierNos", "Number"),
            changed_since(
                "supplierCreatedDateTimeOffsetGreaterThan", "SupplierCreatedDateTimeOffset"
            ),
            *CONTACT_FILTERS,
        ),
        "Supplier",
    ),
    Register(
        "/Departments",
        "Department",
        Department,
        lambda books: books.departments,
        (
            by_codes("codes", "Code"),
            by_part("name", "Name"),
            by_flag("isActive", "IsActive"),
            by_numbers("managerEmployeeNo", "ManagerEmployeeNo"),
            by_text("createdFromImportJournalId", "CreatedFromImportJournalId"),
            CREATED,
            LAST_CHANGED,
        ),
        "Department",
    ),
    Register(
        "/ClientBankAccounts",
        "ClientBankAccount",
        ClientBankAccount,
        lambda books: books.client_bank_accounts,
        (by_codes("bankAccountNumbers", "BankAccountNumber"), CREATED, LAST_CHANGED),
        "ClientBankAccount",
    ),
    Register(
        "/SubLedgerNumberSeries",
        "CommonServices",
        SubLedgerNumberSeries,
        lambda books: books.sub_ledger_number_series,
        (
            by_numbers("generalLedgerAccountNos", "GeneralLedgerAccountNo"),
            by_flag("isDefault", "IsDefault"),
            by_text("subLedgerNumberSeriesType", "SubLedgerNumberSeriesType"),
        ),
        "SubLedgerNumberSeries",
    ),
    Register(
        "/JournalEntryVouchers",
        "JournalEntryVoucher",
        JournalEntryVoucher,
        lambda books: books.inbox.vouchers,
        (
            by_flag("isPosted", "IsPosted"),
            by_flag("inApprovalWorkflow", "InApprovalWorkflow"),
            CREATED,
            LAST_CHANGED,
        ),
    ),
    Register(
        "/Currencies",
        "CommonServices",
        Currency,
        lambda books: books.currencies,
        (by_codes("currencyCode", "Code"), by_flag("isActive", "IsActive")),
    ),
    Register(
        "/LockDateSettings/history",
        "CommonServices",
        LockDateSettings,
        lambda books: books.lock_date_history,
    ),
)

EMPTY = {
    "/ContactGroups": "ContactGroup",
    "/ContactPersons": "ContactPerson",
    "/ContactBankAccounts": "ContactBankAccount",
    "/ContactDeliveryAddresses": "ContactDeliveryAddress",
    "/Locations": "Location",
    "/CustomDimensions": "CustomDimension",
    "/CustomDimensionSettings": "CustomDimension",
    "/Products": "Product",
    "/ProductGroups": "Product",
    "/ClientContacts": "CommonServices",
}


def vat_codes(reading: Reading) -> Answer:
    """Only codes that are still valid today, unless expired ones are asked for."""
    page = page_of(reading, VatCode)
    rows = filtered(reading, reading.books.vat_codes, (by_flag("isActive", "IsActive"),))
    if not reading.query.boolean("includeExpired", default=False):
        today = reading.simulator.clock.today().isoformat()
        rows = [row for row in rows if row.ValidTo is None or row.ValidTo >= today]
    return answer_page(reading, VatCode, page, in_order(rows, page, VatCode))


def projects(reading: Reading) -> Answer:
    page = page_of(reading, Project)
    query = reading.query
    rows = filtered(
        reading,
        reading.books.projects,
        (
            by_part("name", "Name"),
            by_codes("status", "ProjectStatus"),
            by_codes("projectBillingMethod", "ProjectBillingMethod"),
            by_numbers("customerNos", "CustomerNo"),
            by_codes("departmentCodes", "DepartmentCode"),
            by_numbers("projectManagerEmployeeNos", "ProjectManagerEmployeeNo"),
            CREATED,
            LAST_CHANGED,
        ),
    )
    codes = query.codes("projectCodes")
    if codes is not None:
        # The plural «includeSubProjects» is right here; elsewhere it is «includeSubProject».
        with_sub = query.boolean("includeSubProjects", default=False)
        rows = [
            row for row in rows if codes(row.Code) or (with_sub and codes(row.ParentProjectCode))
        ]
    if query.boolean("excludeArchivedProject", default=False):
        rows = [row for row in rows if row.ProjectStatus != "Archived"]
    return answer_page(reading, Project, page, in_order(rows, page, Project))


def one_project(reading: Reading) -> Answer:
    register = Register("", "", Project, lambda books: books.projects, (), "Project")
    return register.answer_one(reading)


def client_integration_information(reading: Reading) -> Answer:
    """Needs no privilege; says which privileges work and which lack their module."""
    simulator, environment = reading.simulator, reading.environment.name
    valid, invalid = simulator.privileges(environment, reading.company)
    said = simulator.spec(reading.company).integration_information()
    return answer_object(
        msgspec.structs.replace(
            said,
            ClientId=simulator.client_id(environment, reading.company),
            ValidPrivileges=valid,
            InvalidPrivileges=invalid,
        )
    )


def currency_rate(reading: Reading) -> Answer:
    query = reading.query
    source, target = query.text("fromCurrency"), query.text("toCurrency")
    day = query.mandatory_day("asOnDate")
    if source is None or target is None:
        raise not_found(
            "The required query parameters 'fromCurrency' and 'toCurrency' are missing."
        )
    rate = reading.books.currency_rate(source.upper(), target.upper(), day)
    if rate is None:
        raise not_found(f"No rate from {source} to {target}.")
    return answer_object(rate)


def organization_settings(reading: Reading) -> Answer:
    settings = reading.books.organization_settings
    own_id = reading.simulator.client_id(reading.environment.name, reading.company)
    return answer_object(msgspec.structs.replace(settings, Id=own_id))


def nothing(reading: Reading) -> Answer:
    """A list that exists and has no rows in any simulated company."""
    return Answer(204, b"", {"X-Pagination": pagination(reading, Page(1, 5000, None, ()), 0)})


def endpoints() -> list[Endpoint]:
    found = [endpoint for register in REGISTERS for endpoint in register.endpoints()]
    get = "GET"
    return [
        *found,
        Endpoint(get, "/VatCodes", "CommonServices", vat_codes),
        Endpoint(get, "/Projects", "Project", projects),
        Endpoint(get, "/Projects/{id}", "Project", one_project),
        Endpoint(
            get,
            "/ClientIntegrationInformation",
            None,
            client_integration_information,
            needs_books=False,
        ),
        Endpoint(get, "/OrganizationSettings", "CommonServices", organization_settings),
        Endpoint(get, "/CurrencyRates", "CommonServices", currency_rate),
        *(
            Endpoint(get, path, "CommonServices", _settings(name))
            for path, name in (
                ("/FinancialSettings", "financial_settings"),
                ("/LockDateSettings", "lock_date_settings"),
                ("/VatSettings", "vat_settings"),
            )
        ),
        *(Endpoint(get, path, privilege, nothing) for path, privilege in EMPTY.items()),
    ]


def _settings(name: str) -> Callable[[Reading], Answer]:
    return lambda reading: answer_object(getattr(reading.books, name))
