"""Customers, suppliers, departments, projects and bank accounts of a company under construction."""

from __future__ import annotations

from .. import names
from ..days import DAY_MS, moment_text
from ..identifiers import bank_account_number, orgnr
from ..model import (
    Address,
    ClientBankAccount,
    Contact,
    Customer,
    Department,
    MailAddress,
    OrganizationSettings,
    Project,
    Supplier,
)
from .company import Company

CUSTOMER_BASE, SUPPLIER_BASE, EMPLOYEE_BASE = 10_000, 20_000, 30_000
PROJECT_NAMES = ("Nybygg", "Ombygging", "Vedlikehold", "Rammeavtale", "Forprosjekt", "Garantisak")
SUBPROJECT_NAMES = ("Prosjektering", "Utførelse", "Etterarbeid")


class MasterData:
    """Makes the parties and dimensions, and holds the contacts that rows point at."""

    def __init__(self, company: Company, customer_count: int, supplier_count: int) -> None:
        self.company = company
        self.names = names.FirmNames(company.rng)
        self.customers = [self._customer(n) for n in range(customer_count)]
        self.suppliers = [self._supplier(n) for n in range(supplier_count)]
        self.employees = [self._employee(n) for n in range(min(40, company.spec.employees))]
        self._make_dimensions()
        self._make_bank_accounts()
        self._make_organization()

    def _stamp(self, days_later: int = 0) -> str:
        company = self.company
        return moment_text(company.moment(company.first_day - 2) + days_later * DAY_MS)

    def _address(self, number: int) -> MailAddress:
        street, code, town = names.address(self.company.rng)
        base = self.company.id_base // 10
        return MailAddress(base + number, street, None, town, ZipCode=code)

    def _customer(self, index: int) -> Contact:
        company, rng = self.company, self.company.rng
        number = CUSTOMER_BASE + index
        contact_id = company.id_base + 100_000 + index
        is_person = rng.random() < 0.12
        first, last = names.person(rng) if is_person else (None, None)
        name = f"{first} {last}" if is_person else self.names.next(rng.choice(names.FORMS))
        foreign = company.spec.trades_abroad and rng.random() < 0.08
        stamp = self._stamp()
        customer = Customer(
            contact_id,
            number,
            name,
            company.id_base + 700_000 + number,
            LegalName=None if is_person else name.upper(),
            OrganizationNumber=None
            if is_person
            else orgnr(21_000_000 + company.spec.index * 977 + index),
            IsPerson=is_person,
            FirstName=first,
            LastName=last,
            MailAddress=self._address(index),
            EmailAddress=f"post{number}@kunde.example",
            PhoneNumber=f"+47 4{int(rng.random() * 10**7):07d}",
            CurrencyCode="EUR" if foreign else "NOK",
            PaymentTerm=rng.choice((10, 14, 14, 14, 20, 30)),
            ContactCreatedDateTimeOffset=stamp,
            CustomerCreatedDateTimeOffset=stamp,
            LastChangedDateTimeOffset=stamp,
            CustomerSince=stamp[:10],
            IsArchived=rng.random() < 0.02,
            ExternalNumber=number * 10 + 7 if rng.random() < 0.1 else None,
            NationalIdNumber="hidden" if is_person else None,
            InvoiceDeliveryType="PdfByEmail" if is_person else "EHF",
        )
        company.store.customers.append(customer)
        contact = Contact(
            contact_id, CustomerAccountNo=number, Name=name, ExternalNo=customer.ExternalNumber
        )
        company.store.contacts[number] = contact
        return contact

    def _supplier(self, index: int) -> Contact:
        company, rng = self.company, self.company.rng
        number = SUPPLIER_BASE + index
        # One contact in twenty both buys and sells: the same Id in both roles.
        customers = company.store.customers
        both = index < len(customers) and rng.random() < 0.05
        twin = customers[index] if both else None
        name = twin.Name if twin else self.names.next("AS")
        contact_id = twin.Id if twin else company.id_base + 150_000 + index
        stamp = self._stamp()
        supplier = Supplier(
            contact_id,
            number,
            name,
            company.id_base + 700_000 + number,
            LegalName=name.upper(),
            OrganizationNumber=twin.OrganizationNumber
            if twin
            else orgnr(22_000_000 + company.spec.index * 977 + index),
            IsPerson=twin.IsPerson if twin else False,
            MailAddress=self._address(50_000 + index),
            EmailAddress=f"faktura{number}@leverandor.example",
            PhoneNumber=f"+47 9{int(rng.random() * 10**7):07d}",
            CurrencyCode="EUR" if company.spec.trades_abroad and rng.random() < 0.08 else "NOK",
            ContactCreatedDateTimeOffset=stamp,
            SupplierCreatedDateTimeOffset=stamp,
            LastChangedDateTimeOffset=stamp,
        )
        company.store.suppliers.append(supplier)
        contact = Contact(contact_id, SupplierAccountNo=number, Name=name)
        company.store.contacts[number] = contact
        return contact

    def _employee(self, index: int) -> Contact:
        first, last = names.person(self.company.rng)
        number = EMPLOYEE_BASE + 1 + index
        contact = Contact(
            self.company.id_base + 190_000 + index,
            EmployeeAccountNo=number,
            Name=f"{first} {last}",
        )
        self.company.store.contacts[number] = contact
        return contact

    def _make_dimensions(self) -> None:
        company, store, rng = self.company, self.company.store, self.company.rng
        stamp = self._stamp()
        base = company.id_base // 100
        for offset, (code, name) in enumerate(company.spec.departments):
            store.departments.append(Department(base + offset, code, name, stamp, stamp))
        for offset in range(company.spec.project_count):
            code = str(100 + offset)
            name = f"{rng.choice(PROJECT_NAMES)} {rng.choice(names.STREETS)}"
            parent = Project(
                base + 500 + offset * 10, code, name, None, None, stamp, stamp, stamp[:10]
            )
            store.projects.append(parent)
            for sub in range(int(rng.random() * 3)):
                store.projects.append(
                    Project(
                        base + 501 + offset * 10 + sub,
                        f"{code}.{sub + 1}",
                        f"{name}, {SUBPROJECT_NAMES[sub].lower()}",
                        code,
                        parent.Id,
                        stamp,
                        stamp,
                        stamp[:10],
                    )
                )

    def _make_bank_accounts(self) -> None:
        company, stamp = self.company, self._stamp()
        numbers = [(1920, "DNB", True), (1930, "SpareBank 1", False)]
        if company.spec.employees:
            numbers.append((1950, "DNB", False))
        for offset, (number, bank, primary) in enumerate(numbers):
            account = company.accounts[number]
            company.store.bank_accounts.append(
                ClientBankAccount(
                    company.id_base // 100 + 900 + offset,
                    bank_account_number(company.rng),
                    account.Id,
                    number,
                    bank,
                    IsPrimaryAccount=primary,
                    CreatedDateTimeOffset=stamp,
                    LastChangedDateTimeOffset=stamp,
                )
            )

    def _make_organization(self) -> None:
        spec, stamp = self.company.spec, self._stamp()
        address = Address(spec.street, None, spec.city, "NO", spec.zip_code)
        self.company.store.organization = OrganizationSettings(
            spec.client_id,
            spec.name,
            spec.legal_name,
            spec.orgnr,
            address,
            address,
            stamp,
            EmailAddress=f"post@klient{spec.index + 1}.example",
            PhoneNumber=f"+47 7{int(self.company.random() * 10**7):07d}",
            InvoiceInboxEmailAddress=f"faktura@klient{spec.index + 1}.example",
        )
