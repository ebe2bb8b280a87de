"""The running product, one a module so that none sees another's clients, and a real Chromium.

Its tables are made beforehand: that `klientbro run` begins with an empty folder, and makes them, is
shown by klientbro/cli/tests/test_run.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from klientbro.shell.tests.chromium import launch_chromium

from .running import RunningHouse, running_house
from .steps import sign_in_with_link


@pytest.fixture(scope="module")
def house() -> Iterator[RunningHouse]:
    with running_house(furnished=True) as running:
        yield running


@pytest.fixture(scope="module")
def playwright_session() -> Iterator[Playwright]:
    """Of the module: while its event loop runs in this thread no other can."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(playwright_session: Playwright) -> Iterator[Browser]:
    browser = launch_chromium(playwright_session)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def signed_in_context(chromium: Browser, house: RunningHouse) -> Iterator[BrowserContext]:
    """A browser that has used the one-time link and chosen a password."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="nb-NO")
    context.set_default_timeout(60_000)
    sign_in_with_link(context, house)
    yield context
    context.close()


@pytest.fixture
def page(signed_in_context: BrowserContext) -> Iterator[Page]:
    opened = signed_in_context.new_page()
    yield opened
    opened.close()
