"""VAT overview: every term of the calendar year, and the one shown code by code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from klientbro.clients.facts import ClientFacts
from klientbro.domain.client_facts import VatFrequency
from klientbro.domain.deadlines.vat import vat_deadlines
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month
from klientbro.domain.rates.vat import VatSide, standard_code
from klientbro.domain.reconciliation.vat import VatCodeSum, check_vat_term
from klientbro.domain.reporting.vat_year import VatTermSum, vat_year
from klientbro.ledger.queries.reporting import vat_months
from klientbro.ledger.queries.vat import code_names, term_postings, vat_period_of
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.views.shared import show
from klientbro.products.report.sheet import ReportSheet
from klientbro.products.report.texts import gap_words, period_words
from klientbro.products.report.views.shared import TAB, frame, sheet_page

# The source's word for how often a return is due, and ours.
_FREQUENCIES = {
    "bi_monthly": VatFrequency.TWO_MONTHLY,
    "monthly": VatFrequency.MONTHLY,
    "yearly": VatFrequency.YEARLY,
}
_PERIODS = {
    VatFrequency.TWO_MONTHLY: "bi_monthly",
    VatFrequency.MONTHLY: "monthly",
    VatFrequency.YEARLY: "yearly",
    VatFrequency.YEARLY_PRIMARY: "yearly",
    VatFrequency.QUARTERLY_REVERSE_CHARGE: "quarterly",
}


@dataclass(frozen=True, slots=True)
class ShownTerm:
    """A term with its words."""

    sum: VatTermSum
    name: str
    state: str
    tone: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A code as people know it: sales, output and input VAT all positive."""

    code: str
    name: str
    base: Decimal
    output: Decimal
    input: Decimal


@require_GET
@sheet_page
def vat_page(request: HttpRequest, page: ClientPage, sheet: ReportSheet) -> HttpResponse:
    """The calendar year's terms, and the codes of the term that holds the month."""
    terms = terms_of(page, sheet)
    chosen = next(one for one in terms if sheet.month in one.period)
    context: dict[str, Any] = frame(request, sheet, "vat") | {
        "terms": [
            ShownTerm(
                one,
                period_words(one.period),
                *_state(one, sheet.today),
                one is chosen,
            )
            for one in terms
        ],
        "chosen": chosen,
        "chosen_name": period_words(chosen.period),
        "codes": (),
        "year_number": sheet.month.year,
        "reconciliation_query": sheet.month.key,
    }
    if chosen.gap is None:
        codes, names = _codes(sheet, chosen)
        context |= {
            "codes": [_code(one, names) for one in codes],
            "by_codes": ZERO - sum((one.posted for one in codes), ZERO),
        }
    return show(request, page, TAB, "report/vat.html", context)


def terms_of(page: ClientPage, sheet: ReportSheet) -> tuple[VatTermSum, ...]:
    """The terms of the calendar year of the month, as the source reports or the facts say."""
    period = vat_period_of(sheet.state.connection_id)
    facts = ClientFacts.objects.filter(client=page.client).only("vat_frequency").first()
    told = VatFrequency(facts.vat_frequency) if facts and facts.vat_frequency else None
    period = period or _PERIODS.get(told or VatFrequency.TWO_MONTHLY)
    frequency = told or _FREQUENCIES.get(period or "")
    year = sheet.month.year
    first, last = Month(year, 1), Month(year, 12)
    moved = vat_months(sheet.state.connection_id, first.first_day, last.last_day)
    return vat_year(
        year,
        period,
        {month: (one.output, one.input, one.returned) for month, one in moved.items()},
        sheet.books.gap,
        _dues(frequency, year),
    )


def _dues(frequency: VatFrequency | None, year: int) -> Mapping[date, date]:
    if frequency is None:
        return {}
    return {one.term.last_day: one.due for one in vat_deadlines(frequency, year)}


def _codes(
    sheet: ReportSheet, term: VatTermSum
) -> tuple[tuple[VatCodeSum, ...], Mapping[str, str]]:
    connection = sheet.state.connection_id
    found = term_postings(connection, term.period.first_day, term.period.last_day)
    return check_vat_term(found.lines, found.movements).codes, code_names(connection)


def _code(one: VatCodeSum, names: Mapping[str, str]) -> ShownCode:
    standard = standard_code(one.code)
    is_output = standard.side is VatSide.OUTPUT if standard is not None else one.output_vat != ZERO
    return ShownCode(
        one.code,
        names.get(one.code, ""),
        ZERO - one.base if is_output else one.base,
        ZERO - one.output_vat,
        one.input_vat,
    )


def _state(term: VatTermSum, today: date) -> tuple[str, str]:
    """A word for the term, and its tone."""
    if term.gap is not None:
        return gap_words(term.gap), "off"
    if term.filed is not None:
        if term.difference:
            return _("Changed since the return"), "warn"
        return _("Return made"), "ok"
    if term.period.last_day >= today:
        return _("Running") if term.period.first_day <= today else _("Has not begun"), "off"
    if term.due is not None and term.due < today and (term.output or term.input):
        return _("No return seen, due date passed"), "warn"
    return _("No return seen yet"), "wait"
