"""Plans per company form: the longest beginning rules, and nothing is overwritten unseen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import ClientFacts
from klientbro.domain.reconciliation.methods import Frequency, Method
from klientbro.ledger.tests.book_table import BookTable
from klientbro.products.reconciliation.models import AccountPlan, PlanTemplate
from klientbro.products.reconciliation.plan import TypedPlan, save_plan
from klientbro.products.reconciliation.plan_templates import (
    STANDARD,
    TemplateLine,
    bring_in_standard,
    lines_of,
    save_template,
)
from klientbro.products.reconciliation.tests.conftest import sheet_now

pytestmark = pytest.mark.django_db
YEARLY_LIST = TemplateLine("12", Method.LIST, Frequency.YEARLY, needs_document=True)


def plan_of(book: BookTable, number: str) -> Any:
    line = sheet_now(book).line(book.accounts[number])
    assert line is not None
    return line.plan


def form_of(lines: list[tuple[str, str, str]], version: int = 0) -> dict[str, Any]:
    return {
        "version": version,
        "prefix": [line[0] for line in lines],
        "method": [line[1] for line in lines],
        "frequency": [line[2] for line in lines],
        "assignee": [""] * len(lines),
        "materiality": ["100,00"] * len(lines),
        "document": ["0"],
    }


def test_standard_plans_are_brought_in_once(book: BookTable) -> None:
    assert bring_in_standard() == len(STANDARD)
    assert bring_in_standard() == 0
    assert lines_of("ENK")[0] != lines_of("AS")[0]


def test_template_of_the_clients_form_rules_with_its_assignee(book: BookTable, user: Any) -> None:
    ClientFacts.objects.create(
        firm_id=book.connection.firm_id, client=book.client, company_form="AS"
    )
    narrow = TemplateLine("1250", Method.MANUAL, Frequency.MONTHLY, user.pk, Decimal("50.00"))
    save_template("AS", [YEARLY_LIST, narrow], version=0)
    plan = plan_of(book, "1250")

    assert (plan.method, plan.source, plan.assignee_id, plan.materiality) == (
        Method.MANUAL,
        "template",
        user.pk,
        Decimal("50.00"),
    )


@pytest.mark.parametrize(
    "lines",
    [
        [YEARLY_LIST, YEARLY_LIST],
        [TemplateLine("1x", Method.LIST, Frequency.YEARLY)],
        [TemplateLine("12", Method.LIST, Frequency.YEARLY, materiality=Decimal(-1))],
    ],
)
def test_lines_that_make_no_sense_are_refused_whole(
    book: BookTable, lines: list[TemplateLine]
) -> None:
    with pytest.raises(RefusedError):
        save_template("AS", lines, version=0)
    assert not PlanTemplate.objects.exists()


def test_two_people_editing_the_same_plan_overwrite_nothing(book: BookTable) -> None:
    save_template("AS", [YEARLY_LIST], version=0)
    save_template("AS", [], version=1)

    with pytest.raises(RefusedError):
        save_template("AS", [YEARLY_LIST], version=1)
    assert lines_of("AS") == ([], 2)


def test_plan_is_edited_on_its_page(signed_in: Any, book: BookTable) -> None:
    assert "Hent inn" in signed_in.get("/avstemming/planer/").content.decode()
    answer = signed_in.post(
        "/avstemming/planer/AS/", form_of([("12", "list", "yearly"), ("", "bank", "monthly")])
    )
    (line,) = lines_of("AS")[0]

    assert answer.status_code == 302
    assert (line.prefix, line.needs_document, line.materiality) == ("12", True, 100)
    wrong = signed_in.post("/avstemming/planer/AS/", form_of([("tolv", "list", "yearly")], 1))
    assert wrong.status_code == 422
    assert "tolv" in wrong.content.decode()
    assert signed_in.get("/avstemming/planer/XX/").status_code == 404


def test_preview_shows_what_changes_and_only_ticked_accounts_do(
    signed_in: Any, book: BookTable, user: Any
) -> None:
    save_template("", [YEARLY_LIST, TemplateLine("15", Method.LIST, Frequency.MONTHLY)], version=0)
    own = TypedPlan(Method.MANUAL, Frequency.MONTHLY, None, Decimal(0), False, False, "")
    save_plan(book.client.pk, book.accounts["1250"], own, version=0, by=user)
    address = f"/avstemming/{book.client.public_id}/2026-10/plan/"
    body = signed_in.get(address + "?mal=alle").content.decode()

    assert "valgt for denne klienten" in body
    signed_in.post(address, {"mal": "alle", "account": [f"{book.accounts['1250']}|1"]})
    assert plan_of(book, "1250").method is Method.LIST
    assert not AccountPlan.objects.filter(account_id=book.accounts["1500"]).exists()


def test_plan_changed_after_the_preview_is_not_overwritten(
    signed_in: Any, book: BookTable, user: Any
) -> None:
    save_template("", [YEARLY_LIST], version=0)
    own = TypedPlan(Method.MANUAL, Frequency.MONTHLY, None, Decimal(0), False, False, "")
    save_plan(book.client.pk, book.accounts["1250"], own, version=0, by=user)
    signed_in.post(
        f"/avstemming/{book.client.public_id}/2026-10/plan/",
        {"mal": "alle", "account": [f"{book.accounts['1250']}|0"]},
    )

    assert plan_of(book, "1250").method is Method.MANUAL
