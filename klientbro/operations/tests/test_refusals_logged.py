"""Who is refused leaves a line, without what they sent, and without a line that they made up."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as DjangoBrowser

from klientbro.settings.logs import About, JsonLines, TextLines, clean

pytestmark = pytest.mark.django_db
SENT = "a-word-that-was-sent"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What would stand in the log of a real process."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextLines())
    handler.addFilter(About())
    logger = logging.getLogger("django")
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


def test_refused_act_and_forged_request_leave_a_line_without_what_was_sent(
    written: io.StringIO, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = DjangoBrowser(enforce_csrf_checks=True)
    strict.post("/konto/logg-inn/", {"login": SENT, "password": SENT})
    DjangoBrowser().get("/", headers={"host": "elsewhere.example"})
    signed_in.generic("POST", "/valg/", b"", CONTENT_LENGTH=str(26 * 1024 * 1024))
    signed_in.get(f"/inn/{SENT}/", headers={"host": "elsewhere.example"})

    lines = written.getvalue()
    assert "Forbidden (CSRF" in lines
    assert "Invalid HTTP_HOST" in lines
    assert "Request Entity Too Large: /valg/" in lines
    assert SENT not in lines


def test_refused_role_leaves_a_line_with_the_firm(
    written: io.StringIO, signed_in: Any, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klientbro.identity.gate.allows", lambda *_given: False)
    assert signed_in.get("/logg/").status_code == 403
    assert "Forbidden" in written.getvalue()
    assert "/logg/" in written.getvalue()


@pytest.mark.parametrize("shape", [TextLines, JsonLines])
def test_line_cannot_be_forged_by_what_was_sent(shape: Any) -> None:
    record = logging.LogRecord(
        "django.request", logging.WARNING, "a.py", 1, "Not Found: %s",
        ("/a\r\n2026-11-23 ERROR klientbro: everything is fine",), None,
    )  # fmt: skip
    assert len(shape().format(record).splitlines()) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/inn/abcDEF0123456789-_/",
        "/invitasjon/0f0e0d0c.abcDEF0123456789/",
        "/konto/passord/glemt/3x/cbd12a-0123456789abcdef/",
    ],
)
def test_address_that_lets_in_is_told_of_without_what_lets_in(path: str) -> None:
    told = clean(f"Internal Server Error: {path}", ())
    assert path.split("/")[-2] not in told
    assert told.startswith(f"Internal Server Error: {path[:5]}")
