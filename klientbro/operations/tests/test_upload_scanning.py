"""What people send is shown to the scanner before anything else sees it, whatever the address."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import socket
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client as Browser

from klientbro.audit.models import Entry
from klientbro.clients.models import Integration
from klientbro.connectors.contract import Document
from klientbro.identity.tests.support import BACKEND
from klientbro.lib.tests.test_virus_scan import Behave, read_stream, serve
from klientbro.lib.virus_scan import Scanner
from klientbro.sync.document import _why_not_kept
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, Membership
from klientbro.tenants.permissions import Open, Role, need_of
from klientbro.tenants.services import add_user, create_firm
from tests.architecture.answers import every_path

__all__ = ["serve"]
pytestmark = pytest.mark.django_db
HARM = b"harmful"
Use = Callable[..., None]


def finds(line: socket.socket) -> None:
    """As clamd answers."""
    found = HARM in read_stream(line)
    line.sendall(b"stream: Test-Harm FOUND\0" if found else b"stream: OK\0")


def dies(line: socket.socket) -> None:
    line.recv(1)


@pytest.fixture
def use(settings: Any, serve: Callable[[Behave], Scanner]) -> Use:
    """Sets a scanner that behaves in one way."""

    def scanner(behave: Behave | None, **more: object) -> None:
        found = serve(behave) if behave else None
        settings.ENVIRONMENT = dataclasses.replace(
            settings.ENVIRONMENT, virus_scanner=found, **more
        )

    return scanner


@pytest.fixture
def house() -> tuple[Firm, Browser]:
    """A firm and its administrator."""
    made = create_firm("Furulund Regnskap AS")
    with firm_set(made.id), transaction.atomic():
        user, _path = add_user(made.id, "sjef@furulund.example", "Siv Sjef")
        Membership.objects.filter(user=user).update(role=Role.ADMINISTRATOR)
        Integration.objects.create(firm=made, system="poweroffice")
    browser = Browser(raise_request_exception=False)
    browser.force_login(user, backend=BACKEND)
    return made, browser


def _file(content: bytes, name: str = "faktura.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


CSV = b"navn;orgnr\nFjordglimt AS;311111112\n"
IMPORT = "/integrasjoner/poweroffice/importer/"


def test_harmful_file_reaches_no_address_of_a_firm(use: Use, house: tuple[Firm, Browser]) -> None:
    use(finds)
    firm, browser = house
    asked = 0
    for name, path in every_path():
        if need_of(name, "POST") in (Open.ANYBODY, Open.OWN):
            continue
        answer = browser.post(path, {"x": [_file(b"a,b"), _file(b"a" * 99_999 + HARM)]})
        assert answer.status_code == 422, name
        asked += 1
    assert asked > 120
    with firm_set(firm.id), transaction.atomic():
        assert Entry.objects.filter(action="upload_refused").count() == asked
        entry = Entry.objects.filter(action="upload_refused").first()
    assert entry is not None
    assert entry.after == {"file_name": "faktura.csv", "harm": "Test-Harm"}


def test_person_is_told_what_was_found_and_nothing_is_kept(
    use: Use, house: tuple[Firm, Browser]
) -> None:
    use(finds)
    firm, browser = house
    answer = browser.post(IMPORT, {"file": _file(CSV + HARM, "a\r\nb 01819012345.csv")})
    text = answer.content.decode()
    assert "Virusskanneren fant Test-Harm i" in text
    assert "01819012345" not in text
    part = browser.post(IMPORT, {"file": _file(HARM)}, headers={"HX-Request": "true"})
    assert (part.status_code, part.content) == (422, b"")
    assert "Test-Harm" in part["HX-Trigger"]
    with firm_set(firm.id), transaction.atomic():
        kinds = set(Entry.objects.exclude(action="upload_refused").values_list("kind", flat=True))
    assert "clients_client" not in kinds


def test_clean_file_comes_whole_to_the_page_after_it_was_scanned(
    use: Use, house: tuple[Firm, Browser]
) -> None:
    _firm, browser = house
    answers = []
    for behave in (None, finds):
        use(behave)
        answers.append(browser.post(IMPORT, {"file": _file(CSV)}))
    without, scanned = answers
    assert without.status_code == scanned.status_code == 200
    assert b"Fjordglimt AS" in scanned.content
    assert len(without.content) == len(scanned.content)


def test_scanner_that_does_not_answer_refuses_unless_the_operator_says_otherwise(
    use: Use, house: tuple[Firm, Browser], caplog: pytest.LogCaptureFixture
) -> None:
    _firm, browser = house
    use(dies)
    answer = browser.post(IMPORT, {"file": _file(CSV)})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "300"
    assert "Prøv igjen om noen minutter" in answer.content.decode()
    told = [one for one in caplog.records if "could not be scanned" in one.getMessage()]
    assert [one.levelno for one in told] == [logging.ERROR]
    use(dies, unscanned_files="accept")
    assert b"Fjordglimt AS" in browser.post(IMPORT, {"file": _file(CSV)}).content
    told = [one for one in caplog.records if "could not be scanned" in one.getMessage()]
    assert len(told) == 2  # the operator hears of it all the same


def test_nobody_makes_the_scanner_work_without_being_allowed_to_send(
    use: Use, house: tuple[Firm, Browser]
) -> None:
    asked: list[bytes] = []
    use(lambda line: asked.append(read_stream(line)))
    firm, _browser = house
    assert Browser().post(IMPORT, {"file": _file(HARM)}).status_code == 302
    with firm_set(firm.id), transaction.atomic():
        user, _path = add_user(firm.id, "leser@furulund.example")
        Membership.objects.filter(user=user).update(role=Role.READER)
    reader = Browser()
    reader.force_login(user, backend=BACKEND)
    assert reader.post(IMPORT, {"file": _file(HARM)}).status_code == 403
    assert asked == []


@pytest.mark.parametrize(
    ("behave", "content", "outcome"),
    [(finds, b"%PDF", ""), (finds, HARM, "harmful"), (dies, b"%PDF", "unscanned")],
)
def test_document_of_the_source_is_scanned_before_it_is_kept(
    use: Use, behave: Behave, content: bytes, outcome: str
) -> None:
    use(behave)
    document = Document("faktura.pdf", "application/pdf", content)
    assert asyncio.run(asyncio.to_thread(_why_not_kept, 7, document)) == outcome
