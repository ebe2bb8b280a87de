"""The firm's reconciliation plans per company form: standard ones, saving, and giving to a client.

A template rules by itself for clients of its form that have made no choice of their own; given to
a client it becomes the client's own plan, account by account, after a preview.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.client_facts import CompanyForm
from klientbro.domain.money import ZERO
from klientbro.domain.reconciliation.methods import Frequency, Method
from klientbro.products.reconciliation.models import PlanTemplate, PlanTemplateLine
from klientbro.products.reconciliation.plan import TypedPlan, longest_prefix, save_plan
from klientbro.products.reconciliation.sheet import Line, MonthSheet
from klientbro.tenants.models import User

MOST_LINES = 100
PREFIX_LENGTH = 20
# '' is for every form; the others in the order they are shown
FORMS = ("", *(form.value for form in CompanyForm if form is not CompanyForm.OTHER))


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """How accounts that begin so are reconciled."""

    prefix: str
    method: Method
    frequency: Frequency
    assignee_id: int | None = None
    materiality: Decimal = ZERO
    needs_document: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What giving a template does to one account of a client."""

    line: Line
    wanted: TemplateLine

    @property
    def is_own(self) -> bool:
        """The client has a choice of its own that would be replaced."""
        return self.line.plan.source == "client"

    @property
    def changes(self) -> bool:
        plan, wanted = self.line.plan, self.wanted
        return (
            plan.method,
            plan.frequency,
            plan.assignee_id,
            plan.materiality,
            plan.needs_document,
        ) != (
            wanted.method,
            wanted.frequency,
            wanted.assignee_id,
            wanted.materiality,
            wanted.needs_document,
        )


def _every(
    method: Method, frequency: Frequency, *prefixes: str, document: bool = False
) -> tuple[TemplateLine, ...]:
    return tuple(TemplateLine(one, method, frequency, needs_document=document) for one in prefixes)


_COMMON = (
    *_every(Method.BANK, Frequency.MONTHLY, "19", "238", document=True),
    *_every(Method.LIST, Frequency.MONTHLY, "190", document=True),  # cash is counted
    *_every(Method.RECEIVABLES, Frequency.MONTHLY, "150"),
    *_every(Method.PAYABLES, Frequency.MONTHLY, "240"),
    # norwegian-accounting.md §9: withheld tax and VAT are looked at every month
    *_every(Method.VAT, Frequency.MONTHLY, "270", "271", "274"),
    *_every(Method.PAYROLL, Frequency.MONTHLY, "26"),
    *_every(Method.PAYROLL, Frequency.TWO_MONTHLY, "277", "2780", "293"),
    *_every(Method.HOLIDAY_PAY, Frequency.HALF_YEARLY, "2781", "294"),
    *_every(Method.SCHEDULE, Frequency.QUARTERLY, "17", "295", "296"),
    *_every(Method.LIST, Frequency.YEARLY, "10", "11", "12", "14", "22", document=True),
)
# norwegian-accounting.md §8 and §9: ENK has 2050 and 2060, no share capital and no 2500.
STANDARD: Mapping[str, tuple[TemplateLine, ...]] = {
    "AS": (
        *_COMMON,
        *_every(Method.MANUAL, Frequency.YEARLY, "20", "25", "28", document=True),
    ),
    "ENK": (
        *_COMMON,
        *_every(Method.MANUAL, Frequency.HALF_YEARLY, "2060"),
        *_every(Method.MANUAL, Frequency.YEARLY, "2050"),
    ),
    "DA": (
        *_COMMON,
        *_every(Method.MANUAL, Frequency.YEARLY, "20", document=True),
    ),
}


def lines_of(form: str) -> tuple[list[TemplateLine], int]:
    """The template's lines by prefix, and its version; 0 when the firm has none. One statement."""
    rows = list(
        PlanTemplateLine.objects.filter(template__company_form=form)
        .annotate(template_version=F("template__version"))
        .order_by("prefix")
    )
    if not rows:
        held = PlanTemplate.objects.filter(company_form=form).first()
        return [], held.version if held else 0
    return [_line(row) for row in rows], rows[0].template_version


def bring_in_standard() -> int:
    """Makes the standard templates the firm has none of; how many. Twice, it makes none."""
    made = 0
    for form, lines in STANDARD.items():
        if PlanTemplate.objects.filter(company_form=form).exists():
            continue
        save_template(form, lines, version=0)
        made += 1
    return made


def save_template(form: str, lines: Sequence[TemplateLine], *, version: int) -> None:
    """Replaces the template's lines. RefusedError when another has saved it meanwhile."""
    _check(form, lines)
    with transaction.atomic():
        held = PlanTemplate.objects.select_for_update().filter(company_form=form).first()
        if (held.version if held else 0) != version:
            raise _stale()
        if held is None:
            try:
                with transaction.atomic():
                    held = PlanTemplate.objects.create(firm_id=current_firm_id(), company_form=form)
            except IntegrityError:  # another has just made it
                raise _stale() from None
        else:
            held.version += 1
            held.save(update_fields=["version"])
            held.lines.all().delete()
        PlanTemplateLine.objects.bulk_create(
            PlanTemplateLine(
                firm_id=held.firm_id,
                template=held,
                prefix=line.prefix,
                method=line.method.value,
                frequency=line.frequency.value,
                assignee_id=line.assignee_id,
                materiality=line.materiality,
                needs_document=line.needs_document,
            )
            for line in lines
        )


def proposals(sheet: MonthSheet, form: str) -> list[Proposal]:
    """What the template of the form would make of the client's accounts. One statement."""
    by_prefix = {line.prefix: line for line in lines_of(form)[0]}
    found = ((line, longest_prefix(line.account.number.strip(), by_prefix)) for line in sheet.lines)
    return [Proposal(line, wanted) for line, wanted in found if wanted is not None]


def give_template(
    client_id: int,
    proposed: Sequence[Proposal],
    chosen: Mapping[str, int],
    *,
    by: User,
) -> int:
    """Makes the template's plan the client's own for the chosen accounts; how many changed.

    chosen: by account id the version of the plan as it was previewed. All or nothing.
    """
    given = 0
    with transaction.atomic():
        for one in proposed:
            if one.line.account.id not in chosen or not one.changes:
                continue
            wanted = one.wanted
            save_plan(
                client_id,
                one.line.account.id,
                TypedPlan(
                    method=wanted.method,
                    frequency=wanted.frequency,
                    assignee_id=wanted.assignee_id,
                    materiality=wanted.materiality,
                    needs_document=wanted.needs_document,
                    # a template says nothing of these: what a person judged stays
                    is_left_out=one.line.plan.is_left_out,
                    left_out_reason=one.line.plan.left_out_reason,
                    risk=one.line.plan.risk,
                ),
                version=chosen[one.line.account.id],
                by=by,
            )
            given += 1
    return given


def _check(form: str, lines: Sequence[TemplateLine]) -> None:
    if form not in FORMS:
        raise RefusedError(_("Choose a company form from the list."), field="form")
    seen: set[str] = set()
    for line in lines:
        if not line.prefix.isascii() or not line.prefix.isdigit():
            raise RefusedError(
                _("«%(text)s» is not how an account number begins. Write digits, as 19 or 1920.")
                % {"text": line.prefix},
                field="prefix",
            )
        if len(line.prefix) > PREFIX_LENGTH:
            raise RefusedError(_("An account number has at most 20 digits."), field="prefix")
        if line.prefix in seen:
            raise RefusedError(
                _("%(text)s is there twice. Keep one of them.") % {"text": line.prefix},
                field="prefix",
            )
        if line.materiality < 0:
            raise RefusedError(_("The materiality cannot be negative."), field="materiality")
        seen.add(line.prefix)


def _line(row: PlanTemplateLine) -> TemplateLine:
    return TemplateLine(
        row.prefix,
        Method(row.method),
        Frequency(row.frequency),
        row.assignee_id,
        row.materiality,
        row.needs_document,
    )


def _stale() -> RefusedError:
    return RefusedError(
        _("Somebody else has changed the template meanwhile. Load the page again."), code="stale"
    )
