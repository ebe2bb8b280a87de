"""Roles and chosen clients: given with an invitation, changed on the page, and never to nobody."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from klientbro.audit.models import Entry
from klientbro.clients.errors import RefusedError
from klientbro.clients.facts import ClientFacts
from klientbro.clients.models import AssignedClient, Client
from klientbro.domain.identifier import IdentifierKind
from klientbro.identity.choosing import Choice
from klientbro.identity.members import change_member
from klientbro.identity.tests.support import browser_of, letters, link_in, other_firm, person
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import Firm, Membership, User
from klientbro.tenants.permissions import ROLES, Act, Role

pytestmark = pytest.mark.django_db(transaction=True)
LESSER = [role for role in Role if role is not Role.ADMINISTRATOR]


@pytest.fixture
def per(firm_account: Firm) -> User:
    return person(firm_account, "per.berg@furulund.example", "Per Berg")


@pytest.fixture
def clients(firm_account: Firm) -> list[Client]:
    with in_firm(firm_account.id):
        return [
            Client.objects.create(
                firm=firm_account,
                name=name,
                sort_key=name.lower(),
                identifier_kind=IdentifierKind.ORGNR,
                orgnr=orgnr,
                identifier_hash=orgnr.encode(),
            )
            for name, orgnr in (
                ("Aker Bakeri AS", "310000019"),
                ("Berg Bygg AS", "310000027"),
                ("Dal Drift AS", "310000035"),
            )
        ]


def membership(firm: Firm, user: User) -> Membership:
    with in_firm(firm.id):
        return Membership.objects.get(user=user)


def page_of(firm: Firm, user: User) -> str:
    return f"/brukere/{membership(firm, user).public_id}/"


def names_seen(browser: Any) -> set[str]:
    body = browser.get("/klienter/").content.decode()
    return {name for name in ("Aker Bakeri AS", "Berg Bygg AS", "Dal Drift AS") if name in body}


def test_whoever_belongs_to_a_firm_already_is_administrator_for_all_clients(
    firm_account: Firm, user: User
) -> None:
    member = membership(firm_account, user)
    assert (member.role, member.has_all_clients) == (Role.ADMINISTRATOR, True)


@pytest.mark.parametrize("role", list(Role))
def test_invited_person_becomes_what_the_invitation_says(
    signed_in: Any, firm_account: Firm, role: Role
) -> None:
    signed_in.post(
        "/brukere/inviter/",
        {"people": "ola@furulund.example\nkim@furulund.example", "role": role, "clients": "alle"},
    )
    for letter in letters():
        browser = browser_of(User.objects.create_user(letter.to[0]))
        assert browser.post(link_in(letter)).status_code == 302

    with in_firm(firm_account.id):
        joined = Membership.objects.exclude(user__email__startswith="kari")
        assert set(joined.values_list("role", "has_all_clients")) == {(role, True)}
        assert joined.count() == 2


def test_invited_person_sees_the_chosen_clients_alone(
    signed_in: Any, firm_account: Firm, clients: list[Client]
) -> None:
    chosen = [str(client.public_id) for client in clients[:2]]
    answer = signed_in.post(
        "/brukere/inviter/",
        {
            "people": "ola@furulund.example",
            "role": "accountant",
            "clients": "valgte",
            "client": chosen,
        },
    )
    assert answer.status_code == 302
    with in_firm(firm_account.id):
        clients[1].delete()  # one is gone before the letter is opened
    ola = User.objects.create_user("ola@furulund.example")
    browser = browser_of(ola)
    browser.post(link_in(letters()[0]))

    assert names_seen(browser) == {"Aker Bakeri AS"}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Velg en rolle."),
        ({"role": "owner"}, "Velg en rolle."),
        ({"role": "reader"}, "Velg alle klienter eller noen av dem."),
    ],
)
def test_invitation_without_a_role_or_clients_is_refused_and_keeps_what_was_typed(
    signed_in: Any, sent: dict[str, str], said: str
) -> None:
    answer = signed_in.post("/brukere/inviter/", {"people": "ola@furulund.example"} | sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "ola@furulund.example" in answer.content.decode()
    assert letters() == []


def test_role_and_clients_are_changed_at_once_and_logged(
    signed_in: Any, firm_account: Firm, user: User, per: User, clients: list[Client]
) -> None:
    browser = browser_of(per)
    assert len(names_seen(browser)) == 3

    answer = signed_in.post(
        page_of(firm_account, per),
        {"role": "reader", "clients": "valgte", "client": [str(clients[2].public_id)]},
    )

    assert answer.status_code == 302
    assert names_seen(browser) == {"Dal Drift AS"}
    assert browser.get("/brukere/").status_code == 403
    with in_firm(firm_account.id):
        entry = Entry.objects.filter(kind="tenants_membership", action="update").latest("number")
        given = Entry.objects.get(kind="clients_assignedclient")
    assert (entry.user_id, entry.before["role"], entry.after["role"]) == (
        user.pk,
        "administrator",
        "reader",
    )
    assert (given.user_id, given.client_id) == (user.pk, clients[2].pk)


def test_responsible_person_works_for_the_client_without_being_chosen(
    firm_account: Firm, user: User, per: User, clients: list[Client]
) -> None:
    choice = Choice(Role.ACCOUNTANT, False, (clients[0].public_id,))
    with in_firm(firm_account.id):
        change_member(Membership.objects.get(user=per).public_id, choice, user.pk)
        ClientFacts.objects.create(firm=firm_account, client=clients[1], responsible=per)
    browser = browser_of(per)
    assert names_seen(browser) == {"Aker Bakeri AS", "Berg Bygg AS"}

    with in_firm(firm_account.id):
        ClientFacts.objects.update(responsible=None)
    assert names_seen(browser) == {"Aker Bakeri AS"}


def test_person_with_no_chosen_client_sees_none(
    firm_account: Firm, user: User, per: User, clients: list[Client]
) -> None:
    with in_firm(firm_account.id):
        change_member(
            Membership.objects.get(user=per).public_id, Choice(Role.READER, False), user.pk
        )
    assert names_seen(browser_of(per)) == set()


def test_role_for_all_clients_drops_what_was_chosen(
    signed_in: Any, firm_account: Firm, per: User, clients: list[Client]
) -> None:
    address = page_of(firm_account, per)
    chosen = {"clients": "valgte", "client": [str(clients[0].public_id)]}
    signed_in.post(address, {"role": "accountant"} | chosen)
    signed_in.post(address, {"role": "onboarder"} | chosen)
    member = membership(firm_account, per)
    assert (member.role, member.has_all_clients) == (Role.ONBOARDER, True)
    with in_firm(firm_account.id):
        assert not AssignedClient.objects.exists()


def test_another_firms_clients_are_passed_over(
    signed_in: Any, firm_account: Firm, per: User, clients: list[Client]
) -> None:
    second = other_firm()
    with in_firm(second.id):
        theirs = Client.objects.create(
            firm=second,
            name="Naboens AS",
            sort_key="n",
            identifier_kind="orgnr",
            orgnr="310000043",
            identifier_hash=b"n",
        )
    signed_in.post(
        page_of(firm_account, per),
        {"role": "reader", "clients": "valgte", "client": [str(theirs.public_id), "no id"]},
    )
    with in_firm(firm_account.id):
        assert not AssignedClient.objects.exists()


@pytest.mark.parametrize("role", LESSER)
def test_last_administrator_keeps_the_role(
    signed_in: Any, firm_account: Firm, user: User, per: User, role: Role
) -> None:
    signed_in.post(page_of(firm_account, per), {"role": "reviewer", "clients": "alle"})

    answer = signed_in.post(page_of(firm_account, user), {"role": role, "clients": "alle"})

    assert answer.status_code == 422
    assert "Firmaet må ha en administrator" in answer.content.decode()
    assert membership(firm_account, user).role == Role.ADMINISTRATOR


def test_administrator_whose_colleague_is_closed_out_is_the_last_one(
    signed_in: Any, firm_account: Firm, user: User, per: User
) -> None:
    signed_in.post(f"{page_of(firm_account, per)}steng/")
    answer = signed_in.post(page_of(firm_account, user), {"role": "reader", "clients": "alle"})
    assert answer.status_code == 422


@pytest.mark.parametrize("role", [Role.READER, Role.ONBOARDER])
def test_of_two_administrators_who_lower_each_other_at_once_one_stays(
    firm_account: Firm, user: User, per: User, role: Role
) -> None:
    members = {one.pk: membership(firm_account, one).public_id for one in (user, per)}
    together, refused = threading.Barrier(2), []

    def lower(by: int, other: int) -> None:
        together.wait()
        try:
            with in_firm(firm_account.id):
                change_member(members[other], Choice(role, True), by)
        except RefusedError as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=lower, args=pair) for pair in ((user.pk, per.pk), (per.pk, user.pk))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    with in_firm(firm_account.id):
        assert Membership.current.filter(role=Role.ADMINISTRATOR).count() == 1


def test_administrator_who_steps_down_as_a_colleague_does_finds_out_who_was_first(
    firm_account: Firm, user: User, per: User
) -> None:
    members = {one.pk: membership(firm_account, one).public_id for one in (user, per)}
    together, refused = threading.Barrier(2), []

    def step_down(who: int) -> None:
        together.wait()
        try:
            with in_firm(firm_account.id):
                change_member(members[who], Choice(Role.READER, True), who)
        except RefusedError as error:
            refused.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=step_down, args=(one.pk,)) for one in (user, per)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused == ["last_administrator"]


def test_refusal_says_who_may_and_whom_to_ask(
    signed_in: Any, firm_account: Firm, per: User
) -> None:
    signed_in.post(page_of(firm_account, per), {"role": "reader", "clients": "alle"})
    browser = browser_of(per)

    page = browser.get("/logg/")
    part = browser.get("/integrasjoner/ny/", headers={"HX-Request": "true"})

    shown = page.content.decode()
    assert page.status_code == part.status_code == 403
    assert "lese og gjennomgå loggen over hvem som gjorde hva: Administrator" in shown
    assert "rollen din Leser" in shown
    assert "Kari Nordahl" in shown
    assert 'href="mailto:kari.nordahl@furulund.example"' in shown
    assert "Kari Nordahl" in part["HX-Trigger"]


def test_group_of_companies_is_for_those_with_all_clients_and_says_so(
    signed_in: Any, firm_account: Firm, per: User
) -> None:
    signed_in.post(page_of(firm_account, per), {"role": "reader", "clients": "valgte"})
    shown = browser_of(per).get("/rapport/grupper/").content.decode()
    assert "har alle klienter" in shown


@pytest.mark.parametrize(
    ("role", "start"),
    [
        (Role.ADMINISTRATOR, "/integrasjoner/"),
        (Role.ONBOARDER, "/integrasjoner/"),
        (Role.ACCOUNTANT, "/oversikt/"),
        (Role.REVIEWER, "/oversikt/"),
        (Role.READER, "/oversikt/"),
    ],
)
def test_everybody_begins_on_a_page_of_their_own_role(
    firm_account: Firm, user: User, per: User, role: Role, start: str
) -> None:
    with in_firm(firm_account.id):
        change_member(Membership.objects.get(user=per).public_id, Choice(role, True), user.pk)
    answer = browser_of(per).get("/", follow=True)
    assert answer.redirect_chain[-1][0] == start
    assert answer.status_code == 200


def test_help_page_says_what_the_table_says(client: Any, db: None) -> None:
    answer = client.get("/hjelp/roller/", headers={"Accept-Language": "nb"})
    rows = answer.context["acts"]
    assert len(rows) == len(Act)
    for act, (_text, _of_all, cells) in zip(Act, rows, strict=True):
        assert cells == [act in rights.acts for rights in ROLES.values()], act
    body = answer.content.decode()
    assert body.count("<tr>") == len(Act) + 1
    assert body.count('<span class="ds-sr-only">Ja</span>') == sum(
        len(rights.acts) for rights in ROLES.values()
    )


def test_list_of_members_asks_as_much_for_many_clients_as_for_few(
    signed_in: Any, firm_account: Firm, per: User, clients: list[Client]
) -> None:
    address = page_of(firm_account, per)
    signed_in.post(address, {"role": "reader", "clients": "valgte"})
    signed_in.get("/brukere/")
    with CaptureQueriesContext(connection) as few:
        signed_in.get("/brukere/")
    chosen = [str(client.public_id) for client in clients]
    signed_in.post(address, {"role": "reader", "clients": "valgte", "client": chosen})
    signed_in.get("/brukere/")
    with CaptureQueriesContext(connection) as many:
        answer = signed_in.get("/brukere/")

    assert len(many) == len(few)
    assert {one.name: one.clients for one in answer.context["members"]} == {
        "Kari Nordahl": None,
        "Per Berg": 3,
    }
