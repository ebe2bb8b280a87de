"""Trade with other countries: export without VAT, services with VAT reckoned by the buyer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..days import DAY_TEXT
from ..model import NO_EXTRA
from ..store import Special
from .company import Bill, day_of, share
from .rates import euro_rate

if TYPE_CHECKING:
    from .trade import Trade


def post_export(ms: int, trade: Trade, bill: Bill, day: int, term: int) -> None:
    """An invoice in euro, sold without VAT (code 52)."""
    company = trade.company
    invoice_no = trade.next_invoice_no
    trade.next_invoice_no = invoice_no + 1
    euro = trade.amount(trade.sales_mean) // 10
    nok = share(euro, euro_rate(day))
    terms = (DAY_TEXT[day + term], str(invoice_no), None)
    lines = [
        company.line(1500, nok, contact=bill.contact, terms=terms, special=special(euro)),
        company.line(
            3110,
            -nok,
            "Eksport",
            vat="52",
            department=company.any_department(),
            special=special(-euro),
        ),
    ]
    _, entries = company.store.post(
        ms,
        "OutgoingInvoice",
        day,
        f"Faktura {invoice_no}",
        lines,
        currency="EUR",
        documents=trade.documents,
    )
    bill.entry, bill.left, bill.currency_left = entries[0], nok, euro


def post_foreign_service(ms: int, trade: Trade, bill: Bill, day: int) -> None:
    """A service from abroad in euro (code 86): VAT is calculated and deducted by the buyer."""
    company = trade.company
    euro = max(100, trade.amount(trade.purchase_mean) // 12)
    nok = share(euro, euro_rate(day))
    voucher_day, day = day, company.posting_day(day, day_of(ms))
    invoice_no = f"INV-{int(company.random() * 90_000) + 1000}"
    terms = (DAY_TEXT[voucher_day + 30], invoice_no, None)
    code = "86" if company.vat_registered else "0"
    tax, euro_tax = share(nok, 2500), share(euro, 2500)
    lines = [
        company.line(
            6790,
            nok,
            "Tjeneste fra utlandet",
            vat=code,
            vat_ore=tax if code == "86" else 0,
            department=company.any_department(),
            special=special(euro),
        )
    ]
    if code == "86":
        lines.append(company.line(2714, tax, special=special(euro_tax)))
        lines.append(company.line(2704, -tax, special=special(-euro_tax)))
    lines.append(
        company.line(2400, -nok, contact=bill.contact, terms=terms, special=special(-euro))
    )
    _, entries = company.store.post(
        ms,
        "IncomingInvoice",
        day,
        f"{bill.contact.Name}, faktura {invoice_no}",
        lines,
        voucher_day=voucher_day,
        currency="EUR",
        documents=trade.documents,
    )
    bill.entry, bill.left, bill.currency_left = entries[0], -nok, -euro


def special(currency_ore: int) -> Special:
    """A line in the voucher's own currency."""
    return (None, currency_ore, NO_EXTRA)
