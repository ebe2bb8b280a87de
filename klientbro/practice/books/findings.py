"""Findings in words: what was found, and what it means."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klientbro.ledger.queries.findings import Finding
from klientbro.lib.dates import format_date, parse_typed_date


def finding_words(finding: Finding) -> str:
    """The finding as whole sentences."""
    detail = finding.detail
    match finding.kind:
        case "voucher_gap":
            return _gap_words(int(str(detail["first"])), int(str(detail["last"])))
        case "lock_opened":
            day = parse_typed_date(str(detail["lock_date"]))
            return _(
                "The lock has been opened and closed again: voucher %(vouchers)s came behind the "
                "lock date %(lock)s, which reads the same as before."
            ) % {
                "vouchers": _listed(detail.get("vouchers")),
                "lock": format_date(day) if day else detail["lock_date"],
            }
        case "opening_changed":
            return _("The opening balance has changed in the accounting system.")
        case "balance_repaired" | "change_repaired":
            return _("A kept balance was not the sum of its postings and has been set right.")
        case "parts_of_ore":
            return _("Voucher %(voucher)s has an amount with parts of an øre: %(amount)s.") % {
                "voucher": detail.get("voucher", finding.reference),
                "amount": detail.get("amount", ""),
            }
        case "record_set_aside":
            return _("Record %(record)s could not be read and is left out: %(problem)s") % {
                "record": finding.reference,
                "problem": detail.get("problem", ""),
            }
        case "unknown_field":
            return _("The accounting system sends a field we do not know: %(name)s.") % {
                "name": finding.reference
            }
        case "missing_field":
            return _("The accounting system no longer sends a field we ask for: %(name)s.") % {
                "name": finding.reference
            }
        case "unknown_value":
            return _("The accounting system sends a value we do not know: %(name)s.") % {
                "name": finding.reference
            }
        case "right_missing":
            return _("The key lacks the right to read a part of the books: %(part)s.") % {
                "part": _part_words(finding.reference)
            }
    return f"{finding.kind}: {finding.reference}"


def _part_words(part: str) -> str:
    """What a key may not read, in words; a part that came later by its own name."""
    return {
        "customers": _("customers"),
        "suppliers": _("suppliers"),
        "departments": _("departments"),
        "projects": _("projects"),
        "bank_accounts": _("bank accounts"),
        "customer_items": _("open customer items"),
        "supplier_items": _("open supplier items"),
        "drafts": _("vouchers waiting to be posted"),
    }.get(part, part.replace("_", " "))


def _gap_words(first: int, last: int) -> str:
    count = last - first + 1
    numbers = str(first) if count == 1 else f"{first}–{last}"
    return ngettext(
        "Voucher number %(numbers)s is missing. Every month was reconciled when it was found.",
        "Voucher numbers %(numbers)s are missing. Every month was reconciled when it was found.",
        count,
    ) % {"numbers": numbers}


def _listed(values: object) -> str:
    return ", ".join(str(one) for one in values) if isinstance(values, list) else ""
