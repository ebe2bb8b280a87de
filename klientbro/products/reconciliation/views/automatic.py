"""What the ledger itself says of an account: VAT by code, open items, payroll, what is not posted.

Also the page of a VAT term, where each code opens to its postings.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from klientbro.clients.errors import RefusedError
from klientbro.domain.accounts import AccountId
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
from klientbro.practice.pages import month_name, product_view, read_month
from klientbro.products.reconciliation.automatic_texts import (
    code_name,
    difference_words,
    expectation_words,
    part_words,
    problem_words,
    rate_words,
)
from klientbro.products.reconciliation.drafts import DraftList
from klientbro.products.reconciliation.sheet import Line, MonthSheet
from klientbro.products.reconciliation.subledgers import subledger_sheet
from klientbro.products.reconciliation.timing import (
    key_of,
    list_as_timing,
    listed_sources,
    of_difference,
)
from klientbro.products.reconciliation.truths import SIDES, Grounds, expectation_of
from klientbro.products.reconciliation.vat_term import (
    Specification,
    VatTerm,
    shows_specification,
    specification,
    term_of,
)
from klientbro.products.reconciliation.views.shared import (
    TAB,
    drafts_context,
    sheet_of,
)
from klientbro.tenants.models import User

MOST_POSTINGS = 500
MOST_PROBLEMS = 12
# The accounts that an expected balance is worked out from.
BASES = {
    ExpectationRule.RATE_TIMES_ACCRUED_PAY: (ACCRUED_PAY,),
    ExpectationRule.RATE_TIMES_HOLIDAY_PAY: (HOLIDAY_PAY_DUE, HOLIDAY_PAY_PAID),
    ExpectationRule.HOLIDAY_PAY_OF_WAGES: ("50", "51", HOLIDAY_PAY_DUE, HOLIDAY_PAY_PAID),
}
PARTS = "reconciliation/parts/"


def automatic_context(sheet: MonthSheet, line: Line, *, most: int | None = None) -> dict[str, Any]:
    """The parts that the account's page shows of its own accord, and what they need.

    most: how many items that differ are listed.
    """
    grounds = sheet.grounds
    if grounds is None:
        return {"automatic": []}
    if line.plan.method is Method.VAT and shows_specification(line.account.number):
        term = _term(sheet, grounds)
        waiting = _drafts(sheet, term)
        found = _specification(sheet, grounds, term, waiting["drafts"])
        context = _vat_context(found)
        context["problems"], context["more_problems"] = (
            context["problems"][:MOST_PROBLEMS],
            len(context["problems"]) - MOST_PROBLEMS,
        )
        return {"automatic": [PARTS + "vat.html", PARTS + "drafts.html"], **context} | waiting
    if line.plan.method in SIDES:
        snapshot = grounds.items.get(SIDES[line.plan.method])
        connection = sheet.books.connection_id
        compared = subledger_sheet(connection, snapshot, most=most) if snapshot else None
        return {
            "automatic": [PARTS + "subledger.html", PARTS + "drafts.html"],
            "compared": compared,
            "item_rows": [
                (one, difference_words(one.kind), key_of(one)) for one in compared.differences
            ]
            if compared
            else [],
            "listed": listed_sources(line.documentation.lines),
        } | _drafts(sheet, account_id=line.account.id)
    held = grounds.accounts.get(line.account.id)
    if held is not None and line.plan.method in (Method.PAYROLL, Method.HOLIDAY_PAY):
        expectation = expectation_of(held, grounds)
        if expectation is not None:
            return {
                "automatic": [PARTS + "payroll.html"],
                "expectation": expectation,
                "expectation_words": expectation_words(expectation.rule),
                "rate_words": rate_words(expectation.rate),
                "expectation_parts": [
                    (part_words(code), amount) for code, amount in expectation.parts
                ],
                "bases": [
                    (each.account.id, each.account.number, each.account.name)
                    for each in grounds.accounts.values()
                    if each.account.number.startswith(BASES.get(expectation.rule, ()))
                    and each.account.id in grounds.closings
                ],
            }
    return {"automatic": []}


def list_difference(
    client_id: int, sheet: MonthSheet, account_id: str, key: str, *, by: User
) -> None:
    """Lists a difference from the open items as a line. RefusedError when it is no longer there."""
    line = sheet.line(account_id)
    side = SIDES.get(line.plan.method) if line else None
    snapshot = sheet.grounds.items.get(side) if sheet.grounds and side else None
    compared = subledger_sheet(sheet.books.connection_id, snapshot) if snapshot else None
    one = (
        next((each for each in compared.differences if key_of(each) == key), None)
        if compared
        else None
    )
    if one is None:
        raise RefusedError(_("The difference is no longer there. Load the page again."))
    list_as_timing(client_id, account_id, sheet.month, of_difference(one), by=by)


@require_GET
@product_view
def vat_page(request: HttpRequest, client_id: UUID, month: str) -> HttpResponse:
    """The term's specification; with `kode`, the postings behind one code."""
    chosen = read_month(month)
    page, sheet = sheet_of(client_id, chosen)
    if sheet is None or sheet.grounds is None:
        raise Http404
    term = _term(sheet, sheet.grounds)
    waiting = _drafts(sheet, term)
    found = _specification(sheet, sheet.grounds, term, waiting["drafts"])
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
    return show(request, page, TAB, "reconciliation/vat.html", context | waiting)


def _term(sheet: MonthSheet, grounds: Grounds) -> VatTerm:
    """The month's VAT term; what the sheet rests on has asked for it, where it has any VAT."""
    if grounds.vat is not None:
        return grounds.vat.term
    return term_of(sheet.books.connection_id, grounds.facts, sheet.month)


def _specification(
    sheet: MonthSheet, grounds: Grounds, term: VatTerm, drafts: DraftList
) -> Specification:
    closings: dict[str, Any] = {
        held.account.number: grounds.closings[id_]
        for id_, held in grounds.accounts.items()
        if id_ in grounds.closings
    }
    # only what the source tells to be dated in the term is counted as the term's
    dated = sum(1 for row in drafts.rows if row.is_day_told)
    return specification(
        sheet.books.connection_id, grounds.facts, sheet.month, closings, drafts=dated, term=term
    )


def _vat_context(found: Specification) -> dict[str, Any]:
    return {
        "specification": found,
        "codes": [(one, code_name(one.code, found.names)) for one in found.check.codes],
        "problems": [problem_words(problem) for problem in found.check.problems],
        "more_problems": 0,
    }


def _drafts(
    sheet: MonthSheet, term: VatTerm | None = None, account_id: AccountId | None = None
) -> dict[str, Any]:
    """What waits in the source for the term, or for the account in the month."""
    return drafts_context(
        sheet.books,
        term.last if term else sheet.month.last_day,
        since=term.first if term else None,
        account_ids=[account_id] if account_id else None,
    )
