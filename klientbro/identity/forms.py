"""Forms of sign-in that differ from allauth's."""

from __future__ import annotations

import struct
from typing import Any

from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as passkeys
from cryptography.exceptions import InvalidSignature
from django.db import transaction
from django.http import HttpRequest

from klientbro.domain.national_id import hide_national_ids
from klientbro.identity.invitations import ask_for_letters
from klientbro.identity.models import ResetLetter

# What the library raises on answers no browser sends; unanswered it would be our own fault's page.
NONSENSE = (LookupError, TypeError, AttributeError, ValueError, struct.error, InvalidSignature)


class ResetPasswordForm(AllauthResetPasswordForm):  # type: ignore[misc]  # allauth ships no types
    """The letter is written by the worker, whether or not somebody has the address.

    So neither the answer nor the time it takes tells who is a user here.
    """

    def save(self, request: HttpRequest, **_more: Any) -> str:
        user = self.users[0] if self.users else None
        with transaction.atomic():
            ResetLetter.objects.create(user=user)
            ask_for_letters()
        return str(self.cleaned_data["email"])


class _Doubted:
    """An answer of a passkey that cannot be read or does not fit is a wrong one, no fault."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]  # of the form beside it
        except NONSENSE as error:
            raise get_adapter().validation_error("incorrect_passkey") from error


class AuthenticateForm(_Doubted, passkeys.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as the second step."""


class SignInForm(_Doubted, passkeys.LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey alone."""


class ReauthenticateForm(_Doubted, passkeys.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey to confirm who it is."""


class AddForm(passkeys.AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey."""

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except NONSENSE as error:
            raise get_adapter().validation_error("incorrect_passkey") from error
        return cleaned

    def clean_name(self) -> str:
        return hide_national_ids(super().clean_name())


class EditForm(passkeys.EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    def clean_name(self) -> str:
        return hide_national_ids(self.cleaned_data["name"])
