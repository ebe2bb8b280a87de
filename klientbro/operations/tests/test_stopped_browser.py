"""A real Chromium on what is said to whoever is stopped, and whose file is refused: accessible."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from klientbro.clients.models import Integration
from klientbro.lib.tests.test_virus_scan import Behave, read_stream, serve
from klientbro.lib.virus_scan import Scanner
from klientbro.operations import reading_middleware
from klientbro.operations.reading_limits import Reading
from klientbro.shell.tests.test_browser import check, chromium, context, faults, page, user
from klientbro.tenants.context import firm as in_firm

__all__ = ["chromium", "context", "faults", "page", "serve", "user"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=30_000)


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_who_is_stopped_or_refused_reads_why(
    page: Page,
    user: Any,
    firm_account: Any,
    faults: list[str],
    settings: Any,
    serve: Callable[[Behave], Scanner],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    width: int,
    scheme: Any,
) -> None:
    with in_firm(firm_account.id):
        Integration.objects.get_or_create(firm=firm_account, system="poweroffice")
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    def finds(line: socket.socket) -> None:
        read_stream(line)
        line.sendall(b"stream: Test-Harm FOUND\0")

    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, virus_scanner=serve(finds))
    file = tmp_path / "klienter.csv"
    file.write_text("navn;orgnr\n")
    page.goto("/integrasjoner/poweroffice/importer/")
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form button[type=submit]").first.click()
    expect(page.get_by_role("heading", name="Filen ble ikke tatt imot")).to_be_visible()
    expect(page.get_by_text("Test-Harm")).to_be_visible()
    check(page)

    monkeypatch.setattr(reading_middleware, "reading", Reading())
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, pages_per_hour=1)
    page.goto("/oversikt/")
    page.goto("/logg/")
    expect(page.get_by_role("heading", name="Stoppet en stund")).to_be_visible()
    expect(page.get_by_text("Du har åpnet mer enn 1 side på en time.")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Her er du logget inn").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    faults[:] = [one for one in faults if "429" not in one and "422" not in one]
