"""The firm's own matching rules: written, changed and deleted, each bounded before it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.reconciliation.match_rules import MatchKind, TextCondition
from klientbro.products.reconciliation.models import MatchRule
from klientbro.products.reconciliation.suggestions import MOST_RULES, domain_rule
from klientbro.tenants.models import User

MOST_DAYS = 366
MOST_PRIORITY = 9_999
MOST_TOLERANCE = Decimal(1000)


@dataclass(frozen=True, slots=True)
class TypedRule:
    """A rule as a person typed it. is_for_firm: for every account, else the account at hand."""

    name: str
    shape: str
    condition: str
    contains: str
    tolerance: Decimal | None
    days_before: int | None
    days_after: int | None
    priority: int | None
    is_on: bool
    is_for_firm: bool


def checked(typed: TypedRule, client_id: int, account_id: str) -> MatchRule:
    """The rule as a row that is not saved; RefusedError names the field that is wrong."""
    name = " ".join(typed.name.split())
    if not name or len(name) > 100:
        raise RefusedError(_("Give the rule a name of at most 100 characters."), field="name")
    if typed.shape not in set(MatchKind):
        raise RefusedError(_("Choose how many belong together."), field="shape")
    if typed.condition not in set(TextCondition):
        raise RefusedError(_("Choose what they must have in common."), field="condition")
    if typed.tolerance is None or not 0 <= typed.tolerance <= MOST_TOLERANCE:
        raise RefusedError(
            _("The amount that may differ must be between 0,00 and 1 000,00."), field="tolerance"
        )
    days_before = _days(typed.days_before, "days_before")
    days_after = _days(typed.days_after, "days_after")
    if typed.priority is None or not 1 <= typed.priority <= MOST_PRIORITY:
        raise RefusedError(
            _("The order must be a whole number from 1 to %(most)s.") % {"most": MOST_PRIORITY},
            field="priority",
        )
    if typed.shape == MatchKind.MANY_TO_MANY and typed.condition == TextCondition.ANY:
        raise RefusedError(
            _(
                "This rule would match anything that happens to come to zero. Choose what they "
                "must have in common."
            ),
            field="condition",
        )
    contains = " ".join(typed.contains.split())
    if len(contains) > 200:
        raise RefusedError(_("Use at most 200 characters of words."), field="contains")
    row = MatchRule(
        firm_id=current_firm_id(),
        client_id=None if typed.is_for_firm else client_id,
        account_id="" if typed.is_for_firm else account_id,
        name=name,
        shape=typed.shape,
        condition=typed.condition,
        contains=contains,
        tolerance=typed.tolerance,
        days_before=days_before,
        days_after=days_after,
        priority=typed.priority,
        is_on=typed.is_on,
    )
    domain_rule(row)  # the search's own bounds
    return row


def _days(typed: int | None, field: str) -> int:
    if typed is None or not 0 <= typed <= MOST_DAYS:
        raise RefusedError(
            _("The days must be a whole number from 0 to %(most)s.") % {"most": MOST_DAYS},
            field=field,
        )
    return typed


def save_rule(row: MatchRule, rule_id: UUID | None, version: int, *, by: User) -> None:
    """Writes the rule, new or in place of the one it was typed over.

    RefusedError when somebody else has changed or deleted that one meanwhile.
    """
    row.changed_by = by
    with transaction.atomic():
        if rule_id is None:
            if MatchRule.objects.count() >= MOST_RULES * 10:
                raise RefusedError(
                    _("The firm has too many rules. Delete one that is not used."), field="name"
                )
            row.save()
            return
        held = MatchRule.objects.select_for_update().filter(public_id=rule_id).first()
        if held is None or held.version != version:
            raise RefusedError(
                _("Somebody else has changed the rule meanwhile. Load the page again."),
                code="stale",
            )
        row.pk, row.public_id, row.version = held.pk, held.public_id, held.version + 1
        row.save(force_update=True)


def delete_rule(rule_id: UUID) -> bool:
    """Deletes the rule; matches it has made stay. False when it was gone."""
    deleted, _by_model = MatchRule.objects.filter(public_id=rule_id).delete()
    return bool(deleted)
