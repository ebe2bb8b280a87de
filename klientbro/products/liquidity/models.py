"""Likviditet's tables: what people have set, what was learned, and forecasts that are kept.

They refer to accounts and parties by the source's own ids and numbers and outlive every
connection. Everything two people may edit at once has a version.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from klientbro.tenants.typed import TypedCharField


class Settings(models.Model):
    """How a client's forecast is made. No row: as the rules suggest.

    limit: the bank should not fall under it. bank_accounts: account ids; empty is every one the
    source names, else 1920–1999.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.OneToOneField("clients.Client", on_delete=models.CASCADE, related_name="+")
    limit = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    bank_accounts = models.JSONField(default=list)
    pay_day = models.PositiveSmallIntegerField(null=True)
    monthly_gross = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    has_no_payroll = models.BooleanField(default=False)
    assessed_tax = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    overdue = models.CharField(max_length=20, default="spread")
    spread_days = models.PositiveSmallIntegerField(default=42)
    doubtful_after = models.PositiveSmallIntegerField(default=180)
    with_estimates = models.BooleanField(default=True)
    version = models.IntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(pay_day__isnull=True) | Q(pay_day__range=(1, 31)),
                name="liquidity_pay_day_is_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"liquidity settings of {self.client_id}"


class CustomerHabit(models.Model):
    """How many days late a customer pays, as a person has set it; it rules over what is learned."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    party = TypedCharField(max_length=50)
    days = models.SmallIntegerField()
    version = models.IntegerField(default=1)
    changed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "party"], name="liquidity_habit_once"),
        ]

    def __str__(self) -> str:
        return f"habit of {self.party}"


class ExpectedDay(models.Model):
    """The day a person expects the money of an open item."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    item = models.CharField(max_length=120)  # customer:id or supplier:id
    day = models.DateField()
    version = models.IntegerField(default=1)
    changed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "item"], name="liquidity_expected_once"),
        ]

    def __str__(self) -> str:
        return self.item


class PlannedLine(models.Model):
    """A manual line, or a recurring one that was offered and taken (offer_key tells which)."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    title = TypedCharField(max_length=200)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    first = models.DateField()
    last = models.DateField(null=True)
    interval = models.CharField(max_length=20, default="once")
    kind = models.CharField(max_length=20)
    account = models.CharField(max_length=20, blank=True)
    party = TypedCharField(max_length=50, blank=True)
    settled_voucher = models.BigIntegerField(null=True)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=4, default=0)
    offer_key = models.CharField(max_length=200, blank=True)
    version = models.IntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="liquidity_line_moves_money"),
            models.CheckConstraint(
                condition=Q(last__isnull=True) | Q(last__gte=models.F("first")),
                name="liquidity_line_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["client", "offer_key"],
                condition=~Q(offer_key=""),
                name="liquidity_offer_taken_once",
            ),
        ]
        indexes = [models.Index(fields=["client"], name="liquidity_planned")]

    def __str__(self) -> str:
        return self.title


class Loan(models.Model):
    """A loan paid down in equal parts, with interest of what is left."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    title = TypedCharField(max_length=200)
    remaining = models.DecimalField(max_digits=18, decimal_places=2)
    instalment = models.DecimalField(max_digits=18, decimal_places=2)
    yearly_rate = models.DecimalField(max_digits=7, decimal_places=5)
    next_day = models.DateField()
    interval = models.CharField(max_length=20, default="monthly")
    account = models.CharField(max_length=20, blank=True)
    version = models.IntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(remaining__gt=0, instalment__gt=0, yearly_rate__gte=0),
                name="liquidity_loan_is_paid_down",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Offer(models.Model):
    """A recurring movement found in history: offered, then taken or refused by a person."""

    class State(models.TextChoices):
        OFFERED = "offered"
        TAKEN = "taken"
        REFUSED = "refused"

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OFFERED)
    title = TypedCharField(max_length=200)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    interval = models.CharField(max_length=20)
    next_day = models.DateField()
    kind = models.CharField(max_length=20)
    account = models.CharField(max_length=20, blank=True)
    party = models.CharField(max_length=50, blank=True)
    seen = models.JSONField(default=list)  # [day, amount, voucher], the newest last
    found_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "key"], name="liquidity_offer_once"),
        ]

    def __str__(self) -> str:
        return self.key


class Scenario(models.Model):
    """Named changes beside the base."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    name = TypedCharField(max_length=100)
    changes = models.JSONField(default=list)
    version = models.IntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["client"], name="liquidity_scenario_client")]

    def __str__(self) -> str:
        return self.name


class Learned(models.Model):
    """What was read out of the books at a landing: history by month, duties, habits.

    A page uses it while the books still stand at that landing and day; else it reads anew.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.OneToOneField("clients.Client", on_delete=models.CASCADE, related_name="+")
    connection_id = models.BigIntegerField()
    landing = models.IntegerField()
    start = models.DateField()
    bank = models.TextField(blank=True)  # which accounts counted as bank
    ground = models.JSONField(default=dict)
    habits = models.JSONField(default=dict)
    learned_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"learned of {self.client_id}"


class Standing(models.Model):
    """The forecast in figures for the list, kept by a job after every landing."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.OneToOneField("clients.Client", on_delete=models.CASCADE, related_name="+")
    connection_id = models.BigIntegerField()
    landing = models.IntegerField()
    items = models.BigIntegerField(default=0)  # the newest snapshot of open items
    start = models.DateField()
    opening = models.DecimalField(max_digits=20, decimal_places=2)
    limit = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    lowest = models.DecimalField(max_digits=20, decimal_places=2)
    lowest_day = models.DateField()
    first_under = models.DateField(null=True)
    closing = models.DecimalField(max_digits=20, decimal_places=2)
    is_complete = models.BooleanField(default=True)
    counted_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["firm", "first_under"], name="liquidity_standing_under")]

    def __str__(self) -> str:
        return f"standing of {self.client_id}"


class KeptForecast(models.Model):
    """A day's first forecast of a client, never changed: what is later compared with the bank.

    points: [days on, bank, money out until then]. bank: [number, name] of the accounts it counted;
    empty for those from before that was kept.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    connection_id = models.BigIntegerField()
    landing = models.IntegerField()
    day = models.DateField()
    opening = models.DecimalField(max_digits=20, decimal_places=2)
    lowest = models.DecimalField(max_digits=20, decimal_places=2)
    lowest_day = models.DateField()
    limit = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    points = models.JSONField(default=list)
    bank = models.JSONField(default=list)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "day"], name="liquidity_kept_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} {self.day}"
