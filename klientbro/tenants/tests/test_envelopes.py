"""Sealed values: what opens them, what does not, and what they give away."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import os
import uuid
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from klientbro.lib.errors import ConfigurationError
from klientbro.settings.environment import SecretKey
from klientbro.tenants.envelopes import (
    Envelopes,
    Use,
    WrappedKey,
    key_number,
    new_key,
    new_keys,
)

OLD, NEW = SecretKey("old", b"o" * 32), SecretKey("new", b"n" * 32)


@pytest.fixture
def envelopes() -> Envelopes:
    firm = uuid.uuid4()
    return Envelopes(firm, new_keys(firm, [OLD]), [OLD])


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
    keys = new_keys(firm, [OLD])
    sealed = Envelopes(firm, keys, [OLD]).seal("field", "nøkkel")
    assert Envelopes(firm, keys, [NEW, OLD]).open("field", sealed) == "nøkkel"
    assert {key.wrapped_by for key in new_keys(firm, [NEW, OLD])} == {"new"}


def test_wrapped_anew_the_same_key_opens_and_the_old_operator_key_is_needed_no_more() -> None:
    firm = uuid.uuid4()
    keys = new_keys(firm, [OLD])
    sealed = Envelopes(firm, keys, [OLD]).seal("field", "nøkkel")
    moved = [key.wrapped_anew(firm, [NEW, OLD]) for key in keys]
    assert Envelopes(firm, moved, [NEW]).open("field", sealed) == "nøkkel"
    assert Envelopes(firm, moved, [NEW]).equality_hash("field", "x") == Envelopes(
        firm, keys, [OLD]
    ).equality_hash("field", "x")


@pytest.mark.parametrize("change", [{"number": 2}, {"use": Use.EQUALITY}])
def test_wrapped_key_put_in_another_keys_place_does_not_open(change: dict[str, Any]) -> None:
    firm = uuid.uuid4()
    (data, _equality) = new_keys(firm, [OLD])
    with pytest.raises(ConfigurationError):
        dataclasses.replace(data, **change).open(firm, [OLD])


def test_newest_data_key_seals_and_those_before_it_open() -> None:
    firm = uuid.uuid4()
    keys = new_keys(firm, [OLD])
    before = Envelopes(firm, keys, [OLD]).seal("field", "nøkkel")
    after = Envelopes(firm, [*keys, new_key(Use.DATA, 2, firm, [OLD])], [OLD])
    assert after.open("field", before) == "nøkkel"
    assert (key_number(before), key_number(after.seal("field", "nøkkel"))) == (1, 2)


def test_envelope_under_a_newer_key_is_opened_after_the_keys_were_read_again() -> None:
    firm = uuid.uuid4()
    keys = new_keys(firm, [OLD])
    newer = Envelopes(firm, [*keys, new_key(Use.DATA, 2, firm, [OLD])], [OLD])
    held = Envelopes(firm, keys, [OLD], newest=lambda: newer)
    assert held.open("field", newer.seal("field", "nøkkel")) == "nøkkel"
    assert key_number(held.seal("field", "nøkkel")) == 1


def test_value_sealed_before_keys_had_numbers_opens() -> None:
    firm = uuid.uuid4()
    root = os.urandom(32)

    def first_form(key: bytes, plain: bytes, field: str) -> bytes:
        nonce = os.urandom(12)
        associated = f"klientbro|{firm}|{field}".encode()
        return b"\x01" + nonce + AESGCM(key).encrypt(nonce, plain, associated)

    wrapped = first_form(OLD.key, root, "data_key")
    keys = [WrappedKey(use, 1, wrapped, "old") for use in Use]
    sealed = first_form(root, "nøkkel".encode(), "field")
    envelopes = Envelopes(firm, keys, [OLD])
    assert envelopes.open("field", sealed) == "nøkkel"
    assert key_number(sealed) == 1
    # what was equal then is equal now
    named = hmac.new(root, b"klientbro equality|field", hashlib.sha256).digest()
    wanted = hmac.new(named, "nøkkel".encode(), hashlib.sha256).digest()
    assert envelopes.equality_hash("field", "nøkkel") == wanted


def test_missing_operator_key_is_named() -> None:
    firm = uuid.uuid4()
    with pytest.raises(ConfigurationError, match="KLIENTBRO_SECRET_KEYS lacks the key 'old'"):
        Envelopes(firm, new_keys(firm, [OLD]), [NEW])
    with pytest.raises(ConfigurationError, match="KLIENTBRO_SECRET_KEYS is missing"):
        new_keys(firm, [])


def test_equality_hash_tells_equal_from_unequal_within_one_firm_only(
    envelopes: Envelopes,
) -> None:
    firm = uuid.uuid4()
    other = Envelopes(firm, new_keys(firm, [OLD]), [OLD])
    mine = envelopes.equality_hash("key", "nøkkel")
    assert mine == envelopes.equality_hash("key", "nøkkel")
    assert mine != envelopes.equality_hash("key", "nøkkeL")
    assert mine != envelopes.equality_hash("identifier", "nøkkel")
    assert mine != other.equality_hash("key", "nøkkel")


def test_envelopes_show_no_key_when_printed(envelopes: Envelopes) -> None:
    assert "o" * 8 not in repr(envelopes)
    assert "ooo" not in repr(OLD)
