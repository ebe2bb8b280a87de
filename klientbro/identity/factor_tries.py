"""Counts tries at a second factor, those from a browser its owner is known by apart from others.

allauth counts them for each account wherever they come from: a thief of the password could use up
the tries again and again, and so keep the owner out, who has both password and factor.
"""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.core.internal.ratelimit import clear, consume
from allauth.mfa.base import forms as codes
from allauth.mfa.totp import forms as apps
from allauth.mfa.webauthn import forms as passkeys

from klientbro.identity.known_devices import KNOWN_DEVICE_RATES, known_number
from klientbro.tenants.models import User

_COUNTED = {"app": "allauth.account", "action": "login_failed"}


def count_try(user: User, error_key: str | None = None) -> Callable[[], None]:
    """Counts one, or refuses it; what is given back forgets the count once it was right."""
    request = context.request
    number = known_number(request, user.email)
    key = f"mfa-auth-user-{user.pk}" + (f"-{number}" if number else "")
    config = KNOWN_DEVICE_RATES if number else None
    if not consume(request, config=config, key=key, **_COUNTED):
        raise get_adapter().validation_error(error_key or "too_many_login_attempts")
    return lambda: clear(request, config=config, key=key, **_COUNTED)


def count_tries_so() -> None:
    """In the places where allauth would count; it has no setting for it."""
    for module in (codes, apps, passkeys):
        module.check_rate_limit = count_try
