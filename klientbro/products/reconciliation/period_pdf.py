"""The month's documentation as PDF, set by typst: PDF/A-2b, so that it can be kept for five years.

The fonts are typst's own; the machine's are left out, so that every machine makes the same file.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import typst
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from klientbro.lib.dates import format_date
from klientbro.lib.numbers import format_nok
from klientbro.products.reconciliation.period_file import (
    AccountPart,
    PeriodFile,
    moment,
    seal_words,
    signed_words,
)

TEMPLATE = Path(__file__).with_name("print") / "period.typ"
PDF_TYPE = "application/pdf"


def period_pdf(found: PeriodFile) -> bytes:
    """The file. Texts go in as data, so nothing in them is taken for markup."""
    return typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"data": json.dumps(_said(found), ensure_ascii=False)},
        ignore_system_fonts=True,
        pdf_standards="a-2b",
        timestamp=int(found.made_at.timestamp()),
    )


def _said(found: PeriodFile) -> dict[str, object]:
    facts = [
        (_("Organisation number"), found.orgnr or "–"),
        (_("Period"), f"{format_date(found.first_day)}–{format_date(found.last_day)}"),
        (_("Figures as of"), moment(found.as_of)),
        (_("Fetched from"), found.system),
    ]
    return {
        "lang": (get_language() or "nb")[:2],
        "title": _("Reconciliation %(month)s") % {"month": found.period},
        "firm": found.firm,
        "client": found.client,
        "period": found.period,
        "made": _("Made %(when)s by %(person)s")
        % {"when": moment(found.made_at), "person": found.made_by},
        "page": _("Page"),
        "of": _("of"),
        "facts": facts,
        "sealed": found.is_sealed,
        "seal": seal_words(found),
        "closed": found.closed,
        "headings": {
            "overview": _("Overview"),
            "accounts": _("Account by account"),
            "rest": _("Not reconciled this month"),
            "lines": _("Lines that document the balance"),
            "findings": _("What the difference consists of"),
            "amount": _("Amount"),
            "attachment": _("Attachment:"),
        },
        "columns": [
            _("Account"),
            _("Name and method"),
            _("Balance"),
            _("Documented"),
            _("Difference"),
            _("Status"),
        ],
        "rows": [_row(each) for each in found.worked],
        "accounts": [
            _part(each) for each in found.accounts if each.is_worked or each.is_documented
        ],
        "rest_columns": [_("Account"), _("Name"), _("Why"), _("Balance")],
        "rest": [
            (each.number, each.name, each.left_out_reason or each.frequency, money(each.closing))
            for each in found.rest
        ],
        "law": _(
            "Documentation of the balance under bokføringsloven § 11. Amounts are in kroner; debit "
            "is positive and credit negative. A signature is bound to the balance, the postings "
            "and the documentation as they stood in the landing named."
        ),
    }


def money(amount: Decimal | None) -> str:
    """«1 234,50»; a dash when it is not known."""
    return "–" if amount is None else format_nok(amount)


def _row(each: AccountPart) -> dict[str, object]:
    return {
        "number": each.number,
        "name": each.name,
        "method": each.method,
        "closing": money(each.closing),
        "documented": money(each.documented),
        "difference": money(each.difference),
        "differs": bool(each.difference),
        "state": each.state,
    }


def _part(each: AccountPart) -> dict[str, object]:
    truth = each.truth
    if each.truth_as_of:
        truth = f"{truth}, {format_date(each.truth_as_of)}"
    facts = [
        (_("Opening balance"), money(each.opening)),
        (_("Balance"), money(each.closing)),
        (_("Documented"), money(each.documented)),
        (_("Difference"), money(each.difference)),
        (pgettext("reconciliation", "Method"), each.method),
        (_("Held against"), truth),
        (_("Materiality"), money(each.materiality)),
    ]
    facts += [(_("Risk"), each.risk)] if each.risk else []
    facts += [(_("Done by"), each.assignee)] if each.assignee else []
    return {
        "number": each.number,
        "name": each.name,
        "state": each.state,
        "facts": facts,
        "causes": list(each.causes),
        "lines": [(text, money(amount)) for text, amount in each.lines],
        "findings": [(text, money(amount)) for text, amount in each.findings],
        "attachments": [(name, f"SHA-256 {digest[:16]}…") for name, digest in each.attachments],
        "notes": list(each.notes),
        "signatures": [
            (f"{signed_words(one)}: {money(one.balance)}", one.comment) for one in each.history
        ],
    }
