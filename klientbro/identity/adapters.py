"""What allauth asks us: who may sign up (nobody), names, and how secrets of people are kept."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.internal.ratelimit import clear, consume
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from klientbro.identity.known_devices import KNOWN_DEVICE_RATES, known_number, remember
from klientbro.identity.recency import came_through_provider, has_shown_lately
from klientbro.identity.single_sign_on.stages import login_stages
from klientbro.tenants.envelopes import open_personal, seal_personal
from klientbro.tenants.keys import secret_keys
from klientbro.tenants.models import User
from klientbro.tenants.services import places_of_user
from klientbro.tenants.ways_in import SESSION_WAY

PURPOSE = "second factor"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Users are made by a firm, never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return login_stages()

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counts the try: for the account and the network, or for a browser known to the owner."""
        email = str(credentials.get("email", ""))
        number = known_number(request, email)
        self._login_failed_rl_usage = consume(
            request,
            app="allauth.account",
            action="login_failed",
            config=KNOWN_DEVICE_RATES if number else None,
            key=f"{number}:{email.lower()}" if number else f"account:{email.lower()}",
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """A new password by letter: the guesses at the old one no longer count."""
        email = str(credentials.get("email", "")).lower()
        clear(request, app="allauth.account", action="login_failed", key=f"account:{email}")

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        remember(request, response, user.email)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        """The session remembers the way in; what an earlier sign-in noted is gone."""
        super().login(request, user)
        request.session.pop(SESSION_WAY, None)
        if (way := getattr(request, "way_in", None)) is not None:
            request.session[SESSION_WAY] = way

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """A new password is chosen on the way in: go on to the work."""
        return "/"

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A sign-in counts as much as a confirmation; who came by the provider is asked there."""
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        if has_shown_lately(self.request):
            return False
        if came_through_provider(self.request):
            # the library would ask nothing of somebody without a password and a factor here
            raise ReauthenticationRequired
        return True

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """The ways to confirm that it is you, the firm's provider first where one came by it."""
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        own: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        methods = [method | {"description": words[method["id"]]} for method in own]
        if not user.is_authenticated or not came_through_provider(self.request):
            return methods
        if self.request.closed_places:
            # one firm's provider vouches for a person of several: what is theirs stays closed
            methods = []
        way = {"id": "sign_on", "url": reverse("identity:sign_on_again")}
        return [way | {"description": _("Use the firm's sign-in")}, *methods]


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
        return seal_personal(PURPOSE, text, secret_keys())

    def decrypt(self, encrypted_text: str) -> str:
        return open_personal(
            PURPOSE, encrypted_text, secret_keys([encrypted_text.partition(":")[0]])
        )

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
