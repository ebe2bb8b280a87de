"""What looks like an address is led on without the personal number that was typed into it."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from klientbro.clients.tests.fixtures import orgnr_number, personal_number

pytestmark = pytest.mark.django_db
PAGES = ("/finn/", "/klienter/", "/oversikt/", "/avstemming/", "/rapport/", "/likviditet/")


@pytest.mark.parametrize("mark", ["", " ", "-", "\u00a0"])
def test_number_in_a_search_is_masked_in_the_address_and_on_the_page(
    signed_in: Browser, mark: str
) -> None:
    number = personal_number()
    typed = f"{number[:6]}{mark}{number[6:]}"
    for path in PAGES:
        first = signed_in.get(path, {"q": f"Ola {typed}", "side": "1"})
        assert first.status_code == 302, path
        assert number[6:] not in first["location"]
        assert first["location"].startswith(f"{path}?")
        page = signed_in.get(first["location"])
        assert page.status_code == 200, path
        assert number[6:].encode() not in page.content
        assert b"*****" in page.content or path != "/finn/"


def test_other_numbers_are_left_as_they_are(signed_in: Browser) -> None:
    for text in (orgnr_number(3), "12345678901", "10050 2026-10 20418", "0" * 40):
        answer = signed_in.get("/klienter/", {"q": text})
        assert answer.status_code == 200
        assert text.encode() in answer.content


def test_stranger_is_led_on_too_and_learns_nothing(client: Browser) -> None:
    number = personal_number()
    answer = client.get("/klienter/", {"q": number})
    assert answer.status_code == 302
    assert number not in answer["location"]
    assert number.encode() not in client.get(answer["location"]).content
