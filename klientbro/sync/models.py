"""What sync remembers: where each connection stands, its steps and runs, the budget, the tokens."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models

from klientbro.tenants.sealed import SealedField


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
    # the run under way, or the last one; it stands on every log line and request line of the run
    run_id = models.UUIDField(null=True)
    run_started_at = models.DateTimeField(null=True)
    run_reason = models.CharField(max_length=20, blank=True)
    # who asked for the next run, until it is planned: a user of the firm, and by which way
    requested_by = models.BigIntegerField(null=True)
    requested_via = models.CharField(max_length=10, blank=True, db_default="")
    steps_done = models.IntegerField(default=0)
    steps_total = models.IntegerField(default=0)
    postings_done = models.BigIntegerField(default=0)
    postings_total = models.BigIntegerField(null=True)
    rows_new = models.IntegerField(default=0)
    rows_changed = models.IntegerField(default=0)
    rows_closed = models.IntegerField(default=0)
    requests = models.IntegerField(default=0)
    requests_failed = models.IntegerField(default=0, db_default=0)
    bytes_received = models.BigIntegerField(default=0, db_default=0)
    is_vanishing_accepted = models.BooleanField(default=False)
    first_usable_at = models.DateTimeField(null=True)
    masters_read_at = models.DateTimeField(null=True)
    # the key that was last seen to open this company; another one is checked before it is used
    verified_key_hash = models.BinaryField(null=True)
    # the period to be fetched anew by the run that is asked for; none on both sides is everything
    refetch_first = models.DateField(null=True)
    refetch_last = models.DateField(null=True)
    # a person has put the older years on hold: what is landed stays, no more of them is fetched
    history_held_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["firm", "connection"], condition=~models.Q(cause=""), name="stopped_of_firm"
            )
        ]

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
    """One run as people see it in the history: from its plan to its end, however many tries.

    outcome: running, complete, stopped (its cause is cured or tried again, and the same run goes
    on) or replaced (by a run that does everything it would have done). `finished_at`: when it last
    ended, None while it runs.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    connection = models.ForeignKey("clients.Connection", on_delete=models.CASCADE)
    run_id = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    reason = models.CharField(max_length=20)
    # person, opening, schedule or command; the user's id where a person pressed
    via = models.CharField(max_length=10, blank=True, db_default="")
    started_by = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, db_default="complete")
    attempts = models.IntegerField(default=1, db_default=1)
    cause = models.CharField(max_length=40, blank=True)
    stopped_by = models.CharField(max_length=40, blank=True, db_default="")  # last cause on the way
    rows_new = models.IntegerField(default=0)
    rows_changed = models.IntegerField(default=0)
    rows_closed = models.IntegerField(default=0)
    requests = models.IntegerField(default=0)
    requests_failed = models.IntegerField(default=0, db_default=0)
    bytes_received = models.BigIntegerField(default=0, db_default=0)
    # how many months stood sealed at its end, how many seals it made, and the newest of those
    sealed_months = models.IntegerField(default=0)
    seals_made = models.IntegerField(default=0, db_default=0)
    newest_seal_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["connection", "-finished_at"], name="run_newest"),
            models.Index(fields=["connection", "-started_at", "-id"], name="run_begun"),
            models.Index(
                fields=["connection"],
                condition=models.Q(outcome__in=["running", "stopped"]),
                name="run_open",
            ),
        ]

    def __str__(self) -> str:
        return f"run of {self.connection_id}"


class RequestLine(models.Model):
    """One outbound request, as it is kept for a set time: never headers, bodies or secrets."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE, db_index=False)
    # none for a key that was typed before its connection was made
    connection = models.ForeignKey(
        "clients.Connection", on_delete=models.CASCADE, null=True, db_index=False
    )
    run_id = models.UUIDField(null=True)
    purpose = models.CharField(max_length=10)  # sync, key_check, test or document
    at = models.DateTimeField()
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=200)
    query = models.CharField(max_length=300, blank=True)
    status = models.SmallIntegerField(null=True)  # none when no answer came
    failure = models.CharField(max_length=20, blank=True)
    bytes_received = models.BigIntegerField(default=0)  # as they came over the line, packed
    duration_ms = models.IntegerField(default=0)
    rows = models.IntegerField(null=True)
    attempt = models.SmallIntegerField(default=1)
    retry_after_seconds = models.FloatField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["connection", "-at", "-id"], name="request_newest"),
            models.Index(fields=["run_id", "at"], name="request_of_run"),
            models.Index(fields=["firm", "at"], name="request_age"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Counter(models.Model):
    """How much of something a firm has had since it began: requests by status, runs by cause.

    For metrics, which must never fall when old lines and runs are deleted.
    """

    pk = models.CompositePrimaryKey("firm_id", "name", "label")
    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=20)
    label = models.CharField(max_length=40)
    amount = models.FloatField()

    def __str__(self) -> str:
        return f"{self.name} {self.label}"


class AccessToken(models.Model):
    """A short-lived token of the source, shared by all workers, sealed."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    reference = models.CharField(max_length=60)
    sealed = SealedField(sealed_as="token|{reference}")
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
    # what it will be queued as: routine, or due soon where a deadline is near
    priority = models.IntegerField(default=30, db_default=30)

    def __str__(self) -> str:
        return f"{self.connection_id} at {self.next_at}"


class Attention(models.Model):
    """How much a client is wanted fresh: when somebody last opened it, and what was chosen."""

    connection = models.OneToOneField(
        "clients.Connection", on_delete=models.CASCADE, primary_key=True, related_name="attention"
    )
    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    opened_at = models.DateTimeField(null=True)
    # of sync/schedule.py; empty follows the firm's
    frequency = models.CharField(max_length=10, blank=True, db_default="")
    deadline = models.DateField(null=True)

    def __str__(self) -> str:
        return f"attention to {self.connection_id}"


class Pace(models.Model):
    """How often a firm wants its clients fetched, and in which hours of its working days."""

    firm = models.OneToOneField("tenants.Firm", on_delete=models.CASCADE, primary_key=True)
    frequency = models.CharField(max_length=10, db_default="normal")
    from_hour = models.SmallIntegerField(db_default=7)
    to_hour = models.SmallIntegerField(db_default=17)

    def __str__(self) -> str:
        return self.frequency


class ItemDay(models.Model):
    """A period's end that somebody works on: its open items are taken when its postings move."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    connection = models.ForeignKey("clients.Connection", on_delete=models.CASCADE)
    day = models.DateField()
    worked_on_at = models.DateTimeField()
    # how far the books had come when the items were last sent for; none: not yet
    asked_landing = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "day"], name="one_item_day"),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.day}"


class Budget(models.Model):
    """When the next request may be sent, per shared allowance.

    `paced_at` is where an even pace would be; `recent` the moments of the last ten slots, oldest
    first, which keep the limit whatever the pace. `closed_until`: nobody sends before, since the
    source has said so; where it did not say how long, for `closed_seconds`, which grow when it says
    no again soon after `closed_granted` requests.
    """

    key = models.CharField(max_length=60, primary_key=True)
    free_at = models.DateTimeField()
    paced_at = models.DateTimeField(null=True)
    recent = ArrayField(models.DateTimeField(), default=list, db_default=[])
    rate = models.FloatField()
    granted = models.BigIntegerField(default=0)
    throttled = models.BigIntegerField(default=0)
    closed_until = models.DateTimeField(null=True)
    closed_seconds = models.FloatField(default=1, db_default=1)
    closed_granted = models.BigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return self.key


class BudgetWait(models.Model):
    """Who waits for the allowance in each process: one place in the arrays for each request."""

    process = models.CharField(max_length=80, primary_key=True)
    key = models.CharField(max_length=60)
    firms = ArrayField(models.UUIDField())
    connections = ArrayField(models.BigIntegerField())
    priorities = ArrayField(models.IntegerField())
    since = ArrayField(models.DateTimeField())
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.process


class BudgetShare(models.Model):
    """Which slot a client was last served with; connection 0 is its firm as a whole."""

    pk = models.CompositePrimaryKey("key", "firm_id", "connection_id")
    key = models.CharField(max_length=60)
    firm_id = models.UUIDField()
    connection_id = models.BigIntegerField()
    served = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.connection_id} by slot {self.served}"


class BudgetMinute(models.Model):
    """How the allowance was used, by minute, firm and priority; counts only."""

    pk = models.CompositePrimaryKey("key", "minute", "firm_id", "priority")
    key = models.CharField(max_length=60)
    minute = models.DateTimeField()
    firm_id = models.UUIDField()
    priority = models.IntegerField()
    granted = models.IntegerField(db_default=0)
    throttled = models.IntegerField(db_default=0)
    waited_ms = models.BigIntegerField(db_default=0)

    class Meta:
        indexes = [models.Index(fields=["minute"], name="budget_minute_age")]

    def __str__(self) -> str:
        return f"{self.granted} at {self.minute}"


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
    content_sealed = SealedField(null=True, sealed_as="document")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="document_age")]

    def __str__(self) -> str:
        return str(self.public_id)
