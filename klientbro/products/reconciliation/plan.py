"""How each account is to be reconciled: the client's own choice, the firm's template, or the rules.

The first that says anything rules: AccountPlan, then the longest prefix of the template for the
client's company form, then the one for every form, then domain/reconciliation/methods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.money import ZERO
from klientbro.domain.reconciliation.methods import Frequency, Method, suggest_method
from klientbro.ledger.queries.reconciling import ChartAccount
from klientbro.products.reconciliation.models import AccountPlan, PlanTemplateLine
from klientbro.products.reconciliation.written import Written
from klientbro.tenants.models import User

Held = TypeVar("Held")


@dataclass(frozen=True, slots=True)
class Plan:
    """What rules for one account, and where it comes from: client, template or rules."""

    method: Method
    frequency: Frequency
    source: str
    assignee_id: int | None = None
    materiality: Decimal = ZERO
    needs_document: bool = False
    is_left_out: bool = False
    left_out_reason: str = ""
    version: int = 0
    risk: str = ""  # of domain Risk; empty: nobody has judged it


@dataclass(frozen=True, slots=True)
class TypedPlan:
    """A plan as a person chose it."""

    method: Method
    frequency: Frequency
    assignee_id: int | None
    materiality: Decimal
    needs_document: bool
    is_left_out: bool
    left_out_reason: str
    risk: str = ""


def plans_of(written: Written, accounts: Sequence[ChartAccount]) -> dict[str, Plan]:
    """The plan of every account, by the source's account id."""
    own = {row.account_id: row for row in written.plans}
    form = written.facts.company_form if written.facts else ""
    forms, lines = written.template_forms, written.template_lines
    specific = {line.prefix: line for line in lines if form and forms.get(line.template_id) == form}
    general = {line.prefix: line for line in lines if forms.get(line.template_id) == ""}
    return {
        each.account.id: _plan(each, own.get(each.account.id), (specific, general))
        for each in accounts
    }


def _plan(
    account: ChartAccount,
    own: AccountPlan | None,
    templates: Iterable[Mapping[str, PlanTemplateLine]],
) -> Plan:
    if own is not None:
        return Plan(
            Method(own.method),
            Frequency(own.frequency),
            "client",
            own.assignee_id,
            own.materiality,
            own.needs_document,
            own.is_left_out,
            own.left_out_reason,
            own.version,
            own.risk,
        )
    for lines in templates:
        line = longest_prefix(account.account.number, lines)
        if line is not None:
            return Plan(
                Method(line.method),
                Frequency(line.frequency),
                "template",
                line.assignee_id,
                materiality=line.materiality,
                needs_document=line.needs_document,
            )
    suggested = suggest_method(
        account.account, control=account.control, is_bank_account=account.is_bank_account
    )
    # the suggestion that something documents it becomes a demand only when the firm says so
    return Plan(suggested.method, suggested.frequency, "rules")


def longest_prefix(number: str, lines: Mapping[str, Held]) -> Held | None:
    """The line of the longest beginning of the account's number."""
    for length in range(len(number), 0, -1):
        if (line := lines.get(number[:length])) is not None:
            return line
    return None


def save_plan(
    client_id: int, account_id: str, typed: TypedPlan, *, version: int, by: User
) -> AccountPlan:
    """The client's own plan for an account. RefusedError when another has saved it meanwhile."""
    if typed.materiality < 0:
        raise RefusedError(_("The materiality cannot be negative."), field="materiality")
    if typed.is_left_out and not typed.left_out_reason.strip():
        raise RefusedError(
            _("Write why the account is not reconciled; it is part of the documentation."),
            field="left_out_reason",
        )
    values = {
        "method": typed.method.value,
        "frequency": typed.frequency.value,
        "assignee_id": typed.assignee_id,
        "materiality": typed.materiality,
        "needs_document": typed.needs_document,
        "is_left_out": typed.is_left_out,
        "left_out_reason": typed.left_out_reason.strip(),
        "risk": typed.risk,
        "changed_by": by,
    }
    with transaction.atomic():
        held = (
            AccountPlan.objects.select_for_update()
            .filter(client_id=client_id, account_id=account_id)
            .first()
        )
        if (held.version if held else 0) != version:
            raise _stale()
        if held is None:
            try:
                with transaction.atomic():
                    return AccountPlan.objects.create(
                        firm_id=current_firm_id(),
                        client_id=client_id,
                        account_id=account_id,
                        **values,
                    )
            except IntegrityError:  # another has just made it
                raise _stale() from None
        for name, value in values.items():
            setattr(held, name, value)
        held.version += 1
        held.save()
        return held


def _stale() -> RefusedError:
    return RefusedError(
        _("Somebody else has changed the plan meanwhile. Load the page again."), code="stale"
    )
