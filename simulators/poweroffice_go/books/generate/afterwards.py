"""What becomes of an invoice beside being paid: credited, given up, or corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..days import ordinal_of
from ..model import Voucher
from ..store import LineTuple, mirrored_line
from .company import Bill, Company, day_of, share

if TYPE_CHECKING:
    from .trade import Trade


def credit(ms: int, trade: Trade, bill: Bill) -> None:
    """A credit note for the whole invoice, settled against it."""
    if bill.entry is None or not bill.left:
        return
    store, day = trade.company.store, day_of(ms)
    invoice_no = trade.next_invoice_no
    trade.next_invoice_no += 1
    original = bill.entry.row.voucher
    lines = mirrored(trade.company, original)
    customer = lines[0]
    lines[0] = (*customer[:8], (None, str(invoice_no), None), customer[9])
    voucher, entries = store.post(
        ms,
        "OutgoingCreditNote",
        day,
        f"Kreditnota {invoice_no} for faktura {bill.entry.InvoiceNo}",
        lines,
        currency=bill.currency,
        documents=trade.documents,
    )
    store.match([bill.entry, entries[0]], voucher.CreatedDateTimeOffset)
    bill.left = bill.currency_left = 0


def write_off(ms: int, trade: Trade, bill: Bill) -> None:
    """A claim given up: loss net, output VAT taken back."""
    company = trade.company
    if bill.entry is None or bill.left <= 0 or bill.currency != "NOK":
        return
    gross = bill.left
    tax = gross - share(gross, 8000) if company.vat_registered else 0
    lines = [
        company.line(7830, gross - tax, "Tap på krav"),
        company.line(2700, tax, "Tap på krav"),
        company.line(1500, -gross, contact=bill.contact, text="Tap på krav"),
    ]
    voucher, entries = company.store.post(
        ms, "ManualJournal", day_of(ms), "Konstatert tap", [line for line in lines if line[1]]
    )
    entries[0].IsWriteOff = True
    company.store.match([bill.entry, entries[0]], voucher.CreatedDateTimeOffset)
    bill.left = 0


def correct(ms: int, trade: Trade, bill: Bill) -> None:
    """The invoice was posted to the wrong account: a reversal, then the right posting."""
    if bill.entry is None or not bill.left:
        return
    company, store = trade.company, trade.company.store
    old, old_entry = bill.entry.row.voucher, bill.entry
    day = company.posting_day(ordinal_of(old_entry.row.PostingDate), day_of(ms))
    reversal, entries = store.post(
        ms,
        "ReversalVoucher",
        day,
        f"Tilbakeføring av bilag {old.VoucherNo}",
        mirrored(company, old),
        reverses=old,
    )
    store.mark_reversed(old, reversal.CreatedDateTimeOffset)
    store.match([old_entry, entries[0]], reversal.CreatedDateTimeOffset)
    parts = [
        (6790, row.vat.Code, round(row.Amount * 100), "Rettet konto")
        for row in store.rows_of(old)
        if not 2400 <= row.account.AccountNo < 2720
    ]
    trade.post_costs(
        ms + 45_000,
        bill,
        day,
        parts,
        invoice_no=old_entry.InvoiceNo,
        voucher_type="CorrectionVoucher",
        corrects=old,
    )


def mirrored(company: Company, voucher: Voucher) -> list[LineTuple]:
    """The lines of a voucher with opposite signs, for a reversal or a credit note."""
    return [mirrored_line(row) for row in company.store.rows_of(voucher)]
