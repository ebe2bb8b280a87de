"""Encrypted envelopes: AES-256-GCM under a firm's data key, itself wrapped by an operator key.

Envelope bytes: version (1) + number of the data key (4) + nonce (12) + ciphertext and tag.
Associated data is `klientbro|<firm>|<field>`, so a value moved to another firm or field does not
decrypt. A firm has several data keys while it gets a new one: the newest seals, all open.
Destroying a firm's data keys makes everything sealed under them unreadable. Values are told equal
by a keyed hash; its key is one of its own and stays the same when the data key is changed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from klientbro.lib.errors import ConfigurationError
from klientbro.settings.environment import SecretKey

# The first form has no number of the key in it: it is of the firm's first.
FIRST_FORM, NUMBERED = b"\x01", b"\x02"
NUMBER_BYTES, NONCE_BYTES, KEY_BYTES = 4, 12, 32
FIRST_NUMBER = 1


class UnreadableError(ConfigurationError):
    """An envelope or a wrapped key that the keys at hand do not open."""


class Use(StrEnum):
    """What a firm's key is for."""

    DATA = "data"
    EQUALITY = "equality"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """One of a firm's keys as it is kept: sealed under the operator key called `wrapped_by`."""

    use: Use
    number: int
    wrapped: bytes = field(repr=False)
    wrapped_by: str

    def open(self, firm_id: UUID, secret_keys: Sequence[SecretKey]) -> bytes:
        """The key itself. UnreadableError when the operator key is missing or another."""
        wrapping = {key.id: key.key for key in secret_keys}.get(self.wrapped_by)
        if wrapping is None:
            raise UnreadableError(
                f"KLIENTBRO_SECRET_KEYS lacks the key {self.wrapped_by!r} that this firm's data "
                "key is wrapped with."
            )
        if self.wrapped[:1] == FIRST_FORM:
            return _decrypt(wrapping, self.wrapped[1:], _associated(firm_id, "data_key"))
        return _decrypt(wrapping, self.wrapped[1:], self._associated(firm_id))

    def wrapped_anew(self, firm_id: UUID, secret_keys: Sequence[SecretKey]) -> WrappedKey:
        """The same key under the operator's first one."""
        return wrap(self.open(firm_id, secret_keys), self.use, self.number, firm_id, secret_keys)

    def _associated(self, firm_id: UUID) -> bytes:
        return _associated(firm_id, f"{self.use.value}_key|{self.number}")


def wrap(
    key: bytes, use: Use, number: int, firm_id: UUID, secret_keys: Sequence[SecretKey]
) -> WrappedKey:
    """A firm's key under the operator's first one."""
    if not secret_keys:
        raise ConfigurationError(
            "KLIENTBRO_SECRET_KEYS is missing and none is stored in KLIENTBRO_HOME: run "
            "`klientbro run` or `klientbro migrate` once, or set it."
        )
    first = secret_keys[0]
    empty = WrappedKey(use, number, b"", first.id)
    body = NUMBERED + _encrypt(first.key, key, empty._associated(firm_id))
    return WrappedKey(use, number, body, first.id)


def new_key(use: Use, number: int, firm_id: UUID, secret_keys: Sequence[SecretKey]) -> WrappedKey:
    """A fresh key, wrapped."""
    return wrap(os.urandom(KEY_BYTES), use, number, firm_id, secret_keys)


def new_keys(firm_id: UUID, secret_keys: Sequence[SecretKey]) -> list[WrappedKey]:
    """What a new firm begins with."""
    return [new_key(use, FIRST_NUMBER, firm_id, secret_keys) for use in Use]


def key_number(sealed: bytes) -> int:
    """Which of the firm's data keys an envelope is sealed under."""
    if sealed[:1] == FIRST_FORM:
        return FIRST_NUMBER
    if sealed[:1] != NUMBERED:
        raise UnreadableError("a stored secret has an unknown version")
    return int.from_bytes(sealed[1 : 1 + NUMBER_BYTES])


class Envelopes:
    """Seals and opens one firm's secrets. Holds the unwrapped keys in memory only.

    newest: reads the firm's keys anew. A value may have been sealed under a key that was made after
    these keys were read; then they are read once more.
    """

    def __init__(
        self,
        firm_id: UUID,
        keys: Sequence[WrappedKey],
        secret_keys: Sequence[SecretKey],
        *,
        newest: Callable[[], Envelopes] | None = None,
    ) -> None:
        self._firm_id = firm_id
        self._keys = {
            key.number: key.open(firm_id, secret_keys) for key in keys if key.use is Use.DATA
        }
        hashing = [key for key in keys if key.use is Use.EQUALITY]
        if not self._keys or not hashing:
            raise UnreadableError(
                "The firm has no data key: it has been destroyed, or was not restored with the "
                "backup (docs/howto/keys.md)."
            )
        self._hashing = max(hashing, key=lambda key: key.number).open(firm_id, secret_keys)
        self.number = max(self._keys)
        self._newest = newest

    def seal(self, field: str, plain: str) -> bytes:
        """The text as an envelope that only this firm and field can open."""
        return self.seal_bytes(field, plain.encode())

    def open(self, field: str, sealed: bytes) -> str:
        """The text back; ConfigurationError when another firm's, another field's, or altered."""
        return self.open_bytes(field, sealed).decode()

    def seal_bytes(self, field: str, plain: bytes) -> bytes:
        """Bytes (a document) as an envelope."""
        header = NUMBERED + self.number.to_bytes(NUMBER_BYTES)
        return header + _encrypt(self._keys[self.number], plain, _associated(self._firm_id, field))

    def open_bytes(self, field: str, sealed: bytes) -> bytes:
        """The bytes back."""
        sealed = bytes(sealed)
        key = self._key(key_number(sealed))
        body = sealed[1:] if sealed[:1] == FIRST_FORM else sealed[1 + NUMBER_BYTES :]
        return _decrypt(key, body, _associated(self._firm_id, field))

    def _key(self, number: int) -> bytes:
        if number not in self._keys and self._newest is not None:
            self._keys |= self._newest()._keys  # to open with; sealing goes on under ours
        if number not in self._keys:
            raise UnreadableError(
                f"a stored secret is sealed under the firm's data key {number}, which is not here: "
                "it has been destroyed, or was not restored with the backup (docs/howto/keys.md)."
            )
        return self._keys[number]

    def equality_hash(self, field: str, plain: str) -> bytes:
        """A keyed hash for telling equal values apart from unequal ones, within this firm only."""
        named = b"klientbro equality|" + field.encode()
        key = hmac.new(self._hashing, named, hashlib.sha256).digest()
        return hmac.new(key, plain.encode(), hashlib.sha256).digest()

    def __repr__(self) -> str:
        return f"Envelopes({self._firm_id})"


def seal_personal(purpose: str, plain: str, secret_keys: Sequence[SecretKey]) -> str:
    """A secret of a person, who belongs to no one firm: sealed under the operator's first key."""
    if not secret_keys:
        raise ConfigurationError("KLIENTBRO_SECRET_KEYS is missing: secrets cannot be sealed.")
    first = secret_keys[0]
    sealed = FIRST_FORM + _encrypt(_personal_key(first, purpose), plain.encode(), purpose.encode())
    return f"{first.id}:{base64.b64encode(sealed).decode()}"


def open_personal(purpose: str, sealed: str, secret_keys: Sequence[SecretKey]) -> str:
    """The person's secret back, under whichever operator key it was sealed with."""
    key_id, _separator, body = sealed.partition(":")
    key = next((key for key in secret_keys if key.id == key_id), None)
    if key is None:
        raise UnreadableError(
            f"KLIENTBRO_SECRET_KEYS lacks the key {key_id!r} that a person's secret is sealed with."
        )
    opened = base64.b64decode(body)
    if opened[:1] != FIRST_FORM:
        raise UnreadableError("a person's secret has an unknown version")
    return _decrypt(_personal_key(key, purpose), opened[1:], purpose.encode()).decode()


def _personal_key(key: SecretKey, purpose: str) -> bytes:
    """One key a purpose, so that an envelope of a firm can never be taken for a person's."""
    return hmac.new(key.key, b"klientbro personal|" + purpose.encode(), hashlib.sha256).digest()


def _associated(firm_id: UUID, field: str) -> bytes:
    return f"klientbro|{firm_id}|{field}".encode()


def _encrypt(key: bytes, plain: bytes, associated: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, associated)


def _decrypt(key: bytes, body: bytes, associated: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], associated)
    except (InvalidTag, ValueError):
        # from None: nothing of the value may follow the message
        raise UnreadableError(
            "a stored secret cannot be decrypted. KLIENTBRO_SECRET_KEYS must hold the key it was "
            "encrypted with."
        ) from None
