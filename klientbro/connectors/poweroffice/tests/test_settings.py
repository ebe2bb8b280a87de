"""The operator's settings are checked, and a copied key is cleaned."""

from __future__ import annotations

import pytest

from klientbro.connectors.contract import Grant
from klientbro.connectors.poweroffice.settings import Settings, client_key
from klientbro.connectors.poweroffice.tests.support import CLIENT_KEY, OPERATOR
from klientbro.lib.errors import ConfigurationError


def test_addresses_are_those_of_production_unless_told() -> None:
    keys = {name: OPERATOR[name] for name in ("application_key", "subscription_key")}
    settings = Settings.read(keys)
    assert settings.api_url == "https://goapi.poweroffice.net/v2"
    assert settings.token_url == "https://goapi.poweroffice.net/OAuth/Token"


@pytest.mark.parametrize("name", ["application_key", "subscription_key"])
def test_missing_key_is_named_by_its_setting(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"KLIENTBRO_POWEROFFICE_{name.upper()}"):
        Settings.read({**OPERATOR, name: " "})


@pytest.mark.parametrize(
    "address", ["goapi.poweroffice.net/v2", "ftp://go.example", "http://go.example/v2"]
)
def test_address_must_be_encrypted_or_on_this_machine(address: str) -> None:
    with pytest.raises(ConfigurationError, match="KLIENTBRO_POWEROFFICE_API_URL"):
        Settings.read({**OPERATOR, "api_url": address})


@pytest.mark.parametrize("host", ["127.0.0.1:8100", "localhost:8100", "[::1]:8100"])
def test_simulator_on_this_machine_needs_no_encryption(host: str) -> None:
    settings = Settings.read({**OPERATOR, "api_url": f"http://{host}/v2/"})
    assert settings.api_url == f"http://{host}/v2"


@pytest.mark.parametrize("text", ["soon", "0", "-1", "3600"])
def test_time_out_must_be_sensible(text: str) -> None:
    with pytest.raises(ConfigurationError, match="TIMEOUT_SECONDS"):
        Settings.read({**OPERATOR, "timeout_seconds": text})


def test_settings_and_grants_show_no_keys() -> None:
    shown = repr(Settings.read(OPERATOR)) + repr(Grant(CLIENT_KEY, "connection-1"))
    assert OPERATOR["application_key"] not in shown
    assert OPERATOR["subscription_key"] not in shown
    assert CLIENT_KEY not in shown


@pytest.mark.parametrize("around", ["{}", " {} ", '"{}"', "{{{}}}", "\u200b{}\ufeff\n", "'{}' "])
def test_key_is_cleaned_of_what_came_along_when_it_was_copied(around: str) -> None:
    assert client_key(Grant(around.format(CLIENT_KEY))) == CLIENT_KEY
