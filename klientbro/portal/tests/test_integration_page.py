"""The integration's page: header, counters, columns, rows. P-31 to P-35, P-41 to P-44."""

from __future__ import annotations


def test_page_shows(signed_in, integration, add):
    add("Power Testing", active=True)
    add("Testing")
    page = signed_in.get("/integrasjoner/poweroffice/")
    print(page.content.decode())
    assert page.status_code == 200
