"""What sync remembers: where each connection stands, its steps and runs, the budget, the tokens."""

from __future__ import annotations

import uuid

from django.db import models


class State(models.Model):
    """Where one connection's copying stands. «Last tried» is apart from «last succeeded»."""

    connection = models.OneToOneField(
        "clients.Connection", on_delete=models.CASCADE, primary_key=True, related_name="sync_state"
    )
    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    # the closed list of sync/causes.py; empty when all is well
    cause = models.CharField(max_length=40, blank=True)
    cause_since = models.DateTimeField(null=True)
    cause_detail = models.JSONField(default=dict)
    failures = models.IntegerField(default=0)
    last_attempt_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    run_started_at = models.DateTimeField(null=True)
    run_reason = models.CharField(max_length=20, blank=True)
    steps_done = models.IntegerField(default=0)
    steps_total = models.IntegerField(default=0)
    postings_done = models.BigIntegerField(default=0)
    postings_total = models.BigIntegerField(null=True)
    rows_new = models.IntegerField(default=0)
    rows_changed = models.IntegerField(default=0)
    rows_closed = models.IntegerField(default=0)
    requests = models.IntegerField(default=0)
    is_vanishing_accepted = models.BooleanField(default=False)
    first_usable_at = models.DateTimeField(null=True)
    masters_read_at = models.DateTimeField(null=True)
    # the key that was last seen to open this company; another one is checked before it is used
    verified_key_hash = models.BinaryField(null=True)

    def __str__(self) -> str:
        return f"state of {self.connection_id}"


class Step(models.Model):
    """One durable step of a run: done steps are deleted in the transaction of what they landed."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    connection = models.ForeignKey("clients.Connection", on_delete=models.CASCADE)
    position = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    first = models.DateField(null=True)
    last = models.DateField(null=True)
    since = models.CharField(max_length=60, null=True)
    token = models.CharField(max_length=200, null=True)
    is_complete = models.BooleanField(default=False)
    rows_seen = models.BigIntegerField(default=0)
    rounds = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "position"], name="step_position"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first}–{self.last}"


class Run(models.Model):
    """One finished run, as people see it in the history."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    connection = models.ForeignKey("clients.Connection", on_delete=models.CASCADE)
    reason = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    cause = models.CharField(max_length=40, blank=True)
    rows_new = models.IntegerField()
    rows_changed = models.IntegerField()
    rows_closed = models.IntegerField()
    requests = models.IntegerField()
    sealed_months = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["connection", "-finished_at"], name="run_newest")]

    def __str__(self) -> str:
        return f"run of {self.connection_id}"


class AccessToken(models.Model):
    """A short-lived token of the source, shared by all workers, sealed."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    reference = models.CharField(max_length=60)
    sealed = models.BinaryField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "reference"], name="one_token_per_reference"),
        ]

    def __str__(self) -> str:
        return self.reference


class Schedule(models.Model):
    """When each active connection is next due. Ids and times only: the scheduler sees all firms."""

    connection_id = models.BigIntegerField(primary_key=True)
    firm_id = models.UUIDField()
    next_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.connection_id} at {self.next_at}"


class Budget(models.Model):
    """When the next request may be sent, per shared allowance."""

    key = models.CharField(max_length=60, primary_key=True)
    free_at = models.DateTimeField()
    rate = models.FloatField()
    granted = models.BigIntegerField(default=0)
    throttled = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.key


class BudgetWait(models.Model):
    """Who waits for the allowance, so that lower priorities step back while somebody looks on."""

    process = models.CharField(max_length=80, primary_key=True)
    key = models.CharField(max_length=60)
    priority = models.IntegerField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.process


class TestRun(models.Model):
    """«Send testdata»: the real chain into a landing that is rolled back."""

    __test__ = False  # not a test case, whatever its name

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    connection = models.ForeignKey("clients.Connection", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=10, default="waiting")
    counts = models.JSONField(default=dict)
    seconds = models.FloatField(null=True)
    cause = models.CharField(max_length=40, blank=True)
    cause_detail = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.public_id)


class DocumentRequest(models.Model):
    """«Vis bilag»: a voucher's document, fetched by a job and kept for a short while."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    connection = models.ForeignKey("clients.Connection", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    voucher_id = models.CharField(max_length=100)
    state = models.CharField(max_length=10, default="waiting")
    outcome = models.CharField(max_length=40, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    content_sealed = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="document_age")]

    def __str__(self) -> str:
        return str(self.public_id)
