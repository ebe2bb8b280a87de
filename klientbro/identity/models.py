"""Sessions, invitations to a firm, and letters about a forgotten password."""

from __future__ import annotations

import uuid

from django.db import models

from klientbro.identity.openid_provider.models import SigningKey, ToolConsent
from klientbro.identity.single_sign_on.models import SignOnDomain, SignOnLink, SignOnProvider
from klientbro.tenants.models import Firm, User
from klientbro.tenants.typed import TypedCharField

__all__ = [
    "Invitation",
    "ResetLetter",
    "Session",
    "SignOnDomain",
    "SignOnLink",
    "SignOnProvider",
    "SigningKey",
    "ToolConsent",
]


class Session(models.Model):
    """One browser that has been here. Whoever is to be out everywhere loses these rows."""

    # The browser holds the key, this table its hash: reading the table lets nobody in.
    key_hash = models.BinaryField(primary_key=True)
    public_id = models.UUIDField(unique=True, default=uuid.uuid4)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    content = models.TextField()
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.public_id)


class Invitation(models.Model):
    """A person asked into a firm. Only the hash of the link's token is stored."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    email = models.EmailField()
    name = TypedCharField(max_length=200, blank=True)
    role = models.CharField(max_length=20)
    has_all_clients = models.BooleanField(default=True, db_default=True)
    client_ids = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # empty until the letter is written: the token exists only in the letter
    token_hash = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "email"],
                condition=models.Q(used_at=None, withdrawn_at=None),
                name="one_open_invitation_per_address",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.public_id}"


class SignInLetter(models.Model):
    """A letter about somebody's ways to sign in; to another address than theirs where `to` says."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    act = models.CharField(max_length=20)
    to = models.CharField(max_length=254, blank=True)
    at = models.DateTimeField()
    address = models.CharField(max_length=64, blank=True)
    attempts = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"


class ResetLetter(models.Model):
    """Somebody has asked for a new password. Without a user: nobody has that address."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"letter {self.pk}"
