"""People's second factors under the operator's first key, when that has been changed."""

from __future__ import annotations

import base64
from typing import Any

from allauth.mfa.models import Authenticator

from klientbro.identity.adapters import PURPOSE
from klientbro.tenants.envelopes import FIRST_FORM, open_personal, seal_personal
from klientbro.tenants.keys import secret_keys

MOST_TRIES = 5  # a code that is used meanwhile changes the row


def factors_by_key() -> dict[str, int]:
    """How many secrets of people are under each operator key."""
    found: dict[str, int] = {}
    for (data,) in Authenticator.objects.values_list("data"):
        for text in _sealed(data):
            key_id = text.partition(":")[0]
            found[key_id] = found.get(key_id, 0) + 1
    return found


def seal_factors_anew() -> int:
    """Seals what is under an older operator key under the first; how many authenticators."""
    return sum(_seal_anew(pk) for pk in Authenticator.objects.values_list("pk", flat=True))


def _seal_anew(pk: int) -> bool:
    for _attempt in range(MOST_TRIES):
        data = Authenticator.objects.filter(pk=pk).values_list("data", flat=True).first()
        fresh = _anew(data)
        if fresh == data:
            return False
        if Authenticator.objects.filter(pk=pk, data=data).update(data=fresh):
            return True
    return False


def _anew(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _anew(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_anew(value) for value in data]
    if not _is_sealed(data):
        return data
    operators = secret_keys([data.partition(":")[0]])
    if data.startswith(f"{operators[0].id}:"):
        return data
    return seal_personal(PURPOSE, open_personal(PURPOSE, data, operators), operators)


def _sealed(data: Any) -> list[str]:
    if isinstance(data, dict):
        return [text for value in data.values() for text in _sealed(value)]
    if isinstance(data, list):
        return [text for value in data for text in _sealed(value)]
    return [data] if _is_sealed(data) else []


def _is_sealed(value: Any) -> bool:
    """`id:base64`, as `seal_personal` writes it; a passkey's data are no such text."""
    if not isinstance(value, str):
        return False
    key_id, separator, body = value.partition(":")
    try:
        return (
            bool(separator and key_id) and base64.b64decode(body, validate=True)[:1] == FIRST_FORM
        )
    except ValueError:
        return False
