"""Decides whether an ID token is the provider's, for us, now, and the answer to our question.

Follows OpenID Connect Core 3.1.3.7 and RFC 8725, and is stricter where they leave a choice: the
key comes from the provider's own key set alone, whatever the token's header says; algorithms that
anybody could sign with (none, HMAC with a public key) do not exist here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from klientbro.identity.single_sign_on.errors import SignOnRefusedError

LARGEST_TOKEN = 16 * 1024
SKEW_SECONDS = 60
OLDEST_SECONDS = 600  # asked for just now: nobody needs longer to sign in than the state lives
LONGEST_SUBJECT = 255
SMALLEST_RSA_BITS = 2048
# algorithm: (key type, curve, hash)
ALGORITHMS: dict[str, tuple[str, str, str]] = {
    "RS256": ("RSA", "", "sha256"),
    "RS384": ("RSA", "", "sha384"),
    "RS512": ("RSA", "", "sha512"),
    "PS256": ("RSA", "", "sha256"),
    "PS384": ("RSA", "", "sha384"),
    "PS512": ("RSA", "", "sha512"),
    "ES256": ("EC", "P-256", "sha256"),
    "ES384": ("EC", "P-384", "sha384"),
    "ES512": ("EC", "P-521", "sha512"),
}
# The only things a header may say. Others could name a key (jwk, jku, x5u, x5c) or change rules.
_HEADERS = {"alg", "kid", "typ", "x5t", "x5t#S256"}
_KEY_CLASSES: dict[str, type[RSAKey] | type[ECKey] | type[OKPKey]] = {"RSA": RSAKey, "EC": ECKey}


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token must be an answer to."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """What the token says of its signature."""

    algorithm: str
    key_id: str | None


def read_header(token: object) -> Header:
    """Algorithm and key id, when the header says nothing that we do not take."""
    if not isinstance(token, str) or not token:
        raise SignOnRefusedError("token_missing")
    if len(token) > LARGEST_TOKEN:
        raise SignOnRefusedError("token_too_large")
    parts = token.split(".")
    if len(parts) == 5:
        raise SignOnRefusedError("token_encrypted")
    if len(parts) != 3:
        raise SignOnRefusedError("token_form")
    header = _json(parts[0])
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise SignOnRefusedError("algorithm", str(algorithm)[:20])
    if strange := set(header) - _HEADERS:
        raise SignOnRefusedError("header", ", ".join(sorted(strange))[:60])
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise SignOnRefusedError("token_type", str(header["typ"])[:40])
    key_id = header.get("kid")
    if key_id is not None and not isinstance(key_id, str):
        raise SignOnRefusedError("key_unknown")
    return Header(algorithm, key_id)


def find_key(header: Header, keys: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The provider's key that the header means; None when it has none such.

    Without a key id the provider must have exactly one key that fits.
    """
    kind, curve, _hash = ALGORITHMS[header.algorithm]
    fitting = [
        key
        for key in keys
        if key.get("kty") == kind
        and (not curve or key.get("crv") == curve)
        and key.get("use", "sig") == "sig"
        and key.get("alg", header.algorithm) == header.algorithm
        and "verify" in (key.get("key_ops") or ["verify"])
        and (header.key_id is None or key.get("kid") == header.key_id)
    ]
    return fitting[0] if len(fitting) == 1 else None


def verified_claims(
    token: str, header: Header, key: Mapping[str, Any], expected: Expected, now: float
) -> Mapping[str, Any]:
    """The token's claims, every one of which has been checked. SignOnRefusedError says why not."""
    try:
        found = jws.deserialize_compact(token, _public(key), algorithms=[header.algorithm])
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise SignOnRefusedError("signature", type(error).__name__) from error
    try:
        claims = json.loads(found.payload or b"")
    except (ValueError, RecursionError) as error:
        raise SignOnRefusedError("token_form") from error
    if not isinstance(claims, dict):
        raise SignOnRefusedError("token_form")
    _check_parties(claims, expected)
    _check_times(claims, now)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        raise SignOnRefusedError("nonce")
    if "at_hash" in claims and claims["at_hash"] != at_hash(
        expected.access_token, header.algorithm
    ):
        raise SignOnRefusedError("at_hash")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise SignOnRefusedError("subject")
    if not subject.isprintable() or not subject.isascii():
        raise SignOnRefusedError("subject")
    return claims


def shown_at(claims: Mapping[str, Any]) -> float:
    """When the person showed the provider who they are, or when it answered where it says no more.

    Asked with `prompt=login` it must have asked the person, and it gives the moment where it keeps
    to the standard; some give none at all. Never later than now: a provider's word that it was
    tomorrow would spare the person being asked again until then.
    """
    moment = _moment(claims, "auth_time" if "auth_time" in claims else "iat") or 0.0
    return min(moment, time.time())


def at_hash(access_token: str, algorithm: str) -> str:
    """The left half of the access token's hash, as Core 3.1.3.6 writes it."""
    digest = hashlib.new(ALGORITHMS[algorithm][2], access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _check_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise SignOnRefusedError("issuer")
    audience = claims.get("aud")
    listed = [audience] if isinstance(audience, str) else audience
    if not isinstance(listed, list) or expected.client_id not in listed:
        raise SignOnRefusedError("audience")
    if len(listed) > 1 and "azp" not in claims:
        raise SignOnRefusedError("authorized_party")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise SignOnRefusedError("authorized_party")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, issued = _moment(claims, "exp"), _moment(claims, "iat")
    if expires is None or issued is None:
        raise SignOnRefusedError("times")
    if now > expires + SKEW_SECONDS:
        raise SignOnRefusedError("expired")
    if issued > now + SKEW_SECONDS:
        raise SignOnRefusedError("issued_later")
    if issued < now - OLDEST_SECONDS - SKEW_SECONDS:
        raise SignOnRefusedError("issued_long_ago")
    begins = _moment(claims, "nbf")
    if "nbf" in claims and (begins is None or begins > now + SKEW_SECONDS):
        raise SignOnRefusedError("not_yet")


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e12 else None


def _public(key: Mapping[str, Any]) -> Key:
    """Only the public numbers of the key: nothing else that stands there is believed."""
    names = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y")}[str(key["kty"])]
    imported: Key = _KEY_CLASSES[str(key["kty"])].import_key({name: key[name] for name in names})
    if isinstance(imported, RSAKey) and imported.public_key.key_size < SMALLEST_RSA_BITS:
        raise SignOnRefusedError("key_weak")
    return imported


def _json(segment: str) -> dict[str, Any]:
    try:
        raw = base64.b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise SignOnRefusedError("token_form") from error
    if not isinstance(found, dict):
        raise SignOnRefusedError("token_form")
    return found
