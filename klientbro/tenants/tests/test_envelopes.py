"""Sealed values: what opens them, what does not, and what they give away."""

from __future__ import annotations

import uuid

import pytest

from klientbro.lib.errors import ConfigurationError
from klientbro.settings.environment import SecretKey
from klientbro.tenants.envelopes import Envelopes, new_data_key

OLD, NEW = SecretKey("old", b"o" * 32), SecretKey("new", b"n" * 32)


@pytest.fixture
def envelopes() -> Envelopes:
    firm = uuid.uuid4()
    return Envelopes(firm, *new_data_key(firm, [OLD]), [OLD])


def test_sealed_value_opens_and_two_seals_of_it_look_different(envelopes: Envelopes) -> None:
    first, second = envelopes.seal("field", "nøkkel"), envelopes.seal("field", "nøkkel")
    assert first != second
    assert envelopes.open("field", first) == envelopes.open("field", second) == "nøkkel"
    assert "nøkkel".encode() not in first


def test_value_moved_to_another_field_does_not_open(envelopes: Envelopes) -> None:
    with pytest.raises(ConfigurationError):
        envelopes.open("national_id", envelopes.seal("client_key", "nøkkel"))


@pytest.mark.parametrize("place", [0, 1, 13, -1])
def test_value_altered_anywhere_does_not_open(envelopes: Envelopes, place: int) -> None:
    altered = bytearray(envelopes.seal("field", "nøkkel"))
    altered[place] ^= 1
    with pytest.raises(ConfigurationError):
        envelopes.open("field", bytes(altered))


def test_newest_operator_key_wraps_and_older_ones_still_open() -> None:
    firm = uuid.uuid4()
    wrapped, wrapped_by = new_data_key(firm, [OLD])
    sealed = Envelopes(firm, wrapped, wrapped_by, [OLD]).seal("field", "nøkkel")
    assert Envelopes(firm, wrapped, wrapped_by, [NEW, OLD]).open("field", sealed) == "nøkkel"
    assert new_data_key(firm, [NEW, OLD])[1] == "new"


def test_missing_operator_key_is_named() -> None:
    firm = uuid.uuid4()
    with pytest.raises(ConfigurationError, match="KLIENTBRO_SECRET_KEYS lacks the key 'old'"):
        Envelopes(firm, *new_data_key(firm, [OLD]), [NEW])
    with pytest.raises(ConfigurationError, match="KLIENTBRO_SECRET_KEYS is missing"):
        new_data_key(firm, [])


def test_equality_hash_tells_equal_from_unequal_within_one_firm_only(
    envelopes: Envelopes,
) -> None:
    firm = uuid.uuid4()
    other = Envelopes(firm, *new_data_key(firm, [OLD]), [OLD])
    mine = envelopes.equality_hash("key", "nøkkel")
    assert mine == envelopes.equality_hash("key", "nøkkel")
    assert mine != envelopes.equality_hash("key", "nøkkeL")
    assert mine != envelopes.equality_hash("identifier", "nøkkel")
    assert mine != other.equality_hash("key", "nøkkel")


def test_envelopes_show_no_key_when_printed(envelopes: Envelopes) -> None:
    assert "o" * 8 not in repr(envelopes)
    assert "ooo" not in repr(OLD)
