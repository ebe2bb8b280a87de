"""A firm's OpenID provider, the domains it may speak for, and whom it has let in."""

from __future__ import annotations

import uuid

from django.db import models

from klientbro.tenants.models import Firm, User
from klientbro.tenants.sealed import SealedField
from klientbro.tenants.typed import TypedCharField


class SignOnProvider(models.Model):
    """The firm's one provider. Nobody comes in by it before it is tested and turned on."""

    class Factor(models.TextChoices):
        """Whether coming in by the provider meets the firm's demand for a second factor."""

        NEVER = "never"
        TOLD = "told"  # when the token says so
        ALWAYS = "always"  # the provider demands one of everybody

    firm = models.OneToOneField(Firm, on_delete=models.CASCADE)
    # A new one whenever issuer or client change: sign-ins under way and kept keys end with the old.
    configuration = models.UUIDField(default=uuid.uuid4)
    issuer = models.CharField(max_length=500)
    # not client_id: everywhere else that is a client of the firm
    oidc_client = models.CharField(max_length=300)
    client_secret_sealed = SealedField(sealed_as="sign_on_secret")
    tested_at = models.DateTimeField(null=True)
    is_enabled = models.BooleanField(default=False)
    is_only = models.BooleanField(default=False)  # passwords do not open the firm
    makes_users = models.BooleanField(default=False)
    new_role = models.CharField(max_length=20)
    new_has_all_clients = models.BooleanField(default=False)
    factor = models.CharField(max_length=10, choices=Factor.choices, default=Factor.TOLD)
    factor_levels = TypedCharField(max_length=300, blank=True)  # acr values, blanks between
    # For providers that say nothing of it, such as Entra ID: the firm vouches for its addresses.
    vouches_for_addresses = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.issuer


class SignOnDomain(models.Model):
    """A domain the firm says is its own; the operator proves it, and then nobody else may."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    domain = models.CharField(max_length=253)  # lower case, in the letters of the DNS
    proof = models.CharField(max_length=60)  # what the firm puts in its DNS for the operator to see
    approved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "domain"], name="one_claim_per_domain"),
            models.UniqueConstraint(
                fields=["domain"],
                condition=models.Q(approved_at__isnull=False),
                name="one_firm_per_domain",
            ),
        ]

    def __str__(self) -> str:
        return self.domain


class SignOnLink(models.Model):
    """Who of the firm the issuer's subject is. An address may change hands; a subject may not."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "issuer", "subject"], name="one_user_per_subject"
            ),
            models.UniqueConstraint(fields=["firm", "issuer", "user"], name="one_subject_per_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} by {self.issuer}"
