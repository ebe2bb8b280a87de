"""VAT returns per term, income tax, and the end of the year: result, tax, disposal."""

from __future__ import annotations

from datetime import date, timedelta

from ..days import HOUR_MS, moment_ms, month_end, month_index, working_day
from ..spec import Quirk
from ..store import LineTuple
from .company import Company, share

VAT_ACCOUNTS = (2700, 2701, 2703, 2704, 2710, 2711, 2713, 2714)
CORPORATE_TAX = 2200


class Taxes:
    """Plans what follows from the books themselves; amounts are read when the day has come."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self._vat_owed: dict[date, int] = {}
        self.filed_terms: list[date] = []
        """Last days of the terms whose return has been sent."""

    # ---- VAT

    def plan_vat(self) -> None:
        """A settlement voucher when the return is sent, a payment (or refund) when it is due."""
        company = self.company
        first = month_index(company.spec.conversion_date)
        ends = sorted({company.term_end(month) for month in company.months()})
        opening_end = month_end(first - 1)
        ends = [end for end in ends if end > opening_end]
        for end in ends:
            filed = company.filing_day(month_index(end))
            company.at(company.moment(filed), self._file, end, rows=5)
            due = company.vat_due(end).toordinal()
            company.at(moment_ms(due + 1, 5 * HOUR_MS), self._pay_vat, end, due, rows=2)
        due = company.vat_due(company.term_end(first - 1)).toordinal()
        company.at(moment_ms(due + 1, 5 * HOUR_MS), self._pay_opening_vat, due, rows=2)

    def _file(self, ms: int, end: date) -> None:
        company = self.company
        day = end.toordinal()
        balances = [(number, company.balance(number, day)) for number in VAT_ACCOUNTS]
        lines = [company.line(number, -ore, "Mva-oppgjør") for number, ore in balances if ore]
        owed = -sum(ore for _, ore in balances)
        lines.append(company.line(2740, -owed, "Mva-oppgjør"))
        self._vat_owed[end] = owed
        self.filed_terms.append(end)
        term = "årstermin" if company.yearly_vat else f"termin {(end.month + 1) // 2}"
        company.simple(ms, "VatReturns", day, f"Mva-melding {term} {end.year}", lines)

    def _pay_vat(self, ms: int, end: date, due: int) -> None:
        company, owed = self.company, self._vat_owed.get(end, 0)
        text = "Betalt merverdiavgift" if owed >= 0 else "Tilbakebetalt merverdiavgift"
        company.simple(ms, "BankJournal", due, text, company.pair(2740, 1920, owed, text))

    def _pay_opening_vat(self, ms: int, due: int) -> None:
        """The term before the conversion, filed in the old system."""
        company = self.company
        owed = -company.balance(2740, company.first_day - 1)
        text = "Betalt merverdiavgift fra før konvertering"
        company.simple(ms, "BankJournal", due, text, company.pair(2740, 1920, owed, text))

    # ---- the year

    def plan_year_ends(self) -> None:
        """Tax and disposal when the accounts are finished; tax payments on their days."""
        company = self.company
        for end in company.year_ends():
            closing = company.closing_day(end)
            company.at(company.moment(closing), self._close, end, rows=2)
            disposing = closing
            if company.spec.quirk is Quirk.DISPOSED_LATE:
                disposing = (end + timedelta(days=182)).toordinal()
            if company.spec.quirk is not Quirk.NEVER_DISPOSED:
                company.at(moment_ms(disposing, 17 * HOUR_MS + 12_345), self._dispose, end, rows=2)
            if company.spec.is_limited_company:
                for month in (2, 4, 11):
                    year = end.year + 1
                    due = working_day(date(year, month, 15)).toordinal()
                    company.at(
                        moment_ms(due + 1, 5 * HOUR_MS + 90_000), self._pay_tax, due, month, rows=2
                    )

    def result(self, end: date) -> int:
        """Øre on result accounts in the financial year, credit (profit) negative."""
        store = self.company.store
        first = month_index(end) - 11
        months = range(first, first + 12)
        return sum(
            ore
            for account in store.accounts
            if store.is_result_account(account)
            for month, ore in store.months(account).items()
            if month in months
        )

    def _close(self, ms: int, end: date) -> None:
        company = self.company
        profit = -self.result(end)
        if profit <= 0 or not company.spec.is_limited_company:
            return
        tax = share(profit, CORPORATE_TAX) // 100 * 100
        lines = company.pair(8300, 2500, tax, "Betalbar skatt")
        company.simple(ms, "YearEndJournal", end.toordinal(), f"Skattekostnad {end.year}", lines)

    def _dispose(self, ms: int, end: date) -> None:
        """The result to equity: a profit is debit 8960, credit 2050."""
        company = self.company
        profit = -self.result(end)
        text = f"Disponering av årsresultat {end.year}"
        company.simple(
            ms, "YearEndJournal", end.toordinal(), text, company.pair(8960, 2050, profit, text)
        )

    def _pay_tax(self, ms: int, due: int, month: int) -> None:
        """Half and half in advance, the rest after the assessment."""
        company = self.company
        owed = -company.balance(2500, due)
        amount = owed // 2 if month == 2 else owed
        text = "Restskatt" if month == 11 else "Forskuddsskatt"
        lines: list[LineTuple] = company.pair(2500, 1920, amount, text) if amount > 0 else []
        company.simple(ms, "BankJournal", due, text, lines)
