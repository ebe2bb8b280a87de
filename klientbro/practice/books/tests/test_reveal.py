"""A personal number is shown to whoever says what for, once it is noted, and stays nowhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from klientbro.audit.models import Entry
from klientbro.clients.identifiers import StoredIdentifier
from klientbro.clients.models import Client
from klientbro.clients.tests.fixtures import personal_number
from klientbro.domain.identifier import Identifier, IdentifierKind
from klientbro.practice.books.reveal import MOST_AN_HOUR, PURPOSES, SHOWN_SECONDS
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import Membership
from klientbro.tenants.services import create_firm, firm_envelopes

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = personal_number()
PARTED = f"{NUMBER[:6]} {NUMBER[6:]}"
HTMX = {"HX-Request": "true", "accept-language": "nb"}


@pytest.fixture(autouse=True)
def _no_real_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log's own clock is the database's: the page's must not be another day."""
    monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC))


def person_in(firm: Any, number: str = NUMBER) -> Client:
    with in_firm(firm.id):
        client = Client(firm=firm, name="Ola Ås", sort_key="ola as")
        identifier = Identifier(IdentifierKind.NATIONAL_ID, number)
        StoredIdentifier.of(identifier, firm_envelopes()).put_on(client)
        client.save()
        return client


@pytest.fixture
def ola(firm_account: Any) -> Client:
    return person_in(firm_account)


@pytest.fixture
def address(ola: Client) -> str:
    return f"/klienter/{ola.public_id}/fodselsnummer/"


def entries(firm: Any, action: str) -> list[Any]:
    with in_firm(firm.id):
        return list(Entry.objects.filter(action=action).order_by("number"))


def test_clients_page_shows_a_mask_and_the_way_to_the_number(
    signed_in: Any, ola: Client, address: str
) -> None:
    page = signed_in.get(f"/klienter/{ola.public_id}/").content.decode()
    assert "*****" in page
    assert address in page
    assert NUMBER not in page
    assert NUMBER[6:] not in page


def test_number_is_shown_with_an_entry_of_who_and_what_for(
    signed_in: Any, address: str, ola: Client, user: Any, firm_account: Any
) -> None:
    form = signed_in.get(address, headers=HTMX)
    assert NUMBER[6:] not in form.content.decode()
    assert "Hva trenger du det til?" in form.content.decode()
    assert entries(firm_account, "reveal") == []  # asking is not seeing

    answer = signed_in.post(
        address, {"purpose": "reporting", "reason": "Skattemelding 2026"}, headers=HTMX
    )
    assert answer.status_code == 200
    assert PARTED in answer.content.decode()
    assert f'data-hide-after="{SHOWN_SECONDS}"' in answer.content.decode()
    (entry,) = entries(firm_account, "reveal")
    assert (entry.user_id, entry.kind, entry.object_id, entry.client_id) == (
        user.pk,
        "clients_client",
        str(ola.public_id),
        ola.pk,
    )
    assert entry.after == {"purpose": "reporting", "reason": "Skattemelding 2026"}


def test_answer_is_kept_by_no_cache_and_no_history(signed_in: Any, address: str) -> None:
    for headers in (HTMX, {"accept-language": "nb"}):
        for answer in (
            signed_in.get(address, headers=headers),
            signed_in.post(address, {"purpose": "reporting"}, headers=headers),
        ):
            assert "no-store" in answer["Cache-Control"]
            assert "private" in answer["Cache-Control"]
            assert "ETag" not in answer
            assert NUMBER not in str(answer.headers)
            assert "HX-Push-Url" not in answer
    # without script the page leads away by itself
    assert answer["Refresh"] == f"{SHOWN_SECONDS}; url={address.replace('fodselsnummer/', '')}"
    assert "<html" in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({}, "Velg hva du trenger fødselsnummeret til."),
        ({"purpose": "curious"}, "Velg hva du trenger fødselsnummeret til."),
        ({"purpose": "other", "reason": " x "}, "Skriv med noen ord"),
    ],
)
def test_without_a_purpose_nothing_is_shown(
    signed_in: Any, address: str, firm_account: Any, typed: dict[str, str], told: str
) -> None:
    answer = signed_in.post(address, typed, headers=HTMX)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert NUMBER[6:] not in answer.content.decode()
    assert entries(firm_account, "reveal") == []


def test_number_typed_as_the_reason_is_masked_in_the_log(
    signed_in: Any, address: str, firm_account: Any
) -> None:
    signed_in.post(address, {"purpose": "other", "reason": f"gjelder {NUMBER}"}, headers=HTMX)
    (entry,) = entries(firm_account, "reveal")
    assert NUMBER not in str(entry.after)
    assert entry.after["reason"].startswith("gjelder 018190")


def test_where_the_log_cannot_be_written_nothing_is_shown(
    signed_in: Any, address: str, monkeypatch: Any
) -> None:
    def broken(*_arguments: Any, **_named: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr("klientbro.practice.books.reveal.note", broken)
    signed_in.raise_request_exception = False
    answer = signed_in.post(address, {"purpose": "reporting"}, headers=HTMX)
    assert answer.status_code == 500
    assert NUMBER[6:] not in answer.content.decode()


def test_person_who_has_seen_many_waits_and_others_do_not(
    signed_in: Any, address: str, firm_account: Any, monkeypatch: Any
) -> None:
    for _time in range(MOST_AN_HOUR):
        assert signed_in.post(address, {"purpose": "inquiry"}, headers=HTMX).status_code == 200
    answer = signed_in.post(address, {"purpose": "inquiry"}, headers=HTMX)
    assert answer.status_code == 422
    assert signed_in.post(address, {"purpose": "inquiry"}).status_code == 429
    assert "Vent en stund" in answer.content.decode()
    assert NUMBER[6:] not in answer.content.decode()
    assert len(entries(firm_account, "reveal")) == MOST_AN_HOUR
    assert len(entries(firm_account, "reveal_stopped")) == 2
    later = datetime.now(UTC) + timedelta(hours=1, minutes=1)
    monkeypatch.setattr("klientbro.practice.books.reveal.timezone.now", lambda: later)
    assert signed_in.post(address, {"purpose": "inquiry"}, headers=HTMX).status_code == 200


@pytest.mark.parametrize(("role", "status"), [("reader", 403), ("onboarder", 403),
                                              ("accountant", 200), ("reviewer", 200)])  # fmt: skip
def test_role_decides(
    signed_in: Any, address: str, ola: Client, user: Any, firm_account: Any, role: str, status: int
) -> None:
    with in_firm(firm_account.id):
        Membership.objects.filter(user=user).update(role=role, has_all_clients=True)
    answer = signed_in.post(address, {"purpose": "reporting"}, headers=HTMX)
    assert answer.status_code == status
    assert (PARTED in answer.content.decode()) == (status == 200)
    if role == "reader":
        page = signed_in.get(f"/klienter/{ola.public_id}/").content.decode()
        assert address not in page


def test_other_firms_client_and_a_company_have_no_such_page(
    signed_in: Any, user: Any, firm_account: Any
) -> None:
    theirs = person_in(create_firm("Bråten Regnskap AS"))
    with in_firm(firm_account.id):
        company = Client.objects.create(
            firm=firm_account,
            name="Fjordheim AS",
            sort_key="fjordheim",
            identifier_kind=IdentifierKind.ORGNR,
            orgnr="312480778",
            identifier_hash=b"1",
        )
    for client in (theirs, company):
        at = f"/klienter/{client.public_id}/fodselsnummer/"
        for answer in (signed_in.get(at), signed_in.post(at, {"purpose": "reporting"})):
            assert answer.status_code == 404


def test_monthly_review_lists_who_saw_it_and_what_for_in_words(
    signed_in: Any, address: str, firm_account: Any
) -> None:
    signed_in.post(address, {"purpose": "customer_control"}, headers=HTMX)
    for _time in range(MOST_AN_HOUR):
        signed_in.post(address, {"purpose": "reporting", "reason": "mva"}, headers=HTMX)
    month = timezone.localdate().strftime("%Y-%m")
    text = signed_in.get(f"/logg/gjennomgang/{month}/", headers={"accept-language": "nb"})
    page = text.content.decode()
    assert "Kari Nordahl" in page
    assert "Ola Ås" in page
    assert "Kundekontroll" in page
    assert "for mange fødselsnumre" in page
    assert NUMBER not in page
    assert NUMBER[6:] not in page
    assert set(PURPOSES) >= {"reporting", "customer_control"}
