"""The company under construction: its store, its random numbers, and its plan of events in time."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date

from ..chart import make_accounts, make_vat_codes
from ..days import (
    DAY_MS,
    EPOCH_ORDINAL,
    HOUR_MS,
    moment_ms,
    moment_text,
    month_end,
    month_index,
    vat_due,
    year_end,
)
from ..model import (
    NO_CONTACT,
    NO_DEPARTMENT,
    NO_PROJECT,
    Account,
    Contact,
    Department,
    Extra,
    LedgerEntry,
    LockDateSettings,
    Project,
    VatCode,
    Voucher,
)
from ..spec import CompanySpec, Quirk
from ..store import LineTuple, Special, Store, Terms

Handler = Callable[..., None]
ID_STRIDE = 200_000
"""Room for each company's accounts and contacts, so that no two companies share an id."""


class Bill:
    """An invoice from plan to payment: its ledger entry once posted, and what is left to pay."""

    __slots__ = ("contact", "currency", "currency_left", "entry", "left")

    def __init__(self, contact: Contact, currency: str = "NOK") -> None:
        self.contact = contact
        self.currency = currency
        self.entry: LedgerEntry | None = None
        self.left = 0
        self.currency_left = 0


class Company:
    """What every part of the generator shares."""

    def __init__(self, spec: CompanySpec) -> None:
        self.spec = spec
        self.rng = random.Random(f"books:{spec.seed}:{spec.index}")  # noqa: S311 - made-up books
        self.random = self.rng.random
        self.store = Store(spec)
        self.first_day = spec.conversion_date.toordinal()
        self.today = spec.today.toordinal()
        self.cutoff_ms = moment_ms(self.today, 0)
        self.years = max(0.5, (self.today - self.first_day) / 365.25)
        self.revenue = max(600_000, spec.employees * spec.industry.revenue_per_employee)
        """NOK a year, before VAT."""
        self.vat_registered = spec.industry.vat_registered
        self.yearly_vat = spec.quirk is Quirk.FARM or spec.postings_target < 400
        self.features: set[str] = set()
        self.planned_rows = 0
        self._events: list[tuple[int, int, Handler, tuple[object, ...]]] = []
        self.id_base = 7_000_000 + spec.index * ID_STRIDE
        self.setup_stamp = moment_text(moment_ms(self.first_day - 3, 8 * HOUR_MS + 183))
        self.store.vat_codes = make_vat_codes()
        self.vat: dict[str, VatCode] = {}
        for code in self.store.vat_codes:
            self.vat.setdefault(code.Code, code)
        self.store.accounts = make_accounts(self.id_base, self.setup_stamp, self.vat)
        self.accounts: dict[int, Account] = {a.AccountNo: a for a in self.store.accounts}
        self.no_vat = self.vat["0"]
        self.branches: dict[Account, Account] = {}
        """On a farm: the forestry twin of each farming account."""
        self.products: list[Extra] = []
        self.lock_history: list[LockDateSettings] = []
        """Newest first."""

    # ---- planning

    def at(self, ms: int, handler: Handler, *arguments: object, rows: int = 0) -> None:
        """Plan `handler(ms, *arguments)`; what lies after yesterday has not happened."""
        if ms < self.cutoff_ms:
            self._events.append((ms, len(self._events), handler, arguments))
            self.planned_rows += rows

    def run(self) -> None:
        """Let it all happen, in the order of time."""
        self._events.sort()
        events, self._events = self._events, []
        events.reverse()
        while events:
            ms, _, handler, arguments = events.pop()
            handler(ms, *arguments)

    def moment(self, day: int) -> int:
        """Some time in the office hours of a day."""
        return moment_ms(day, int(6 * HOUR_MS + self.random() * 9.5 * HOUR_MS))

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.random() * (high - low + 1))

    # ---- calendar

    def months(self) -> range:
        """Months from the conversion to today."""
        return range(month_index(self.spec.conversion_date), month_index(self.spec.today) + 1)

    def year_ends(self) -> list[date]:
        """Last days of the financial years, the current one included."""
        ends = []
        day = self.spec.conversion_date
        while day <= self.spec.today:
            end = year_end(day, self.spec.year_end_month)
            ends.append(end)
            day = date.fromordinal(end.toordinal() + 1)
        return ends

    def term_end(self, month: int) -> date:
        """Last day of the VAT term that holds a month."""
        if self.yearly_vat:
            return date(month // 12, 12, 31)
        return month_end(month + 1 - month % 2)

    def vat_due(self, term_end: date) -> date:
        """Due day of a term's return and payment."""
        if self.yearly_vat:
            return date(term_end.year + 1, 4, 10)
        return vat_due(term_end)

    def filing_day(self, month: int) -> int:
        """The day (ordinal) on which a month's VAT return is sent, shortly before it is due."""
        end = self.term_end(month)
        return self.vat_due(end).toordinal() - (end.toordinal() * 7 + self.spec.index) % 8

    def closing_day(self, end: date) -> int:
        """The day (ordinal) on which a year's accounts are finished, some months after its end."""
        return end.toordinal() + 70 + (self.spec.index * 13 + end.year * 5) % 60

    def posting_day(self, day: int, created: int) -> int:
        """What is entered after its term was filed is posted on the first of the month of entry."""
        month = month_index(date.fromordinal(day))
        if self.vat_registered:
            closed = self.filing_day(month)
        else:
            closed = self.closing_day(year_end(date.fromordinal(day), self.spec.year_end_month)) - 9
        if created < closed:
            return day
        return date.fromordinal(created).replace(day=1).toordinal()

    # ---- writing

    def line(
        self,
        number: int,
        ore: int,
        text: str | None = None,
        *,
        vat: str = "0",
        vat_ore: int = 0,
        contact: Contact = NO_CONTACT,
        department: Department = NO_DEPARTMENT,
        project: Project = NO_PROJECT,
        terms: Terms | None = None,
        special: Special | None = None,
    ) -> LineTuple:
        """One line by account number; debit positive."""
        return (
            self.accounts[number],
            ore,
            self.vat[vat],
            vat_ore,
            contact,
            department,
            project,
            text,
            terms,
            special,
        )

    def pair(self, debit: int, credit: int, ore: int, text: str | None = None) -> list[LineTuple]:
        """One amount from one account to another."""
        return [self.line(debit, ore, text), self.line(credit, -ore, text)]

    def simple(
        self, ms: int, voucher_type: str, day: int, text: str, lines: list[LineTuple]
    ) -> Voucher | None:
        """Post unless there is nothing to post."""
        lines = [line for line in lines if line[1]]
        if not lines:
            return None
        return self.store.post(ms, voucher_type, day, text, lines)[0]

    def balance(self, number: int, day: int) -> int:
        """Øre on an account up to and including a day."""
        return self.store.movement(self.accounts[number], None, day)

    def branch(self) -> dict[Account, Account]:
        """The accounts to use in one voucher: on a farm one in four is forestry's."""
        return self.branches if self.branches and self.random() < 0.25 else {}

    def any_department(self) -> Department:
        """A department, or none where the company has none."""
        departments = self.store.departments
        return departments[int(self.random() * len(departments))] if departments else NO_DEPARTMENT

    def any_project(self) -> Project:
        """A project on two rows of three where the company has projects."""
        projects = self.store.projects
        if projects and self.random() < 0.66:
            return projects[int(self.random() * len(projects))]
        return NO_PROJECT


def day_of(ms: int) -> int:
    """The ordinal day of a moment."""
    return ms // DAY_MS + EPOCH_ORDINAL


def share(ore: int, basis_points: int) -> int:
    """A part of an amount in ten-thousandths, rounded half up in øre: 25 % of 100.02 is 25.01."""
    return (ore * basis_points + 5_000) // 10_000
