"""The lines of a voucher as a person gives them, by numbers and codes, made ready to be posted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from .chart import VAT_ACCOUNTS
from .errors import InvalidLineError, UnbalancedVoucherError, not_found
from .model import (
    NO_CONTACT,
    NO_DEPARTMENT,
    NO_EXTRA,
    NO_PROJECT,
    Account,
    Contact,
    Department,
    Project,
    VatCode,
)
from .store import LineTuple, Store

CUSTOMER_CONTROL, SUPPLIER_CONTROL = 1500, 2400


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a voucher to be posted; debit positive.

    With a VAT code that has a rate the amount is gross and is split, unless `is_net`: 1 250 with
    code 1 becomes 1 000 and 250 on 2710. `customer_no` or `supplier_no` posts to the control
    account.
    """

    account_no: int | None
    amount: Decimal
    text: str | None = None
    vat_code: str | None = None
    is_net: bool = False
    department_code: str | None = None
    project_code: str | None = None
    customer_no: int | None = None
    supplier_no: int | None = None
    agriculture_department: str | None = None
    posting_date: date | None = None
    due_date: date | None = None
    invoice_no: str | None = None


class LineReader:
    """Finds what lines name; raises when it does not exist or may not be posted to."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def read(self, lines: Sequence[Line]) -> tuple[list[LineTuple], bool]:
        """Lines by code → by object, VAT split off; and whether one of them is an invoice's."""
        tuples: list[LineTuple] = []
        is_invoice = False
        for line in lines:
            if line.amount != round(line.amount, 2):
                raise InvalidLineError("Amounts have two decimals.", "Beløp har to desimaler.")
            contact, account = self._contact_and_account(line)
            is_invoice = is_invoice or line.invoice_no is not None
            ore = int(line.amount * 100)
            vat = self.vat_code(line.vat_code or "0")
            tax = 0
            if vat.Code in VAT_ACCOUNTS and not line.is_net:
                rate = Decimal(str(vat.Rate))
                exact = Decimal(ore) * rate / (1 + rate)
                tax = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
            due = line.due_date.isoformat() if line.due_date else None
            tuples.append(
                (
                    account,
                    ore - tax,
                    vat,
                    tax,
                    contact,
                    self._department(line.department_code),
                    self._project(line.project_code),
                    line.text,
                    (due, line.invoice_no, None),
                    (line.posting_date.toordinal(), None, NO_EXTRA) if line.posting_date else None,
                )
            )
            if tax:
                tuples.append(
                    plain_line(self.account(VAT_ACCOUNTS[vat.Code]), tax, self.vat_code("0"))
                )
        if not tuples:
            raise UnbalancedVoucherError("A voucher needs lines.", "Et bilag må ha linjer.")
        return tuples, is_invoice

    def _contact_and_account(self, line: Line) -> tuple[Contact, Account]:
        number = line.customer_no or line.supplier_no
        if number is not None:
            contact = self.store.contacts.get(number)
            if contact is None:
                raise not_found("Contact with number", "Kunde eller leverandør", number)
            control = CUSTOMER_CONTROL if line.customer_no else SUPPLIER_CONTROL
            return contact, self.account(control)
        if line.account_no in (None, CUSTOMER_CONTROL, SUPPLIER_CONTROL):
            raise InvalidLineError(
                "Control accounts are posted to by customer or supplier.",
                "Reskontrokontoer kan ikke føres direkte; oppgi kunde eller leverandør.",
            )
        return NO_CONTACT, self.account(line.account_no, line.agriculture_department)

    def account(self, number: int | None, department: str | None = None) -> Account:
        """By number; of the first agriculture department when none is said."""
        for account in self.store.accounts:
            if account.AccountNo == number and department in (None, account.AgricultureDepartment):
                return account
        raise not_found("Account", "Konto", number)

    def vat_code(self, code: str) -> VatCode:
        """The active VAT code."""
        for vat in self.store.vat_codes:
            if vat.Code == code and vat.IsActive:
                return vat
        raise not_found("VAT code", "Mva-kode", code)

    def _department(self, code: str | None) -> Department:
        if not code:
            return NO_DEPARTMENT
        for department in self.store.departments:
            if department.Code == code:
                return department
        raise not_found("Department", "Avdeling", code)

    def _project(self, code: str | None) -> Project:
        if not code:
            return NO_PROJECT
        for project in self.store.projects:
            if project.Code == code:
                return project
        raise not_found("Project", "Prosjekt", code)


def plain_line(account: Account, ore: int, vat: VatCode) -> LineTuple:
    """An amount on an account, nothing else."""
    return (account, ore, vat, 0, NO_CONTACT, NO_DEPARTMENT, NO_PROJECT, None, None, None)
