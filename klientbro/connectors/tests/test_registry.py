"""The registry finds the connectors by their folders."""

from __future__ import annotations

import pytest

from klientbro.connectors.registry import connector, connectors
from klientbro.lib.errors import ConfigurationError


def test_poweroffice_is_found_by_its_folder() -> None:
    assert connectors()["poweroffice"].name == "PowerOffice Go"


def test_connectors_of_the_tests_are_not_offered() -> None:
    assert not [key for key in connectors() if key.startswith("tiny")]


def test_unknown_system_is_answered_with_the_choices() -> None:
    with pytest.raises(ConfigurationError, match="poweroffice"):
        connector("nothing")


def test_keys_are_the_names_of_the_folders() -> None:
    for key, found in connectors().items():
        assert found.open.__module__.startswith(f"klientbro.connectors.{key}")
