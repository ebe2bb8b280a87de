"""Money in and out: a day's payments go through the bank together, matched to their invoices."""

from __future__ import annotations

from ..days import HOUR_MS, moment_ms
from ..identifiers import random_guid
from ..model import NO_CONTACT, NO_DEPARTMENT, NO_EXTRA, NO_PROJECT, Extra, LedgerEntry
from ..store import LineTuple
from .company import Bill, Company, share
from .rates import euro_rate

BATCH = 12


class Payments:
    """Gathers the payments of each day while planning, and posts them when the day has come."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self._days: dict[tuple[int, bool], list[tuple[Bill, float]]] = {}

    def plan(self, bill: Bill, day: int, part: float = 1.0) -> None:
        """Pay a bill (or part of what is left of it) on the first weekday from `day`."""
        weekday = (day + 6) % 7
        if weekday > 4:
            day += 7 - weekday
        if day >= self.company.today - 1:
            return
        incoming = bill.contact.CustomerAccountNo is not None
        self.company.planned_rows += 2
        self._days.setdefault((day, incoming), []).append((bill, part))

    def schedule(self) -> None:
        """Turn what was gathered into events, early in the morning after each day."""
        for (day, incoming), bills in sorted(self._days.items(), key=lambda item: item[0]):
            for start in range(0, len(bills), BATCH):
                batch = bills[start : start + BATCH]
                ms = moment_ms(day + 1, 4 * HOUR_MS + start * 900 + (417 if incoming else 11))
                self.company.at(ms, self._pay, day, incoming, batch)
        self._days.clear()

    def _pay(self, ms: int, day: int, incoming: bool, bills: list[tuple[Bill, float]]) -> None:
        company, store = self.company, self.company.store
        bank, no_vat = company.accounts[1920], company.no_vat
        control = company.accounts[1500 if incoming else 2400]
        lines: list[LineTuple] = []
        paid: list[LedgerEntry] = []
        extra = NO_EXTRA
        if not incoming:
            extra = Extra(BankTransferId=random_guid(company.rng.getrandbits(128)))
        for bill, part in bills:
            if bill.entry is None or not bill.left:
                continue
            if bill.currency != "NOK":
                self._pay_currency(ms, day, bill)
                continue
            amount = bill.left if part == 1.0 else int(bill.left * part)
            bill.left -= amount
            text = f"{'Innbetaling' if incoming else 'Betaling'} {bill.contact.Name}"
            special = None if incoming else (None, None, extra)
            lines.append(
                (
                    bank,
                    amount,
                    no_vat,
                    0,
                    NO_CONTACT,
                    NO_DEPARTMENT,
                    NO_PROJECT,
                    text,
                    None,
                    special,
                )
            )
            lines.append(
                (
                    control,
                    -amount,
                    no_vat,
                    0,
                    bill.contact,
                    NO_DEPARTMENT,
                    NO_PROJECT,
                    text,
                    None,
                    special,
                )
            )
            paid.append(bill.entry)
        if not lines:
            return
        kind = "BankJournal" if incoming else "IncomingBankRemittance"
        if incoming and len(paid) > 3:
            kind = "IncomingOcrGiro"
        voucher, entries = store.post(
            ms, kind, day, "Innbetalinger" if incoming else "Remittering", lines
        )
        stamp = voucher.CreatedDateTimeOffset
        for bill_entry, payment in zip(paid, entries, strict=True):
            if kind == "IncomingOcrGiro":
                payment.PaidFromBankAccount = "15030000000"
            store.match((bill_entry, payment), stamp)

    def _pay_currency(self, ms: int, day: int, bill: Bill) -> None:
        """The rate has moved since the invoice: the difference is gain (8060) or loss (8160)."""
        company, store = self.company, self.company.store
        entry = bill.entry
        if entry is None:
            return
        euro, booked = bill.currency_left, bill.left
        nok = share(euro, euro_rate(day))
        difference = booked - nok
        incoming = bill.contact.CustomerAccountNo is not None
        text = f"Betaling i EUR, {bill.contact.Name}"
        lines = [
            company.line(1920, nok, text, special=(None, euro, NO_EXTRA)),
            company.line(
                1500 if incoming else 2400,
                -booked,
                text,
                contact=bill.contact,
                special=(None, -euro, NO_EXTRA),
            ),
        ]
        if difference:
            number = 8160 if difference > 0 else 8060
            lines.append(company.line(number, difference, text, special=(None, 0, NO_EXTRA)))
        voucher, entries = store.post(ms, "BankJournal", day, text, lines, currency="EUR")
        store.match((entry, entries[0]), voucher.CreatedDateTimeOffset)
        bill.left = bill.currency_left = 0
