"""Reads the facts, labels and dates that a person typed for one or many clients."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from django.http import QueryDict
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.facts import ClientFacts
from klientbro.clients.services.facts import UNCHANGED, FactChanges, Unchanged
from klientbro.clients.services.typed import read_month
from klientbro.domain.client_facts import CompanyForm, VatFrequency
from klientbro.domain.periods import Month
from klientbro.domain.rates.employers_tax import AgaZone
from klientbro.lib.dates import format_date, parse_typed_date

KEEP = "behold"  # the first choice of every field when many clients are changed at once
NOTHING = ""
FIELDS = (
    "responsible",
    "company_form",
    "vat_frequency",
    "has_payroll",
    "pay_day",
    "aga_zone",
    "starts_on",
    "ends_on",
    "year_start_month",
)
Value = TypeVar("Value")


def read_facts(asked: QueryDict) -> FactChanges:
    """The facts that were sent and not left as «behold». RefusedError names what cannot be read."""
    return FactChanges(
        responsible_id=_optional(asked, "responsible", _person),
        company_form=_optional(asked, "company_form", CompanyForm),
        vat_frequency=_optional(asked, "vat_frequency", VatFrequency),
        has_payroll=_optional(asked, "has_payroll", _yes_or_no),
        pay_day=_optional(asked, "pay_day", _pay_day),
        aga_zone=_optional(asked, "aga_zone", AgaZone),
        starts_on=_optional(asked, "starts_on", _day),
        ends_on=_optional(asked, "ends_on", _day),
    )


def read_year_start(asked: QueryDict) -> int | Unchanged | None:
    """The financial year's first month; None where the accounting system's own is to rule."""
    return _optional(asked, "year_start_month", read_month)


def months_of_year() -> list[tuple[str, str]]:
    """The months a financial year may begin in."""
    return [(str(number), _(Month(2026, number).name).capitalize()) for number in range(1, 13)]


def shown_facts(facts: ClientFacts | None, year_start: int | None = None) -> dict[str, str]:
    """The facts of one client as its form shows them and sends them back."""
    begins = {"year_start_month": str(year_start or NOTHING)}
    if facts is None:
        return dict.fromkeys(FIELDS, NOTHING) | begins
    return begins | {
        "responsible": str(facts.responsible_id or NOTHING),
        "company_form": facts.company_form,
        "vat_frequency": facts.vat_frequency,
        "has_payroll": {True: "ja", False: "nei", None: NOTHING}[facts.has_payroll],
        "pay_day": str(facts.pay_day or NOTHING),
        "aga_zone": facts.aga_zone,
        "starts_on": format_date(facts.starts_on) if facts.starts_on else NOTHING,
        "ends_on": format_date(facts.ends_on) if facts.ends_on else NOTHING,
    }


def typed_labels(text: str) -> list[str]:
    """Labels written with commas between."""
    return [" ".join(part.split()) for part in text.split(",") if part.strip()]


def company_forms() -> list[tuple[str, str]]:
    """The forms to choose from."""
    named = {
        CompanyForm.AS: _("Limited company (AS)"),
        CompanyForm.ASA: _("Public limited company (ASA)"),
        CompanyForm.ENK: _("Sole proprietor (ENK)"),
        CompanyForm.ANS: _("General partnership (ANS)"),
        CompanyForm.DA: _("Partnership with shared liability (DA)"),
        CompanyForm.KS: _("Limited partnership (KS)"),
        CompanyForm.NUF: _("Foreign company (NUF)"),
        CompanyForm.SA: _("Cooperative (SA)"),
        CompanyForm.FLI: _("Association (FLI)"),
        CompanyForm.STI: _("Foundation (STI)"),
        CompanyForm.BRL: _("Housing cooperative (BRL)"),
        CompanyForm.ESEK: _("Condominium (ESEK)"),
        CompanyForm.OTHER: _("Other form"),
    }
    return [(form.value, named[form]) for form in CompanyForm]


def vat_frequencies() -> list[tuple[str, str]]:
    """How VAT may be reported."""
    named = {
        VatFrequency.NOT_REGISTERED: _("Not registered for VAT"),
        VatFrequency.TWO_MONTHLY: _("Every two months"),
        VatFrequency.MONTHLY: _("Monthly"),
        VatFrequency.YEARLY: _("Yearly"),
        VatFrequency.YEARLY_PRIMARY: _("Yearly, primary industry"),
        VatFrequency.QUARTERLY_REVERSE_CHARGE: _("Quarterly, reverse charge"),
    }
    return [(each.value, named[each]) for each in VatFrequency]


def zones() -> list[tuple[str, str]]:
    """The zones of employer's tax."""
    return [(zone.value, _("Zone %(zone)s") % {"zone": zone.value}) for zone in AgaZone]


def _optional(
    asked: QueryDict, name: str, read: Callable[[str], Value]
) -> Value | Unchanged | None:
    """UNCHANGED when the field was not sent or says «behold», None when it was emptied."""
    text = asked.get(name, KEEP).strip()
    if text == KEEP:
        return UNCHANGED
    if text == NOTHING:
        return None
    try:
        return read(text)
    except ValueError:
        raise RefusedError(_problem(name, text), field=name) from None


def _problem(name: str, text: str) -> str:
    if name == "pay_day":
        return _("«%(text)s» is not a pay day. Write a day of the month, from 1 to 31.") % {
            "text": text
        }
    if name in ("starts_on", "ends_on"):
        return _("«%(text)s» is not a date. Write it as 31.12.2026.") % {"text": text}
    return _("The choice «%(text)s» does not exist. Choose from the list.") % {"text": text}


def _person(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError
    return int(text)


def _pay_day(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= 31):
        raise ValueError
    return int(text)


def _yes_or_no(text: str) -> bool:
    if text not in ("ja", "nei"):
        raise ValueError
    return text == "ja"


def _day(text: str) -> date:
    day = parse_typed_date(text)
    if day is None:
        raise ValueError
    return day
