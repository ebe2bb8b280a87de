"""Attachments: known by content, kept once and sealed, taken away and put back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from klientbro.ledger.tests.book_table import BookTable
from klientbro.products.reconciliation import attachments
from klientbro.products.reconciliation.models import Attachment, ClosedPeriod
from klientbro.products.reconciliation.tests.banking import Bank
from klientbro.products.reconciliation.tests.conftest import OCTOBER, sheet_now

PDF = b"%PDF-1.7 kontoutskrift for oktober"


@pytest.fixture
def account(signed_in: Any, book: BookTable) -> Bank:
    return Bank(signed_in, book, "1250")


def give(account: Bank, *files: tuple[str, bytes]) -> str:
    chosen = [SimpleUploadedFile(name, content) for name, content in files]
    return account.send("vedlegg", {"files": chosen})


def names(account: Bank) -> list[str]:
    line = sheet_now(account.book).line(account.book.accounts["1250"])
    assert line is not None
    return [each.name for each in line.documentation.attachments]


def test_a_file_is_kept_sealed_and_fetched_as_it_was(account: Bank) -> None:
    page = give(account, ("Inventarliste.pdf", PDF), ("Liste.csv", b"Nr;Navn\n1;Ovn\n"))
    assert "2 filer er lagt ved" in page
    assert names(account) == ["Inventarliste.pdf", "Liste.csv"]
    kept = Attachment.objects.get(name="Inventarliste.pdf")
    assert PDF not in bytes(kept.content_sealed)
    link = re.search(r'href="([^"]+/vedlegg-hent/[^"]+)">Inventarliste', page)
    assert link is not None
    answer = account.browser.get(link.group(1))
    assert answer.content == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="Inventarliste.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_same_file_twice_is_one(account: Bank) -> None:
    give(account, ("a.pdf", PDF))
    assert "ligger her allerede" in give(account, ("b.pdf", PDF))
    assert names(account) == ["a.pdf"]


def test_one_that_is_refused_keeps_no_other_out_and_says_why(account: Bank) -> None:
    page = give(account, ("a.pdf", PDF), ("virus.pdf", b"MZ\x90\x00"), ("bilde.png", PDF))
    assert names(account) == ["a.pdf"]
    assert "«virus.pdf» er ikke av et slag" in page
    assert "«bilde.png» er PDF inni" in page


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("tom.pdf", b"", "er tom"),
        ("stor.pdf", PDF + b"." * 2000, "er for stor"),
        ("Ansatt 15848510065.pdf", PDF, "fødselsnummer"),
        ("side.csv", b"<html><script>alert(1)</script></html>", "ikke av et slag"),
    ],
)
def test_bad_files_get_a_plain_reason_and_change_nothing(
    account: Bank, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, said: str
) -> None:
    monkeypatch.setattr(attachments, "MOST_BYTES", 1000)
    assert said in give(account, (name, content))
    assert Attachment.objects.count() == 0


def test_a_name_is_kept_without_folders_and_unseen_characters(account: Bank) -> None:
    give(account, ("..\\hemmelig/‮Liste\u200b.pdf", PDF))
    assert names(account) == ["Liste.pdf"]


def test_taken_away_it_is_marked_and_can_be_put_back(account: Bank) -> None:
    give(account, ("a.pdf", PDF))
    kept = Attachment.objects.get()
    page = account.send("vedlegg-fjern", {"attachment": str(kept.public_id)})
    assert names(account) == []
    assert "Legg tilbake" in page
    account.send("vedlegg-fjern", {"attachment": str(kept.public_id), "action": "restore"})
    assert names(account) == ["a.pdf"]
    assert Attachment.objects.count() == 1


def test_put_back_beside_the_same_file_added_since_is_no_second_one(account: Bank) -> None:
    give(account, ("a.pdf", PDF))
    kept = Attachment.objects.get()
    account.send("vedlegg-fjern", {"attachment": str(kept.public_id)})
    give(account, ("b.pdf", PDF))
    account.send("vedlegg-fjern", {"attachment": str(kept.public_id), "action": "restore"})
    assert names(account) == ["b.pdf"]


def test_another_firms_or_a_made_up_file_is_not_found(account: Bank) -> None:
    give(account, ("a.pdf", PDF))
    address = account.address("vedlegg-hent/6f1c1f8e-6d6c-4f43-9a53-0d0f9a3f0001")
    assert account.browser.get(address).status_code == 404


def test_a_new_attachment_suspends_what_was_signed(account: Bank) -> None:
    page = account.see("konto")
    mark = re.search(r'name="mark" value="([^"]+)"', page)
    assert mark is not None
    account.send("gjor", {"action": "prepare", "mark": mark.group(1), "comment": "Talt"})
    line = sheet_now(account.book).line(account.book.accounts["1250"])
    assert line is not None
    assert line.prepared
    assert not line.is_suspended
    give(account, ("a.pdf", PDF))
    line = sheet_now(account.book).line(account.book.accounts["1250"])
    assert line is not None
    assert line.is_suspended


def test_a_closed_month_takes_no_files_and_gives_none_away(
    account: Bank,
) -> None:
    give(account, ("a.pdf", PDF))
    kept = Attachment.objects.get()
    ClosedPeriod.objects.create(
        firm_id=account.book.connection.firm_id,
        client=account.book.client,
        month=OCTOBER.first_day,
    )
    assert "lukket" in give(account, ("b.pdf", PDF + b"2"))
    account.send("vedlegg-fjern", {"attachment": str(kept.public_id)})
    assert names(account) == ["a.pdf"]


def test_more_files_take_no_more_statements(account: Bank) -> None:
    asked: list[int] = []

    def statements() -> int:
        def count(run: Any, *arguments: Any) -> Any:
            asked.append(1)
            return run(*arguments)

        asked.clear()
        with connection.execute_wrapper(count):
            account.see("konto")
        return len(asked)

    statements()  # what is read once and kept
    before = statements()
    give(account, *((f"{n}.pdf", PDF + bytes([65 + n])) for n in range(8)))
    assert statements() == before
