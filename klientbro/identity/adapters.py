"""What allauth asks us: who may sign up (nobody), names, and how secrets of people are kept."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from klientbro.tenants.envelopes import open_personal, seal_personal
from klientbro.tenants.models import User
from klientbro.tenants.services import places_of_user

PURPOSE = "second factor"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Users are made by a firm, never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """A new password is chosen on the way in: go on to the work."""
        return "/"

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Our own words for the ways to confirm that it is you."""
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [method | {"description": words[method["id"]]} for method in methods]


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Secrets are sealed; the firm's demand cannot be got round by taking the last factor away."""

    error_messages: dict[str, str | Promise] = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": gettext_lazy(
            "Your firm asks for a second factor, and this is the only one you have. "
            "Add another first."
        ),
        "incorrect_code": gettext_lazy(
            "The code is wrong or too old. Use the one that is shown now."
        ),
        "incorrect_passkey": gettext_lazy(
            "The passkey does not fit here. Try again, or sign in another way."
        ),
    }

    def encrypt(self, text: str) -> str:
        return seal_personal(PURPOSE, text, settings.ENVIRONMENT.secret_keys)

    def decrypt(self, encrypted_text: str) -> str:
        return open_personal(PURPOSE, encrypted_text, settings.ENVIRONMENT.secret_keys)

    def get_totp_issuer(self) -> str:
        return str(settings.BRAND)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": settings.BRAND}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(
            type=Authenticator.Type.RECOVERY_CODES
        )
        if others.exclude(pk=authenticator.pk).exists():
            return True
        places = places_of_user(authenticator.user_id)
        return not any(place.firm.requires_second_factor for place in places)
