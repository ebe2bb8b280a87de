"""A real Chromium on every page of Likviditet: accessible, narrow, dark, in both languages."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page

from klientbro.domain.liquidity.scenarios import Change, ChangeKind
from klientbro.ledger.tests.book_table import BookTable
from klientbro.products.liquidity.choosing import change_to_json
from klientbro.products.liquidity.keeping import keep_client
from klientbro.products.liquidity.models import (
    KeptForecast,
    Loan,
    Offer,
    PlannedLine,
    Scenario,
    Settings,
)
from klientbro.products.liquidity.tests.bakery import TODAY, bakery, with_items
from klientbro.shell.tests.test_browser import check, chromium, context, faults, page, user
from klientbro.tenants.context import firm as in_firm

__all__ = ["chromium", "context", "faults", "page", "user"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
LOOKS = [(1280, "light", "nb"), (360, "dark", "en")]


def filled(firm_account: Any) -> dict[str, str]:
    """A client with a limit, a line, a loan, a scenario and forecasts to compare; its addresses."""
    with in_firm(firm_account.id):
        book = with_items(bakery())
        own = {"firm": firm_account, "client": book.client}
        Settings.objects.create(limit=100_000, **own)
        planned = PlannedLine.objects.create(
            title="Ny ovn", amount=-320_000, first=date(2026, 12, 4), kind="other_out", **own
        )
        loan = Loan.objects.create(
            title="DNB 1",
            remaining=400_000,
            instalment=25_000,
            yearly_rate="0.065",
            next_day=date(2026, 12, 28),
            interval="quarterly",
            account="2220",
            **own,
        )
        changes = [
            Change(ChangeKind.LATER, party="10002", days=28),
            Change(ChangeKind.ONE_OFF, title="Varebil", amount=-planned.amount, day=TODAY),
            Change(ChangeKind.OUT, line="customer:gone"),
        ]
        scenario = Scenario.objects.create(
            name="Fjellheim betaler sent", changes=[change_to_json(one) for one in changes], **own
        )
        assert keep_client(book.client.pk)
        refused = Offer.objects.order_by("pk").first()
        assert refused is not None
        Offer.objects.filter(pk=refused.pk).update(state="refused")
        _kept(book, own)
        home = f"/likviditet/{book.client.public_id}/"
    return {
        "list": "/likviditet/",
        "no-match": "/likviditet/?q=finnesikke",
        "weeks": home,
        "days": f"{home}?vis=dager&bolk=2",
        "months": f"{home}?vis=maneder",
        "scenario": f"{home}?scenario={scenario.public_id}",
        "line": f"{home}linjer/?linje=customer:c1",
        "estimates": f"{home}linjer/?dag=2026-12-11&slag=suppliers&sikkerhet=estimated",
        "plan": f"{home}plan/",
        "new-line": f"{home}plan/ny/",
        "edit-line": f"{home}plan/linje/{planned.public_id}/",
        "loan": f"{home}plan/lan/{loan.public_id}/",
        "new-scenario": f"{home}scenario/nytt/",
        "edit-scenario": f"{home}scenario/{scenario.public_id}/",
        "settings": f"{home}innstillinger/",
        "history": f"{home}treff/",
    }


def _kept(book: BookTable, own: dict[str, Any]) -> None:
    """Forecasts of the weeks before, some near what happened and some far."""
    for days in range(7, 60, 5):
        KeptForecast.objects.create(
            connection_id=book.connection.pk,
            landing=1,
            day=TODAY - timedelta(days=days),
            opening=300_000,
            lowest=90_000,
            lowest_day=TODAY,
            points=[[7, "380000.00", "400000.00"], [30, "500000.00", "900000.00"]],
            **own,
        )


def shoot(page: Page, name: str) -> None:
    """Keeps a picture where a person has asked for them."""
    folder = os.environ.get("KLIENTBRO_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_every_page_of_likviditet_is_accessible(
    page: Page,
    live_server: Any,
    firm_account: Any,
    user: Any,
    faults: list[str],
    width: int,
    scheme: Any,
    language: str,
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    cookie = {
        "name": settings.LANGUAGE_COOKIE_NAME,
        "value": language,
        "url": live_server.url,
    }
    page.context.add_cookies([cookie])
    page.goto("/likviditet/")
    check(page)
    for name, path in filled(firm_account).items():
        page.goto(path)
        shoot(page, f"{width}-{name}")
        check(page)
    assert faults == []
