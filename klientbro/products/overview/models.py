"""Which clients the firm has taken into Oversikt, how it does so, and each person's saved views."""

from __future__ import annotations

import uuid

from django.db import models

from klientbro.tenants.typed import TypedCharField


class OverviewClient(models.Model):
    """A client in Oversikt. Deactivated it stays, marked; taken out it may be imported again."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.OneToOneField("clients.Client", on_delete=models.CASCADE, related_name="+")
    imported_at = models.DateTimeField(auto_now_add=True)
    imported_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.client_id} in Oversikt"


class TakenOut(models.Model):
    """A client that somebody took out of Oversikt: it comes back by choice, never by itself."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.OneToOneField("clients.Client", on_delete=models.CASCADE, related_name="+")
    taken_out_at = models.DateTimeField(auto_now_add=True)
    taken_out_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.client_id} out of Oversikt"


class OverviewSettings(models.Model):
    """One row per firm: whether active clients come into Oversikt by themselves."""

    firm = models.OneToOneField("tenants.Firm", on_delete=models.CASCADE, primary_key=True)
    imports_by_itself = models.BooleanField(default=False)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"settings of {self.firm_id}"


class SavedView(models.Model):
    """A person's choice of filters under a name of their own."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey("tenants.User", on_delete=models.CASCADE, related_name="+")
    name = TypedCharField(max_length=60)
    query = TypedCharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "user", "name"], name="view_name_once"),
        ]

    def __str__(self) -> str:
        return self.name
