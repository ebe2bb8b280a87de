"""Files are known by their content."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from klientbro.lib.file_kinds import EXCEL, JPEG, PDF, PNG, SHEET, TEXT, TIFF, WORD, XML, kind_of


def archive(**files: bytes) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name, content in files.items():
            made.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return held.getvalue()


OPEN_SHEET = b"application/vnd.oasis.opendocument.spreadsheet"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", PDF),
        (b"\x89PNG\r\n\x1a\n....", PNG),
        (b"\xff\xd8\xff\xe0....", JPEG),
        (b"II*\x00....", TIFF),
        (archive(xl__workbook_dot_xml=b"<workbook/>"), EXCEL),
        (archive(word__document_dot_xml=b"<document/>"), WORD),
        (archive(mimetype=OPEN_SHEET), SHEET),
        (b'<?xml version="1.0"?><Document/>', XML),
        ("Dato;Beløp\n01.10.2026;-8 000,00\n".encode(), TEXT),
        ("Dato;Beløp\n".encode("cp1252"), TEXT),
    ],
)
def test_known_kinds(content: bytes, kind: object) -> None:
    assert kind_of(content) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00\x03",
        b"\x7fELF\x02\x01",
        b"<!DOCTYPE html><html></html>",
        b"<svg onload='alert(1)'/>",
        b"a;b\n<script>alert(1)</script>",
        archive(setup_dot_exe=b"MZ"),
        archive(xl__workbook_dot_xml=b"", xl__vbaProject_dot_bin=b""),
        b"PK\x03\x04 cut off",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ],
)
def test_anything_else_is_no_kind(content: bytes) -> None:
    assert kind_of(content) is None


def test_a_name_fits_by_its_ending() -> None:
    assert PDF.fits("Faktura.PDF")
    assert JPEG.fits("bilde.jpeg")
    assert not PDF.fits("faktura.pdf.exe")
    assert not PDF.fits(".pdf")
