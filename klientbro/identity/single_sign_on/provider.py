"""What a provider says of itself, and its keys: fetched, checked, kept for an hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.core.cache import cache

from klientbro.identity.single_sign_on.errors import SignOnRefusedError
from klientbro.identity.single_sign_on.fetching import ask, is_usable_address
from klientbro.identity.single_sign_on.tokens import ALGORITHMS, Header, find_key

KEPT_SECONDS = 3600
# A token with an unknown key makes us look once more; a flood of them must not flood the provider.
LOOK_AGAIN_SECONDS = 60
MOST_KEYS = 100
OK = 200


@dataclass(frozen=True, slots=True)
class Metadata:
    """What of the discovery document is used."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str  # empty when it has none
    sends_secret_in_form: bool
    names_itself: bool  # RFC 9207: its answers carry `iss`


def discover(issuer: str) -> Metadata:
    """The provider's own description, anew. SignOnRefusedError says what does not fit."""
    status, found = ask(issuer.rstrip("/") + "/.well-known/openid-configuration")
    if status != OK:
        raise SignOnRefusedError("unreachable", f"discovery answered {status}")
    # Exactly: an issuer for many tenants would answer for somebody else's people.
    if found.get("issuer") != issuer:
        raise SignOnRefusedError("issuer_differs", str(found.get("issuer"))[:200])
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not is_usable_address(found.get(name)):
            raise SignOnRefusedError("endpoint", name)
    userinfo = found.get("userinfo_endpoint") or ""
    if userinfo and not is_usable_address(userinfo):
        raise SignOnRefusedError("endpoint", "userinfo_endpoint")
    _check_can(found, "response_types_supported", {"code"})
    _check_can(found, "code_challenge_methods_supported", {"S256"})
    _check_can(found, "id_token_signing_alg_values_supported", set(ALGORITHMS))
    methods = _listed(found, "token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if not {"client_secret_basic", "client_secret_post"} & set(methods):
        raise SignOnRefusedError("cannot", "token_endpoint_auth_methods_supported")
    return Metadata(
        authorization_endpoint=str(found["authorization_endpoint"]),
        token_endpoint=str(found["token_endpoint"]),
        jwks_uri=str(found["jwks_uri"]),
        userinfo_endpoint=str(userinfo),
        sends_secret_in_form="client_secret_basic" not in methods,
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
    )


def metadata_of(issuer: str, configuration: UUID) -> Metadata:
    """The description, an hour old at most."""
    kept = cache.get(f"sign-on:{configuration}:metadata")
    if isinstance(kept, dict):
        return Metadata(**kept)
    found = discover(issuer)
    cache.set(f"sign-on:{configuration}:metadata", asdict(found), KEPT_SECONDS)
    return found


def fetch_keys(metadata: Metadata) -> list[Mapping[str, Any]]:
    """The provider's keys, anew."""
    status, found = ask(metadata.jwks_uri)
    keys = found.get("keys")
    if status != OK or not isinstance(keys, list):
        raise SignOnRefusedError("unreachable", "no keys")
    return [key for key in keys[:MOST_KEYS] if isinstance(key, dict)]


def key_for(header: Header, metadata: Metadata, configuration: UUID) -> Mapping[str, Any]:
    """The key a token was signed with: a rotated one is looked for once, and once a minute."""
    kept = cache.get(f"sign-on:{configuration}:keys")
    if isinstance(kept, list):
        key = find_key(header, kept)
        if key is not None:
            return key
        if not cache.add(f"sign-on:{configuration}:looked", True, LOOK_AGAIN_SECONDS):
            raise SignOnRefusedError("key_unknown")
    keys = fetch_keys(metadata)
    cache.set(f"sign-on:{configuration}:keys", keys, KEPT_SECONDS)
    key = find_key(header, keys)
    if key is None:
        raise SignOnRefusedError("key_unknown")
    return key


def forget(configuration: UUID) -> None:
    """What is kept of a provider is fetched anew."""
    for name in ("metadata", "keys", "looked"):
        cache.delete(f"sign-on:{configuration}:{name}")


def _listed(found: Mapping[str, Any], name: str) -> list[str] | None:
    value = found.get(name)
    return [str(one) for one in value] if isinstance(value, list) else None


def _check_can(found: Mapping[str, Any], name: str, wanted: set[str]) -> None:
    """A provider that lists what it can must list one of ours; many list nothing."""
    listed = _listed(found, name)
    if listed is not None and not wanted & set(listed):
        raise SignOnRefusedError("cannot", name)
