"""What a firm signs the tokens of its tools with, and what its people let the tools know of them.

Tools and tokens are allauth's own tables.
"""

from __future__ import annotations

import uuid

from allauth.idp.oidc.models import Client
from django.db import models

from klientbro.tenants.models import Firm, User
from klientbro.tenants.sealed import SealedField


class SigningKey(models.Model):
    """A private key of one firm, sealed under its data key; the one that is not retired signs."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    key_sealed = SealedField(sealed_as="signing_key")
    created_at = models.DateTimeField(auto_now_add=True)
    # signs no more from then on; told of until what it signed is over
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"signing key of {self.firm_id}"


class ToolConsent(models.Model):
    """What one person has let one tool know. Codes and tokens name its `public_id`.

    Another answer gives another one, so whatever was given out under the one before is over.
    """

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=uuid.uuid4)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    tool = models.ForeignKey(Client, on_delete=models.CASCADE)
    asked = models.CharField(max_length=100)  # scopes, in order, with spaces between
    granted = models.CharField(max_length=100)
    given_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "user", "tool"], name="one_consent_for_person_and_tool"
            ),
        ]

    def __str__(self) -> str:
        return f"consent of {self.user_id} for {self.tool_id}"

    @property
    def asked_scopes(self) -> frozenset[str]:
        return frozenset(self.asked.split())

    @property
    def granted_scopes(self) -> frozenset[str]:
        return frozenset(self.granted.split())
