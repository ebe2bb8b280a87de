"""Where a person is, as far as the proxies in front are trusted to tell."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from klientbro.tenants.network import network_address


@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),  # nobody in front: whoever says so is not believed
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.66, 203.0.113.9", "203.0.113.9"),  # the first is the visitor's own word
        (2, "198.51.100.66, 203.0.113.9, 10.0.0.5", "203.0.113.9"),
    ],
)
def test_address_is_the_one_that_trusted_proxies_tell(
    settings: Any, proxies: int, told: str, address: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", headers={"x-forwarded-for": told}, REMOTE_ADDR="192.0.2.1")
    assert network_address(request) == address
