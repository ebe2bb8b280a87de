"""Several firms and one person, the list of users, and access that is closed."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection, connections
from django.test import Client as DjangoBrowser
from django.test.utils import CaptureQueriesContext

from klientbro.clients.errors import RefusedError
from klientbro.identity.members import disable_member
from klientbro.identity.tests.support import browser_of, other_firm, person
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import Firm, Membership, User
from klientbro.tenants.services import add_user

pytestmark = pytest.mark.django_db(transaction=True)
WORK = "/integrasjoner/"


@pytest.fixture
def per(firm_account: Firm) -> User:
    return person(firm_account, "per@furulund.example", "Per Berg")


def membership(firm: Firm, user: User) -> Membership:
    with in_firm(firm.id):
        return Membership.objects.get(user=user)


def is_out(browser: Any) -> bool:
    answer = browser.get(WORK)
    return answer.status_code == 302 and "/konto/logg-inn/" in answer["location"]


def test_person_of_two_firms_switches_between_them(user: User, signed_in: Any) -> None:
    second = other_firm()
    add_user(second.id, user.email)
    shown = signed_in.get("/hjelp/").content.decode()
    assert "Furulund Regnskap AS" in shown
    assert "Granli Økonomi AS" in shown
    assert signed_in.get("/brukere/").context["firm"].name == "Furulund Regnskap AS"

    assert signed_in.post("/konto/firma/", {"firm": str(second.id)}).status_code == 302

    assert signed_in.get("/brukere/").context["firm"] == second


def test_the_choice_belongs_to_the_session(user: User, signed_in: Any) -> None:
    second = other_firm()
    add_user(second.id, user.email)
    another = browser_of(user)

    another.post("/konto/firma/", {"firm": str(second.id)})

    assert signed_in.get("/brukere/").context["firm"].name == "Furulund Regnskap AS"
    assert another.get("/brukere/").context["firm"] == second


def test_person_of_one_firm_is_offered_no_choice(signed_in: Any) -> None:
    assert 'name="firm"' not in signed_in.get("/hjelp/").content.decode()


@pytest.mark.parametrize("firm", ["", "no id", "00000000-0000-0000-0000-000000000000", "theirs"])
def test_firm_one_does_not_belong_to_answers_404(signed_in: Any, firm: str) -> None:
    wanted = str(other_firm().id) if firm == "theirs" else firm
    assert signed_in.post("/konto/firma/", {"firm": wanted}).status_code == 404
    assert signed_in.get("/brukere/").context["firm"].name == "Furulund Regnskap AS"


def test_list_shows_the_firms_own_people_only(signed_in: Any, per: User) -> None:
    person(other_firm(), "nabo@granli.example", "Nabo Nilsen")

    shown = signed_in.get("/brukere/").content.decode()

    assert "Per Berg" in shown
    assert "Kari Nordahl" in shown
    assert "Nabo" not in shown


def test_list_asks_no_more_for_many_than_for_few(signed_in: Any, firm_account: Firm) -> None:
    signed_in.get("/brukere/")
    with CaptureQueriesContext(connection) as few:
        signed_in.get("/brukere/")
    for number in range(8):
        person(firm_account, f"person{number}@furulund.example")
    signed_in.post(
        "/brukere/inviter/",
        {"people": "a@b.no\nc@d.no\ne@f.no", "role": "reader", "clients": "alle"},
    )
    signed_in.get("/brukere/")  # what was said is shown once
    with CaptureQueriesContext(connection) as many:
        answer = signed_in.get("/brukere/")

    assert len(answer.context["members"]) == 9
    assert len(many) == len(few)
    assert len(many) < 14


def test_person_whose_access_is_closed_is_out_everywhere_at_once(
    signed_in: Any, firm_account: Firm, per: User
) -> None:
    browsers = [browser_of(per), browser_of(per)]
    assert all(browser.get(WORK).status_code == 200 for browser in browsers)
    member = membership(firm_account, per)

    answer = signed_in.post(f"/brukere/{member.public_id}/steng/")

    assert answer.status_code == 302
    assert all(is_out(browser) for browser in browsers)
    again = browser_of(per)
    refused = again.get(WORK)
    assert refused.status_code == 403
    assert "ikke tilgang til noe firma" in refused.content.decode()
    assert again.post("/konto/logg-ut/").status_code == 302


def test_access_can_be_opened_again(signed_in: Any, firm_account: Firm, per: User) -> None:
    member = membership(firm_account, per)
    signed_in.post(f"/brukere/{member.public_id}/steng/")

    signed_in.post(f"/brukere/{member.public_id}/apne/")

    assert browser_of(per).get(WORK).status_code == 200


def test_person_closed_out_of_one_firm_keeps_the_other(
    signed_in: Any, firm_account: Firm, per: User
) -> None:
    second = other_firm()
    add_user(second.id, per.email)

    signed_in.post(f"/brukere/{membership(firm_account, per).public_id}/steng/")

    browser = browser_of(per)
    assert browser.get("/brukere/").context["firm"] == second
    assert browser.post("/konto/firma/", {"firm": str(firm_account.id)}).status_code == 404


def test_nobody_closes_their_own_access(signed_in: Any, firm_account: Firm, user: User) -> None:
    answer = signed_in.post(f"/brukere/{membership(firm_account, user).public_id}/steng/")

    assert answer.status_code == 422
    assert "Be en annen administrator" in answer.content.decode()
    assert signed_in.get(WORK).status_code == 200


def test_another_firms_member_is_not_found(signed_in: Any) -> None:
    second = other_firm()
    theirs = membership(second, person(second, "nabo@granli.example"))
    for action in ("steng", "apne"):
        answer = signed_in.post(f"/brukere/{theirs.public_id}/{action}/")
        assert answer.status_code == 404
    with in_firm(second.id):
        assert Membership.objects.get().disabled_at is None


def test_of_two_administrators_who_close_each_other_at_once_one_stays(
    firm_account: Firm, user: User, per: User
) -> None:
    members = {one.pk: membership(firm_account, one) for one in (user, per)}
    pairs = [(user.pk, members[per.pk]), (per.pk, members[user.pk])]
    together, refused = threading.Barrier(2), []

    def close(by: int, other: Membership) -> None:
        together.wait()
        try:
            with in_firm(firm_account.id):
                disable_member(other.public_id, by)
        except RefusedError as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=close, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    with in_firm(firm_account.id):
        assert Membership.current.count() == 1


def test_request_under_way_while_access_closes_does_not_bring_the_session_back(
    firm_account: Firm, user: User, per: User
) -> None:
    browser = browser_of(per)
    store = browser.session
    assert store["_auth_user_id"] == str(per.pk)  # read, as a request does at its start
    member = membership(firm_account, per)
    with in_firm(firm_account.id):
        disable_member(member.public_id, user.pk)

    store["late"] = "write"
    with pytest.raises(UpdateError):
        store.save()

    assert is_out(browser)


def test_stranger_sees_no_list(client: Any, db: None) -> None:
    assert is_out(DjangoBrowser())
    assert client.get("/brukere/").status_code == 302
