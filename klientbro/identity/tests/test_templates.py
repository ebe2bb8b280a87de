"""Every page of allauth that can be reached is one of ours, in the house's look."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template.loader import get_template

from klientbro.identity import account_urls

OURS = Path(account_urls.__file__).parent / "templates"


def templates() -> set[str]:
    """What the views of the address table show."""
    views = [getattr(pattern.callback, "view_class", None) for pattern in account_urls.urlpatterns]
    return {name for view in views if (name := getattr(view, "template_name", None))}


def test_there_are_as_many_pages_as_the_table_has() -> None:
    assert len(templates()) == 23


@pytest.mark.parametrize("name", sorted(templates()))
def test_page_is_ours(name: str) -> None:
    origin = Path(get_template(name).origin.name)
    assert origin.is_relative_to(OURS), origin


SAID = (
    "totp_activated",
    "totp_deactivated",
    "webauthn_added",
    "webauthn_removed",
    "recovery_codes_generated",
)


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_afterwards_is_ours(name: str) -> None:
    origin = Path(get_template(f"mfa/messages/{name}.txt").origin.name)
    assert origin.is_relative_to(OURS), origin
