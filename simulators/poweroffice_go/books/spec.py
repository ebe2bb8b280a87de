"""What is known of a company before its books are made: name, numbers, size, oddity."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from .guesses import Guesses
from .model import ClientIntegrationInformation

READ_PRIVILEGES = (
    "AccountTransaction",
    "TrialBalance",
    "GeneralLedgerAccount",
    "CustomerLedger",
    "SupplierLedger",
    "Customer",
    "Supplier",
    "CommonServices",
    "Department",
    "Project",
    "Location",
    "CustomDimension",
    "Product",
    "ClientBankAccount",
    "ContactBankAccount",
    "OutgoingInvoice",
    "IncomingInvoice",
    "JournalEntryVoucher",
    "VoucherDocumentation",
)
LEDGER_PRIVILEGES = frozenset(
    (
        "AccountTransaction",
        "TrialBalance",
        "GeneralLedgerAccount",
        "CustomerLedger",
        "SupplierLedger",
        "IncomingInvoice",
        "JournalEntryVoucher",
        "VoucherDocumentation",
    )
)


class Quirk(Enum):
    """The special companies; the value is what a page says of them."""

    HOLDING = "Holdingselskap med rundt 30 posteringer"
    WHOLESALER = "Grossist med 300 000 posteringer"
    SOLE_PROPRIETOR = "Enkeltpersonforetak ført på personnummer"
    WITHOUT_NUMBER = "Verken orgnr eller personnummer"
    SAME_ORGNR_FIRST = "Samme orgnr som en annen klient (den første)"
    SAME_ORGNR_SECOND = "Samme orgnr som en annen klient (den andre)"
    BROKEN_YEAR = "Avvikende regnskapsår, slutter i juni"
    CONVERTED_WITH_OPENING = "Konvertert midt i året, åpningsbilaget er med i posteringene"
    CONVERTED_WITHOUT_OPENING = "Konvertert midt i året, åpningsbilaget er ikke med i posteringene"
    NEVER_DISPOSED = "Resultatet er aldri disponert"
    DISPOSED_LATE = "Resultatet disponert et halvt år for sent, datert siste dag i året"
    LOCK_REOPENED = "Låsedato åpnet og lukket igjen mellom to hentinger"
    VAT_AFTER_FILING = "Bokført i en mva-termin etter at meldingen var sendt"
    FARM = "Gårdsbruk med to driftsgrener"
    ACCOUNT_RENUMBERED = "En konto har fått nytt nummer"
    MATCHED_WITHOUT_POSTING = "Poster utlignet uten at noe er bokført"
    FUTURE_VOUCHER = "Bilag datert 40 dager fram i tid"
    FIVE_DIGITS = "Kontoer med fem siffer"
    WITHOUT_LEDGER = "Mangler regnskapsmodulen"

    def describe(self) -> str:
        """One Norwegian line for a page."""
        return self.value


@dataclass(frozen=True, slots=True)
class Industry:
    """What a kind of company sells and buys, and how its money is spread."""

    sales: tuple[tuple[int, str, float], ...]
    """Income account, VAT code, share of the lines."""
    goods: tuple[int, str]
    """Main purchase account and its VAT code."""
    goods_share: float
    wage_share: float
    revenue_per_employee: int
    goods_text: str
    has_till: bool = False
    has_projects: bool = False
    vat_registered: bool = True


@dataclass(frozen=True, slots=True)
class CompanySpec:
    """One simulated company; everything `build` needs, and cheap to make by the thousand."""

    index: int
    seed: int
    today: date
    name: str
    legal_name: str
    org_form: str
    orgnr: str | None
    client_id: str
    client_key: str
    industry: Industry
    postings_target: int
    employees: int
    conversion_date: date
    year_end_month: int = 12
    quirk: Quirk | None = None
    departments: tuple[tuple[str, str], ...] = ()
    project_count: int = 0
    trades_abroad: bool = False
    opening_in_transactions: bool = True
    street: str = "Storgata 1"
    zip_code: str = "8300"
    city: str = "Svolvær"
    modules: tuple[str, ...] = ("Accounting",)
    valid_privileges: tuple[str, ...] = READ_PRIVILEGES
    invalid_privileges: tuple[str, ...] = ()
    guesses: Guesses = field(default_factory=Guesses)

    @property
    def has_person_number(self) -> bool:
        """The organisation number field holds a (synthetic) personal number."""
        return self.orgnr is not None and len(self.orgnr) == 11

    @property
    def is_limited_company(self) -> bool:
        """Pays tax itself, has share capital."""
        return self.org_form == "AS"

    def integration_information(self) -> ClientIntegrationInformation:
        """The answer of ClientIntegrationInformation."""
        return ClientIntegrationInformation(
            ClientId=self.client_id,
            ClientName=self.name,
            ActiveClientSubscriptions=list(self.modules),
            ValidPrivileges=list(self.valid_privileges),
            InvalidPrivileges=list(self.invalid_privileges),
        )


TRADE = Industry(
    ((3000, "3", 0.9), (3100, "5", 0.1)), (4300, "1"), 0.58, 0.2, 2_600_000, "Innkjøp av varer"
)
INDUSTRIES: dict[str, Industry] = {
    "grossist": Industry(
        ((3000, "3", 0.82), (3010, "31", 0.12), (3110, "52", 0.06)),
        (4300, "1"),
        0.72,
        0.1,
        4_200_000,
        "Varekjøp til lager",
    ),
    "bakeri": Industry(
        ((3010, "31", 0.85), (3000, "3", 0.15)),
        (4310, "11"),
        0.36,
        0.34,
        1_150_000,
        "Mel, gjær og råvarer",
        has_till=True,
    ),
    "rørlegger": Industry(
        ((3000, "3", 1.0),), (4300, "1"), 0.4, 0.32, 1_700_000, "Rør og deler", has_projects=True
    ),
    "bygg": Industry(
        ((3000, "3", 0.9), (3000, "51", 0.1)),
        (4500, "1"),
        0.48,
        0.28,
        2_000_000,
        "Underentreprenør",
        has_projects=True,
    ),
    "arkitekt": Industry(
        ((3000, "3", 1.0),), (4500, "1"), 0.12, 0.52, 1_250_000, "Innleid hjelp", has_projects=True
    ),
    "rådgivning": Industry(
        ((3000, "3", 0.92), (3110, "52", 0.08)),
        (4500, "1"),
        0.14,
        0.5,
        1_500_000,
        "Underkonsulent",
        has_projects=True,
    ),
    "tannlege": Industry(
        ((3200, "6", 1.0),),
        (4300, "0"),
        0.2,
        0.44,
        1_600_000,
        "Forbruksmateriell klinikk",
        vat_registered=False,
    ),
    "transport": Industry(
        ((3000, "3", 0.85), (3020, "33", 0.15)), (7000, "1"), 0.4, 0.3, 1_900_000, "Diesel"
    ),
    "barnehage": Industry(
        ((3400, "7", 0.4), (3200, "6", 0.6)),
        (4310, "0"),
        0.1,
        0.62,
        720_000,
        "Matvarer og formingsmateriell",
        vat_registered=False,
    ),
    "handel": TRADE,
    "eiendom": Industry(
        ((3000, "3", 0.5), (3200, "6", 0.5)), (6620, "1"), 0.3, 0.05, 5_000_000, "Vedlikehold bygg"
    ),
    "gård": Industry(
        ((3010, "31", 0.7), (3400, "7", 0.3)),
        (4300, "1"),
        0.45,
        0.05,
        1_800_000,
        "Kraftfôr og såkorn",
    ),
    "forening": Industry(
        ((3200, "6", 0.6), (3900, "7", 0.4)),
        (6800, "0"),
        0.6,
        0.0,
        400_000,
        "Utgifter til dugnad",
        vat_registered=False,
    ),
    "verksted": Industry(
        ((3000, "3", 1.0),), (4300, "1"), 0.42, 0.3, 1_600_000, "Reservedeler", has_projects=True
    ),
}
