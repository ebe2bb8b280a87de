"""What kind of file some bytes are, by what is in them and never by what the name says."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
_MOST_OF_A_MIMETYPE = 100
_HEAD = 2048
# What a text may hold beside letters, digits and signs: tabulator, line feed, carriage return.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_PAGE = re.compile(r"<\s*(!doctype\s+html|html|head|body|script|svg|iframe)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind that is known. endings: how a name of it may end, the usual one first."""

    title: str
    content_type: str
    endings: tuple[str, ...]

    def fits(self, name: str) -> bool:
        """Whether a name ends as one of this kind does."""
        return ending_of(name) in self.endings


PDF = FileKind("PDF", "application/pdf", ("pdf",))
PNG = FileKind("PNG", "image/png", ("png",))
JPEG = FileKind("JPEG", "image/jpeg", ("jpg", "jpeg"))
TIFF = FileKind("TIFF", "image/tiff", ("tif", "tiff"))
EXCEL = FileKind("Excel", f"{_OFFICE}.spreadsheetml.sheet", ("xlsx",))
WORD = FileKind("Word", f"{_OFFICE}.wordprocessingml.document", ("docx",))
SHEET = FileKind("OpenDocument", f"{_OPEN}.spreadsheet", ("ods",))
DOCUMENT = FileKind("OpenDocument", f"{_OPEN}.text", ("odt",))
XML = FileKind("XML", "application/xml", ("xml",))
TEXT = FileKind("CSV", "text/plain; charset=utf-8", ("csv", "txt"))
KINDS = (PDF, PNG, JPEG, TIFF, EXCEL, WORD, SHEET, DOCUMENT, XML, TEXT)
_BEGINNINGS: Mapping[bytes, FileKind] = {
    b"%PDF-": PDF,
    b"\x89PNG\r\n\x1a\n": PNG,
    b"\xff\xd8\xff": JPEG,
    b"II*\x00": TIFF,
    b"MM\x00*": TIFF,
}
_OPEN_KINDS = {kind.content_type: kind for kind in (SHEET, DOCUMENT)}


def ending_of(name: str) -> str:
    """`pdf` of `Faktura.PDF`; empty where the name has none."""
    before, dot, ending = name.rpartition(".")
    return ending.lower() if dot and before else ""


def kind_of(content: bytes) -> FileKind | None:
    """The kind, None for anything else: programs, web pages, archives, workbooks with macros."""
    for beginning, kind in _BEGINNINGS.items():
        if content.startswith(beginning):
            return kind
    if content.startswith(b"PK\x03\x04"):
        return _kind_of_archive(content)
    return _kind_of_text(content)


def _kind_of_archive(content: bytes) -> FileKind | None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = {info.filename: info for info in archive.infolist()}
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                return None
            if "xl/workbook.xml" in names:
                return EXCEL
            if "word/document.xml" in names:
                return WORD
            told = names.get("mimetype")
            if told is None or told.file_size > _MOST_OF_A_MIMETYPE:
                return None
            return _OPEN_KINDS.get(archive.read(told).decode("ascii", "replace").strip())
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        return None


def _kind_of_text(content: bytes) -> FileKind | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
        if "�" in text:
            return None
    if _CONTROL.search(text) or _PAGE.search(text[:_HEAD]):
        return None
    return XML if text.lstrip().startswith("<") else TEXT
