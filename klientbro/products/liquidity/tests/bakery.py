"""A bakery's books of two years: sales, rent, wages, VAT, a loan, and its open items."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from klientbro.domain.deadlines.vat import two_monthly
from klientbro.domain.periods import Month, month_range
from klientbro.ledger.tests.book_table import BookTable, book_table, insert, run, table
from klientbro.lib.dates import format_date

NOW = datetime(2026, 11, 18, 13, 10, tzinfo=UTC)
TODAY = date(2026, 11, 18)
CHART = """
Konto | Navn                        | Type      | Inngående
1500  | Kundefordringer             | asset     |
1920  | Driftskonto bank            | asset     | 700 000,00
1930  | Sparekonto                  | asset     | 100 000,00
2000  | Aksjekapital                | equity    | -300 000,00
2220  | Gjeld til DNB               | liability | -500 000,00
2400  | Leverandørgjeld             | liability |
2500  | Betalbar skatt              | liability |
2600  | Forskuddstrekk              | liability |
2700  | Utgående mva                | liability |
2710  | Inngående mva               | liability |
2740  | Oppgjørskonto mva           | liability |
2770  | Skyldig arbeidsgiveravgift  | liability |
2781  | Arbeidsgiveravgift feriepenger | liability |
2930  | Lønn                        | liability |
2940  | Skyldige feriepenger        | liability |
3000  | Salg                        | income    |
4300  | Varekjøp                    | expense   |
5000  | Lønn til ansatte            | expense   |
5180  | Feriepenger                 | expense   |
5400  | Arbeidsgiveravgift          | expense   |
6300  | Leie                        | expense   |
7770  | Bankgebyr                   | expense   |
"""
HEAD = "Bilag | Dato | Konto | Beløp | Tekst | customer_no | supplier_no | voucher_type"
FIRST, LAST = Month(2025, 1), Month(2026, 11)


class _Vouchers:
    """Lines of the table, until the day the books are read."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.number = 0

    def post(self, day: date, type_: str, *lines: tuple[str, int, str]) -> None:
        """A voucher: (account, kroner, party number). What lies ahead has not happened."""
        if day > TODAY:
            return
        self.number += 1
        for account, kroner, party in lines:
            customer = party if account == "1500" else ""
            supplier = party if account == "2400" else ""
            self.lines.append(
                f"{self.number} | {format_date(day)} | {account} | {kroner},00 | "
                f"{_TEXTS.get(account, 'Bilag')} | {customer} | {supplier} | {type_}"
            )


_TEXTS = {"6300": "Leie", "7770": "Bankgebyr", "2220": "Avdrag lån", "2930": "Netto lønn"}


def bakery(**books: Any) -> BookTable:
    """The bakery, proved through October."""
    made = book_table(
        CHART,
        anchor="31.12.2024",
        conversion="01.01.2025",
        years=(("01.01.2025", "31.12.2025"), ("01.01.2026", "31.12.2026")),
        columns={"complete_at": NOW, "vat_period": "bi_monthly"},
        **books,
    )
    vouchers = _Vouchers()
    for month in month_range(FIRST, LAST):
        _month(vouchers, month)
    _land_together(made, "\n".join([HEAD, *vouchers.lines]))
    for number, side in (("1500", "customer"), ("2400", "supplier")):
        run(
            "update ledger_account set control = %(side)s where source_id = %(id)s "
            "and connection_id = %(connection)s",
            {"side": side, "id": made.accounts[number], "connection": made.connection.pk},
        )
    for month in month_range(FIRST, LAST.previous()):
        made.prove(month.key)
    return made


def _land_together(made: BookTable, text: str) -> None:
    """As `post`, with one statement for all the rows: the bakery has hundreds."""
    made.landing += 1
    rows = [made._posting(row, {}) for row in table(text)]
    made._land(NOW)
    names = list(rows[0])
    marks = ", ".join(f"%({name})s" for name in names)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into ledger_posting ({', '.join(names)}) values ({marks})", rows
        )
    made._keep_balances(True)


def party(made: BookTable, kind: str, number: str, name: str) -> None:
    """A customer or supplier of the source's register."""
    insert(
        "ledger_party",
        **_own(made),
        kind=kind,
        source_id=number,
        number=number,
        name=name,
        is_active=True,
    )


def items(
    made: BookTable,
    side: str,
    *rows: tuple[str, str, str, str | None, str | None],
    as_of: date = TODAY,
) -> None:
    """A snapshot: (id, party, balance, due, posted); the days as ISO text, None where missing."""
    total = sum((Decimal(balance) for _id, _party, balance, _due, _posted in rows), Decimal(0))
    insert(
        "ledger_item_snapshot",
        **_own(made),
        side=side,
        as_of=as_of,
        landing=made.landing,
        items=len(rows),
        total=total,
        control_total=total,
    )
    for at, (id_, number, balance, due, posted) in enumerate(rows):
        run(
            "insert into ledger_item (firm_id, snapshot_id, source_id, party_no, party_name, "
            "voucher_no, invoice_no, posting_date, due_date, amount, balance) "
            "select firm_id, id, %(item)s, %(party)s, %(name)s, %(no)s, %(invoice)s, %(posted)s, "
            "%(due)s, %(balance)s, %(balance)s from ledger_item_snapshot "
            "where connection_id = %(connection)s order by id desc limit 1",
            {
                "item": id_,
                "party": number,
                "name": NAMES.get(number, number),
                "no": 9000 + at,
                "invoice": str(4400 + at),
                "posted": posted,
                "due": due,
                "balance": balance,
                "connection": made.connection.pk,
            },
        )


NAMES = {
    "10001": "Kafé Brygga AS",
    "10002": "Fjellheim Hotell",
    "20001": "Gårdeier Eiendom AS",
    "20002": "Norgesmel AS",
}


def with_items(made: BookTable) -> BookTable:
    """The open items of the day, both sides, and the parties' names."""
    for number, name in NAMES.items():
        party(made, "customer" if number.startswith("1") else "supplier", number, name)
    items(
        made,
        "customer",
        ("c1", "10001", "531250", "2026-11-17", "2026-11-03"),
        ("c2", "10002", "212500", "2026-11-26", "2026-11-06"),
        ("c3", "10002", "40000", "2026-09-10", "2026-08-20"),
        ("c4", "10001", "15000", "2025-12-01", "2025-11-15"),
    )
    items(
        made,
        "supplier",
        ("s1", "20002", "-84210.50", "2026-11-09", "2026-10-20"),
        ("s2", "20002", "-150000", "2026-11-22", "2026-11-08"),
    )
    return made


def _month(vouchers: _Vouchers, month: Month) -> None:
    def on(day: int) -> date:
        return date(month.year, month.month, day)

    first = month.first_day
    vouchers.post(
        on(3),
        "customer_invoice",
        ("1500", 531_250, "10001"),
        ("3000", -425_000, ""),
        ("2700", -106_250, ""),
    )
    vouchers.post(
        first + timedelta(days=27),
        "customer_payment",
        ("1920", 531_250, ""),
        ("1500", -531_250, "10001"),
    )
    vouchers.post(
        on(1),
        "supplier_invoice",
        ("6300", 38_400, ""),
        ("2710", 9_600, ""),
        ("2400", -48_000, "20001"),
    )
    vouchers.post(on(5), "supplier_payment", ("2400", 48_000, "20001"), ("1920", -48_000, ""))
    vouchers.post(
        on(8),
        "supplier_invoice",
        ("4300", 120_000, ""),
        ("2710", 30_000, ""),
        ("2400", -150_000, "20002"),
    )
    vouchers.post(on(22), "supplier_payment", ("2400", 150_000, "20002"), ("1920", -150_000, ""))
    gross = 30_000 if month.month == 6 else 240_000
    holiday = 240_000 if month == Month(2026, 6) else 0
    vouchers.post(
        on(10),
        "payroll",
        ("5000", gross, ""),
        ("2600", -gross * 3 // 10, ""),
        ("2930", -gross * 7 // 10 - holiday, ""),
        ("5180", gross * 12 // 100, ""),
        ("2940", -gross * 12 // 100 + holiday, ""),
        ("5400", gross * 141 // 1000, ""),
        ("2770", -gross * 141 // 1000, ""),
    )
    vouchers.post(
        on(12),
        "bank",
        ("2930", gross * 7 // 10 + holiday, ""),
        ("1920", -gross * 7 // 10 - holiday, ""),
    )
    vouchers.post(on(13), "bank", ("2600", gross * 3 // 10, ""), ("1920", -gross * 3 // 10, ""))
    if month.month % 2 and month > FIRST:
        owed = sum(
            (30_000 if m.month == 6 else 240_000) * 141 // 1000
            for m in (month.plus(-2), month.plus(-1))
            if m >= FIRST
        )
        vouchers.post(on(15), "bank", ("2770", owed, ""), ("1920", -owed, ""))
    if month.month % 3 == 0:
        vouchers.post(on(28), "bank", ("2220", 25_000, ""), ("1920", -25_000, ""))
    vouchers.post(on(28), "bank", ("7770", 900, ""), ("1920", -900, ""))
    if month.month % 2 == 0:
        deadline = two_monthly(month.year, month.month // 2)
        moved = (212_500, -79_200)
        if deadline.due - timedelta(days=6) <= TODAY:
            vouchers.post(
                month.last_day,
                "vat_return",
                ("2700", moved[0], ""),
                ("2710", moved[1], ""),
                ("2740", -sum(moved), ""),
            )
        vouchers.post(deadline.due, "bank", ("2740", sum(moved), ""), ("1920", -sum(moved), ""))


def _own(made: BookTable) -> dict[str, Any]:
    return {"firm_id": made.connection.firm_id, "connection_id": made.connection.pk}
