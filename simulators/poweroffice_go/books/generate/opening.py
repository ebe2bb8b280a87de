"""The opening balance from the old system, on the day before the conversion date."""

from __future__ import annotations

from datetime import date

from ..days import DAY_TEXT, HOUR_MS, moment_ms, year_start
from ..identifiers import guid
from ..store import LineTuple
from .company import Bill, Company, share
from .masterdata import MasterData
from .payments import Payments
from .recurring import Recurring

OPEN_ITEMS = 12


class Opening:
    """One voucher: fixed assets, stock, bank, open items, public duties, equity as the rest."""

    def __init__(
        self, company: Company, master: MasterData, payments: Payments, recurring: Recurring
    ) -> None:
        self.company = company
        self.master = master
        self.payments = payments
        self.recurring = recurring
        self.bills: list[Bill] = []

    def plan(self) -> None:
        """The first voucher of all; its open items are paid in the weeks after."""
        company = self.company
        count = min(OPEN_ITEMS, max(1, company.spec.postings_target // 100))
        customers = self.master.customers[:count]
        suppliers = self.master.suppliers[: count // 2 + 1]
        self.bills = [Bill(contact) for contact in (*customers, *suppliers)]
        company.at(
            moment_ms(company.first_day, 5 * HOUR_MS + 31_441),
            self._post,
            rows=14 + len(self.bills),
        )
        for offset, bill in enumerate(self.bills):
            if offset % 9 != 8:
                self.payments.plan(bill, company.first_day + 4 + offset * 3 % 40)

    def _post(self, ms: int) -> None:
        company, spec = self.company, self.company.spec
        yearly = company.revenue * 100
        day = company.first_day - 1
        lines: list[LineTuple] = []
        for offset, bill in enumerate(self.bills):
            lines.append(self._open_item(bill, offset, yearly))
        if "depreciation" in company.features:
            lines.append(company.line(1200, self.recurring.assets * 2 // 3))
            lines.append(company.line(1250, self.recurring.assets // 3))
        if self.recurring.stock:
            lines.append(company.line(1460, self.recurring.stock))
        lines.append(company.line(1920, int(yearly * 0.25) + 15_000_017))
        lines.append(company.line(1930, int(yearly * 0.02)))
        if "bank" in company.features:
            lines.append(company.line(2220, -self.recurring.loan))
        if company.vat_registered:
            lines.append(company.line(2740, -int(yearly * 0.012)))
        if spec.is_limited_company:
            lines.append(company.line(2500, -int(yearly * 0.01)))
            lines.append(company.line(2000, -3_000_000 * (1 + spec.index % 5)))
        if "wages" in company.features:
            lines += self._payroll(yearly)
        lines += self._result_so_far(yearly)
        rest = sum(line[1] for line in lines)
        lines.append(company.line(2050, -rest))
        lines = [line for line in lines if line[1]]
        voucher, entries = company.store.post(ms, "ManualJournal", day, "Åpningsbalanse", lines)
        voucher.CreatedFromImportJournalId = guid("import", spec.seed, spec.index)
        if not spec.opening_in_transactions:
            company.store.unlisted.add(voucher.VoucherNo)
            voucher.is_outside_transactions = True
        for bill, entry in zip(self.bills, entries, strict=True):
            bill.entry = entry
            bill.left = round(entry.row.Amount * 100)

    def _open_item(self, bill: Bill, offset: int, yearly: int) -> LineTuple:
        company, contact = self.company, bill.contact
        customers = sum(1 for b in self.bills if b.contact.CustomerAccountNo is not None)
        is_customer = contact.CustomerAccountNo is not None
        whole = int(yearly * (0.09 if is_customer else 0.05))
        count = customers if is_customer else len(self.bills) - customers
        amount = whole // count + offset * 1_013
        due = DAY_TEXT[company.first_day - 20 + offset * 3]
        invoice_no = str(9_900 + offset)
        return company.line(
            1500 if is_customer else 2400,
            amount if is_customer else -amount,
            f"Åpen post {invoice_no}",
            contact=contact,
            terms=(due, invoice_no, None),
        )

    def _payroll(self, yearly: int) -> list[LineTuple]:
        """Holiday pay of last year, and last term's withheld tax and employer's tax."""
        company = self.company
        wages = int(yearly * company.spec.industry.wage_share / 1.28)
        holiday = share(wages, 1200)
        withheld = share(wages // 6, 3000)
        return [
            company.line(2940, -holiday),
            company.line(2781, -share(holiday, 1410)),
            company.line(2600, -withheld),
            company.line(1950, withheld),
            company.line(2770, -share(wages // 6, 1410)),
        ]

    def _result_so_far(self, yearly: int) -> list[LineTuple]:
        """Converted in the middle of a year: the result accounts have balances too."""
        company, spec = self.company, self.company.spec
        start: date = year_start(spec.conversion_date, spec.year_end_month)
        part = (spec.conversion_date - start).days / 365
        if not part:
            return []
        sales, goods = spec.industry.sales[0][0], spec.industry.goods[0]
        return [
            company.line(sales, -int(yearly * part)),
            company.line(goods, int(yearly * part * spec.industry.goods_share)),
            company.line(5000, int(yearly * part * spec.industry.wage_share)),
            company.line(6300, int(yearly * part * 0.05)),
            company.line(6900, int(yearly * part * 0.02)),
        ]
