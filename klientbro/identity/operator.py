"""What the operator does for a person, across firms: closing, opening, and lost second factors."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db import transaction

from klientbro.identity.ending import end_sessions
from klientbro.lib.errors import ConfigurationError
from klientbro.tenants.models import User


def switch_off(email: str) -> int:
    """Nobody signs in as the person any more, and who has is out. How many sessions ended."""
    with transaction.atomic():
        user = _locked(email)
        user.is_active = False
        user.save(update_fields=["is_active"])
        return end_sessions(user.pk)


def switch_on(email: str) -> None:
    """The person signs in again, wherever firms have left their access open."""
    with transaction.atomic():
        user = _locked(email)
        user.is_active = True
        user.save(update_fields=["is_active"])


def forget_factors(email: str) -> int:
    """For whoever has lost them all: deletes the factors, and ends sessions. How many factors."""
    with transaction.atomic():
        user = _locked(email)
        count: int = Authenticator.objects.filter(user=user).delete()[0]
        end_sessions(user.pk)
        return count


def _locked(email: str) -> User:
    found = User.objects.select_for_update().filter(email=email.strip().lower()).first()
    if found is None:
        raise ConfigurationError(
            f"No user has the address {email}. `klientbro user create` makes one."
        )
    return found
