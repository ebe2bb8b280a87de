"""Client (lasting), integration (one per firm and system), connection (a row of the portal)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from klientbro.clients.facts import AssignedClient, ClientFacts, ClientLabel, Label
from klientbro.domain.identifier import IdentifierKind
from klientbro.tenants.sealed import SealedField

__all__ = [
    "AssignedClient",
    "Client",
    "ClientFacts",
    "ClientLabel",
    "Connection",
    "Integration",
    "KeyCheck",
    "Label",
]


class Client(models.Model):
    """A firm's customer, known by orgnr or national id. Outlives every connection."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=300)
    sort_key = models.CharField(max_length=600)
    identifier_kind = models.CharField(
        max_length=20, choices=[(kind.value, kind.value) for kind in IdentifierKind]
    )
    orgnr = models.CharField(max_length=9, null=True)
    national_id_sealed = SealedField(null=True, sealed_as="national_id")
    identifier_hash = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="client_firm_id"),
            models.UniqueConstraint(fields=["firm", "identifier_hash"], name="client_identifier"),
        ]
        indexes = [models.Index(fields=["firm", "sort_key"], name="client_sort")]

    def __str__(self) -> str:
        return self.name


class Integration(models.Model):
    """An accounting system that the firm has connected: one per firm and system."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    system = models.CharField(max_length=40)
    # «Slett system» retires the row under another name: removed connections still refer to it
    retired_system = models.CharField(max_length=40, blank=True)
    # systems of kind agent: when the program on the customer's machine last answered
    agent_seen_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="integration_firm_id"),
            models.UniqueConstraint(fields=["firm", "system"], name="integration_per_system"),
        ]

    def __str__(self) -> str:
        return self.system


class Connection(models.Model):
    """One row of the portal: typed name, key, active or not. Slett marks it and destroys the key.

    identifier_hash: keyed hash of the digits, for equality; the digits stand in `orgnr` for a
    company and in an envelope for a person.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    integration = models.ForeignKey(
        Integration, on_delete=models.PROTECT, related_name="connections"
    )
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, null=True, related_name="connections"
    )
    name = models.CharField(max_length=300)
    sort_key = models.CharField(max_length=600)
    identifier_kind = models.CharField(
        max_length=20, null=True, choices=[(kind.value, kind.value) for kind in IdentifierKind]
    )
    orgnr = models.CharField(max_length=9, null=True)
    national_id_sealed = SealedField(null=True, sealed_as="national_id")
    identifier_hash = models.BinaryField(null=True)
    key_sealed = SealedField(null=True, sealed_as="client_key")
    key_hash = models.BinaryField(null=True)
    is_active = models.BooleanField(default=False)
    activated_at = models.DateTimeField(null=True)
    deactivated_at = models.DateTimeField(null=True)
    # ApiAktiv: what the last key check said (P-44, reading a), and when
    api_active = models.BooleanField(default=False)
    key_checked_at = models.DateTimeField(null=True)
    key_check_cause = models.CharField(max_length=40, blank=True)
    missing_rights = models.JSONField(default=list)
    source_company_id = models.CharField(max_length=100, blank=True)
    source_name = models.CharField(max_length=300, blank=True)
    identifier_confirmed = models.BooleanField(default=False)
    # «Flere valg»: what the firm has chosen rules over what the source says (sync/chosen.py)
    fetch_from = models.DateField(null=True)
    year_start_month = models.PositiveSmallIntegerField(null=True)
    # a key that the source has not answered for yet is tried again by itself (sync/rechecks.py)
    recheck_at = models.DateTimeField(null=True)
    key_set_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="connection_firm_id"),
            # P-57, P-59: of two simultaneous presses exactly one wins
            models.UniqueConstraint(
                fields=["firm", "identifier_hash"],
                condition=Q(is_active=True),
                name="one_active_per_identifier",
            ),
            # P-40
            models.UniqueConstraint(
                fields=["firm", "key_hash"],
                condition=Q(deleted_at__isnull=True),
                name="one_connection_per_key",
            ),
            # P-56, and a deleted connection is never active
            models.CheckConstraint(
                condition=Q(is_active=False)
                | Q(
                    identifier_hash__isnull=False,
                    client__isnull=False,
                    key_sealed__isnull=False,
                    deleted_at__isnull=True,
                ),
                name="active_has_identifier_and_key",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) | Q(key_sealed__isnull=True),
                name="deleted_has_no_key",
            ),
            models.CheckConstraint(
                condition=Q(year_start_month__isnull=True) | Q(year_start_month__range=(1, 12)),
                name="year_start_month_is_a_month",
            ),
            models.CheckConstraint(
                condition=Q(fetch_from__isnull=True) | Q(fetch_from__day=1),
                name="fetch_from_is_first_of_month",
            ),
        ]
        indexes = [
            models.Index(
                fields=["firm", "integration", "sort_key"],
                condition=Q(deleted_at__isnull=True),
                name="connection_list",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class KeyCheck(models.Model):
    """One question to the source about a typed or stored key: the dialog waits for its answer.

    `key_sealed` is destroyed when the check has ended. `connection` is set when an existing
    connection is checked again or its key is being replaced.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"

    class Outcome(models.TextChoices):
        NONE = ""
        WORKS = "works"
        REJECTED = "rejected"
        UNREACHABLE = "unreachable"
        MISSING_RIGHTS = "missing_rights"
        FAILED = "failed"

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True)
    key_sealed = SealedField(null=True, sealed_as="client_key")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    outcome = models.CharField(max_length=20, choices=Outcome, default=Outcome.NONE, blank=True)
    source_name = models.CharField(max_length=300, blank=True)
    source_company_id = models.CharField(max_length=100, blank=True)
    source_identifier_sealed = SealedField(null=True, sealed_as="source_identifier")
    missing_rights = models.JSONField(default=list)
    created_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["firm", "created_at"], name="key_check_age")]

    def __str__(self) -> str:
        return str(self.public_id)
