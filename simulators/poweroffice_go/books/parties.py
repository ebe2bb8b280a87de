"""Customers, suppliers and the company's bank accounts, as the API spells them."""

from __future__ import annotations

from msgspec import Struct

EARLIEST = "1900-01-01T00:00:00.0000000+00:00"


class MailAddress(Struct, eq=False):
    """The address inside a contact."""

    Id: int
    AddressLine1: str | None = None
    AddressLine2: str | None = None
    City: str | None = None
    CountryCode: str | None = "NO"
    ExternalCode: str | None = None
    LastChangedDateTimeOffset: str = EARLIEST
    ZipCode: str | None = None


class Customer(Struct, eq=False):
    """A contact in its role as customer; rows of Customers."""

    Id: int
    Number: int
    Name: str
    SubledgerAccountId: int
    LegalName: str | None = None
    OrganizationNumber: str | None = None
    IsPerson: bool = False
    FirstName: str | None = None
    LastName: str | None = None
    MailAddress: MailAddress | None = None
    EmailAddress: str | None = None
    PhoneNumber: str | None = None
    CurrencyCode: str | None = "NOK"
    PaymentTerm: int | None = 14
    ContactCreatedDateTimeOffset: str = EARLIEST
    CustomerCreatedDateTimeOffset: str = EARLIEST
    LastChangedDateTimeOffset: str = EARLIEST
    CustomerSince: str | None = None
    IsActive: bool = True
    IsArchived: bool = False
    IsVatFree: bool = False
    ContactGroupIds: list[int] = []
    NationalIdNumber: str | None = None
    ExternalNumber: int | None = None
    InvoiceDeliveryType: str | None = "EHF"
    InvoiceEmailAddress: str | None = None
    Allowance: float | None = None
    BillableRate: float | None = None
    CreatedFromImportJournalId: str | None = None
    DateOfBirth: str | None = None
    DeliveryTerm: str | None = None
    DeliveryTermId: int | None = None
    DepartmentCode: str | None = None
    DepartmentId: int | None = None
    DoNotAddLatePaymentFees: bool | None = False
    DoNotAddLatePaymentInterest: bool | None = False
    DoNotAutomatePaymentNotifications: bool | None = False
    ExternalImportReference: str | None = None
    InvoiceBrandingThemeCode: str | None = None
    InvoiceBrandingThemeId: int | None = None
    InvoiceEmailAddressCC: str | None = None
    NoticeOfDebtCollectionDeliveryType: str | None = "PdfByEmail"
    PaymentReminderEmailAddress: str | None = None
    PaymentTermId: int | None = None
    ReminderDeliveryType: str | None = "PdfByEmail"
    SalesPersonEmployeeId: int | None = None
    SalesPersonEmployeeNumber: int | None = None
    SendPaymentReminders: bool | None = True
    TransferToDebtCollectionAgency: bool | None = False
    UseInvoiceFee: bool | None = False
    WebsiteUrl: str | None = None


class Supplier(Struct, eq=False):
    """A contact in its role as supplier; rows of Suppliers."""

    Id: int
    Number: int
    Name: str
    SubledgerAccountId: int
    LegalName: str | None = None
    OrganizationNumber: str | None = None
    IsPerson: bool = False
    FirstName: str | None = None
    LastName: str | None = None
    MailAddress: MailAddress | None = None
    EmailAddress: str | None = None
    PhoneNumber: str | None = None
    CurrencyCode: str | None = "NOK"
    ContactCreatedDateTimeOffset: str = EARLIEST
    SupplierCreatedDateTimeOffset: str = EARLIEST
    LastChangedDateTimeOffset: str = EARLIEST
    IsActive: bool = True
    IsArchived: bool = False
    ContactGroupIds: list[int] = []
    ExternalNumber: int | None = None
    Payout: bool | None = True
    CreatedFromImportJournalId: str | None = None
    DateOfBirth: str | None = None
    ExternalImportReference: str | None = None
    WebsiteUrl: str | None = None


class ClientBankAccount(Struct, eq=False):
    """One of the company's own bank accounts; rows of ClientBankAccounts."""

    Id: int
    BankAccountNumber: str
    GeneralLedgerAccountId: int
    GeneralLedgerAccountNo: int
    BankName: str | None = None
    BicSwift: str = "DNBANOKK"
    CountryCode: str = "NO"
    CurrencyCode: str | None = "NOK"
    IsPrimaryAccount: bool = False
    CreatedDateTimeOffset: str = EARLIEST
    LastChangedDateTimeOffset: str = EARLIEST
    ActiveIncomingPaymentService: bool | None = True
    ActiveOutgoingPaymentServices: bool | None = True
    AgricultureDepartment: str = "None"
    AllowOverdraft: bool | None = False
    IsActive: bool | None = True
    IsClientTrustAccount: bool | None = False
    OverdraftLimit: float | None = None
