"""The records of the API, field names exactly as PowerOffice Go spells them.

Posted rows number in the millions, so a `Transaction` only points at what many rows share
(voucher, account, VAT code, contact, department, project); `encoding.py` knows the way from an API
field to the attribute. Dates are `YYYY-MM-DD` and moments `YYYY-MM-DDTHH:MM:SS.fffffff+00:00`
texts, so that they compare and encode as they stand. Absent values are None. Amounts are doubles
of whole øre.
"""

from __future__ import annotations

from msgspec import Struct

EARLIEST = "1900-01-01T00:00:00.0000000+00:00"


class Account(Struct, eq=False):
    """A general ledger account (one per agriculture department); rows of GeneralLedgerAccounts."""

    AccountNo: int
    Id: int
    Name: str
    GeneralLedgerAccountType: str
    LastChangedDateTimeOffset: str = EARLIEST
    AgricultureDepartment: str = "None"
    CurrencyCode: str | None = "NOK"
    DepartmentCode: str | None = None
    DepartmentId: int | None = None
    IsActive: bool = True
    IsDepartmentRequired: bool = False
    IsProjectRequired: bool = False
    IsVatCodeLocked: bool = False
    Unit1: str | None = None
    Unit2: str | None = None
    VatCode: str | None = "0"
    VatCodeId: int | None = 40
    VatReturnSpecification: str = "None"


class VatCode(Struct, eq=False):
    """A VAT code; rows of VatCodes."""

    Code: str
    Id: int
    Name: str
    Description: str
    Rate: float
    ValidFrom: str = "2005-01-01"
    ValidTo: str | None = None
    IsActive: bool = True
    IsCustom: bool = False
    BaseVatCodeId: int | None = None
    VatBasisRatio: float | None = None
    VatBasisRatioValidFrom: str | None = None
    VatBasisRatios: list[dict[str, float | str]] | None = None


class Department(Struct, eq=False):
    """A department; rows of Departments. `Id` and `Code` are None on the one that means "none"."""

    Id: int | None
    Code: str | None
    Name: str | None = None
    CreatedDateTimeOffset: str = EARLIEST
    LastChangedDateTimeOffset: str = EARLIEST
    IsActive: bool = True
    ManagerEmployeeId: int | None = None
    ManagerEmployeeNo: int | None = None
    CreatedFromImportJournalId: str | None = None


class Project(Struct, eq=False):
    """A project or subproject (`main.sub`); rows of Projects."""

    Id: int | None
    Code: str | None
    Name: str | None = None
    ParentProjectCode: str | None = None
    ParentProjectId: int | None = None
    CreatedDateTimeOffset: str = EARLIEST
    LastChangedDateTimeOffset: str = EARLIEST
    StartDate: str | None = None
    EndDate: str | None = None
    ProjectStatus: str = "Active"
    ProjectBillingMethod: str = "Time"
    IsActive: bool = True
    IsBillable: bool = True
    IsInternal: bool = False
    CustomerId: int | None = None
    CustomerNo: int | None = None
    DepartmentCode: str | None = None
    DepartmentId: int | None = None
    Progress: int | None = None
    AllowAllActivities: bool | None = True
    AllowAllEmployees: bool | None = True
    AttachExpenseVouchersWhenBilling: bool | None = False
    BillableRate: float | None = None
    BillableRateSpecification: str | None = None
    BrandingThemeCode: str | None = None
    BrandingThemeId: int | None = None
    BudgetedBillableRate: float | None = None
    BudgetedCostOfGoods: float | None = None
    BudgetedHours: float | None = None
    BudgetedOtherOperatingExpenses: float | None = None
    BudgetedPayrollExpenses: float | None = None
    BudgetedRevenueHours: float | None = None
    BudgetedTotalRevenue: float | None = None
    ContactPersonId: int | None = None
    ContractNo: str | None = None
    CreatedFromImportJournalId: str | None = None
    DeliveryTerm: str | None = None
    DeliveryTermId: int | None = None
    DenyTimeTracking: bool | None = False
    ExpenseMarkupDescription: str | None = None
    ExpenseMarkupEnabled: bool | None = False
    ExpenseMarkupFactor: float | None = None
    ExternalNumber: int | None = None
    FixedPrice: float | None = None
    HourlyRateMarkupDescription: str | None = None
    HourlyRateMarkupEnabled: bool | None = False
    HourlyRateMarkupFactor: float | None = None
    LocationCode: str | None = None
    LocationId: int | None = None
    PaymentTermId: int | None = None
    PaymentTerms: int | None = None
    ProjectManagerEmployeeId: int | None = None
    ProjectManagerEmployeeNo: int | None = None
    PurchaseOrderNo: str | None = None


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


class Contact(Struct, eq=False, frozen=True):
    """Who a posted row concerns, in one role; shared by all rows of that customer or supplier."""

    Id: int | None = None
    CustomerAccountNo: int | None = None
    SupplierAccountNo: int | None = None
    EmployeeAccountNo: int | None = None
    Name: str | None = None
    ExternalNo: int | None = None


class Extra(Struct, eq=False, frozen=True):
    """Seldom used fields of a posted row; nearly all rows share `NO_EXTRA`."""

    BankTransferId: str | None = None
    Dim1Code: str | None = None
    Dim1Id: int | None = None
    Dim2Code: str | None = None
    Dim2Id: int | None = None
    Dim3Code: str | None = None
    Dim3Id: int | None = None
    ExternalImportReference: str | None = None
    ItemDescription: str | None = None
    ItemName: str | None = None
    LocationCode: str | None = None
    LocationId: int | None = None
    ProductCode: str | None = None
    ProductId: int | None = None
    QualityAssignmentId: int | None = None
    Quantity: float | None = None
    Quantity2: float | None = None
    SellersItemIdentification: str | None = None
    VatReturnSpecification: str = "None"


class Voucher(Struct, eq=False, gc=False):
    """What all rows of one voucher share, and where they lie (`first`, `count`) among all rows."""

    Id: str
    VoucherNo: int
    VoucherType: str
    VoucherDate: str
    Description: str | None
    CreatedDateTimeOffset: str
    first: int
    count: int
    IsReversed: bool = False
    ReversedVoucherId: str | None = None
    ReversedVoucherNo: int | None = None
    CorrectionOfVoucherId: str | None = None
    CorrectionOfVoucherNo: int | None = None
    ImportedVoucherNo: int | None = None
    CreatedFromImportJournalId: str | None = None
    is_outside_transactions: bool = False
    HasPdf: bool = False
    HasEhf: bool = False
    HasImages: bool = False


class Transaction(Struct, eq=False, gc=False):
    """One posted amount on one account; rows of AccountTransactions."""

    Id: int
    voucher: Voucher
    account: Account
    PostingDate: str
    Amount: float
    CurrencyAmount: float
    CurrencyCode: str
    vat: VatCode
    VatAmount: float
    contact: Contact
    department: Department
    project: Project
    Description: str | None
    LastChangedDateTimeOffset: str
    SubLedgerEntryId: int | None
    IsNoteMainEntry: bool
    extra: Extra


class LedgerEntry(Struct, eq=False, gc=False):
    """One entry of the customer or supplier ledger: a posted row and its state of matching."""

    Id: int
    row: Transaction
    DueDate: str | None
    InvoiceNo: str | None
    Cid: str | None
    LastChangedDateTimeOffset: str
    MatchId: int | None = None
    CustomMatchingReference: str | None = None
    PaidFromBankAccount: str | None = None
    IsWriteOff: bool = False


class Match(Struct, eq=False, gc=False):
    """Ledger entries settled against each other; partial when they do not sum to zero."""

    Id: int
    matched_on: str
    entries: list[LedgerEntry]
    settled_from: str | None = None
    """The day from which nothing is left of any entry; None when they do not sum to zero."""


class CustomerEntry(Struct, eq=False):
    """A customer ledger entry with its balance as of the day asked for."""

    entry: LedgerEntry
    Balance: float
    IsCreatedByCurrentIntegration: bool = False


class SupplierEntry(Struct, eq=False):
    """A supplier ledger entry with its balance as of the day asked for."""

    entry: LedgerEntry
    Balance: float
    IsCreatedByCurrentIntegration: bool = False


class CustomerBalance(Struct, eq=False):
    """Rows of CustomerBalances."""

    CustomerId: int | None
    CustomerAccountNo: int | None
    CustomerName: str | None
    Balance: float
    CustomerExternalNo: int | None = None


class SupplierBalance(Struct, eq=False):
    """Rows of SupplierBalances."""

    SupplierId: int | None
    SupplierAccountNo: int | None
    SupplierName: str | None
    Balance: float
    SupplierExternalNo: int | None = None


class TrialBalanceRow(Struct, eq=False):
    """Rows of TrialBalance."""

    AccountId: int
    AccountName: str | None
    AccountNo: int
    AgricultureDepartment: str
    Balance: float


class VoucherDocumentation(Struct, eq=False):
    """Rows of VoucherDocumentation: which documents a voucher has."""

    VoucherId: str
    VoucherNo: int
    VoucherType: str
    HasEhf: bool
    HasImages: bool
    HasPdf: bool
    HasSalesOrderAttachments: bool = False
    IsImported: bool = False


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


NO_CONTACT = Contact()
NO_DEPARTMENT = Department(None, None)
NO_PROJECT = Project(None, None)
NO_EXTRA = Extra()
