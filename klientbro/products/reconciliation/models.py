"""Avstemming's tables. They refer to accounts by the source's id and outlive every connection.

An account in a month is (client, account_id, month): month is its first day, account_id the
source's own id, since numbers may be edited. What a person has signed is never changed or deleted:
bokføringsloven § 13 asks for five years.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from klientbro.products.reconciliation.bank_models import (
    KeptSuggestions,
    Match,
    MatchMember,
    MatchRule,
    Statement,
    StatementLine,
)
from klientbro.tenants.sealed import SealedField
from klientbro.tenants.typed import TypedCharField, TypedTextField

__all__ = [
    "AccountPlan",
    "Attachment",
    "ClosedPeriod",
    "DocumentedLine",
    "KeptSuggestions",
    "Match",
    "MatchMember",
    "MatchRule",
    "Note",
    "PlanTemplate",
    "PlanTemplateLine",
    "Progress",
    "SignOff",
    "Statement",
    "StatementLine",
    "Suspension",
    "SuspensionNotice",
]


class AccountPlan(models.Model):
    """How an account of a client is to be reconciled; made when a person departs from the
    suggestion, so an account without one follows the template or the rules."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    account_id = models.CharField(max_length=100)
    method = models.CharField(max_length=20)
    frequency = models.CharField(max_length=20)
    assignee = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    materiality = models.DecimalField(max_digits=20, decimal_places=2, default=0)
    needs_document = models.BooleanField(default=False)
    risk = models.CharField(max_length=10, blank=True, default="")  # empty: not judged
    is_left_out = models.BooleanField(default=False)
    left_out_reason = TypedTextField(blank=True)
    version = models.IntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "account_id"], name="plan_per_account"),
            models.CheckConstraint(
                condition=Q(materiality__gte=0), name="materiality_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"plan of {self.account_id}"


class PlanTemplate(models.Model):
    """The firm's own plan for a company form; '' is for every form."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    company_form = models.CharField(max_length=20, blank=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="plan_template_firm_id"),
            models.UniqueConstraint(fields=["firm", "company_form"], name="plan_template_per_form"),
        ]

    def __str__(self) -> str:
        return self.company_form or "every form"


class PlanTemplateLine(models.Model):
    """Accounts whose number begins with the prefix; the longest prefix wins."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    template = models.ForeignKey(PlanTemplate, on_delete=models.CASCADE, related_name="lines")
    prefix = models.CharField(max_length=20)
    method = models.CharField(max_length=20)
    frequency = models.CharField(max_length=20)
    assignee = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    materiality = models.DecimalField(max_digits=20, decimal_places=2, default=0)
    needs_document = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["template", "prefix"], name="plan_line_once"),
        ]

    def __str__(self) -> str:
        return self.prefix


class ClosedPeriod(models.Model):
    """A month the firm has closed for a client. Reopened, the row stays with its reason."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    closed_at = models.DateTimeField(auto_now_add=True)
    closed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reopened_at = models.DateTimeField(null=True)
    reopened_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reason = TypedTextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "month"],
                condition=Q(reopened_at__isnull=True),
                name="closed_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class DocumentedLine(models.Model):
    """A line of what documents an account's balance: an asset, a count, a timing item, a loan.

    `is_carried`: comes back next month until removed. A removed line stays, marked.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    account_id = models.CharField(max_length=100)
    month = models.DateField()
    text = TypedCharField(max_length=200)
    amount = models.DecimalField(max_digits=20, decimal_places=2)  # ledger sign
    voucher_no = models.BigIntegerField(null=True)
    # the row of the page it was made from, as timing.py knows it again; empty: typed by a person
    source = TypedCharField(max_length=160, blank=True, default="")
    is_carried = models.BooleanField(default=False)
    carried_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="documented_firm_id"),
            # carrying forward twice, or from two pages at once, gives one line
            models.UniqueConstraint(
                fields=["carried_from", "month"],
                condition=Q(carried_from__isnull=False),
                name="carried_once",
            ),
            models.UniqueConstraint(
                fields=["client", "account_id", "month", "source"],
                condition=Q(removed_at__isnull=True) & ~Q(source=""),
                name="timing_item_once",
            ),
        ]
        indexes = [
            models.Index(fields=["client", "month", "account_id"], name="documented_of_month")
        ]

    def __str__(self) -> str:
        return self.text


class SignOff(models.Model):
    """One signature, or one taken back: append-only. The newest of an account and month rules.

    snapshot: what was signed, in the form of domain/reconciliation; it is compared with the books
    whenever it is shown, so that no late job can leave it green.
    """

    class Step(models.TextChoices):
        PREPARED = "prepared", _("Prepared")
        REVIEWED = "reviewed", _("Reviewed")
        RETURNED = "returned", _("Sent back")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    account_id = models.CharField(max_length=100)
    month = models.DateField()
    step = models.CharField(max_length=12, choices=Step)
    is_automatic = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey("tenants.User", on_delete=models.PROTECT, null=True, related_name="+")
    comment = TypedTextField(blank=True)
    landing = models.IntegerField()
    balance = models.DecimalField(max_digits=20, decimal_places=2)
    documented = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    snapshot = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "id"], name="sign_off_firm_id")]
        indexes = [
            models.Index(fields=["client", "month", "account_id", "-id"], name="sign_off_newest")
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.account_id} {self.month:%Y-%m}"


class Suspension(models.Model):
    """A signature that no longer holds, and why: written once for each signature and cause, so
    that those concerned are told once. Whether it stands is always worked out anew.

    confirmed_at: a count after an ended run found it; in the middle of one much is unproved for
    a moment. ended_at: the books were changed back, so that the signature holds again.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    sign_off = models.ForeignKey(SignOff, on_delete=models.CASCADE, related_name="suspensions")
    cause = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)
    found_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="suspension_firm_id"),
            models.UniqueConstraint(fields=["sign_off", "cause"], name="suspended_once_per_cause"),
        ]

    def __str__(self) -> str:
        return self.cause


class SuspensionNotice(models.Model):
    """A person has been told of a suspension, in a digest: once, for ever."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    suspension = models.ForeignKey(Suspension, on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey("tenants.User", on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["suspension", "user"], name="told_of_suspension_once"),
        ]

    def __str__(self) -> str:
        return f"{self.suspension_id} to {self.user_id}"


class Progress(models.Model):
    """Counts of a client's month for the lists; worked out anew whenever the month is shown.

    connection_id, landing, ground: what the counting job last counted from; see recount.py.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    to_do = models.IntegerField()
    prepared = models.IntegerField()
    reviewed = models.IntegerField()
    suspended = models.IntegerField()
    differing = models.IntegerField()
    counted_at = models.DateTimeField(auto_now=True)
    connection_id = models.BigIntegerField(null=True)
    landing = models.IntegerField(default=0)
    ground = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "month"], name="progress_of_month"),
        ]
        indexes = [models.Index(fields=["firm", "month"], name="progress_of_firm")]

    def __str__(self) -> str:
        return f"{self.client_id} {self.month:%Y-%m}"


class Note(models.Model):
    """A comment on an account in a month, or a note somebody must resolve."""

    class State(models.TextChoices):
        COMMENT = "comment", _("Comment")
        OPEN = "open", _("To be resolved")
        RESOLVED = "resolved", _("Resolved")

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    account_id = models.CharField(max_length=100)
    month = models.DateField()
    text = TypedTextField()
    state = models.CharField(max_length=10, choices=State, default=State.COMMENT)
    assignee = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    written_at = models.DateTimeField(auto_now_add=True)
    written_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["client", "month", "account_id"], name="note_of_month")]

    def __str__(self) -> str:
        return self.text[:40]


class Attachment(models.Model):
    """A file that documents an account in a month, sealed under the firm's key. Never replaced."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    account_id = models.CharField(max_length=100)
    month = models.DateField()
    name = TypedCharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    content_sealed = SealedField(sealed_as="attachment")
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "account_id", "month", "sha256"],
                condition=Q(removed_at__isnull=True),
                name="attached_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class KeptFile(models.Model):
    """A large period's documentation, made by a job and kept. Its content is never replaced.

    ground: a checksum of all it says but who made it and when: the same ground is the same file.
    """

    class Kind(models.TextChoices):
        PDF = "pdf"
        EXCEL = "xlsx"

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    UNDER_WAY = (State.WAITING, State.RUNNING)

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    language = models.CharField(max_length=2)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    steps_done = models.SmallIntegerField(default=0)
    ground = models.CharField(max_length=64, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.IntegerField(default=0)
    content_sealed = SealedField(null=True, sealed_as="period_file")
    asked_at = models.DateTimeField(auto_now_add=True)
    asked_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "month", "kind"],
                condition=Q(state__in=["waiting", "running"]),
                name="file_under_way_once",
            ),
        ]
        indexes = [models.Index(fields=["client", "month", "kind"], name="file_of_period")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}.{self.kind}"
