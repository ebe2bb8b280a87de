"""The one file of a voucher's zip that a person wants to see."""

from __future__ import annotations

import io
import zipfile

import pytest
from pypdf import PdfReader

from klientbro.connectors.errors import ContractError, UnreadableError
from klientbro.connectors.poweroffice import documents
from klientbro.connectors.poweroffice.documents import document_from_zip

PDF = b"%PDF-1.4\n%%EOF\n"
VOUCHER = "3f1c7c0e-58e2-4a5e-9c74-5e0f5d3b8a10"


def zipped(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name.replace("_", "."), body)
    return content.getvalue()


def jpeg(width: int, height: int) -> bytes:
    frame = b"\xff\xc0\x00\x11\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big")
    start = b"\xff\xd8\xff\xe0\x00\x04ab"
    return start + frame + b"\x03" + b"\x00" * 9 + b"\xff\xd9"


def test_pdf_is_preferred_and_gets_a_neutral_name() -> None:
    found = document_from_zip(zipped(side_jpg=jpeg(10, 20), hemmelig_pdf=PDF), VOUCHER)
    assert found is not None
    assert (found.file_name, found.content_type) == (f"bilag-{VOUCHER}.pdf", "application/pdf")
    assert found.content == PDF


def test_file_is_known_by_what_it_contains() -> None:
    found = document_from_zip(zipped(uten_endelse=PDF), VOUCHER)
    assert found is not None
    assert found.content_type == "application/pdf"


def test_answer_that_is_a_pdf_already_is_shown() -> None:
    found = document_from_zip(PDF, VOUCHER)
    assert found is not None
    assert found.content == PDF


def test_one_picture_is_shown_as_it_is() -> None:
    found = document_from_zip(zipped(side_jpg=jpeg(10, 20)), VOUCHER)
    assert found is not None
    assert found.content_type == "image/jpeg"


def test_several_scanned_pages_become_one_pdf() -> None:
    files = zipped(a_jpg=jpeg(100, 200), b_jpg=jpeg(300, 100))
    found = document_from_zip(files, VOUCHER)
    assert found is not None
    pages = PdfReader(io.BytesIO(found.content), strict=True).pages
    assert len(pages) == 2
    assert pages[1]["/Resources"]["/XObject"]["/P"]["/Width"] == 300


def test_pictures_that_cannot_be_measured_are_shown_one() -> None:
    broken = b"\xff\xd8\xff\xe0\x00\x02"
    found = document_from_zip(zipped(a_jpg=broken, b_jpg=broken), VOUCHER)
    assert found is not None
    assert found.content == broken


def test_electronic_invoice_is_shown_when_it_is_all_there_is() -> None:
    found = document_from_zip(zipped(ehf_xml=b"\xef\xbb\xbf<?xml version='1.0'?><Invoice/>"), "1")
    assert found is not None
    assert (found.file_name, found.content_type) == ("bilag-1.xml", "application/xml")


@pytest.mark.parametrize(
    "content", [zipped(), zipped(readme_txt=b"hei")], ids=["empty", "nothing to show"]
)
def test_zip_without_anything_to_show_gives_none(content: bytes) -> None:
    assert document_from_zip(content, VOUCHER) is None


# the ids are fixed: a zip file holds the second it was made, and two workers must agree
@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04 cut", b"<html>", zipped(a_pdf=PDF)[:-30]],
    ids=["a few bytes", "a web page", "cut off"],
)
def test_what_is_not_a_zip_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableError):
        document_from_zip(content, VOUCHER)


def test_file_that_swells_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 1 << 20)
    with pytest.raises(ContractError, match="too large"):
        document_from_zip(zipped(bomb_pdf=b"\0" * (2 << 20)), VOUCHER)


def test_swelling_is_counted_over_all_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 1 << 20)
    many = {f"n{number}_bin": b"\0" * (300 << 10) for number in range(5)}
    with pytest.raises(ContractError, match="too large"):
        document_from_zip(zipped(**many), VOUCHER)


def test_too_many_files_are_given_up() -> None:
    many = {f"n{number}_txt": b"" for number in range(documents.MOST_FILES + 1)}
    with pytest.raises(ContractError, match="too many"):
        document_from_zip(zipped(**many), VOUCHER)


def test_name_cannot_lead_out_of_a_folder() -> None:
    found = document_from_zip(zipped(a_pdf=PDF), "../../etc/passwd")
    assert found is not None
    assert found.file_name == "bilag-etcpasswd.pdf"
