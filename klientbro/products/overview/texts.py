"""Words for tasks: what the law's deadlines are called, and the term each is for."""

from __future__ import annotations

from django.utils.translation import gettext as _

from klientbro.domain.deadlines import DeadlineKind
from klientbro.domain.periods import Month
from klientbro.practice.assignments.generation import LAW
from klientbro.practice.assignments.rules import Rule
from klientbro.practice.assignments.tables import Task


def deadline_name(kind: str) -> str:
    """The deadline in a few words; the code itself for one not known here."""
    return {
        DeadlineKind.WITHHELD_TAX.value: _("Withheld tax"),
        DeadlineKind.EMPLOYERS_TAX.value: _("Employer's tax"),
        DeadlineKind.VAT_RETURN.value: _("VAT return"),
        DeadlineKind.VAT_REVERSE_CHARGE.value: _("VAT return, reverse charge"),
        DeadlineKind.A_MELDING.value: _("A-melding"),
        DeadlineKind.HOLIDAY_PAY.value: _("Holiday pay"),
        DeadlineKind.ADVANCE_TAX_COMPANY.value: _("Advance tax"),
        DeadlineKind.ADVANCE_TAX_PERSON.value: _("Advance tax"),
        DeadlineKind.ADDITIONAL_ADVANCE_TAX.value: _("Additional advance tax"),
        DeadlineKind.TAX_RETURN.value: _("Tax return"),
        DeadlineKind.SHAREHOLDER_REGISTER.value: _("Shareholder register"),
        DeadlineKind.ANNUAL_ACCOUNTS_ADOPTION.value: _("Annual accounts adopted"),
        DeadlineKind.ANNUAL_ACCOUNTS_FILING.value: _("Annual accounts sent"),
        DeadlineKind.REMAINING_TAX.value: _("Remaining tax"),
    }.get(kind, kind)


def kind_name(kind: str) -> str:
    """The column a template's task counts in."""
    return {
        "vat": _("VAT"),
        "accounting": _("Accounting"),
        "reconciliation": _("Reconciliation"),
        "report": _("Report"),
        "payroll": _("Payroll"),
        "invoicing": _("Invoicing"),
        "annual": _("Annual accounts"),
    }.get(kind, deadline_name(kind))


def kinds() -> list[tuple[str, str]]:
    """What a task may count as."""
    codes = ("vat", "accounting", "reconciliation", "report", "payroll", "invoicing", "annual")
    return [(code, kind_name(code)) for code in codes]


def rule_names() -> list[tuple[str, str]]:
    """The rules a task may follow."""
    named = {
        Rule.VAT: _("Days from the VAT deadline"),
        Rule.VAT_REVERSE_CHARGE: _("Days from the reverse-charge deadline"),
        Rule.A_MELDING: _("Days from the a-melding's deadline"),
        Rule.PAY_DAY: _("Days from the pay day"),
        Rule.MONTHLY: _("A day of the month after"),
        Rule.QUARTERLY: _("A day of the month after the quarter"),
        Rule.AFTER_YEAR: _("A day so many months after the year"),
    }
    return [(rule.value, named[rule]) for rule in Rule]


def task_title(task: Task) -> str:
    """What is to be done, and for which term."""
    name = deadline_name(task.kind) if task.key.startswith(LAW) else task.title
    term = term_name(task.term)
    return f"{name}, {term}" if term else name


def term_name(term: str) -> str:
    """«3. termin 2026», «juni 2026», «2. kvartal 2026», «2026»; empty for a single day."""
    year, _dash, rest = term.partition("-")
    if not rest:
        return year
    if rest[0] == "T":
        return _("term %(number)s %(year)s") % {"number": rest[1:], "year": year}
    if rest[0] == "Q":
        return _("quarter %(number)s %(year)s") % {"number": rest[1:], "year": year}
    if rest[0] == "P":
        return _("instalment %(number)s for %(year)s") % {"number": rest[1:], "year": year}
    if len(rest) == 2 and rest.isdigit():
        return f"{_(Month(int(year), int(rest)).name)} {year}"
    return ""
