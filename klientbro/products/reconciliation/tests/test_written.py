"""What people have written comes out of one statement as Django itself would read it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from klientbro.clients.models import ClientFacts
from klientbro.domain.reconciliation.methods import Frequency, Method
from klientbro.ledger.tests.book_table import BookTable
from klientbro.products.reconciliation.closing import close_period
from klientbro.products.reconciliation.documentation import add_line, remove_line, write_note
from klientbro.products.reconciliation.models import (
    AccountPlan,
    ClosedPeriod,
    DocumentedLine,
    Note,
    PlanTemplateLine,
    SignOff,
)
from klientbro.products.reconciliation.plan import TypedPlan, save_plan
from klientbro.products.reconciliation.plan_templates import bring_in_standard
from klientbro.products.reconciliation.signing import Seen, mark_of, prepare
from klientbro.products.reconciliation.tests.conftest import OCTOBER, sheet_now
from klientbro.products.reconciliation.written import written_for
from klientbro.tenants.models import User


def values(row: models.Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def same(found: list[Any], model: type[models.Model]) -> None:
    expected = list(model._default_manager.order_by("pk"))
    assert expected, "there is something to compare"
    assert [values(row) for row in found] == [values(row) for row in expected]


def test_every_field_is_what_django_reads(book: BookTable, user: User) -> None:
    client, account = book.client.pk, book.accounts["1920"]
    ClientFacts.objects.update_or_create(
        client=book.client, defaults={"firm_id": book.client.firm_id, "company_form": "AS"}
    )
    bring_in_standard()
    plan = TypedPlan(Method.LIST, Frequency.QUARTERLY, user.pk, Decimal("0.05"), True, False, "")
    save_plan(client, account, plan, version=0, by=user)
    add_line(client, account, OCTOBER, 'Æ <b> "sitat"', Decimal("1234567890123.07"), by=user)
    write_note(client, account, OCTOBER, "Linje\nto", by=user, must_be_resolved=True,
               assignee_id=user.pk)  # fmt: skip
    sheet = sheet_now(book)
    line = next(each for each in sheet.lines if each.counts)
    prepare(sheet, [Seen(line.account.id, mark_of(sheet, line))], "Sett", by=user)
    close_period(client, OCTOBER, by=user)

    with CaptureQueriesContext(connection) as asked:
        found = written_for(client, OCTOBER)
        people = [found.lines[0].added_by, found.notes[0].assignee, found.sign_offs[0].by]
    assert len(asked) == 1
    assert found.facts is not None
    assert found.closed is not None
    same([found.facts], ClientFacts)
    same(found.plans, AccountPlan)
    same(found.lines, DocumentedLine)
    same(found.notes, Note)
    same(found.sign_offs, SignOff)
    same([found.closed], ClosedPeriod)
    assert people == [user] * 3
    assert str(people[0]) == str(user)
    forms = {found.template_forms[each.template_id] for each in found.template_lines}
    assert forms <= {"AS", ""}
    wanted = PlanTemplateLine.objects.filter(template__company_form__in=["AS", ""]).order_by("pk")
    assert [values(row) for row in found.template_lines] == [values(row) for row in wanted]


def test_what_is_removed_or_of_another_month_is_not_there(book: BookTable, user: User) -> None:
    client, account = book.client.pk, book.accounts["1920"]
    gone = add_line(client, account, OCTOBER, "Bort", Decimal(1), by=user)
    add_line(client, account, OCTOBER.plus(1), "Senere", Decimal(2), by=user)
    remove_line(client, gone.public_id, by=user)
    assert written_for(client, OCTOBER).lines == []
    assert [each.text for each in written_for(client, OCTOBER.plus(1)).lines] == ["Senere"]
