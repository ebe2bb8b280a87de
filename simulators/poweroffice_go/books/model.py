"""The records of the API, field names exactly as PowerOffice Go spells them.

Posted rows number in the millions, so a `Transaction` only points at what many rows share
(voucher, account, VAT code, contact, department, project); `encoding.py` knows the way from an API
field to the attribute. Dates are `YYYY-MM-DD` and moments `YYYY-MM-DDTHH:MM:SS.fffffff+00:00`
texts, so that they compare and encode as they stand. Absent values are None. Amounts are doubles
of whole øre.
"""

from __future__ import annotations

from msgspec import Struct

from .parties import EARLIEST
from .parties import ClientBankAccount as ClientBankAccount
from .parties import Customer as Customer
from .parties import MailAddress as MailAddress
from .parties import Supplier as Supplier
from .settings import Address as Address
from .settings import ClientIntegrationInformation as ClientIntegrationInformation
from .settings import Currency as Currency
from .settings import CurrencyRate as CurrencyRate
from .settings import FinancialSettings as FinancialSettings
from .settings import LockDateSettings as LockDateSettings
from .settings import OrganizationSettings as OrganizationSettings
from .settings import SubLedgerNumberSeries as SubLedgerNumberSeries
from .settings import VatSettings as VatSettings


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


NO_CONTACT = Contact()
NO_DEPARTMENT = Department(None, None)
NO_PROJECT = Project(None, None)
NO_EXTRA = Extra()
