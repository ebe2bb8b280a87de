"""A bank account's October for tests: files as a bank writes them, and pressing the pages."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from klientbro.domain.tests.camt_files import balance, document, entry, statement
from klientbro.ledger.tests.book_table import BookTable

MONTH = "2026-10"
# the bank has the same two movements as the ledger, one of them two days later
OCTOBER_ENTRIES = (
    ("2026-10-05", "1250.50", "Kontantsalg"),
    ("2026-10-22", "-8000.00", "Kjøledisk"),
)


def camt(
    entries: tuple[tuple[str, str, str], ...] = OCTOBER_ENTRIES,
    *,
    opening: str = "130000.00",
    closing: str = "123250.50",
    first: str = "2026-10-01",
    last: str = "2026-10-31",
    id_: str = "S10",
    number: str = "10",
    account: str = "<IBAN>NO9386011117947</IBAN>",
) -> bytes:
    return document(stmt(entries, opening, closing, first, last, id_, number, account))


def stmt(
    entries: tuple[tuple[str, str, str], ...],
    opening: str,
    closing: str,
    first: str,
    last: str,
    id_: str,
    number: str,
    account: str = "<IBAN>NO9386011117947</IBAN>",
) -> str:
    days = f"<FrToDt><FrDtTm>{first}T00:00:00</FrDtTm><ToDtTm>{last}T23:59:59</ToDtTm></FrToDt>"
    return statement(
        balance("OPBD", opening, first),
        balance("CLBD", closing, last),
        *(entry(day, amount, text=text) for day, amount, text in entries),
        id_=id_,
        number=number,
        account=account,
        days=days,
    )


class Bank:
    """Presses the pages of 1920 as a person does."""

    def __init__(self, browser: Any, book: BookTable, number: str = "1920") -> None:
        self.browser, self.book, self.number = browser, book, number

    def address(self, part: str, month: str = MONTH) -> str:
        account = self.book.accounts[self.number]
        return f"/avstemming/{self.book.client.public_id}/{month}/{part}/{account}/"

    def see(self, part: str, month: str = MONTH) -> str:
        answer = self.browser.get(self.address(part, month))
        assert answer.status_code == 200, answer.status_code
        return answer.content.decode()

    def send(self, part: str, values: dict[str, Any] | None = None, month: str = MONTH) -> str:
        """The page that comes after a press, with the message it shows."""
        answer = self.browser.post(self.address(part, month), values or {}, follow=True)
        assert answer.status_code in (200, 422), answer.status_code
        return answer.content.decode()

    def upload(self, content: bytes, name: str = "utskrift.xml", month: str = MONTH) -> str:
        file = SimpleUploadedFile(name, content)
        return self.send("utskrift-les", {"file": file}, month)
