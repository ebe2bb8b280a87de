"""The key of a firm's issuer: made, followed by a new one, or taken away because it has leaked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.core.internal.jwkkit import load_jwk_from_pem
from allauth.idp.oidc import app_settings
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from klientbro.audit.services import note
from klientbro.clients.services.rows import current_firm_id
from klientbro.identity.members import lock_firm
from klientbro.identity.openid_provider.models import SigningKey
from klientbro.tenants.services import firm_envelopes

KEY_FIELD = "signing_key"
KEY_BITS = 2048
# What it signed last is over, also by a tool's clock that is a little behind.
KEPT = timedelta(seconds=app_settings.ID_TOKEN_EXPIRES_IN) + timedelta(minutes=5)
_KIND = "identity_signingkey"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One of the keys that tools are told of, for the page."""

    name: str  # `kid`, as it stands in tokens
    made_at: datetime
    told_until: datetime | None  # None: it signs


def opened_keys() -> Iterator[tuple[SigningKey, str]]:
    """The keys that tools are told of, with what is sealed in them; the newest last."""
    rows = SigningKey.objects.filter(_told_of(timezone.now())).order_by("created_at", "id")
    envelopes = None
    for row in rows:
        envelopes = envelopes or firm_envelopes()
        yield row, envelopes.open(KEY_FIELD, bytes(row.key_sealed))


def known_keys() -> Sequence[KnownKey]:
    """The same without the secret, the one that signs first."""
    found = [
        KnownKey(
            load_jwk_from_pem(pem)[0]["kid"],
            row.created_at,
            row.retired_at + KEPT if row.retired_at else None,
        )
        for row, pem in opened_keys()
    ]
    return found[::-1]


def ensure_key() -> None:
    """The firm's signing key; made with its first tool. Call it with the firm's row locked."""
    if not SigningKey.objects.filter(retired_at=None).exists():
        _make()


def follow_key() -> None:
    """A new key signs from now on; tools are told of the old one until its tokens are over.

    A tool that meets a key it does not know asks for the keys anew (OpenID Connect Core 10.1.1).
    """
    with transaction.atomic():
        lock_firm()
        delete_old_keys(timezone.now())
        SigningKey.objects.filter(retired_at=None).update(retired_at=timezone.now())
        _make()
        note("tool_key_followed", _KIND)


def replace_leaked_key() -> int:
    """A new key, and every other gone at once: what anybody signs with those is worth nothing.

    How many went. Tools forget them within the few minutes that they keep our keys.
    """
    with transaction.atomic():
        lock_firm()
        count = SigningKey.objects.all().delete()[0]
        _make()
        note("tool_key_leaked", _KIND, told={"removed": count})
        return count


def delete_old_keys(now: datetime) -> int:
    """Deletes the current firm's keys that nobody is told of any more."""
    return SigningKey.objects.exclude(_told_of(now)).delete()[0]


def _told_of(now: datetime) -> Q:
    return Q(retired_at=None) | Q(retired_at__gt=now - KEPT)


def _make() -> None:
    pem = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    SigningKey.objects.create(
        firm_id=current_firm_id(), key_sealed=firm_envelopes().seal(KEY_FIELD, pem.decode())
    )
