"""What has gone wrong long enough for somebody to be told, and what each person has been told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Alert(models.Model):
    """One client's trouble from the first failure until it has been well for a while.

    A connection that fails, recovers and fails again has one alert all the while.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    connection = models.ForeignKey("clients.Connection", on_delete=models.CASCADE)
    cause = models.CharField(max_length=40)
    failing_since = models.DateTimeField()
    well_since = models.DateTimeField(null=True)  # seen well again, but perhaps not for good
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="alert_firm_id"),
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(closed_at__isnull=True),
                name="one_open_alert",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cause} of {self.connection_id}"


class Digest(models.Model):
    """One e-mail to one person. Sent again after a crash, it has the same Message-ID."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    user = models.ForeignKey("tenants.User", on_delete=models.CASCADE)
    message_id = models.CharField(max_length=120, unique=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "id"], name="digest_firm_id")]
        indexes = [models.Index(fields=["firm", "user", "-created_at"], name="digest_newest")]

    def __str__(self) -> str:
        return self.subject


class Notice(models.Model):
    """A person has been told of an alert's cause, or of its end, in a digest."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notices")
    digest = models.ForeignKey(Digest, on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey("tenants.User", on_delete=models.CASCADE)
    kind = models.CharField(max_length=10)  # failure or recovery
    cause = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alert", "user", "kind", "cause"], name="told_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.alert_id}"
