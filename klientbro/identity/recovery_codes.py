"""Recovery codes of 120 bits, of which only hashes are kept; they are shown once, where made.

allauth would make them of a seed that it keeps, eight digits each: whoever reads the seed has them
all. In its place a row holds the SHA-256 of every unused code, which 120 bits make enough. Until
they have been read the codes themselves lie in the session that made them, under a key made of what
only that browser holds. Codes of the older kind go on working: migration 0006 hashed them too, slow
and salted, since they are short.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Sequence
from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import auth, flows
from allauth.mfa.utils import decrypt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction

from klientbro.lib.errors import ConfigurationError

COUNT = 10
# No I, L, O, U: nothing that is mistaken for a digit, and few words. Five bits each.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, GROUP = 24, 4
OLDER_LENGTH = 8
_AS_MEANT = str.maketrans("ILO", "110")

SHOWN_ONCE = "new_recovery_codes"
SHOWN_SECONDS = 15 * 60
_KEY_OF_SESSION = b"klientbro recovery codes in the session that made them\0"
_NONCE_BYTES = 12


class HashedRecoveryCodes(auth.RecoveryCodes):  # type: ignore[misc]  # allauth ships no types
    """What allauth asks of recovery codes, without a seed."""

    def __init__(self, instance: Authenticator, made: Sequence[str] = ()) -> None:
        super().__init__(instance)
        self.made = made
        if "seed" in instance.data:  # by a process of an older version, after the migration
            with transaction.atomic():
                self.instance = _locked(instance) or instance
                self.instance.data = hashed(self.instance.data)
                self.instance.save(update_fields=["data"])

    @classmethod
    def activate(cls, user: Any) -> HashedRecoveryCodes:
        """New codes for who has none; the browser that asked can read them for a while."""
        kind = Authenticator.Type.RECOVERY_CODES
        instance = Authenticator.objects.filter(user_id=user.pk, type=kind).first()
        if instance is not None:
            return cls(instance)
        codes = [new_code() for _each in range(COUNT)]
        instance = Authenticator.objects.create(user=user, type=kind, data=stored(codes))
        _keep_to_show(instance, codes)
        return cls(instance, codes)

    def generate_codes(self) -> list[str]:
        return self.get_unused_codes()

    def get_unused_codes(self) -> list[str]:
        """The codes, where they have just been made; elsewhere an empty text for each."""
        return self._to_show() or list(self.made) or [""] * self.left

    @property
    def left(self) -> int:
        """How many have not been used."""
        return len(self.instance.data["hashes"]) + len(self.instance.data.get("older", ()))

    @transaction.atomic
    def validate_code(self, code: str) -> bool:
        """Whether it is an unused one, which it then no longer is; of two at once one wins."""
        meant = as_meant(code)
        if len(meant) not in (LENGTH, OLDER_LENGTH):
            return False  # most likely the app's: nothing to lock and count for
        found = _locked(self.instance)
        if found is None:
            return False
        self.instance = found
        kind = "hashes" if len(meant) == LENGTH else "older"
        kept = self.instance.data.get(kind, [])
        fits = _is_hash_of if kind == "hashes" else _is_older_hash_of
        left = [each for each in kept if not fits(meant, each)]
        if len(left) == len(kept):
            return False
        self.instance.data[kind] = left
        self.instance.save(update_fields=["data"])
        return True

    @property
    def did_view(self) -> bool:
        """Whether they can no longer be read, as the library asks before it shows them."""
        return not self._to_show()

    def mark_as_viewed(self) -> None:
        """Time does it: a page that is loaded again, or saved to a file, shows them again."""

    def _to_show(self) -> list[str]:
        request = context.request
        kept = request.session.get(SHOWN_ONCE) if request is not None else None
        if not kept or kept["of"] != self.instance.pk:
            return []
        if kept["at"] < time.time() - SHOWN_SECONDS:
            del request.session[SHOWN_ONCE]
            return []
        codes = _opened(request.session, kept["sealed"])
        unused = self.instance.data["hashes"]
        return [one for one in codes if hash_of(as_meant(one)) in unused]


def use_hashed_recovery_codes() -> None:
    """In the places where allauth would use its own; it has no setting for it."""
    auth.RecoveryCodes = flows.RecoveryCodes = HashedRecoveryCodes


def new_code() -> str:
    """`7K4M-…`: six groups of four."""
    letters = "".join(secrets.choice(LETTERS) for _each in range(LENGTH))
    return "-".join(letters[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def as_meant(code: str) -> str:
    """Without case, blanks and hyphens, and with the digits that letters were taken for."""
    return "".join(one for one in code.upper().translate(_AS_MEANT) if one in LETTERS)


def hash_of(meant: str) -> str:
    """What is kept of a code of 120 bits: nothing slower is needed, as nobody can try them all."""
    return hashlib.sha256(meant.encode()).hexdigest()


def stored(codes: list[str], older: list[str] | None = None) -> dict[str, Any]:
    """What a row holds. To the library's own code, as in an older process, it is no codes left."""
    hashes = [hash_of(as_meant(one)) for one in codes]
    return {"hashes": hashes, "older": older or [], "migrated_codes": []}


def hashed(data: dict[str, Any]) -> dict[str, Any]:
    """What a row with a seed of the library's is to hold; a seed that none can open is no codes."""
    if "seed" not in data:
        return data
    try:
        codes = _codes_of(decrypt(data["seed"]))
    except ConfigurationError:
        codes = []
    used = data.get("used_mask", 0)
    unused = [code for number, code in enumerate(codes) if not used & (1 << number)]
    return stored([], older=[make_password(code) for code in unused])


def _codes_of(seed: str) -> list[str]:
    """As allauth 65 makes codes of its seed: eight digits of an HMAC that goes on and on."""
    mac = hmac.new(seed.encode("ascii"), digestmod="sha1")
    codes = []
    for number in range(COUNT):
        mac.update(f"{number:3},".encode())
        value = int.from_bytes(mac.digest()[: OLDER_LENGTH // 2]) % 10**OLDER_LENGTH
        codes.append(f"{value:0{OLDER_LENGTH}}")
    return codes


def _locked(instance: Authenticator) -> Authenticator | None:
    return Authenticator.objects.select_for_update().filter(pk=instance.pk).first()


def _is_hash_of(meant: str, kept: str) -> bool:
    return secrets.compare_digest(hash_of(meant), kept)


def _is_older_hash_of(meant: str, kept: str) -> bool:
    return check_password(meant, kept)


def _keep_to_show(instance: Authenticator, codes: list[str]) -> None:
    request = context.request
    if request is None:
        return  # made by no browser: by a test, or by hand
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(_key_of(request.session)).encrypt(nonce, json.dumps(codes).encode(), None)
    request.session[SHOWN_ONCE] = {
        "of": instance.pk,
        "at": time.time(),
        "sealed": base64.b64encode(nonce + sealed).decode(),
    }


def _opened(session: SessionBase, sealed: str) -> list[str]:
    """Empty when the session has another key now, as after signing in anew."""
    body = base64.b64decode(sealed)
    try:
        text = AESGCM(_key_of(session)).decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], None)
    except InvalidTag:
        return []
    return [str(one) for one in json.loads(text)]


def _key_of(session: SessionBase) -> bytes:
    """Of the session's key, of which the database knows a hash only."""
    return hashlib.sha256(_KEY_OF_SESSION + (session.session_key or "").encode()).digest()
