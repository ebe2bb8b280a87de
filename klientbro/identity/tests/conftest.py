"""Providers for the tests of single sign-on, each started once, on loopback."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from klientbro.identity.tests.forging import Provider, running_provider
from klientbro.identity.tests.real_provider import running_node_provider


@pytest.fixture(scope="session")
def one_forger() -> Iterator[Provider]:
    """The server of `forger`; made once."""
    with running_provider() as provider:
        yield provider


@pytest.fixture(scope="session")
def node_provider() -> Iterator[str]:
    """The issuer of a real provider, panva's oidc-provider, in a process of its own."""
    with running_node_provider() as issuer:
        yield issuer


@pytest.fixture
def private_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers on loopback may be used, as the operator's setting lets them."""
    allowed = dataclasses.replace(settings.ENVIRONMENT, sign_on_private=True)
    monkeypatch.setattr(settings, "ENVIRONMENT", allowed)


@pytest.fixture
def forger(one_forger: Provider, private_allowed: None) -> Any:
    """A provider that answers whatever the test says; honest at first."""
    one_forger.fresh()
    return one_forger
