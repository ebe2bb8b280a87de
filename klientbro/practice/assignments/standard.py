"""The standard assignment templates. A firm imports them once; a newer version updates its copy.

Titles are English sources; a firm's copy is written in the language of the person who imports it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from klientbro.practice.assignments.rules import Rule


@dataclass(frozen=True, slots=True)
class StandardTask:
    """A recurring task: its lasting key, the column it counts in, and when it is due."""

    key: str
    title: str | Promise
    kind: str
    rule: Rule
    day: int | None = None
    month: int | None = None


@dataclass(frozen=True, slots=True)
class StandardTemplate:
    key: str
    version: int
    kind: str
    name: str | Promise
    tasks: tuple[StandardTask, ...]


STANDARD_TEMPLATES = (
    StandardTemplate(
        "vat",
        1,
        "vat",
        _("VAT"),
        (
            StandardTask("collect", _("Collect vouchers for the VAT term"), "vat", Rule.VAT, -20),
            StandardTask("reconcile", _("Reconcile VAT accounts"), "vat", Rule.VAT, -5),
            StandardTask("approve", _("Client approves the VAT return"), "vat", Rule.VAT, -2),
        ),
    ),
    StandardTemplate(
        "accounting",
        1,
        "accounting",
        _("Accounting"),
        (
            StandardTask("book", _("Book vouchers"), "accounting", Rule.MONTHLY, 10),
            StandardTask("bank", _("Reconcile bank"), "reconciliation", Rule.MONTHLY, 12),
            StandardTask("balance", _("Reconcile balance"), "reconciliation", Rule.MONTHLY, 20),
            StandardTask("report", _("Report to the client"), "report", Rule.MONTHLY, 25),
        ),
    ),
    StandardTemplate(
        "payroll",
        1,
        "payroll",
        _("Payroll"),
        (
            StandardTask("basis", _("Collect hours and changes"), "payroll", Rule.PAY_DAY, -5),
            StandardTask("run", _("Run payroll"), "payroll", Rule.PAY_DAY, -2),
            StandardTask(
                "reconcile",
                _("Reconcile payroll against the a-melding"),
                "payroll",
                Rule.MONTHLY,
                8,
            ),
        ),
    ),
    StandardTemplate(
        "invoicing",
        1,
        "invoicing",
        _("Invoicing"),
        (
            StandardTask("invoice", _("Send invoices"), "invoicing", Rule.MONTHLY, 5),
            StandardTask("remind", _("Send reminders"), "invoicing", Rule.MONTHLY, 20),
        ),
    ),
    StandardTemplate(
        "annual",
        1,
        "annual",
        _("Annual accounts"),
        (
            StandardTask("stock", _("Collect stock count"), "annual", Rule.AFTER_YEAR, 31, 1),
            StandardTask("reconcile", _("Reconcile the year"), "annual", Rule.AFTER_YEAR, 28, 2),
            StandardTask(
                "accounts", _("Prepare annual accounts"), "annual", Rule.AFTER_YEAR, 30, 4
            ),
            StandardTask("tax", _("Prepare tax return"), "annual", Rule.AFTER_YEAR, 20, 5),
        ),
    ),
    StandardTemplate(
        "reverse_charge",
        1,
        "vat",
        _("VAT quarterly (reverse charge)"),
        (
            StandardTask(
                "collect", _("Collect foreign purchases"), "vat", Rule.VAT_REVERSE_CHARGE, -10
            ),
        ),
    ),
)
BY_KEY = {template.key: template for template in STANDARD_TEMPLATES}
