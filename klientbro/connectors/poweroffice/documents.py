"""Takes the document a person wants to see out of the zip file PowerOffice Go sends for a voucher.

https://developer.poweroffice.net/voucher-documentation
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from klientbro.connectors.contract import Document
from klientbro.connectors.errors import ContractError, UnreadableError
from klientbro.connectors.poweroffice.pdf_pages import pdf_of_jpegs
from klientbro.connectors.poweroffice.tokens import KEY

MOST_FILES = 500
MOST_BYTES = 64 << 20
MOST_PAGES = 100
_PIECE = 1 << 16


def document_from_zip(content: bytes, voucher_id: str) -> Document | None:
    """The PDF, else the scanned pages, else the EHF invoice; None when there is nothing to show.

    Types are told by what the files contain. Their names come from outside and are not used.
    """
    if content.startswith(b"%PDF-"):
        return _document(voucher_id, "pdf", "application/pdf", content)
    images: list[bytes] = []
    ehf: bytes | None = None
    taken = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MOST_FILES:
                raise ContractError("the voucher's zip file has too many files", connector=KEY)
            # PDFs first, in the order of the archive, so that the rest need not be unpacked.
            members.sort(key=lambda member: not member.filename.lower().endswith(".pdf"))
            for member in members:
                unpacked = _unpacked(archive, member, MOST_BYTES - taken)
                taken += len(unpacked)
                if b"%PDF-" in unpacked[:1024]:
                    return _document(voucher_id, "pdf", "application/pdf", unpacked)
                if unpacked.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
                    images.append(unpacked)
                elif ehf is None and unpacked[:512].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
                    ehf = unpacked
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UnreadableError(
            "the voucher's document is not a zip file that can be read", connector=KEY
        ) from error
    except (NotImplementedError, RuntimeError) as error:
        # An encrypted member, or a packing method that Python does not know.
        raise ContractError(
            "the voucher's zip file is packed in a way we cannot open", connector=KEY
        ) from error
    if images:
        return _pictures(voucher_id, images)
    if ehf is not None:
        return _document(voucher_id, "xml", "application/xml", ehf)
    return None


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """One file, given up when it grows past the limit, whatever size its header claims."""
    pieces: list[bytes] = []
    size = 0
    with archive.open(member) as stream:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > most:
                raise ContractError("the voucher's document is too large to show", connector=KEY)
            pieces.append(piece)
    return b"".join(pieces)


def _pictures(voucher_id: str, images: list[bytes]) -> Document:
    """Several scanned pages become one PDF, since a browser shows one file."""
    jpegs = [image for image in images[:MOST_PAGES] if image.startswith(b"\xff\xd8\xff")]
    if len(jpegs) > 1:
        pdf = pdf_of_jpegs(jpegs)
        if pdf is not None:
            return _document(voucher_id, "pdf", "application/pdf", pdf)
    if images[0].startswith(b"\x89PNG"):
        return _document(voucher_id, "png", "image/png", images[0])
    return _document(voucher_id, "jpg", "image/jpeg", images[0])


def _document(voucher_id: str, ending: str, content_type: str, content: bytes) -> Document:
    neutral = re.sub(r"[^0-9A-Za-z-]", "", voucher_id)[:64]
    return Document(f"bilag-{neutral}.{ending}", content_type, content)
