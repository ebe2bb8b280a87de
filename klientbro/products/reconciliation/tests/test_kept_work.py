"""What people have signed and written follows the account, whatever becomes of the chart."""

from __future__ import annotations

import re
from typing import Any

import pytest

from klientbro.clients.errors import RefusedError
from klientbro.domain.periods import Month
from klientbro.ledger.tests.book_table import BookTable, run
from klientbro.products.reconciliation.documentation import resolve_note, write_note
from klientbro.products.reconciliation.models import Progress, SignOff
from klientbro.products.reconciliation.sheet import Line, LineState
from klientbro.products.reconciliation.signing import Seen, mark_of, prepare, review
from klientbro.products.reconciliation.tests.conftest import OCTOBER, open_items, sheet_now
from klientbro.tenants.models import User

NOVEMBER = Month(2026, 11)


def line_of(book: BookTable, number: str, month: Month = OCTOBER) -> Line:
    line = sheet_now(book, month).line(book.accounts[number])
    assert line is not None
    return line


def sign(book: BookTable, number: str, by: User, comment: str = "", *, step=prepare) -> int:
    sheet = sheet_now(book)
    line = sheet.line(book.accounts[number])
    return step(sheet, [Seen(line.account.id, mark_of(sheet, line))], comment, by=by)


def take_away(book: BookTable, number: str) -> None:
    """«Slett gamle kontoer» on an account that the source no longer has."""
    run(
        "update ledger_account set closed_at = now() where source_id = %(id)s",
        {"id": book.accounts[number]},
    )


def page(signed_in: Any, address: str) -> str:
    answer = signed_in.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_an_account_that_was_taken_away_keeps_its_signature_and_stops_nobody(book, user) -> None:
    sign(book, "1250", user, "Kontrollert mot anleggsregisteret")
    take_away(book, "1250")
    kept = line_of(book, "1250")
    assert kept.prepared is not None
    assert kept.prepared.comment == "Kontrollert mot anleggsregisteret"
    open_items(book, "customer", "25000")
    assert sign(book, "1500", user) == 1


def test_an_account_that_was_taken_away_without_any_work_is_not_listed(book) -> None:
    assert sheet_now(book).line(book.accounts["1250"]) is not None
    take_away(book, "1250")
    assert sheet_now(book).line(book.accounts["1250"]) is None


def test_signatures_from_another_systems_chart_are_shown_and_stop_nobody(
    book, user, signed_in
) -> None:
    sign(book, "1250", user, "Kontrollert før vi byttet system")
    SignOff.objects.update(account_id="konto-i-gammelt-system")
    open_items(book, "customer", "25000")
    assert sign(book, "1500", user) == 1
    shown = page(signed_in, f"/avstemming/{book.client.public_id}/2026-10/")
    assert "1 konto ble signert i en annen kontoplan" in shown
    assert "1250 Inventar" in shown
    assert "Kontrollert før vi byttet system" in shown


def test_a_note_to_resolve_follows_the_account_until_it_is_resolved(
    book, user, reviewer, signed_in
) -> None:
    note = write_note(book.client.pk, book.accounts["1250"], OCTOBER, "Finn kvitteringen", by=user,
                      must_be_resolved=True)  # fmt: skip
    write_note(book.client.pk, book.accounts["1250"], OCTOBER, "Bare en kommentar", by=user)
    later = line_of(book, "1250", NOVEMBER)
    assert [each.text for each in later.documentation.notes] == ["Finn kvitteringen"]
    address = f"/avstemming/{book.client.public_id}/2026-11/"
    assert "1 konto har et notat fra en tidligere måned" in page(signed_in, address)
    assert "fra oktober 2026" in page(signed_in, f"{address}konto/{book.accounts['1250']}/")
    answer = signed_in.post(
        f"{address}gjor/{book.accounts['1250']}/",
        {"action": "resolve", "note": str(note.public_id)},
    )
    assert answer.status_code == 302
    assert line_of(book, "1250", NOVEMBER).documentation.notes == []
    assert [each.state for each in line_of(book, "1250").documentation.notes] == [
        "resolved",
        "comment",
    ]


def test_a_note_of_an_earlier_month_stops_the_review_too(book, user, reviewer) -> None:
    write_note(book.client.pk, book.accounts["1500"], OCTOBER.previous(), "Hvem er dette?", by=user,
               must_be_resolved=True)  # fmt: skip
    open_items(book, "customer", "25000")
    sign(book, "1500", user)
    with pytest.raises(RefusedError, match="notat"):
        sign(book, "1500", reviewer, step=review)
    resolve_note(book.client.pk, line_of(book, "1500").documentation.notes[0].public_id, by=user)
    sign(book, "1500", reviewer, step=review)
    assert line_of(book, "1500").state is LineState.REVIEWED


def test_every_posting_of_the_month_opens_to_its_voucher(book, signed_in) -> None:
    client, account = book.client.public_id, book.accounts["1250"]
    text = signed_in.get(f"/avstemming/{client}/2026-10/konto/{account}/").content.decode()
    links = re.findall(rf'href="(/klienter/{client}/bilag/20502/\?id=[^"]*)"', text)
    assert len(links) == 1
    assert "Kjøledisk" in signed_in.get(links[0]).content.decode()


def test_a_file_on_an_account_nobody_has_signed_counts_nothing_anew(book, user, signed_in) -> None:
    address = f"/avstemming/{book.client.public_id}/2026-10/vedlegg/{book.accounts['1250']}/"
    attached = attach(signed_in, address, b"%PDF-1.7 en")
    assert "1 fil er lagt ved" in attached
    assert not Progress.objects.filter(client=book.client).exists()
    sign(book, "1250", user, "Sett")
    attach(signed_in, address, b"%PDF-1.7 to")
    assert Progress.objects.get(client=book.client).suspended == 1


def attach(signed_in: Any, address: str, content: bytes) -> str:
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile(f"liste{len(content)}{content[-1]}.pdf", content)
    return signed_in.post(address, {"files": [file]}, follow=True).content.decode()
