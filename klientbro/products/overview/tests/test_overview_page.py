"""Oversikt in the browser's eyes: imported clients, worst first, and what is done to them."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from klientbro.clients.models import Client, ClientFacts, ClientLabel, Connection
from klientbro.clients.services.facts import FactChanges, set_facts, set_labels
from klientbro.domain.client_facts import CompanyForm, VatFrequency
from klientbro.domain.periods import Month
from klientbro.ledger.queries.drafts import waiting_until
from klientbro.ledger.tests.book_table import insert
from klientbro.practice.assignments.generation import merge_tasks
from klientbro.practice.assignments.services import add_own_task
from klientbro.practice.assignments.tables import Assignment, AssignmentTemplate, Task, TaskState
from klientbro.practice.assignments.templates import import_standard_templates
from klientbro.products.overview.importing import (
    candidates,
    import_clients,
    import_waiting,
    let_import_by_itself,
)
from klientbro.products.overview.models import OverviewClient, SavedView
from klientbro.sync.models import State
from klientbro.tenants.models import Membership
from klientbro.tenants.permissions import Role


@pytest.fixture
def three(make_client, user):
    clients = [make_client(name) for name in ("Åsrygg AS", "Berg AS", "Fjell AS")]
    import_clients([client.pk for client in clients], by=user)
    return clients


def names_in(text: str) -> list[str]:
    return sorted(("Åsrygg AS", "Berg AS", "Fjell AS"), key=lambda name: text.index(name))


def test_active_clients_not_there_yet_can_be_imported_and_only_once(make_client, signed_in) -> None:
    berg = make_client("Berg AS")
    make_client("Sovende AS", is_active=False)
    assert [client.name for client in candidates()] == ["Berg AS"]
    page = signed_in.get("/oversikt/importer/")
    assert "Berg AS" in page.content.decode()
    assert "Sovende AS" not in page.content.decode()
    for _time in range(2):
        signed_in.post("/oversikt/importer/", {"client": [str(berg.public_id)]})
    assert OverviewClient.objects.count() == 1
    assert "Berg AS" in signed_in.get("/oversikt/").content.decode()


def test_importing_without_choosing_says_what_to_do(make_client, signed_in) -> None:
    make_client("Berg AS")
    answer = signed_in.post("/oversikt/importer/", {})
    assert answer.status_code == 422
    assert "minst én klient" in answer.content.decode()


def test_clients_come_in_by_themselves_when_the_firm_wants_it(make_client, user) -> None:
    make_client("Berg AS")
    assert import_waiting() == 0
    assert let_import_by_itself(True, by=user) == 1
    make_client("Fjell AS")
    assert import_waiting() == 1


def test_the_worst_client_stands_first_and_the_rest_by_nearest_deadline(
    three, signed_in, user
) -> None:
    aas, _berg, fjell = three
    today = timezone.localdate()
    add_own_task(fjell.pk, "Ring", today - timedelta(days=3), kind="accounting", assignee_id=None)
    add_own_task(aas.pk, "Ring", today + timedelta(days=3), kind="accounting", assignee_id=None)
    text = signed_in.get("/oversikt/").content.decode()
    assert names_in(text) == ["Fjell AS", "Åsrygg AS", "Berg AS"]
    overdue = signed_in.get("/oversikt/", {"vis": "forfalt"}).content.decode()
    assert "Fjell AS" in overdue
    assert "Berg AS" not in overdue


def test_the_list_costs_the_same_for_three_clients_and_for_sixty(
    three, make_client, signed_in, user
) -> None:
    signed_in.get("/oversikt/")
    with CaptureQueriesContext(connection) as few:
        signed_in.get("/oversikt/")
    import_clients([make_client(f"Klient {number} AS").pk for number in range(57)], by=user)
    with CaptureQueriesContext(connection) as many:
        signed_in.get("/oversikt/")
    assert len(many) == len(few)
    assert len(few) <= 22


def test_the_list_narrows_by_responsible_label_and_search(three, signed_in, user) -> None:
    aas, berg, _fjell = three
    set_facts([aas.pk], FactChanges(responsible_id=user.pk), by=user)
    set_labels([berg.pk], add=["Bygg"])
    label = ClientLabel.objects.get().label_id

    def shown(**choice) -> str:
        return signed_in.get("/oversikt/", choice).content.decode()

    assert "Berg AS" not in shown(ansvarlig=user.pk)
    assert "Åsrygg AS" in shown(vis="mine")
    assert "Fjell AS" not in shown(etikett=label)
    assert "Berg AS" in shown(q="ber")
    assert "Ingen klient passer" in shown(q="finnes ikke")


def test_a_view_is_saved_under_a_name_and_belongs_to_the_person(three, signed_in, user) -> None:
    signed_in.post("/oversikt/visning/", {"name": "Mine forfalte", "vis": "forfalt"})
    view = SavedView.objects.get()
    assert (view.user, view.query) == (user, "vis=forfalt")
    assert "Mine forfalte" in signed_in.get("/oversikt/").content.decode()
    signed_in.post(f"/oversikt/visning/{view.public_id}/slett/")
    assert not SavedView.objects.exists()


def test_facts_are_set_for_many_clients_at_once_and_what_is_left_out_stays(
    three, signed_in, user
) -> None:
    ids = [str(client.public_id) for client in three]
    set_facts([three[0].pk], FactChanges(company_form=CompanyForm.ENK), by=user)
    signed_in.post(
        "/oversikt/fakta/",
        {
            "client": ids,
            "vat_frequency": "two_monthly",
            "company_form": "behold",
            "has_payroll": "ja",
            "pay_day": "12",
            "add_labels": "Bygg, Nord",
        },
    )
    assert set(ClientFacts.objects.values_list("vat_frequency", flat=True)) == {"two_monthly"}
    assert ClientFacts.objects.get(client=three[0]).company_form == "ENK"
    assert ClientLabel.objects.count() == 6
    assert Task.objects.filter(kind="vat_return", client=three[1]).exists()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"pay_day": "40"}, "«40» er ingen lønnsdag"),
        ({"company_form": "TULL"}, "«TULL» finnes ikke"),
        ({"responsible": "999999"}, "hører ikke til firmaet"),
    ],
)
def test_a_fact_that_cannot_be_is_named_and_changes_nothing(three, signed_in, typed, says) -> None:
    before = list(ClientFacts.objects.order_by("pk").values())
    answer = signed_in.post(
        "/oversikt/fakta/", {"client": [str(three[0].public_id)], "vat_frequency": "yearly"} | typed
    )
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert list(ClientFacts.objects.order_by("pk").values()) == before


def test_the_card_shows_facts_and_tasks_and_a_state_is_set_there(three, signed_in, user) -> None:
    berg = three[1]
    facts = FactChanges(vat_frequency=VatFrequency.TWO_MONTHLY, company_form=CompanyForm.AS)
    set_facts([berg.pk], facts, by=user)
    signed_in.post(f"/oversikt/{berg.public_id}/fakta/", {"pay_day": ""})
    page = signed_in.get(f"/oversikt/{berg.public_id}/").content.decode()
    assert "Mva-melding" in page
    task = Task.objects.filter(client=berg, kind="vat_return").order_by("due_date").first()
    address = f"/oversikt/{berg.public_id}/oppgaver/"
    signed_in.post(address, {"task": str(task.public_id), "state": "completed", "version": "1"})
    task.refresh_from_db()
    assert task.state == TaskState.COMPLETED
    stale = signed_in.post(
        address, {"task": str(task.public_id), "state": "in_progress", "version": "1"}, follow=True
    )
    assert "andre har endret oppgaven" in stale.content.decode()


def test_one_duty_is_marked_for_many_clients_at_once(three, signed_in, user) -> None:
    set_facts([client.pk for client in three], FactChanges(has_payroll=True), by=user)
    signed_in.post("/oversikt/fakta/", {"alle": "1", "has_payroll": "ja"})
    term = timezone.localdate().strftime("%Y-%m")
    signed_in.post(
        "/oversikt/tilstand/",
        {"alle": "1", "maned": term, "column": "a_melding", "state": "completed"},
    )
    done = Task.objects.filter(kind="a_melding", term=term, state=TaskState.COMPLETED)
    assert done.count() == 3


def test_an_assignment_is_given_from_the_list_and_edited_on_the_card(three, signed_in) -> None:
    import_standard_templates()
    template = AssignmentTemplate.objects.get(standard_key="accounting")
    given = {
        "client": [str(client.public_id) for client in three],
        "template": str(template.public_id),
        "from": "01.01.2026",
    }
    signed_in.post("/oversikt/gi-oppdrag/", given)
    signed_in.post("/oversikt/gi-oppdrag/", given)
    assert Assignment.objects.count() == 3
    one = Assignment.objects.get(client=three[0])
    signed_in.post(
        f"/oversikt/{three[0].public_id}/oppdrag/{one.public_id}/",
        {"from": "01.01.2026", "to": "", "task": ["bank"], "version": "1"},
    )
    keys = set(Task.objects.filter(assignment=one).values_list("key", flat=True))
    assert keys == {f"{template.pk}:bank"}


def test_a_template_is_written_changed_and_followed_by_its_clients(three, signed_in) -> None:
    line = {"key": "", "title": "Ring", "task_kind": "accounting", "rule": "monthly", "day": "10"}
    signed_in.post(
        "/oversikt/oppdrag/nytt/", line | {"name": "Eget", "kind": "accounting", "month": ""}
    )
    template = AssignmentTemplate.objects.get(name="Eget")
    signed_in.post(
        "/oversikt/gi-oppdrag/",
        {
            "client": str(three[0].public_id),
            "template": str(template.public_id),
            "from": "01.01.2026",
        },
    )
    before = set(
        Task.objects.filter(key__startswith=f"{template.pk}:").values_list("pk", flat=True)
    )
    changed = line | {"key": "own1", "title": "Ring kunden", "name": "Eget", "kind": "accounting"}
    signed_in.post(
        f"/oversikt/oppdrag/{template.public_id}/",
        changed | {"month": "", "version": str(template.version)},
    )
    after = Task.objects.filter(key__startswith=f"{template.pk}:")
    assert set(after.values_list("pk", flat=True)) == before
    assert set(after.values_list("title", flat=True)) == {"Ring kunden"}


def test_a_client_taken_out_keeps_its_tasks_and_comes_back_as_it_was(
    three, signed_in, user
) -> None:
    berg = three[1]
    add_own_task(berg.pk, "Ring", timezone.localdate(), kind="accounting", assignee_id=None)
    signed_in.post(f"/oversikt/{berg.public_id}/ta-ut/")
    assert "er tatt ut" in signed_in.get("/oversikt/").content.decode()
    assert "Berg AS" not in signed_in.get("/oversikt/").content.decode()
    assert Task.objects.filter(client=berg).count() == 1
    import_clients([berg.pk], by=user)
    assert Task.objects.filter(client=berg).count() == 1


def test_a_deactivated_client_stays_and_says_since_when(three, signed_in) -> None:
    from klientbro.clients.models import Connection

    berg = three[1]
    Connection.objects.filter(client=berg).update(is_active=False, deactivated_at=timezone.now())
    text = signed_in.get("/oversikt/").content.decode()
    assert "Berg AS" in text
    assert "ikke oppdatert siden" in text


def test_one_who_saves_facts_that_somebody_else_has_changed_is_told_and_loses_nothing(
    three, signed_in, user
) -> None:
    address = f"/oversikt/{three[0].public_id}/fakta/"
    page = signed_in.get(address).content.decode()
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    assert seen is not None
    set_facts([three[0].pk], FactChanges(pay_day=20), by=user)
    typed = {"seen": seen[1], "pay_day": "5", "company_form": "ENK", "labels": "Bygg"}
    answer = signed_in.post(address, typed)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Noen andre har endret faktaene" in text
    assert 'value="ENK" selected' in text
    assert 'value="5"' in text
    facts = ClientFacts.objects.get(client=three[0])
    assert (facts.pay_day, facts.company_form) == (20, "")
    fresh = re.search(r'name="seen" value="([0-9a-f]+)"', signed_in.get(address).content.decode())
    assert fresh is not None
    assert signed_in.post(address, typed | {"seen": fresh[1]}).status_code == 302
    assert ClientFacts.objects.get(client=three[0]).company_form == "ENK"


def test_a_client_whose_duties_nobody_has_told_says_that_no_deadline_is_known(
    three, signed_in, user
) -> None:
    aas, berg, fjell = three
    told = FactChanges(vat_frequency=VatFrequency.NOT_REGISTERED, has_payroll=False)
    set_facts([aas.pk, fjell.pk], told, by=user)
    books_of(aas)
    books_of(berg)
    text = signed_in.get("/oversikt/").content.decode()
    assert text.count("Fakta mangler") == 1
    assert text.index("Berg AS") < text.index("Fakta mangler")


def test_vouchers_that_wait_are_counted_beside_the_vat_that_is_to_be_done(
    three, signed_in, user
) -> None:
    aas, berg, fjell = three
    today = timezone.localdate()
    for each in three:
        books_of(each)
    wait(aas, count=3)
    wait(berg, count=2)
    set_facts(
        [aas.pk, fjell.pk],
        FactChanges(vat_frequency=VatFrequency.TWO_MONTHLY, has_payroll=False),
        by=user,
    )
    set_facts(
        [berg.pk],
        FactChanges(vat_frequency=VatFrequency.NOT_REGISTERED, has_payroll=False),
        by=user,
    )
    merge_tasks([each.pk for each in three], today)
    month = Month.of(today).key
    text = signed_in.get("/oversikt/", {"maned": month}).content.decode()
    assert text.count("3 ikke bokført") == 1
    assert "2 ikke bokført" not in text  # no VAT, so nobody asks for it on VAT day
    Task.objects.filter(client=aas, kind="vat_return").update(state=TaskState.COMPLETED)
    assert "ikke bokført" not in signed_in.get("/oversikt/", {"maned": month}).content.decode()


def test_what_is_told_to_be_dated_after_the_term_is_not_counted_with_it(make_client) -> None:
    connection = books_of(make_client("Berg AS"))
    day = timezone.localdate()
    wait_on(connection, "before", day)
    wait_on(connection, "after", day + timedelta(days=1))
    wait_on(connection, "untold", None)
    read_drafts(connection)
    assert waiting_until({connection.pk: day}) == {connection.pk: 2}
    assert waiting_until({}) == {}


def test_the_card_leads_to_the_months_work_and_tells_what_waits(three, signed_in) -> None:
    berg = three[1]
    books_of(berg)
    wait(berg, count=4)
    page = signed_in.get(f"/oversikt/{berg.public_id}/?maned=2026-10").content.decode()
    assert f'href="/avstemming/{berg.public_id}/2026-10/"' in page
    assert f'href="/rapport/{berg.public_id}/aldersfordeling/"' in page
    assert "4 bilag ikke bokført" in page
    assert "begynner i januar" in page


def books_of(client: Client) -> Connection:
    """Books that the lists take as held."""
    connection = Connection.objects.get(client=client)
    insert(
        "ledger_books",
        firm_id=connection.firm_id,
        connection_id=connection.pk,
        client_id=client.pk,
        landing=1,
        stage="current",
        conversion_date="2026-01-01",
        year_end_month=12,
        anchor_date="2025-12-31",
        covered_from="2026-01-01",
    )
    return connection


def wait(client: Client, *, count: int) -> None:
    connection = Connection.objects.get(client=client)
    for number in range(count):
        wait_on(connection, f"draft {number}", None)
    read_drafts(connection)


def wait_on(connection: Connection, name: str, day: date | None) -> None:
    insert(
        "ledger_draft",
        firm_id=connection.firm_id,
        connection_id=connection.pk,
        source_id=name,
        voucher_type="supplier_invoice",
        is_in_approval=False,
        registered_at=timezone.now(),
        voucher_date=day,
    )


def read_drafts(connection: Connection) -> None:
    insert(
        "ledger_draft_reading",
        firm_id=connection.firm_id,
        connection_id=connection.pk,
        read_at=timezone.now(),
    )


def test_financial_year_is_chosen_for_one_client_and_for_many_and_given_back(
    three, signed_in
) -> None:
    def chosen() -> list[int | None]:
        found = Connection.objects.order_by("client_id")
        return list(found.values_list("year_start_month", flat=True))

    first, second, _third = three
    State.objects.create(
        connection=Connection.objects.get(client=first),
        firm=first.firm,
        masters_read_at=timezone.now(),
    )
    dialog = signed_in.get(f"/oversikt/{first.public_id}/fakta/").content.decode()
    assert 'name="year_start_month"' in dialog
    signed_in.post(f"/oversikt/{first.public_id}/fakta/", {"year_start_month": "7"})
    assert chosen() == [7, None, None]
    assert State.objects.get().masters_read_at is None  # its settings are read before anything else
    both = {"client": [str(first.public_id), str(second.public_id)]}
    signed_in.post("/oversikt/fakta/", both | {"year_start_month": "behold"})
    assert chosen() == [7, None, None]
    signed_in.post("/oversikt/fakta/", both | {"year_start_month": "5"})
    assert chosen() == [5, 5, None]
    answer = signed_in.post("/oversikt/fakta/", both | {"year_start_month": "13"})
    assert answer.status_code == 422
    assert chosen() == [5, 5, None]
    signed_in.post("/oversikt/fakta/", both | {"year_start_month": ""})
    assert chosen() == [None, None, None]


@pytest.mark.parametrize(("role", "status"), [(Role.ACCOUNTANT, 403), (Role.ADMINISTRATOR, 302)])
def test_only_an_administrator_says_who_is_responsible(
    three, signed_in, user, role: Role, status: int
) -> None:
    Membership.objects.filter(user=user).update(role=role)
    chosen = {"client": [str(three[0].public_id)]}
    answer = signed_in.post("/oversikt/fakta/", chosen | {"responsible": str(user.pk)})
    assert answer.status_code == status
    assert ClientFacts.objects.filter(responsible=user).exists() == (status == 302)
    other = signed_in.post("/oversikt/fakta/", chosen | {"vat_frequency": "yearly"})
    assert other.status_code == 302
