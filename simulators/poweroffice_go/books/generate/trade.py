"""Sales and purchases: the invoices with VAT that make up most of the books."""

from __future__ import annotations

from ..days import DAY_TEXT
from ..model import NO_CONTACT, NO_DEPARTMENT, NO_PROJECT, Voucher
from ..names import COSTS, GOODS
from ..store import LineTuple, Special
from .abroad import post_export, post_foreign_service
from .afterwards import correct, credit, write_off
from .company import Bill, Company, day_of, share
from .masterdata import MasterData
from .payments import Payments

BASIS_POINTS = {"1": 2500, "3": 2500, "11": 1500, "13": 1200, "31": 1500, "33": 1200}
VAT_ROW_ACCOUNT = {"1": 2710, "3": 2700, "11": 2711, "13": 2713, "31": 2701, "33": 2703}


class Trade:
    """Plans and posts the invoices that make up most of the books."""

    def __init__(self, company: Company, master: MasterData, payments: Payments) -> None:
        self.company = company
        self.master = master
        self.payments = payments
        self.sales_mean = 0
        self.purchase_mean = 0
        self.next_invoice_no = 10_001
        industry = company.spec.industry
        self._sales: list[tuple[int, str]] = []
        for account, code, weight in industry.sales:
            self._sales.extend([(account, code)] * max(1, round(weight * 20)))
        self._vat_code_on_vat_rows = company.spec.guesses.vat_account_row_has_vat_code
        self._vat_row = 2 if company.vat_registered else 1
        self.documents = (True, False, False)

    # ---- planning

    def plan(self, wanted_rows: int, sales_per_year: float, purchases_per_year: float) -> None:
        """Invoices on random working days until about `wanted_rows` rows are planned."""
        company = self.company
        working_days = [day for day in range(company.first_day, company.today) if (day + 6) % 7 < 5]
        random, count = company.random, len(working_days)
        sales_share = sales_per_year / max(1.0, sales_per_year + purchases_per_year)
        goal = company.planned_rows + wanted_rows
        sales = purchases = 0
        while company.planned_rows < goal and count:
            day = working_days[int(random() * count)]
            if random() < sales_share:
                sales += 1
                self.plan_sale(day)
            else:
                purchases += 1
                self.plan_purchase(day)
        self._set_means(max(1, sales), max(1, purchases))

    def _set_means(self, sales: int, purchases: int) -> None:
        """So that turnover and cost come to what the company's size says, with a profit left."""
        company, industry = self.company, self.company.spec.industry
        turnover = company.revenue * 100 * company.years
        cost_share = industry.goods_share + 0.06
        if company.spec.employees and "wages" not in company.features:
            cost_share += industry.wage_share
        if "rent" not in company.features:
            cost_share += 0.04
        invoiced = 0.75 if "till" in company.features else 1.0
        self.sales_mean = max(5_000, int(turnover * invoiced / sales))
        self.purchase_mean = max(3_000, int(turnover * cost_share / purchases))

    def plan_sale(self, day: int) -> None:
        """One invoice, now and then entered some days late, credited or never paid."""
        company, random = self.company, self.company.random
        customers = self.master.customers
        index = int(random() * random() * len(customers))
        contact = customers[index]
        customer = company.store.customers[index]
        created = day if random() < 0.9 else day + company.between(1, 5)
        count = 1 if random() < 0.6 else 2 if random() < 0.7 else 3
        bill = Bill(contact, customer.CurrencyCode or "NOK")
        ms = company.moment(created)
        term = customer.PaymentTerm or 14
        company.at(ms, self.post_sale, bill, day, count, term, rows=count + self._vat_row)
        fate = random()
        if fate < 0.02:
            company.at(company.moment(created + company.between(2, 12)), credit, self, bill, rows=4)
        elif fate < 0.955:
            delay = index % 9 - 2 + int(random() * 8)
            paid = max(created + 1, day + term + delay)
            if fate > 0.93 and bill.currency == "NOK":
                self.payments.plan(bill, paid, part=0.5)
                paid += company.between(5, 30)
            self.payments.plan(bill, paid)
        elif fate < 0.965:
            company.at(
                company.moment(created + company.between(200, 260)), write_off, self, bill, rows=3
            )

    def plan_purchase(self, day: int) -> None:
        """One supplier invoice, entered some days after its date; a few are corrected later."""
        company, random = self.company, self.company.random
        suppliers = self.master.suppliers
        index = int(random() * random() * len(suppliers))
        late = random()
        created = day + (company.between(0, 6) if late < 0.92 else company.between(15, 55))
        count = 1 if random() < 0.75 else 2
        bill = Bill(suppliers[index], company.store.suppliers[index].CurrencyCode or "NOK")
        goods = random() < 0.55
        ms = company.moment(created)
        company.at(ms, self.post_purchase, bill, day, count, goods, rows=count + self._vat_row)
        paid = max(created + 1, day + 14 + int(random() * 16))
        if random() < 0.012 and bill.currency == "NOK":
            company.at(
                company.moment(max(created + 1, paid - 2)),
                correct,
                self,
                bill,
                rows=2 * (count + 2),
            )
            paid += 2
        if random() < 0.985:
            self.payments.plan(bill, paid)

    # ---- posting

    def amount(self, mean: int) -> int:
        """Spread round the mean, from a third of it to two thirds more."""
        ore = int(mean * (0.35 + 1.3 * self.company.random()))
        return ore - ore % 100 if self.company.random() < 0.5 else ore + 1

    def post_sale(self, ms: int, bill: Bill, day: int, count: int, term: int) -> None:
        """Customer gross, income net, VAT on a row of its own."""
        company = self.company
        if bill.currency != "NOK":
            post_export(ms, self, bill, day, term)
            return
        random = company.random
        day = company.posting_day(day, day_of(ms))
        department, project = company.any_department(), company.any_project()
        lines: list[LineTuple] = []
        vat_rows: dict[str, int] = {}
        gross = 0
        accounts, vat, no_vat = company.accounts, company.vat, company.no_vat
        branch, products = company.branch(), company.products
        extra: Special | None = None
        for _ in range(count):
            number, code = self._sales[int(random() * len(self._sales))]
            net = self.amount(self.sales_mean // count)
            rate = BASIS_POINTS.get(code, 0) if company.vat_registered else 0
            tax = share(net, rate) if rate else 0
            if tax:
                vat_rows[code] = vat_rows.get(code, 0) + tax
            gross += net + tax
            note = GOODS[int(random() * len(GOODS))]
            account = accounts[number]
            if branch:
                account = branch.get(account, account)
            if products:
                extra = (None, None, products[int(random() * len(products))])
            lines.append(
                (account, -net, vat[code], -tax, NO_CONTACT, department, project, note, None, extra)
            )
        self._add_vat_rows(lines, vat_rows, -1)
        invoice_no = self.next_invoice_no
        self.next_invoice_no = invoice_no + 1
        number = bill.contact.CustomerAccountNo or 0
        terms = (DAY_TEXT[day + term], str(invoice_no), f"{number}{invoice_no:08d}")
        lines.insert(
            0,
            (
                accounts[1500],
                gross,
                no_vat,
                0,
                bill.contact,
                NO_DEPARTMENT,
                NO_PROJECT,
                None,
                terms,
                None,
            ),
        )
        _, entries = company.store.post(
            ms, "OutgoingInvoice", day, f"Faktura {invoice_no}", lines, documents=self.documents
        )
        bill.entry, bill.left = entries[0], gross

    def post_purchase(self, ms: int, bill: Bill, day: int, count: int, goods: bool) -> None:
        """Cost net (gross where the company is not registered for VAT), VAT, supplier gross."""
        company, random = self.company, self.company.random
        if bill.currency != "NOK":
            post_foreign_service(ms, self, bill, day)
            return
        voucher_day, day = day, company.posting_day(day, day_of(ms))
        if goods:
            (number, code), note = company.spec.industry.goods, company.spec.industry.goods_text
        else:
            number, note = COSTS[int(random() * len(COSTS))]
            code = company.accounts[number].VatCode or "0"
        parts = [
            (number, code, self.amount(self.purchase_mean // count), note) for _ in range(count)
        ]
        self.post_costs(ms, bill, day, parts, voucher_day=voucher_day)

    def post_costs(
        self,
        ms: int,
        bill: Bill,
        day: int,
        parts: list[tuple[int, str, int, str]],
        *,
        voucher_day: int | None = None,
        invoice_no: str | None = None,
        voucher_type: str = "IncomingInvoice",
        corrects: Voucher | None = None,
    ) -> Voucher:
        """A supplier invoice of given parts: account, VAT code, net in øre, text."""
        company = self.company
        department, project = company.any_department(), company.any_project()
        branch = company.branch()
        lines: list[LineTuple] = []
        vat_rows: dict[str, int] = {}
        gross = 0
        for number, code, net, note in parts:
            account = company.accounts[number]
            tax = share(net, BASIS_POINTS.get(code, 0))
            if not company.vat_registered:
                net, tax, code = net + tax, 0, "0"
            if tax:
                vat_rows[code] = vat_rows.get(code, 0) + tax
            gross += net + tax
            lines.append(
                (
                    branch.get(account, account),
                    net,
                    company.vat[code],
                    tax,
                    NO_CONTACT,
                    department,
                    project,
                    note,
                    None,
                    None,
                )
            )
        self._add_vat_rows(lines, vat_rows, 1)
        invoice_no = invoice_no or str(int(company.random() * 900_000) + 1_000)
        due = DAY_TEXT[(voucher_day or day) + 14]
        terms = (due, invoice_no, None if company.random() < 0.4 else f"{invoice_no}0042")
        lines.append(
            (
                company.accounts[2400],
                -gross,
                company.no_vat,
                0,
                bill.contact,
                NO_DEPARTMENT,
                NO_PROJECT,
                None,
                terms,
                None,
            )
        )
        voucher, entries = company.store.post(
            ms,
            voucher_type,
            day,
            f"{bill.contact.Name}, faktura {invoice_no}",
            lines,
            voucher_day=voucher_day,
            corrects=corrects,
            documents=(True, company.random() < 0.6, company.random() < 0.15),
        )
        bill.entry, bill.left = entries[0], -gross
        return voucher

    def _add_vat_rows(self, lines: list[LineTuple], vat_rows: dict[str, int], sign: int) -> None:
        company = self.company
        for code, tax in vat_rows.items():
            vat = company.vat[code] if self._vat_code_on_vat_rows else company.no_vat
            account = company.accounts[VAT_ROW_ACCOUNT[code]]
            lines.append(
                (
                    account,
                    sign * tax,
                    vat,
                    0,
                    NO_CONTACT,
                    NO_DEPARTMENT,
                    NO_PROJECT,
                    None,
                    None,
                    None,
                )
            )
