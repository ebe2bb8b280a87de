"""The registry finds the connectors by their folders."""

from __future__ import annotations

from pathlib import Path

import pytest

import klientbro.connectors
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


def test_folder_without_a_connector_stops_the_start_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_made").mkdir()
    (tmp_path / "half_made" / "__init__.py").write_text("")
    monkeypatch.setattr(klientbro.connectors, "__path__", [str(tmp_path)])
    with pytest.raises(ConfigurationError, match="half_made has no CONNECTOR"):
        connectors.__wrapped__()
