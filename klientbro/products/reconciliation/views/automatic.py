"""What the ledger itself says of an account: VAT by code, open items, payroll, what is not posted.

Also the page of a VAT term, where each code opens to its postings.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from klientbro.connectors.registry import connectors
from klientbro.domain.reconciliation.methods import Method
from klientbro.domain.reconciliation.payroll import (
    ACCRUED_PAY,
    HOLIDAY_PAY_DUE,
    HOLIDAY_PAY_PAID,
    ExpectationRule,
)
from klientbro.ledger.queries.vat import postings_of_code
from klientbro.practice.books.typed import typed_text
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import month_name, product_view
from klientbro.practice.permissions import Act
from klientbro.products.reconciliation.automatic_texts import (
    code_name,
    difference_words,
    expectation_words,
    problem_words,
    rate_words,
)
from klientbro.products.reconciliation.sheet import Line, MonthSheet
from klientbro.products.reconciliation.subledgers import subledger_sheet
from klientbro.products.reconciliation.truths import SIDES, Grounds, expectation_of
from klientbro.products.reconciliation.vat_term import (
    Specification,
    shows_specification,
    specification,
)
from klientbro.products.reconciliation.views.shared import TAB, read_month, sheet_of

MOST_POSTINGS = 500
MOST_PROBLEMS = 12
# The accounts that an expected balance is worked out from.
BASES = {
    ExpectationRule.RATE_TIMES_ACCRUED_PAY: (ACCRUED_PAY,),
    ExpectationRule.RATE_TIMES_HOLIDAY_PAY: (HOLIDAY_PAY_DUE, HOLIDAY_PAY_PAID),
}
PARTS = "reconciliation/parts/"


def automatic_context(sheet: MonthSheet, line: Line) -> dict[str, Any]:
    """The parts that the account's page shows of its own accord, and what they need."""
    grounds = sheet.grounds
    if grounds is None:
        return {"automatic": []}
    if line.plan.method is Method.VAT and shows_specification(line.account.number):
        found = _specification(sheet, grounds)
        context = _vat_context(found)
        context["problems"], context["more_problems"] = (
            context["problems"][:MOST_PROBLEMS],
            len(context["problems"]) - MOST_PROBLEMS,
        )
        return {"automatic": [PARTS + "vat.html", PARTS + "drafts.html"], **context} | _drafts(
            sheet
        )
    if line.plan.method in SIDES:
        snapshot = grounds.items.get(SIDES[line.plan.method])
        compared = subledger_sheet(sheet.books.connection_id, snapshot) if snapshot else None
        return {
            "automatic": [PARTS + "subledger.html", PARTS + "drafts.html"],
            "compared": compared,
            "item_rows": [(one, difference_words(one.kind)) for one in compared.differences]
            if compared
            else [],
        } | _drafts(sheet)
    held = grounds.accounts.get(line.account.id)
    if held is not None and line.plan.method in (Method.PAYROLL, Method.HOLIDAY_PAY):
        expectation = expectation_of(held, grounds)
        if expectation is not None:
            return {
                "automatic": [PARTS + "payroll.html"],
                "expectation": expectation,
                "expectation_words": expectation_words(expectation.rule),
                "rate_words": rate_words(expectation.rate),
                "bases": [
                    (each.account.id, each.account.number, each.account.name)
                    for each in grounds.accounts.values()
                    if each.account.number.startswith(BASES.get(expectation.rule, ()))
                    and each.account.id in grounds.closings
                ],
            }
    return {"automatic": []}


@require_GET
@product_view(Act.SEE)
def vat_page(request: HttpRequest, client_id: UUID, month: str) -> HttpResponse:
    """The term's specification; with `kode`, the postings behind one code."""
    chosen = read_month(month)
    page, sheet = sheet_of(client_id, chosen)
    if sheet is None or sheet.grounds is None:
        raise Http404
    found = _specification(sheet, sheet.grounds)
    code = typed_text(request.GET, "kode")
    postings = (
        postings_of_code(
            sheet.books.connection_id,
            code,
            found.term.first,
            found.term.until,
            most=MOST_POSTINGS + 1,
        )
        if code
        else []
    )
    context = _vat_context(found) | {
        "month": chosen,
        "month_name": month_name(chosen),
        "sheet": sheet,
        "code": code,
        "code_name": code_name(code, found.names),
        "postings": postings[:MOST_POSTINGS],
        "has_more": len(postings) > MOST_POSTINGS,
    }
    return show(request, page, TAB, "reconciliation/vat.html", context | _drafts(sheet))


def _specification(sheet: MonthSheet, grounds: Grounds) -> Specification:
    closings: dict[str, Any] = {
        held.account.number: grounds.closings[id_]
        for id_, held in grounds.accounts.items()
        if id_ in grounds.closings
    }
    return specification(sheet.books.connection_id, grounds.facts, sheet.month, closings)


def _vat_context(found: Specification) -> dict[str, Any]:
    return {
        "specification": found,
        "codes": [(one, code_name(one.code, found.names)) for one in found.check.codes],
        "problems": [problem_words(problem) for problem in found.check.problems],
        "more_problems": 0,
    }


def _drafts(sheet: MonthSheet) -> dict[str, Any]:
    """Whether the source tells of vouchers that are not posted, and its name."""
    known = connectors().get(sheet.books.system)
    return {
        "tells_of_drafts": known is not None and known.capabilities.drafts,
        "source_name": known.name if known else sheet.books.system,
    }
