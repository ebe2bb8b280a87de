"""What happens in a special company "between two syncs", on request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from .days import year_start
from .lines import Line
from .spec import Quirk

if TYPE_CHECKING:
    from .books import Books


def play(books: Books, now: datetime) -> str:
    """Do once more what the company stands for; tells in Norwegian what was done."""
    player = _PLAYERS.get(books.spec.quirk, _ordinary)
    return player(books, now)


def _purchase(amount: str, text: str) -> list[Line]:
    return [Line(6800, Decimal(amount), text), Line(1920, -Decimal(amount), text)]


def _ordinary(books: Books, now: datetime) -> str:
    voucher = books.post_voucher(
        _purchase("1250.00", "Kontorrekvisita"), now.date(), now=now, text="Kontorrekvisita"
    )
    return f"Bilag {voucher.VoucherNo} er bokført i dag."


def _lock(books: Books, now: datetime) -> str:
    """Open, post into last year, close again: the lock date reads the same before and after."""
    was = date.fromisoformat(books.lock_date_settings.LockDate)
    start = year_start(now.date(), books.spec.year_end_month)
    day = min(start - timedelta(days=45), was) if was < start else start - timedelta(days=45)
    books.set_lock_date(day - timedelta(days=1), now=now, reason="Åpnet for etterpostering")
    voucher = books.post_voucher(
        _purchase("8400.00", "Glemt bilag"), day, now=now, text="Glemt bilag fra i fjor"
    )
    books.set_lock_date(was, now=now, reason="Låst igjen")
    return f"Låsedatoen ble åpnet, bilag {voucher.VoucherNo} ført {day.isoformat()}, og låst igjen."


def _vat(books: Books, now: datetime) -> str:
    """Into the latest term that has a VatReturns voucher."""
    filed = [v for v in books.store.vouchers if v.VoucherType == "VatReturns"]
    day = date.fromisoformat(filed[-1].VoucherDate) - timedelta(days=5)
    if day.isoformat() <= books.lock_date_settings.LockDate:
        day = date.fromisoformat(books.lock_date_settings.LockDate) + timedelta(days=1)
    lines = [
        Line(6540, Decimal("12500.00"), "Sen faktura", vat_code="1"),
        Line(1920, Decimal("-12500.00"), "Sen faktura"),
    ]
    voucher = books.post_voucher(lines, day, now=now, text="Sen faktura i sendt termin")
    return f"Bilag {voucher.VoucherNo} er ført {day.isoformat()}, i en termin som er sendt."


def _renumber(books: Books, now: datetime) -> str:
    account = next(a for a in books.accounts if a.Name == "Annen kostnad, fradragsberettiget")
    number = account.AccountNo + 1
    was = account.AccountNo
    books.renumber_account(account.Id, number, now=now)
    return f"Konto {was} har fått nummer {number}."


def _match(books: Books, now: datetime) -> str:
    """The oldest unmatched invoice and a payment of its customer, or a prepayment made for it."""
    open_entries = [e for e in books.store.customer_entries if e.MatchId is None]
    by_contact: dict[int, list[int]] = {}
    for entry in open_entries:
        by_contact.setdefault(entry.row.contact.CustomerAccountNo or 0, []).append(entry.Id)
    ids = next((ids for ids in by_contact.values() if len(ids) > 1), None)
    if ids is None:
        return "Ingen åpne poster å utligne."
    match_id = books.match(ids[:2], now=now)
    return f"To poster er utlignet mot hverandre (match {match_id}), ingenting er bokført."


def _future(books: Books, now: datetime) -> str:
    day = now.date() + timedelta(days=40)
    voucher = books.post_voucher(_purchase("900.00", "Kurs"), day, now=now, text="Kurs")
    return f"Bilag {voucher.VoucherNo} er datert {day.isoformat()}."


def _dispose(books: Books, now: datetime) -> str:
    """The oldest year that is not disposed of gets its 8960 → 2050."""
    spec = books.spec
    end = year_start(spec.conversion_date, spec.year_end_month)
    locked = books.lock_date_settings.LockDate
    while True:
        end = date(end.year + 1, end.month, 1)
        last = end - timedelta(days=1)
        if last >= now.date():
            return "Alle avsluttede år er disponert."
        profit = books.undisposed_result(last)
        if profit and last.isoformat() > locked:
            break
    text = f"Disponering av årsresultat {last.year}"
    lines = [Line(8960, profit, text), Line(2050, -profit, text)]
    voucher = books.post_voucher(lines, last, now=now, voucher_type="YearEndJournal", text=text)
    return f"Bilag {voucher.VoucherNo}: resultatet for {last.year} er disponert."


_PLAYERS: dict[Quirk | None, Callable[[Books, datetime], str]] = {
    Quirk.LOCK_REOPENED: _lock,
    Quirk.VAT_AFTER_FILING: _vat,
    Quirk.ACCOUNT_RENUMBERED: _renumber,
    Quirk.MATCHED_WITHOUT_POSTING: _match,
    Quirk.FUTURE_VOUCHER: _future,
    Quirk.NEVER_DISPOSED: _dispose,
    Quirk.DISPOSED_LATE: _dispose,
}
