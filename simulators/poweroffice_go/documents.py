"""Voucher documents: the list of them, and a zip with a real PDF, image or EHF file."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape  # only escapes, reads nothing # nosec B406

from .answers import Answer, not_found
from .books.model import OrganizationSettings, Transaction, Voucher, VoucherDocumentation
from .endpoint import Endpoint, Reading
from .lists import answer_page, in_order, page_of
from .query import bad_value

DOCUMENT_TYPES = ("Ehf", "Pdf", "Images", "All")
_GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def list_documents(reading: Reading) -> Answer:
    page = page_of(reading, VoucherDocumentation)
    rows = reading.books.voucher_documentation(
        voucher_id=guid(reading), voucher_no=reading.query.integer("voucherNo")
    )
    ordered = in_order(rows, page, VoucherDocumentation) if page.order else rows
    return answer_page(reading, VoucherDocumentation, page, ordered)


def guid(reading: Reading) -> str | None:
    text = reading.query.text("id")
    if text is not None and not _GUID.match(text.lower()):
        raise bad_value("id", text)
    return text.lower() if text else None


def download(reading: Reading) -> Answer:
    """All documents of a voucher in one zip; 204 when it has none of the kind asked for."""
    voucher_id = guid(reading)
    if voucher_id is None:
        raise not_found("The required query parameter 'id' is missing.")
    kind = (reading.query.text("documentationType") or "All").lower()
    if kind not in (known.lower() for known in DOCUMENT_TYPES):
        raise bad_value("documentationType", kind)
    voucher = reading.books.voucher_by_id(voucher_id)
    if voucher is None:
        raise not_found(f"Voucher with id = {voucher_id} not found.")
    company = reading.books.organization_settings
    rows = reading.books.voucher_rows(voucher)
    files: dict[str, bytes] = {}
    if voucher.HasPdf and kind in ("pdf", "all"):
        files[f"bilag-{voucher.VoucherNo}.pdf"] = pdf(company, voucher, rows)
    if voucher.HasEhf and kind in ("ehf", "all"):
        files[f"bilag-{voucher.VoucherNo}.xml"] = ehf(company, voucher, rows)
    if voucher.HasImages and kind in ("images", "all"):
        files[f"bilag-{voucher.VoucherNo}-1.jpg"] = image(company, voucher, rows)
    if not files:
        return Answer(204)
    name = f"bilag-{voucher.VoucherNo}.zip"
    return Answer(
        200,
        zipped(files),
        {
            "content-type": "application/zip",
            "content-disposition": f'attachment; filename="{name}"',
        },
    )


def zipped(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # A fixed time, so that the same voucher gives the same bytes.
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)
    return held.getvalue()


def norwegian_amount(amount: float) -> str:
    return f"{amount:,.2f}".replace(",", "\u00a0").replace(".", ",")


def text_lines(
    company: OrganizationSettings, voucher: Voucher, rows: Sequence[Transaction]
) -> list[str]:
    """The voucher in words, one line for each row."""
    lines = [
        f"{company.LegalName}",
        f"Org.nr. {company.OrganizationNumber or '–'}",
        "",
        f"Bilag {voucher.VoucherNo}   {voucher.VoucherType}",
        f"Bilagsdato {voucher.VoucherDate}",
        f"{voucher.Description or ''}",
        "",
    ]
    for row in rows[:60]:
        account = f"{row.account.AccountNo} {row.account.Name}"[:42]
        lines.append(f"{account:<44}{norwegian_amount(row.Amount):>16}")
    if len(rows) > 60:
        lines.append(f"… og {len(rows) - 60} linjer til")
    return lines


def pdf(company: OrganizationSettings, voucher: Voucher, rows: Sequence[Transaction]) -> bytes:
    """One A4 page; made with «invariant» so that it is the same every time."""
    # Loading it takes longer than starting the simulator, and few callers want documents.
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    held = io.BytesIO()
    canvas = Canvas(held, pagesize=A4, invariant=1)
    canvas.setTitle(f"Bilag {voucher.VoucherNo}")
    canvas.setAuthor(company.LegalName)
    text = canvas.beginText(50, A4[1] - 60)
    text.setFont("Courier", 10)
    text.setLeading(12)
    for line in text_lines(company, voucher, rows):
        text.textLine(line.replace("\u00a0", " "))
    canvas.drawText(text)
    canvas.showPage()
    canvas.save()
    return held.getvalue()


def image(company: OrganizationSettings, voucher: Voucher, rows: Sequence[Transaction]) -> bytes:
    """A voucher page as a JPEG, as from a scanner."""
    from PIL import Image, ImageDraw

    page = Image.new("L", (620, 877), 250)
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(text_lines(company, voucher, rows)):
        draw.text((40, 40 + 13 * number), line.replace("\u00a0", " ").replace("–", "-"), fill=20)
    held = io.BytesIO()
    page.save(held, "JPEG", quality=60)
    return held.getvalue()


def ehf(company: OrganizationSettings, voucher: Voucher, rows: Sequence[Transaction]) -> bytes:
    """The main parts of an EHF (UBL 2.1) invoice for the voucher."""
    total = sum((abs(row.Amount) for row in rows if row.SubLedgerEntryId is not None), 0.0)
    contact = next((row.contact for row in rows if row.contact.Name), None)
    incoming = voucher.VoucherType.startswith("Incoming")
    other = escape(contact.Name or "") if contact else ""
    own = escape(company.LegalName)
    seller, buyer = (other, own) if incoming else (own, other)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:ID>{voucher.VoucherNo}</cbc:ID>
  <cbc:IssueDate>{voucher.VoucherDate}</cbc:IssueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
  <cbc:Note>{escape(voucher.Description or "")}</cbc:Note>
  <cbc:DocumentCurrencyCode>NOK</cbc:DocumentCurrencyCode>
  <cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>{seller}</cbc:Name>
  </cac:PartyName></cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty><cac:Party><cac:PartyName><cbc:Name>{buyer}</cbc:Name>
  </cac:PartyName></cac:Party></cac:AccountingCustomerParty>
  <cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="NOK">{total:.2f}</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>
</Invoice>
""".encode()


def endpoints() -> list[Endpoint]:
    privilege = "VoucherDocumentation"
    return [
        Endpoint("GET", "/VoucherDocumentation", privilege, list_documents),
        Endpoint("GET", "/VoucherDocumentation/Download", privilege, download),
    ]
