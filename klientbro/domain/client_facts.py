"""What the rules need to know of a client: form, VAT, payroll, financial year, zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from klientbro.domain.calendar import last_working_day_by
from klientbro.domain.periods import MONTHS_IN_YEAR, Month
from klientbro.domain.rates.employers_tax import AgaZone
from klientbro.domain.rates.holiday_pay import HolidayWeeks

LAST_PAY_DAY = 31  # any month's last day


class CompanyForm(StrEnum):
    """The form by the business register's own code (norwegian-accounting.md §5)."""

    AS = "AS"
    ASA = "ASA"
    ENK = "ENK"
    ANS = "ANS"
    DA = "DA"
    KS = "KS"
    NUF = "NUF"
    SA = "SA"
    FLI = "FLI"
    STI = "STI"
    BRL = "BRL"
    ESEK = "ESEK"
    OTHER = "OTHER"

    @property
    def is_person(self) -> bool:
        """Taxed with the owner: a sole proprietor."""
        return self is CompanyForm.ENK

    @property
    def is_partnership(self) -> bool:
        """The partners are taxed, the partnership only reports."""
        return self in _PARTNERSHIPS

    @property
    def is_taxed_itself(self) -> bool:
        """Pays its own income tax, in the year after."""
        return self in _COMPANIES

    @property
    def has_shares(self) -> bool:
        return self in {CompanyForm.AS, CompanyForm.ASA}

    @property
    def files_accounts(self) -> bool:
        """Usually sends annual accounts to the register; the client's own fact overrides."""
        return self in _FILE_ACCOUNTS


_PARTNERSHIPS = frozenset({CompanyForm.ANS, CompanyForm.DA, CompanyForm.KS})
_COMPANIES = frozenset(
    {CompanyForm.AS, CompanyForm.ASA, CompanyForm.SA, CompanyForm.NUF, CompanyForm.BRL}
)
_FILE_ACCOUNTS = _COMPANIES | {CompanyForm.KS, CompanyForm.STI}


class VatFrequency(StrEnum):
    """How often a VAT return is due, by which rule."""

    NOT_REGISTERED = "not_registered"
    TWO_MONTHLY = "two_monthly"  # the ordinary one
    MONTHLY = "monthly"
    YEARLY = "yearly"  # below NOK 1 million, on application
    YEARLY_PRIMARY = "yearly_primary"  # agriculture, forestry, fishing
    QUARTERLY_REVERSE_CHARGE = "quarterly_reverse_charge"  # not registered, buys from abroad


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """What deadlines and expectations follow from.

    pay_day: day of the month; one past the month's end is its last day. None with payroll means
    nobody has said: then no pay-day deadline can be made, which `missing` tells.
    starts_on / ends_on: the work for the client; terms wholly outside give no deadlines.
    files_annual_accounts, pays_advance_tax: None follows the form.
    """

    company_form: CompanyForm = CompanyForm.OTHER
    vat_frequency: VatFrequency = VatFrequency.NOT_REGISTERED
    has_payroll: bool = False
    pay_day: int | None = None
    holiday_pay_month: int = 6
    holiday_weeks: HolidayWeeks = HolidayWeeks.FIVE
    aga_zone: AgaZone = AgaZone.I
    pays_finance_tax: bool = False
    year_start_month: int = 1
    files_annual_accounts: bool | None = None
    pays_advance_tax: bool | None = None
    starts_on: date | None = None
    ends_on: date | None = None

    def __post_init__(self) -> None:
        for name, month in (
            ("year_start_month", self.year_start_month),
            ("holiday_pay_month", self.holiday_pay_month),
        ):
            if not 1 <= month <= MONTHS_IN_YEAR:
                raise ValueError(f"{name} must be a month from 1 to 12, not {month}")
        if self.pay_day is not None and not 1 <= self.pay_day <= LAST_PAY_DAY:
            raise ValueError(f"pay_day must be a day from 1 to 31, not {self.pay_day}")
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError(f"ends_on {self.ends_on} is before starts_on {self.starts_on}")

    @property
    def files_accounts(self) -> bool:
        if self.files_annual_accounts is not None:
            return self.files_annual_accounts
        return self.company_form.files_accounts

    @property
    def has_advance_tax(self) -> bool:
        if self.pays_advance_tax is not None:
            return self.pays_advance_tax
        return self.company_form.is_taxed_itself or self.company_form.is_person

    @property
    def year_end_month(self) -> int:
        return (self.year_start_month - 2) % MONTHS_IN_YEAR + 1

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of facts somebody must fill in before every deadline can be made."""
        missing = []
        if self.company_form is CompanyForm.OTHER:
            missing.append("company_form")
        if self.has_payroll and self.pay_day is None:
            missing.append("pay_day")
        return tuple(missing)

    def pay_date(self, month: Month) -> date | None:
        """When wages are paid in the month; on a day off they are paid before it [assumed].

        Pay day 12: 12.06.2026. Pay day 31 in February 2027: Friday 26.02.2027.
        """
        if not self.has_payroll or self.pay_day is None:
            return None
        day = min(self.pay_day, month.last_day.day)
        return last_working_day_by(date(month.year, month.month, day))
