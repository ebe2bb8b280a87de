"""The clients' fixtures, and presses as htmx sends them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from klientbro.clients.tests.fixtures import add, answered, integration

__all__ = ["add", "answered", "integration"]
PAGE = "/integrasjoner/poweroffice/"


@pytest.fixture
def press(signed_in: Any) -> Callable[..., Any]:
    """A POST from the integration's page, as htmx sends it."""

    def make(address: str, /, *, here: str = PAGE, **fields: str) -> Any:
        return signed_in.post(
            address,
            fields,
            headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{here}"},
        )

    return make


@pytest.fixture
def look(signed_in: Any) -> Callable[..., Any]:
    """A GET of a fragment, as htmx sends it."""

    def make(address: str, /, *, here: str = PAGE, **fields: Any) -> Any:
        return signed_in.get(
            address,
            fields,
            headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{here}"},
        )

    return make


@pytest.fixture
def row_address() -> Callable[..., str]:
    """The address of an action on a row."""
    return lambda connection, action: f"{PAGE}{connection.public_id}/{action}/"
