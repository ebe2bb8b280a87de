"""Every address that takes a file: too large, of a wrong kind, packed to burst, a trap in XML."""

from __future__ import annotations

import ast
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.utils.translation import override

from klientbro.clients.errors import RefusedError
from klientbro.connectors.errors import ConnectorError
from klientbro.connectors.poweroffice import documents
from klientbro.domain.bank_statements import (
    StatementFileError,
    StatementProblem,
    read_statement_file,
)
from klientbro.identity.tests.support import BACKEND
from klientbro.lib.file_kinds import kind_of
from klientbro.portal.views import importing
from klientbro.products.reconciliation import attachments
from klientbro.products.report import budget_import
from klientbro.products.report.budget_import import file_rows
from tests.architecture.tracked import ROOT, shown

# The views that take files, and what the tests below call each.
TAKE_FILES = {
    "klientbro/portal/views/importing.py": "clients",
    "klientbro/products/reconciliation/views/attachments.py": "attachment",
    "klientbro/products/reconciliation/views/statements.py": "statement",
    "klientbro/products/report/views/budget.py": "budget",
}
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "hahaha hahaha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 12) for n in range(1, 10))
    + b"]>"
)
CAMT = b"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
GREATEST_ANSWER = 200_000


def packed(*, claims: int | None = None, **files: bytes) -> bytes:
    """A zip file; `claims` lies about how large each member is."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    content = stream.getvalue()
    if claims is None:
        return content
    at = content.rindex(b"PK\x01\x02")
    return content[: at + 24] + claims.to_bytes(4, "little") + content[at + 28 :]


def test_every_view_that_takes_a_file_is_known_here() -> None:
    found = {
        shown(path)
        for path in (ROOT / "klientbro").rglob("*.py")
        if "tests" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "FILES"
    }
    # all of theirs pass it first: operations/tests/test_upload_scanning.py
    assert found == {*TAKE_FILES, "klientbro/operations/upload_scanning.py"}


def _statement(content: bytes) -> object:
    return read_statement_file(content)


def _documents(content: bytes) -> object:
    return documents.document_from_zip(content, "v")


@pytest.mark.parametrize(
    "document",
    [
        LAUGHS + b'<Document xmlns="%s"><BkToCstmrStmt>&a9;</BkToCstmrStmt></Document>' % CAMT,
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><Document xmlns="%s">'
        b"<BkToCstmrStmt><Stmt><Id>&f;</Id></Stmt></BkToCstmrStmt></Document>" % CAMT,
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><Document xmlns="%s"/>' % CAMT,
        b'<Document xmlns="%s">%s' % (CAMT, b"<Stmt>" * 5_000),
    ],
)
def test_xml_bomb_and_outside_entities_are_refused(document: bytes) -> None:
    with pytest.raises(StatementFileError) as refused:
        read_statement_file(
            b'<?xml version="1.0"?>' + document.removeprefix(b'<?xml version="1.0"?>')
        )
    assert "root:" not in str(refused.value)
    assert len(str(refused.value)) < GREATEST_ANSWER


def test_xml_nested_without_end_is_not_read() -> None:
    deep = b"<x>" * 1_000 + b"</x>" * 1_000  # all are closed: only the depth is wrong
    document = b'<Document xmlns="%s"><BkToCstmrStmt>%s</BkToCstmrStmt></Document>' % (CAMT, deep)
    with pytest.raises(StatementFileError) as refused:
        read_statement_file(b'<?xml version="1.0"?>' + document)
    assert refused.value.problem is StatementProblem.BROKEN_XML


def workbook(**parts: bytes) -> bytes:
    """An Excel workbook with one sheet, some part of it replaced."""
    import openpyxl

    book = openpyxl.Workbook()
    book.active["A1"] = "konto"
    stream = io.BytesIO()
    book.save(stream)
    changed = io.BytesIO()
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            name = member.filename.rpartition("/")[2].removesuffix(".xml")
            new.writestr(member.filename, parts.get(name) or old.read(member))
    return changed.getvalue()


SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>%s</t></is></c></row></sheetData></worksheet>'
)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [
        workbook(sheet1=SHEET % b"x" * 1 + b" " * (budget_import.MOST_UNPACKED + 1)),
        packed(xl__workbook_xml=b"0" * (budget_import.MOST_UNPACKED + 1)),
        packed(claims=10, xl__workbook_xml=b"0" * 60_000_000),
        workbook(sheet1=LAUGHS + SHEET % b"&a9;"),
        workbook(sheet1=b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + SHEET % b"&f;"),
        b"PK\x03\x04" + b"\x00" * 500,
    ],
    ids=["long sheet", "long part", "lies of its size", "laughs", "outside", "torn"],
)
def test_packed_bomb_is_refused(content: bytes) -> None:
    """Refused, or read without what the trap would bring in."""
    try:
        rows = file_rows(content)
    except RefusedError:
        return
    text = repr(rows)
    assert "root:" not in text
    assert len(text) < GREATEST_ANSWER


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [
        workbook(sheet1=SHEET % b"x" + b" " * (budget_import.MOST_UNPACKED + 1)),
        workbook(theme1=b" " * (budget_import.MOST_UNPACKED + 1)),  # a part that nobody would read
    ],
    ids=["the sheet", "another part"],
)
def test_workbook_is_weighed_before_it_is_unpacked(content: bytes) -> None:
    assert len(content) < budget_import.MOST_BYTES
    with override("en"), pytest.raises(RefusedError, match="too large when unpacked"):
        file_rows(content)


def test_packed_bomb_of_the_source_is_refused_whatever_it_claims() -> None:
    for claims in (None, 10):
        bomb = packed(claims=claims, bilag=b"%PDF-" + b"0" * (documents.MOST_BYTES + 1))
        with pytest.raises(ConnectorError):
            _documents(bomb)
    many = packed(**{f"f{number}": b"x" for number in range(documents.MOST_FILES + 1)})
    with pytest.raises(ConnectorError):
        _documents(many)


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00program",
        b"\x7fELF\x02\x01\x01\x00",
        b"<html><script>alert(1)</script>",
        b"<!-- a --><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"#!/bin/sh\x00",
        packed(a_js=b"alert(1)"),
        packed(xl__workbook_xml=b"<x/>", xl__vbaProject_bin=b"x").replace(
            b"xl/vbaProject_bin", b"xl/vbaProject.bin"
        ),
        b"\xd0\xcf\x11\xe0old office",
    ],
)
def test_wrong_kind_of_file_is_refused(content: bytes) -> None:
    assert kind_of(content) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("most", "read"),
    [
        (budget_import.MOST_BYTES, file_rows),
        (attachments.MOST_BYTES, lambda content: attachments.refuse_size("a.pdf", len(content))),
    ],
)
def test_file_larger_than_its_limit_is_refused(most: int, read: Callable[[bytes], object]) -> None:
    with pytest.raises(RefusedError):
        read(b"3000;1\n" * (most // 7 + 1))  # rows that could be read, were they fewer


def test_statement_larger_than_its_limit_is_refused() -> None:
    from klientbro.products.reconciliation.views.statements import LIMITS

    with pytest.raises(StatementFileError):
        read_statement_file(b"a;b\n" + b"1;2\n" * (LIMITS.most_bytes // 4 + 1), limits=LIMITS)


@pytest.mark.django_db
def test_list_of_clients_larger_than_its_limit_is_refused(rf: Any) -> None:
    content = b"a" * (importing.MOST_CHARACTERS * 4 + 1)
    request = rf.post("/", {"file": SimpleUploadedFile("a.csv", content)})
    with pytest.raises(RefusedError):
        importing._given(request)


@pytest.mark.django_db
def test_body_is_refused_by_the_length_it_claims(user: Any, settings: Any) -> None:
    """The one limit of all addresses; what claims no length is read as nothing."""
    browser = Browser(raise_request_exception=False)
    browser.force_login(user, backend=BACKEND)
    most = settings.MOST_BODY_BYTES
    assert browser.generic("POST", "/valg/", b"", CONTENT_LENGTH=str(most + 1)).status_code == 413
    assert browser.generic("POST", "/valg/", b"", CONTENT_LENGTH=str(10**30)).status_code == 413
    assert browser.generic("POST", "/valg/", b"", CONTENT_LENGTH="-1").status_code == 302
    chunked = browser.generic(
        "POST", "/valg/", b"scheme=dark", "application/x-www-form-urlencoded",
        CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked",
    )  # fmt: skip
    assert "klientbro_color_scheme" not in chunked.cookies


@pytest.mark.django_db
def test_more_files_at_once_than_anybody_has_are_refused(signed_in: Any) -> None:
    signed_in.raise_request_exception = False
    files = {f"f{number}": SimpleUploadedFile("a.txt", b"x") for number in range(101)}
    assert signed_in.post("/valg/", files).status_code == 400
