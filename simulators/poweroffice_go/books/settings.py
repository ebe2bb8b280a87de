"""The API's single objects and small lists: settings of the company, currencies, number series."""

from __future__ import annotations

from msgspec import Struct


class Currency(Struct, eq=False):
    """Rows of Currencies."""

    Code: str
    Notation: str
    IsActive: bool = True


class CurrencyRate(Struct, eq=False):
    """The answer of CurrencyRates."""

    CurrencyCode: str
    ExchangeBase: int
    ExchangeRate: float
    RateDate: str
    ReverseExchangeRate: float


class SubLedgerNumberSeries(Struct, eq=False):
    """Rows of SubLedgerNumberSeries."""

    Id: str
    Name: str
    SubLedgerNumberSeriesType: str
    FromInclusive: int
    ToInclusive: int
    GeneralLedgerAccountId: int
    GeneralLedgerAccountNo: int
    IsClientTrust: bool = False
    IsDefault: bool = True


class FinancialSettings(Struct, eq=False):
    """The answer of FinancialSettings."""

    ConversionDate: str
    CurrencyGainsAccountId: int
    CurrencyGainsAccountNo: int
    CurrencyLossAccountId: int
    CurrencyLossAccountNo: int
    FinancialYearEndMonth: str
    LastChangedDateTimeOffset: str
    CurrencyCode: str = "NOK"
    UseTrustAccountManagement: bool | None = False


class LockDateSettings(Struct, eq=False):
    """The answer of LockDateSettings; also the rows of its history, newest first."""

    LockDate: str
    ChangeReason: str | None
    LastChangedByUserId: int | None
    LastChangedDateTimeOffset: str


class VatSettings(Struct, eq=False):
    """The answer of VatSettings."""

    IsVatRegistered: bool | None
    VatNumber: str | None
    VatPeriod: str = "BiMonthly"
    VatReturnType: str = "GeneralIndustry"
    AlternativeVatPeriod: str | None = None
    AlternativeVatReturnFromYear: int | None = None
    AlternativeVatReturnType: str | None = None
    ReportAlternativeVatReturn: bool | None = False
    ReportVatReturnManually: bool | None = False
    RoundingAccountAgricultureDepartment: str = "None"
    RoundingAccountId: int | None = None
    RoundingAccountNo: int | None = None
    UseVatCompensation: bool | None = False
    VatAlternativeGrouping: str | None = None


class Address(Struct, eq=False):
    """An address inside OrganizationSettings."""

    AddressLine1: str | None = None
    AddressLine2: str | None = None
    City: str | None = None
    CountryCode: str | None = "NO"
    ZipCode: str | None = None


class OrganizationSettings(Struct, eq=False):
    """The answer of OrganizationSettings."""

    Id: str
    Name: str
    LegalName: str
    OrganizationNumber: str | None
    MailAddress: Address
    DeliveryAddress: Address
    LastChangedDateTimeOffset: str
    EmailAddress: str | None = None
    PhoneNumber: str | None = None
    WebsiteUrl: str | None = None
    DefaultAgricultureDepartment: str = "None"
    IsAgricultureClient: bool | None = False
    InvoiceInboxEhf: bool = True
    InvoiceInboxEmail: bool = True
    InvoiceInboxEmailAddress: str | None = None
    MailAddressIsDeliveryAddress: bool = True


class ClientIntegrationInformation(Struct, eq=False):
    """The answer of ClientIntegrationInformation."""

    ClientId: str
    ClientName: str
    ActiveClientSubscriptions: list[str]
    ValidPrivileges: list[str]
    InvalidPrivileges: list[str]
    AllowSendInvoice: bool = False
    AllowShowCustomerSSN: bool = False
    AllowShowEmployeeSSN: bool = False
