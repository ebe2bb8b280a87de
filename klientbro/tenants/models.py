"""Firms, their users, and the one-time links that let a new user in."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from klientbro.tenants.permissions import Role
from klientbro.tenants.typed import TypedCharField


class Firm(models.Model):
    """An accounting firm: the tenant."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = TypedCharField(max_length=200)
    requires_second_factor = models.BooleanField(default=False)
    # Written by the database alone, from the firm's provider and domains (klientbro/identity): the
    # provider as it is set up now, when it is on; whether it is a second factor (never, told or
    # always); and the domains of addresses that it is the only way in for.
    sign_on = models.UUIDField(null=True)
    sign_on_factor = models.CharField(max_length=10, default="", db_default="")
    sign_on_only_for = ArrayField(
        models.CharField(max_length=253),
        default=list,
        db_default=models.Value("{}", ArrayField(models.CharField(max_length=253))),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class DataKey(models.Model):
    """One of a firm's keys, wrapped by KLIENTBRO_SECRET_KEYS: the only place where it stands.

    Not in a backup's dump, so that destroying it here closes earlier backups too. The newest data
    key seals; those before it are kept for as long as a backup may need them (`emptied_at`: since
    when nothing here does).
    """

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    use = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    wrapped = models.BinaryField()
    wrapped_by = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    emptied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "use", "number"], name="one_key_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.use} {self.number} of {self.firm_id}"


class UserManager(BaseUserManager["User"]):
    """Users are known by e-mail address alone."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractUser):
    """A person who signs in. Which firms they belong to stands in Membership."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    name = TypedCharField(max_length=200, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[assignment, misc]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        """One or two letters for the round mark beside the name."""
        words = (self.name or self.email.partition("@")[0].replace(".", " ")).split()
        return "".join(
            word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)
        ).upper()


class RandomUUID(models.Func):
    """PostgreSQL makes the id, also for rows that older code writes meanwhile."""

    function = "gen_random_uuid"
    arity = 0
    output_field = models.UUIDField()


class CurrentMembers(models.Manager["Membership"]):
    """Those who may sign in and work."""

    def get_queryset(self) -> models.QuerySet[Membership]:
        return super().get_queryset().filter(disabled_at=None, user__is_active=True)


class Membership(models.Model):
    """A user's place in a firm. Disabled, it stands, so that what they did keeps its name."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, db_default=RandomUUID(), editable=False)
    role = models.CharField(max_length=20, default=Role.ADMINISTRATOR)
    # False: only the clients chosen (clients.AssignedClient) and those they are responsible for
    has_all_clients = models.BooleanField(default=True, db_default=True)
    disabled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    objects = models.Manager()
    current = CurrentMembers()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "user"], name="one_membership_per_firm"),
            models.UniqueConstraint(fields=["firm", "id"], name="membership_firm_id"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.firm_id}"


class SignInLink(models.Model):
    """A one-time link for a new user. Only the hash of its token is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    token_hash = models.BinaryField(unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link for {self.user_id}"


class SharedValue(models.Model):
    """One value of the cache in the database; its key is a hash."""

    key = models.BinaryField(primary_key=True)
    value = models.TextField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return bytes(self.key).hex()
