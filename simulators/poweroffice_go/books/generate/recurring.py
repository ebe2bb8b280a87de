"""What comes every month or year: rent, depreciation, insurance, loan, travel, till, stock."""

from __future__ import annotations

from datetime import date

from ..days import HOUR_MS, MONTHS_NB, moment_ms, month_end, month_start
from ..model import Contact
from ..store import LineTuple
from .company import Bill, Company, day_of, share
from .masterdata import MasterData
from .payments import Payments
from .trade import Trade


class Recurring:
    """Plans regular vouchers; which of them a company has depends on its size."""

    def __init__(
        self, company: Company, master: MasterData, payments: Payments, trade: Trade
    ) -> None:
        self.company = company
        self.master = master
        self.payments = payments
        self.trade = trade
        yearly = company.revenue * 100
        self.rent = int(yearly * 0.04 / 12) // 100 * 100
        self.assets = int(yearly * 0.18) // 100 * 100
        self.insurance = int(yearly * 0.004) // 1200 * 1200
        self._unpaid: list[tuple[Contact, int]] = []
        self.loan = int(yearly * 0.15) // 100 * 100
        self.stock = (
            int(yearly * 0.05) // 100 * 100 if company.spec.industry.goods[0] == 4300 else 0
        )

    def _each_month(self) -> list[int]:
        company = self.company
        return [m for m in company.months() if month_start(m) >= company.spec.conversion_date]

    def plan_rent(self) -> None:
        """Invoiced around the 20th for the month to come, posted on its first day."""
        company = self.company
        landlord = self.master.suppliers[0]
        for month in self._each_month():
            day = month_start(month).toordinal()
            bill = Bill(landlord)
            created = max(company.first_day, day - 11 + month % 3)
            company.at(company.moment(created), self._rent, bill, day, month, rows=3)
            self.payments.plan(bill, day + 2)

    def _rent(self, ms: int, bill: Bill, day: int, month: int) -> None:
        text = f"Leie {MONTHS_NB[month % 12]}"
        self.trade.post_costs(ms, bill, day, [(6300, "1", self.rent, text)])

    def plan_depreciation(self, *, monthly: bool) -> None:
        """Straight line over five years."""
        company = self.company
        for month in self._each_month():
            if not monthly and month % 12 + 1 != company.spec.year_end_month:
                continue
            end = month_end(month)
            created = end.toordinal() + (3 if monthly else 45)
            part = self.assets // 60 * (1 if monthly else 12)
            company.at(company.moment(created), self._depreciate, end, part, rows=3)

    def _depreciate(self, ms: int, end: date, part: int) -> None:
        company = self.company
        left = company.balance(1250, end.toordinal())
        second = min(part // 3, max(0, left))
        lines = [
            company.line(6010, part, "Månedens avskrivning"),
            company.line(1200, second - part, "Maskiner og anlegg"),
            company.line(1250, -second, "Inventar"),
        ]
        company.simple(ms, "DepreciationJournal", end.toordinal(), "Avskrivninger", lines)

    def plan_insurance(self) -> None:
        """Paid for a year at a time, spread over the months by accruals."""
        company = self.company
        insurer = self.master.suppliers[-1]
        left = 0
        for month in self._each_month():
            if month % 12 == 0:
                bill = Bill(insurer)
                day = month_start(month).toordinal() + 5
                company.at(company.moment(day), self._insure, bill, day, rows=2)
                self.payments.plan(bill, day + 14)
                left = 12
            if left:
                left -= 1
                company.at(
                    company.moment(month_end(month).toordinal() + 2), self._accrue, month, rows=2
                )

    def _insure(self, ms: int, bill: Bill, day: int) -> None:
        parts = [(1720, "0", self.insurance, "Forsikring for året")]
        self.trade.post_costs(ms, bill, day, parts)

    def _accrue(self, ms: int, month: int) -> None:
        company = self.company
        text = f"Periodisering forsikring {MONTHS_NB[month % 12]}"
        lines = company.pair(7500, 1720, self.insurance // 12, text)
        company.simple(ms, "ManualJournal", month_end(month).toordinal(), text, lines)

    def plan_bank(self) -> None:
        """Fees each month; instalment and interest on the loan each quarter."""
        company = self.company
        for month in self._each_month():
            night = moment_ms(month_end(month).toordinal() + 1, 3 * HOUR_MS)
            company.at(night, self._bank, month, rows=2 if month % 3 != 2 else 5)

    def _bank(self, ms: int, month: int) -> None:
        company = self.company
        day = month_end(month).toordinal()
        fee = 4_500 + int(company.random() * 12_000)
        lines = company.pair(7770, 1920, fee, "Bankgebyr")
        if month % 3 == 2:
            debt = -company.balance(2220, day)
            instalment = min(debt, self.loan // 40) if debt > 0 else 0
            interest = share(max(0, debt), 150)
            lines.append(company.line(2220, instalment, "Avdrag lån"))
            lines.append(company.line(8150, interest, "Renter lån"))
            lines.append(company.line(1920, -instalment - interest, "Lån, avdrag og renter"))
        if month % 12 == 11:
            interest = share(max(0, company.balance(1920, day)), 120)
            lines += company.pair(1920, 8050, interest, "Kreditrenter")
        company.simple(ms, "BankJournal", day, "Gebyrer og renter", lines)

    def plan_travel(self) -> None:
        """One claim a month, paid out on the 25th."""
        company = self.company
        for month in self._each_month():
            day = month_start(month).toordinal() + 9 + month % 11
            company.at(company.moment(day + 3), self._travel, day, rows=5)
        self._plan_travel_payments()

    def _travel(self, ms: int, day: int) -> None:
        company = self.company
        employees = self.master.employees
        contact = employees[int(company.random() * len(employees))]
        mileage, ticket = (
            35_000 + int(company.random() * 90_000),
            40_000 + int(company.random() * 400_000),
        )
        code = "13" if company.vat_registered else "0"
        tax = share(ticket, 1200) if company.vat_registered else 0
        department = company.any_department()
        lines = [
            company.line(7100, mileage, "Kilometergodtgjørelse", department=department),
            company.line(7140, ticket, "Billetter", vat=code, vat_ore=tax, department=department),
            company.line(2713, tax),
            company.line(2910, -mileage - ticket - tax, contact.Name, contact=contact),
        ]
        day = company.posting_day(day, day_of(ms))
        company.simple(ms, "TravelExpense", day, f"Reiseregning {contact.Name}", lines)
        self._unpaid.append((contact, mileage + ticket + tax))

    def _plan_travel_payments(self) -> None:
        company = self.company
        for month in self._each_month():
            day = month_start(month).toordinal() + 24
            company.at(moment_ms(day + 1, 4 * HOUR_MS + 5_000), self._pay_travel, day, rows=2)

    def _pay_travel(self, ms: int, day: int) -> None:
        company = self.company
        lines: list[LineTuple] = []
        for contact, owed in self._unpaid:
            text = f"Utlegg {contact.Name}"
            lines += [
                company.line(2910, owed, text, contact=contact),
                company.line(1920, -owed, text),
            ]
        self._unpaid.clear()
        company.simple(ms, "BankJournal", day, "Utbetaling av utlegg", lines)

    def plan_till(self) -> None:
        """The week's takings on Saturday evening."""
        company = self.company
        first = company.first_day + (5 - (company.first_day + 6) % 7) % 7
        for day in range(first, company.today, 7):
            company.at(moment_ms(day, 18 * HOUR_MS + day % 5000), self._till, day, rows=4)

    def _till(self, ms: int, day: int) -> None:
        company = self.company
        number, code = company.spec.industry.sales[0][:2]
        net = int(company.revenue * 100 / 52 * 0.25 * (0.8 + company.random() * 0.4))
        tax = share(net, 1500 if code == "31" else 2500)
        cash = share(net + tax, 300)
        department = company.any_department()
        lines = [
            company.line(1900, cash, "Kontant"),
            company.line(1920, net + tax - cash, "Kort"),
            company.line(number, -net, "Kassasalg", vat=code, vat_ore=-tax, department=department),
            company.line(2701 if code == "31" else 2700, -tax),
        ]
        company.simple(ms, "CashJournal", day, "Kassaoppgjør", lines)

    def plan_year_end_adjustments(self) -> None:
        """Change in stock, and a fee not yet billed, dated the last day of the year."""
        company = self.company
        for end in company.year_ends():
            ms = company.moment(end.toordinal() + 35 + company.spec.index % 20)
            company.at(ms, self._adjust, end, rows=4)
            company.at(ms + 60_000, self._adjust_back, end, rows=2)

    def _adjust(self, ms: int, end: date) -> None:
        company = self.company
        audit = int(company.revenue * 0.004) * 100
        lines = company.pair(6705, 2960, audit, "Avsatt regnskapshonorar")
        if self.stock:
            change = int(self.stock * 0.08 * (company.random() - 0.4))
            lines += company.pair(1460, 4390, change, "Endring i lager")
        text = f"Årsoppgjørsposteringer {end.year}"
        company.simple(ms, "ManualJournal", end.toordinal(), text, lines)

    def _adjust_back(self, ms: int, end: date) -> None:
        company = self.company
        audit = int(company.revenue * 0.004) * 100
        lines = company.pair(2960, 6705, audit, "Tilbakeført avsetning")
        company.simple(
            ms, "ManualJournal", end.toordinal() + 1, "Tilbakeføring av avsetning", lines
        )
