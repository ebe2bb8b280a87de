"""The entries of a firm's audit log. The database alone writes them (`schema.sql`)."""

from __future__ import annotations

from django.db import models

from klientbro.tenants.models import Firm, User
from klientbro.tenants.typed import TypedTextField


class Entry(models.Model):
    """One change, or one thing done that changes nothing (a reveal, a sign-in, an export).

    Written by `audit_append` when the transaction commits; never updated, never deleted.
    """

    pk = models.CompositePrimaryKey("firm_id", "number")
    firm = models.ForeignKey(Firm, on_delete=models.DO_NOTHING, db_constraint=False)
    number = models.BigIntegerField()  # 1, 2, 3 … within the firm, without a gap
    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)  # None: no person, see `way`
    way = models.CharField(max_length=20)  # web, command or job
    address = models.CharField(max_length=64)  # where the person was, as the web process saw it
    action = models.CharField(max_length=40)  # insert, update, delete, or what was done
    kind = models.CharField(max_length=80)  # the table, or what the act was about
    object_id = models.CharField(max_length=80)
    client_id = models.BigIntegerField(null=True)
    before = models.JSONField()
    after = models.JSONField()
    previous = models.BinaryField()  # the hash of the entry before; empty for the first
    hash = models.BinaryField()

    class Meta:
        indexes = [
            models.Index(fields=["firm", "at"], name="audit_entry_at"),
            models.Index(fields=["firm", "client_id", "number"], name="audit_entry_client"),
            models.Index(fields=["firm", "user_id", "number"], name="audit_entry_user"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.action} {self.kind}"


class Head(models.Model):
    """Where a firm's chain ends, so that entries taken away from its end are missed too."""

    firm = models.OneToOneField(
        Firm, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False
    )
    number = models.BigIntegerField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.firm_id} ends at {self.number}"


class Review(models.Model):
    """A month's access review: an administrator has looked at who did what, and signed.

    It holds the chain's end, so that a chain written anew afterwards is found out.
    """

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    month = models.DateField()  # its first day
    signed_by_id = models.BigIntegerField()
    signed_at = models.DateTimeField()
    reveals = models.IntegerField()
    remark = TypedTextField(blank=True)
    head_number = models.BigIntegerField()
    head_hash = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "month"], name="one_review_a_month"),
        ]

    def __str__(self) -> str:
        return f"review of {self.month:%Y-%m}"


class FailedSignIn(models.Model):
    """A wrong password, until it stands in the logs of the person's firms a minute later.

    Without a user: nobody has the address. Both are one row, so that the time an answer takes does
    not tell who is a user here.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField()
    address = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"failed sign-in {self.pk}"
