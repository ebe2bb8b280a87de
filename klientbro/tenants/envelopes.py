"""Encrypted envelopes: AES-256-GCM under a data key per firm, itself wrapped by an operator key.

Envelope bytes: version (1) + nonce (12) + ciphertext and tag. Associated data is
`klientbro|<firm>|<field>`, so a value moved to another firm or field does not decrypt. Destroying
a firm's data key makes everything sealed under it unreadable.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from klientbro.lib.errors import ConfigurationError
from klientbro.settings.environment import SecretKey

VERSION = b"\x01"
NONCE_BYTES = 12


def _associated(firm_id: UUID, field: str) -> bytes:
    return f"klientbro|{firm_id}|{field}".encode()


def _seal(key: bytes, plain: bytes, associated: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, plain, associated)


def _open(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    sealed = bytes(sealed)
    if sealed[:1] != VERSION:
        raise ConfigurationError("a stored secret has an unknown version")
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, body, associated)
    except InvalidTag:
        # from None: nothing of the value may follow the message
        raise ConfigurationError(
            "a stored secret cannot be decrypted. KLIENTBRO_SECRET_KEYS must hold the key it was "
            "encrypted with."
        ) from None


def new_data_key(firm_id: UUID, secret_keys: Sequence[SecretKey]) -> tuple[bytes, str]:
    """A fresh data key, wrapped, and the id of the operator key that wraps it."""
    if not secret_keys:
        raise ConfigurationError(
            "KLIENTBRO_SECRET_KEYS is missing and none is stored in KLIENTBRO_HOME: run "
            "`klientbro run` or `klientbro migrate` once, or set it."
        )
    first = secret_keys[0]
    return _seal(first.key, os.urandom(32), _associated(firm_id, "data_key")), first.id


class Envelopes:
    """Seals and opens one firm's secrets. Holds the unwrapped data key in memory only."""

    def __init__(
        self, firm_id: UUID, wrapped: bytes, wrapped_by: str, secret_keys: Sequence[SecretKey]
    ) -> None:
        wrapping = {key.id: key.key for key in secret_keys}.get(wrapped_by)
        if wrapping is None:
            raise ConfigurationError(
                f"KLIENTBRO_SECRET_KEYS lacks the key {wrapped_by!r} that this firm's data key is "
                "wrapped with."
            )
        self._firm_id = firm_id
        self._key = _open(wrapping, wrapped, _associated(firm_id, "data_key"))

    def seal(self, field: str, plain: str) -> bytes:
        """The text as an envelope that only this firm and field can open."""
        return _seal(self._key, plain.encode(), _associated(self._firm_id, field))

    def open(self, field: str, sealed: bytes) -> str:
        """The text back; ConfigurationError when another firm's, another field's, or altered."""
        return _open(self._key, sealed, _associated(self._firm_id, field)).decode()

    def seal_bytes(self, field: str, plain: bytes) -> bytes:
        """Bytes (a document) as an envelope."""
        return _seal(self._key, plain, _associated(self._firm_id, field))

    def open_bytes(self, field: str, sealed: bytes) -> bytes:
        """The bytes back."""
        return _open(self._key, sealed, _associated(self._firm_id, field))

    def equality_hash(self, field: str, plain: str) -> bytes:
        """A keyed hash for telling equal values apart from unequal ones, within this firm only."""
        key = hmac.new(self._key, b"klientbro equality|" + field.encode(), hashlib.sha256).digest()
        return hmac.new(key, plain.encode(), hashlib.sha256).digest()

    def __repr__(self) -> str:
        return f"Envelopes({self._firm_id})"


def seal_personal(purpose: str, plain: str, secret_keys: Sequence[SecretKey]) -> str:
    """A secret of a person, who belongs to no one firm: sealed under the operator's first key."""
    if not secret_keys:
        raise ConfigurationError("KLIENTBRO_SECRET_KEYS is missing: secrets cannot be sealed.")
    first = secret_keys[0]
    sealed = _seal(_personal_key(first, purpose), plain.encode(), purpose.encode())
    return f"{first.id}:{base64.b64encode(sealed).decode()}"


def open_personal(purpose: str, sealed: str, secret_keys: Sequence[SecretKey]) -> str:
    """The person's secret back, under whichever operator key it was sealed with."""
    key_id, _separator, body = sealed.partition(":")
    key = next((key for key in secret_keys if key.id == key_id), None)
    if key is None:
        raise ConfigurationError(
            f"KLIENTBRO_SECRET_KEYS lacks the key {key_id!r} that a person's secret is sealed with."
        )
    opened = _open(_personal_key(key, purpose), base64.b64decode(body), purpose.encode())
    return opened.decode()


def _personal_key(key: SecretKey, purpose: str) -> bytes:
    """One key a purpose, so that an envelope of a firm can never be taken for a person's."""
    return hmac.new(key.key, b"klientbro personal|" + purpose.encode(), hashlib.sha256).digest()
