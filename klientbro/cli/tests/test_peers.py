"""The operator's lists of hosts, as they stand in settings."""

from __future__ import annotations

import pytest

from klientbro.lib.errors import ConfigurationError
from klientbro.settings.environment import load_environment
from klientbro.settings.peers import SIGN_ON_HOSTS

NAME = "KLIENTBRO_SIGN_ON_HOSTS"


def test_list_of_the_settings_stands_in_the_place_of_ours() -> None:
    assert load_environment({}).sign_on_hosts == SIGN_ON_HOSTS
    assert load_environment({}).outgoing_private == ()
    given = {NAME: " Login.Example.no, *.idp.example.no,10.0.0.9 ,[fd00::9]"}
    found = load_environment(given).sign_on_hosts
    assert found == ("login.example.no", "*.idp.example.no", "10.0.0.9", "fd00::9")


@pytest.mark.parametrize(
    "text",
    ["*", "*.", "*.no", "https://login.example.no", "login.example.no/a", "a b", "a*.example.no"],
)
def test_what_is_no_host_and_what_would_be_every_host_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=NAME):
        load_environment({NAME: text})
