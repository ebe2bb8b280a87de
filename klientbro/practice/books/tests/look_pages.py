from __future__ import annotations
import re, subprocess, pathlib
import pytest
from django.contrib.staticfiles import finders
from klientbro.ledger.tests.book_table import *
from klientbro.practice.books.tests.test_pages import *

OUT = pathlib.Path("/tmp/ledgerpages/html")
OUT.mkdir(exist_ok=True, parents=True)


@pytest.mark.django_db
def test_look(signed_in, home, book):
    insert(
        "ledger_party",
        firm_id=book.connection.firm_id,
        connection_id=book.connection.pk,
        kind="supplier",
        source_id="s1",
        number="20001",
        name="Kystkulde Service AS",
        is_active=True,
    )
    for m in range(1, 9):
        book.prove(f"2026-0{m}", changed_after_lock=m == 8)
    book.post("""
        Bilag | Dato       | Konto | Beløp      | corrects_voucher_id | corrects_voucher_no
        20978 | 28.09.2026 | 1250  | 18 400,00  | v20418              | 20418
        20978 | 28.09.2026 | 6620  | -18 400,00 | v20418              | 20418
    """).late(20978, "2026-09", landing=2, effect="-18 400,00")
    insert(
        "ledger_item_snapshot",
        firm_id=book.connection.firm_id,
        connection_id=book.connection.pk,
        side="supplier",
        as_of="2026-11-18",
        landing=1,
        items=3,
        total=-53000,
        control_total=-53000,
    )
    for name, path in {
        "tb": "saldobalanse/?til=2026-10",
        "account": "konto/a1920/?til=2026-11",
        "vouchers": "bilag/?til=2026-09",
        "voucher": "bilag/20978/",
        "summary": "",
        "late": "endret-etter-lasing/",
    }.items():
        body = signed_in.get(home + path).content.decode()
        body = re.sub(r'"/static/([^"?]+)"', lambda m: f'"file://{finders.find(m[1])}"', body)
        (OUT / f"{name}.html").write_text(body)
    body = signed_in.get("/klienter/").content.decode()
    (OUT / "clients.html").write_text(
        re.sub(r'"/static/([^"?]+)"', lambda m: f'"file://{finders.find(m[1])}"', body)
    )
