"""A real Chromium that comes from a tool, signs in with a password, and goes on to the tool."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from klientbro.identity.tests.support import PASSWORD, person
from klientbro.identity.tests.test_tools import BACK, Tool, here, tool
from klientbro.shell.tests.axe import violations
from klientbro.shell.tests.test_browser import chromium
from klientbro.tenants.models import Firm

__all__ = ["chromium", "here", "tool"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=60_000)


def test_who_signs_in_on_the_way_to_a_tool_arrives_there(
    chromium: Browser, live_server: Any, tool: Tool, firm_account: Firm
) -> None:
    user = person(firm_account, f"kari.{firm_account.id}@furulund.example", "Kari Nordahl")
    context = chromium.new_context(base_url=live_server.url)
    context.set_default_timeout(60_000)
    arrived: list[str] = []
    held: list[str] = []

    def answer(route: Any) -> None:
        arrived.append(route.request.url)
        route.fulfill(body="<title>Timeføring</title>", content_type="text/html; charset=utf-8")

    context.route("https://tool.example/**", answer)
    page = context.new_page()
    page.on("console", lambda said: said.type == "error" and held.append(said.text))
    page.goto(tool.question())
    page.locator("input[name=login]").fill(user.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form[action$='logg-inn/'] button[type=submit]").first.click()
    agree = page.get_by_role("button", name="Godta og gå videre")
    expect(agree).to_be_visible()
    assert violations(page) == []
    assert arrived == []
    page.get_by_label("e-postadressen din").uncheck()
    agree.click()
    page.wait_for_url("https://tool.example/**")
    assert held == []
    assert arrived[0].startswith(BACK)
    tokens = tool.tokens(arrived[0])
    assert "refresh_token" not in tokens
    assert "email" not in tool.claims(tokens)

    # who is signed in already is led on at once, and sees no page of ours
    straight = context.request.get(tool.question(), max_redirects=0)
    assert straight.status == 302
    assert straight.headers["location"].startswith(BACK)

    page.goto("/konto/verktoy/")
    expect(page.get_by_role("group", name="Timeføring")).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 700})
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360
    page.get_by_role("button", name="Trekk tilbake for Timeføring").click()
    expect(page.get_by_text("Timeføring får ikke vite mer om deg.")).to_be_visible()
    page.goto(tool.question())
    page.get_by_role("button", name="Nei").click()
    page.wait_for_url("https://tool.example/**error=access_denied**")
    assert held == []
    context.close()


def test_page_on_the_way_is_accessible_and_says_where_it_leads(
    chromium: Browser, live_server: Any, tool: Tool, signed_in: Any
) -> None:
    tool.agreed(signed_in)
    shown = signed_in.get(tool.question(), headers={"Sec-Fetch-Site": "same-origin"})
    assert shown.status_code == 200
    text = shown.content.decode()
    assert "Timeføring" in text
    context = chromium.new_context(base_url=live_server.url)
    page = context.new_page()
    page.route("**/paa-vei", lambda route: route.fulfill(
        body=text.replace('http-equiv="refresh"', ""), content_type="text/html; charset=utf-8"
    ))  # fmt: skip
    page.goto("/paa-vei")
    assert violations(page) == []
    link = page.get_by_role("link", name="Fortsett")
    assert (link.get_attribute("href") or "").startswith(BACK)
    context.close()
