"""Report packs: written by two, published once, frozen for ever, and told when the books move."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import date

import pytest
from django.db import DatabaseError, transaction
from openpyxl import load_workbook
from pypdf import PdfReader

from klientbro.domain.reporting.frozen import content_hash
from klientbro.ledger.tests.book_table import book_table
from klientbro.practice.books.tests.test_pages import NBSP, text_of
from klientbro.products.report.models import Pack, Published
from klientbro.products.report.tests.conftest import CHART, LATE, POSTINGS, YEARS, items

pytestmark = pytest.mark.django_db


@pytest.fixture
def pack(signed_in, home) -> Pack:
    signed_in.post(home + "pakker/ny/", {"til": "2026-10", "title": "Oktoberrapport"})
    return Pack.objects.get()


@pytest.fixture
def address(home, pack) -> str:
    return f"{home}pakker/{pack.public_id}/"


def write(signed_in, address, seen=1, **more):
    form = {
        "seen": str(seen),
        "title": "Oktoberrapport",
        "against": "last_year",
        "text-summary": "Salget øker.\n\nVi *ser* #litt på $husleien.",
        **{f"part-{part}": "1" for part in ("summary", "result", "balance", "figures", "ageing")},
    }
    return signed_in.post(address + "lagre/", form | more, follow=True)


def publish(signed_in, address):
    page = signed_in.get(address).content.decode()
    found = re.search(
        r'name="seen" value="(\d+)"><input type="hidden" name="figures" value="(\w+)"', page
    )
    assert found is not None
    form = {"seen": found[1], "figures": found[2]}
    return signed_in.post(address + "publiser/", form, follow=True)


def pdf_of(signed_in, address, edition=1) -> bytes:
    return signed_in.get(f"{address}utgave-{edition}.pdf").content


def test_published_pack_is_frozen_and_says_what_has_moved(signed_in, address, book, home) -> None:
    write(signed_in, address)
    assert "Utgave 1 er publisert." in text_of(publish(signed_in, address))
    before = Published.objects.get()
    pdf, excel = pdf_of(signed_in, address), signed_in.get(address + "utgave-1.xlsx").content
    assert "Tall endret siden" not in text_of(signed_in.get(address))

    book.post(LATE)

    page = text_of(signed_in.get(address)).replace(NBSP, " ")
    assert "Tall endret siden" in page
    assert "Annen driftskostnad, Okt. 2026 0,00 1 000,00 +1 000,00" in page
    after = Published.objects.get()
    assert (after.content, after.sha256) == (before.content, before.sha256)
    assert content_hash(after.content) == after.sha256
    assert pdf_of(signed_in, address) == pdf
    assert hashlib.sha256(pdf).hexdigest() == after.pdf_sha256
    assert sheets(signed_in.get(address + "utgave-1.xlsx").content) == sheets(excel)
    assert "Regnskapet er endret" in text_of(signed_in.get(home + "pakker/?til=2026-10"))
    # the late voucher is gone again: nothing has moved after all
    book.close(299)
    assert "Tall endret siden" not in text_of(signed_in.get(address))
    assert "Regnskapet er endret" not in text_of(signed_in.get(home + "pakker/?til=2026-10"))


def sheets(content: bytes):
    book = load_workbook(io.BytesIO(content))
    return {page.title: list(page.iter_rows(values_only=True)) for page in book}


def test_another_language_moves_no_figure(signed_in, address, book, settings) -> None:
    items(book, [("10001", "Fjellheim", date(2026, 9, 15), "12500.00")])
    write(signed_in, address)
    publish(signed_in, address)
    signed_in.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    page = text_of(signed_in.get(address))
    assert "Checksum" in page
    assert "Figures changed since" not in page

    items(book, [("10001", "Fjellheim", date(2026, 9, 15), "9000.00")])
    moved = text_of(signed_in.get(address))
    # named as the edition names it
    assert "Fordringer og gjeld: 31–60 dager" in moved


def test_pack_is_published_again_as_a_new_edition_and_the_old_one_is_kept(
    signed_in, address, book
) -> None:
    publish(signed_in, address)
    first = pdf_of(signed_in, address)
    book.post(LATE)

    assert "Utgave 2 er publisert." in text_of(publish(signed_in, address))
    assert [one.edition for one in Published.objects.order_by("edition")] == [1, 2]
    assert pdf_of(signed_in, address) == first
    assert pdf_of(signed_in, address, 2) != first
    assert "Tall endret siden" not in text_of(signed_in.get(address))


def test_what_is_published_can_be_neither_changed_nor_deleted(signed_in, address) -> None:
    publish(signed_in, address)

    for spoil in (
        lambda: Published.objects.update(sha256="0" * 64),
        lambda: Published.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            spoil()
    assert "beholdes" in text_of(signed_in.post(address + "slett/", follow=True))
    assert Pack.objects.get().removed_at is None


def test_figures_that_moved_while_one_looked_are_not_published(signed_in, address, book) -> None:
    page = signed_in.get(address).content.decode()
    mark = re.search(r'name="figures" value="(\w+)"', page)
    assert mark is not None
    book.post(LATE)

    answer = signed_in.post(address + "publiser/", {"seen": "1", "figures": mark[1]}, follow=True)

    assert "Tallene er endret siden du åpnet siden." in text_of(answer)
    assert not Published.objects.exists()


def test_pressed_twice_it_is_published_once(signed_in, address) -> None:
    page = signed_in.get(address).content.decode()
    mark = re.search(r'name="figures" value="(\w+)"', page)
    assert mark is not None
    form = {"seen": "1", "figures": mark[1]}
    signed_in.post(address + "publiser/", form)

    assert "allerede publisert" in text_of(signed_in.post(address + "publiser/", form, follow=True))
    assert Published.objects.count() == 1


def test_two_who_write_at_once_the_second_is_told_and_keeps_the_text(signed_in, address) -> None:
    write(signed_in, address, **{"text-summary": "Først"})
    answer = write(signed_in, address, **{"text-summary": "Så min tekst"})

    assert answer.status_code == 422
    assert "Noen andre har skrevet i denne pakken" in text_of(answer)
    assert "Så min tekst" in answer.content.decode()
    assert Pack.objects.get().texts == {"summary": "Først"}


def test_text_written_after_publishing_makes_a_new_edition(signed_in, address) -> None:
    publish(signed_in, address)
    assert "Publiser ny utgave" not in text_of(signed_in.get(address))
    write(signed_in, address)

    assert "Publiser ny utgave" in text_of(signed_in.get(address))


def test_pdf_holds_the_words_and_the_figures_and_takes_nothing_for_markup(
    signed_in, address
) -> None:
    write(signed_in, address)
    publish(signed_in, address)
    text = "\n".join(
        page.extract_text() for page in PdfReader(io.BytesIO(pdf_of(signed_in, address))).pages
    ).replace(NBSP, " ")

    assert "Vi *ser* #litt på $husleien." in text
    for words in (
        "Oktoberrapport", "Fjordglimt Bakeri AS", "180 001", "115 001", "Egenkapitalandel",
        "9 av 10 måneder avstemt mot kilden.",
    ):  # fmt: skip
        assert words in text


def test_draft_says_that_it_is_one_and_excel_has_numbers(signed_in, address, book) -> None:
    write(signed_in, address)
    draft = signed_in.get(address + "utkast.pdf").content
    rows = sheets(signed_in.get(address + "utkast.xlsx").content)["Resultatregnskap"]

    assert "Utkast" in PdfReader(io.BytesIO(draft)).pages[0].extract_text()
    sales = next(row for row in rows if row[1] == "Salgsinntekt")
    assert sales[2:4] == (60000.5, 50000)
    assert next(row for row in rows if row[0] == "3000")[2] == 60000.5


def test_parts_that_are_not_chosen_are_not_in_the_pack(signed_in, address) -> None:
    form = {"seen": "1", "title": "Kort", "against": "budget", "part-result": "1"}
    signed_in.post(address + "lagre/", form)
    publish(signed_in, address)

    content = Published.objects.get().content
    assert content["parts"] == ["result"]
    assert content["result"]["notes"] == [
        "Det finnes ikke noe budsjett for oktober 2026.",
        "Det finnes ikke noe budsjett for januar–oktober 2026.",
    ]
    text = PdfReader(io.BytesIO(pdf_of(signed_in, address))).pages[0].extract_text()
    assert "Balanse" not in text


def test_pack_of_nothing_is_refused(signed_in, address) -> None:
    signed_in.post(address + "lagre/", {"seen": "1", "title": "Tom", "against": "last_year"})

    assert "Velg minst én del av rapporten." in text_of(publish(signed_in, address))
    assert not Published.objects.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": "  "}, "Skriv en tittel."),
        ({"title": "x" * 121}, "Tittelen er lengre enn 120 tegn."),
        ({"text-summary": "x" * 8001}, "Teksten er lengre enn 8000 tegn."),
        ({"seen": "x"}, "Noen andre har skrevet"),
    ],
)
def test_pack_that_cannot_be_saved_says_why(signed_in, address, change, message) -> None:
    assert message in text_of(write(signed_in, address, **change)).replace(NBSP, " ")
    assert Pack.objects.get().version == 1


def test_draft_is_deleted_and_gone(signed_in, address, home) -> None:
    assert "Utkastet er slettet." in text_of(signed_in.post(address + "slett/", follow=True))
    assert signed_in.get(address).status_code == 404
    assert Pack.objects.get().removed_at is not None


def test_pack_of_another_client_is_not_found(signed_in, pack) -> None:
    other = book_table(
        CHART,
        anchor="31.12.2024",
        conversion="01.01.2025",
        years=YEARS,
        name="Annen AS",
        orgnr="310000019",
    ).post(POSTINGS)

    assert (
        signed_in.get(f"/rapport/{other.client.public_id}/pakker/{pack.public_id}/").status_code
        == 404
    )


@pytest.mark.parametrize(
    "path", ["utgave-1.pdf", "utgave-99999999999999999999.pdf", "utkast.exe", "utgave-1.exe"]
)
def test_file_that_is_not_there_is_not_found(signed_in, address, path) -> None:
    assert signed_in.get(address + path).status_code == 404
