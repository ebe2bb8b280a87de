"""Wages: gross, withheld tax, employer's tax and holiday pay, and what is paid to whom when."""

from __future__ import annotations

from datetime import date

from ..days import HOUR_MS, MONTHS_NB, moment_ms, month_end, month_index, month_start, working_day
from ..model import NO_DEPARTMENT
from ..store import LineTuple
from .company import Company, day_of, share
from .masterdata import MasterData

EMPLOYERS_TAX = 1410
HOLIDAY_PAY = 1200
WITHHELD = 3000
ROWS_A_MONTH = 15


class Payroll:
    """A payroll journal each month; from 2026 withheld tax is paid right after pay day."""

    def __init__(self, company: Company, master: MasterData) -> None:
        self.company = company
        self.master = master
        wages = company.revenue * company.spec.industry.wage_share * 100 / 1.28
        self.gross = int(wages / 11.2) // 100 * 100
        """Øre a month for all employees together."""

    def plan(self) -> None:
        """Pay day around the 12th; employer's tax on the 15th after each second month."""
        company = self.company
        rows = 9 + 2 * max(1, len(company.spec.departments)) + 4
        for month in company.months():
            pay_day = working_day(month_start(month).replace(day=12), -1)
            if pay_day < company.spec.conversion_date:
                continue
            company.at(
                company.moment(pay_day.toordinal() - 2), self._journal, pay_day, rows=rows - 4
            )
            night = 4 * HOUR_MS
            company.at(moment_ms(pay_day.toordinal() + 1, night), self._pay_wages, pay_day, rows=4)
            if month % 2 == 1:
                due = working_day(month_start(month + 1).replace(day=15))
                company.at(
                    moment_ms(due.toordinal() + 1, night + 77_000),
                    self._pay_employers_tax,
                    month,
                    due,
                    rows=4,
                )
        first = month_index(company.spec.conversion_date)
        if first % 2 == 0:
            due = working_day(month_start(first).replace(day=15))
            company.at(
                moment_ms(due.toordinal() + 1, HOUR_MS), self._pay_employers_tax, first - 1, due
            )

    def _journal(self, ms: int, pay_day: date) -> None:
        company = self.company
        departments = company.store.departments or [NO_DEPARTMENT]
        factor = 0.12 if pay_day.month == 6 else 0.96 + company.random() * 0.08
        lines: list[LineTuple] = []
        total = 0
        name = MONTHS_NB[pay_day.month - 1]
        for department in departments:
            gross = int(self.gross / len(departments) * factor)
            total += gross
            lines.append(company.line(5000, gross, f"Lønn {name}", department=department))
        holiday = share(total, HOLIDAY_PAY)
        lines += company.pair(5180, 2940, holiday, f"Opptjente feriepenger {name}")
        lines += company.pair(5400, 2770, share(total, EMPLOYERS_TAX), f"Arbeidsgiveravgift {name}")
        lines += company.pair(5405, 2781, share(holiday, EMPLOYERS_TAX))
        tax = share(total, WITHHELD)
        lines.append(company.line(2600, -tax, "Forskuddstrekk"))
        lines.append(company.line(2930, tax - total, "Netto lønn"))
        if pay_day.month == 6:
            lines += self._holiday_pay(pay_day)
        company.simple(ms, "PayrollJournal", pay_day.toordinal(), f"Lønnskjøring {name}", lines)

    def _holiday_pay(self, pay_day: date) -> list[LineTuple]:
        """What was earned by the end of last year, less what has been paid since."""
        company = self.company
        last_year = date(pay_day.year - 1, 12, 31).toordinal()
        owed = -company.balance(2940, last_year)
        if owed <= 0:
            return []
        text = f"Feriepenger opptjent {pay_day.year - 1}"
        tax = min(share(owed, EMPLOYERS_TAX), -company.balance(2781, pay_day.toordinal()))
        return [
            *company.pair(2940, 2930, owed, text),
            *company.pair(2781, 2770, max(0, tax), text),
        ]

    def _pay_wages(self, ms: int, pay_day: date) -> None:
        company = self.company
        day = pay_day.toordinal()
        net = -company.balance(2930, day)
        lines = company.pair(2930, 1920, net, "Utbetalt lønn") if net > 0 else []
        withheld = -company.balance(2600, day) - company.balance(1950, day)
        if withheld > 0:
            if pay_day.year >= 2026:
                lines += company.pair(2600, 1920, withheld, "Forskuddstrekk betalt")
            else:
                lines += company.pair(1950, 1920, withheld, "Overført til skattetrekkskonto")
        company.simple(ms, "BankJournal", day_of(ms) - 1, "Utbetaling av lønn", lines)

    def _pay_employers_tax(self, ms: int, month: int, due: date) -> None:
        """Term of two months; withheld tax goes with it while there is a withholding account."""
        company = self.company
        end = month_end(month).toordinal()
        owed = -company.balance(2770, end)
        lines = company.pair(2770, 1920, owed, "Arbeidsgiveravgift") if owed > 0 else []
        withheld = min(-company.balance(2600, end), company.balance(1950, end))
        if withheld > 0:
            lines += company.pair(2600, 1950, withheld, "Forskuddstrekk")
        term = month % 12 // 2 + 1
        company.simple(ms, "BankJournal", due.toordinal(), f"Skatt og avgift termin {term}", lines)
