"""Avstemming's tables for bank statements and for matching within an account.

A posting is known by the source's own id, so that what people have matched outlives every copy.
Nothing is deleted: a statement taken out and a match undone stay, marked with who and when.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from klientbro.tenants.typed import TypedCharField


class Statement(models.Model):
    """An imported bank statement for an account of the ledger.

    format, fingerprint, sequence: what tells the same statement in another file, and its place
    among the others (domain/bank_statements/continuity).
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    account_id = models.CharField(max_length=100)
    bank_account = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3, default="NOK")
    reference = models.CharField(max_length=100, blank=True)
    format = models.CharField(max_length=30, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    sequence = models.BigIntegerField(null=True)
    first_day = models.DateField()
    last_day = models.DateField()
    opening = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    closing = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    file_name = TypedCharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    imported_at = models.DateTimeField(auto_now_add=True)
    imported_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="statement_firm_id"),
            # of two who import the same at once, one wins
            models.UniqueConstraint(
                fields=["client", "account_id", "fingerprint"],
                condition=Q(removed_at__isnull=True),
                name="statement_imported_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["client", "account_id", "last_day"],
                condition=Q(removed_at__isnull=True),
                name="statement_of_account",
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class StatementLine(models.Model):
    """A line of a statement. `fingerprint` tells the same line in overlapping statements.

    is_repeat: an earlier statement holds the line already; it counts in this statement's own
    balance, and nowhere else.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="lines")
    position = models.IntegerField()
    booked_on = models.DateField()
    amount = models.DecimalField(
        max_digits=20, decimal_places=2
    )  # ledger sign: money in is positive
    text = models.CharField(max_length=300, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    party = models.CharField(max_length=140, blank=True)
    fingerprint = models.CharField(max_length=64)
    is_repeat = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="statement_line_firm_id"),
            models.UniqueConstraint(fields=["statement", "position"], name="line_position"),
        ]
        indexes = [models.Index(fields=["statement", "booked_on"], name="line_day")]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount}"


class MatchRule(models.Model):
    """A rule that clears items against each other; lower priority first.

    client and account_id: for that account alone; without them for every account of the firm.
    days_before, days_after: how far the bank (or the credit) may lie from the ledger (the debit).
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(
        "clients.Client", on_delete=models.CASCADE, null=True, related_name="+"
    )
    account_id = models.CharField(max_length=100, blank=True)
    name = TypedCharField(max_length=100)
    priority = models.IntegerField(default=100)
    shape = models.CharField(max_length=20)  # domain MatchKind
    condition = models.CharField(max_length=20, default="any")  # domain TextCondition
    contains = TypedCharField(max_length=200, blank=True)  # words that stand in every text
    tolerance = models.DecimalField(max_digits=20, decimal_places=2, default=0)
    days_before = models.SmallIntegerField(default=5)
    days_after = models.SmallIntegerField(default=5)
    is_on = models.BooleanField(default=True)
    version = models.IntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="match_rule_firm_id"),
            models.CheckConstraint(
                condition=Q(
                    tolerance__gte=0,
                    days_before__gte=0,
                    days_before__lte=366,
                    days_after__gte=0,
                    days_after__lte=366,
                ),
                name="rule_within_bounds",
            ),
            models.CheckConstraint(
                condition=Q(client__isnull=True, account_id="")
                | (Q(client__isnull=False) & ~Q(account_id="")),
                name="rule_of_account_or_firm",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class KeptSuggestions(models.Model):
    """What the rules last suggested for an account at a day: one row, written over.

    ground: a hash of everything the search looked at; with another one `found` says nothing.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    account_id = models.CharField(max_length=100)
    day = models.DateField()
    ground = models.CharField(max_length=64)
    found = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "account_id", "day"], name="suggestions_kept_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}"


class Match(models.Model):
    """Items that clear each other. Undone it stays, marked, and its items are free again.

    connection, landing: the books it was made on. A posting that has changed since suspends it,
    which is worked out whenever it is shown. reason: which rule, as match_texts reads it.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    account_id = models.CharField(max_length=100)
    books_connection = models.BigIntegerField(default=0)
    landing = models.IntegerField(default=0)
    rule = models.ForeignKey(MatchRule, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = TypedCharField(max_length=300)
    remainder = models.DecimalField(max_digits=20, decimal_places=2, default=0)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "id"], name="match_firm_id")]
        indexes = [
            models.Index(
                fields=["client", "account_id"],
                condition=Q(undone_at__isnull=True),
                name="match_standing",
            )
        ]

    def __str__(self) -> str:
        return self.reason


class MatchMember(models.Model):
    """One item of a match: a posting by its source id, or a statement's line, as it was then."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    match = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="members")
    posting_id = models.CharField(max_length=100, null=True)
    line = models.ForeignKey(StatementLine, on_delete=models.CASCADE, null=True, related_name="+")
    amount = models.DecimalField(max_digits=20, decimal_places=2)
    day = models.DateField()
    words = TypedCharField(max_length=200, blank=True)  # voucher and text, should it disappear
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    is_standing = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(posting_id__isnull=True, line__isnull=False)
                | Q(posting_id__isnull=False, line__isnull=True),
                name="member_is_one_thing",
            ),
            # of two people who match the same item at once, one wins
            models.UniqueConstraint(
                fields=["client", "posting_id"],
                condition=Q(is_standing=True, posting_id__isnull=False),
                name="posting_matched_once",
            ),
            models.UniqueConstraint(
                fields=["line"],
                condition=Q(is_standing=True, line__isnull=False),
                name="line_matched_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.posting_id or self.line_id}"
