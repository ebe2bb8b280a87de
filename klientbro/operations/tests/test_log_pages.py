"""The log reads as people speak, narrows, exports itself with an entry, and is signed by month."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from klientbro.audit.models import Review
from klientbro.audit.services import note
from klientbro.audit.verifying import verify
from klientbro.clients.models import Client, ClientFacts
from klientbro.domain.identifier import IdentifierKind
from klientbro.tenants.context import acting_as
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import create_firm, firm_envelopes

pytestmark = pytest.mark.django_db(transaction=True)


def make_client(firm: Any, name: str) -> Client:
    return Client.objects.create(
        firm=firm,
        name=name,
        sort_key=name.lower(),
        identifier_kind=IdentifierKind.ORGNR,
        identifier_hash=firm_envelopes().equality_hash("identifier", name),
    )


@pytest.fixture
def work(user: Any, firm_account: Any) -> Any:
    """A client is made, and its facts are changed, by the signed-in person."""
    with acting_as(user.pk, address="192.0.2.7"), in_firm(firm_account.id):
        client = make_client(firm_account, "Fjordheim Bygg AS")
        facts = ClientFacts.objects.create(
            firm=firm_account, client=client, vat_frequency="two_monthly", responsible=user
        )
        make_client(firm_account, "Solvik Frisør")
    with acting_as(user.pk, address="192.0.2.7"), in_firm(firm_account.id):
        ClientFacts.objects.filter(pk=facts.pk).update(vat_frequency="yearly")
    return client


def page(signed_in: Any, **given: str) -> str:
    answer = signed_in.get("/logg/", given, headers={"accept-language": "nb"})
    return str(answer.content.decode())


def test_entry_reads_as_people_speak(signed_in: Any, work: Any) -> None:
    text = page(signed_in)
    assert "Kari Nordahl" in text
    assert "192.0.2.7" in text
    assert "Fjordheim Bygg AS" in text
    assert "Fakta om klienten" in text
    assert "Mva-frekvens" in text
    assert "two_monthly" not in text
    assert "Årlig" in text
    assert "klientbro_" not in text


def test_filter_narrows_by_person_client_kind_act_and_day(
    signed_in: Any, work: Any, user: Any
) -> None:
    assert "Solvik" not in page(signed_in, klient="fjordheim")
    assert "Fjordheim Bygg AS" in page(signed_in, klient="fjordheim")
    assert "Ingenting i loggen passer" in page(signed_in, person="job", hva="clients_clientfacts")
    assert "Solvik" not in page(signed_in, hva="clients_clientfacts")
    assert "Solvik" not in page(signed_in, handling="update")
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert "Ingenting i loggen passer" in page(signed_in, fra=str(tomorrow))
    assert "Solvik" in page(signed_in, til=str(tomorrow), person=str(user.pk))


def test_day_that_is_none_is_told_of_and_shows_nothing(signed_in: Any, work: Any) -> None:
    answer = signed_in.get("/logg/", {"fra": "31.12.2026"}, headers={"accept-language": "nb"})
    assert answer.status_code == 422
    assert "Fra må være en dato" in answer.content.decode()
    assert "Fjordheim" not in answer.content.decode()
    swapped = page(signed_in, fra="2026-02-01", til="2026-01-01")
    assert "Fra er senere enn Til" in swapped


def test_number_of_statements_does_not_grow_with_the_log(
    signed_in: Any, work: Any, firm_account: Any, user: Any
) -> None:
    page(signed_in)
    with CaptureQueriesContext(connection) as few:
        page(signed_in)
    with acting_as(user.pk), in_firm(firm_account.id):
        for number in range(120):
            make_client(firm_account, f"Kunde {number} AS")
    with CaptureQueriesContext(connection) as many:
        text = page(signed_in)
    assert len(many) == len(few)
    assert text.count("<tr>") == 51
    older = page(signed_in, eldre="30")
    assert "Kunde 119 AS" not in older


def test_export_holds_every_entry_with_its_hash_and_is_an_entry_itself(
    signed_in: Any, work: Any, firm_account: Any
) -> None:
    answer = signed_in.post("/logg/eksport/", {"klient": "Fjordheim"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert len(rows) == 1 + 3
    assert all(len(row[9]) == 64 for row in rows[1:])
    with in_firm(firm_account.id):
        assert verify().breaks == ()
    assert "eksportert" in page(signed_in, handling="export")


def test_log_of_another_firm_is_not_there(signed_in: Any, work: Any, user: Any) -> None:
    other = create_firm("Bråten Regnskap AS")
    with acting_as(user.pk), in_firm(other.id):
        make_client(other, "Hemmelig Klient AS")
    assert "Hemmelig" not in page(signed_in)
    answer = signed_in.post("/logg/eksport/", {})
    assert "Hemmelig" not in b"".join(answer.streaming_content).decode()


def test_month_is_signed_once_when_it_is_over_and_holds_the_end_of_the_chain(
    signed_in: Any, work: Any, firm_account: Any, monkeypatch: Any
) -> None:
    with in_firm(firm_account.id):
        note("reveal", "clients_client", client_id=work.pk, told={"purpose": "Aksjonærregisteret"})
    here = timezone.localdate()
    address = f"/logg/gjennomgang/{here:%Y-%m}/"
    seen = signed_in.get(address, headers={"accept-language": "nb"}).content.decode()
    assert "Aksjonærregisteret" in seen
    assert "Måneden er ikke over" in seen
    signed_in.post(f"{address}signer/", {})
    with in_firm(firm_account.id):
        assert not Review.objects.exists()
    later = datetime(here.year + 1, here.month, 15, 12, tzinfo=ZoneInfo("Europe/Oslo"))
    monkeypatch.setattr("klientbro.operations.log_reviews._now", lambda: later)
    for _twice in range(2):
        signed_in.post(f"{address}signer/", {"remark": "Sett igjennom, i orden."})
    with in_firm(firm_account.id):
        (review,) = Review.objects.all()
        assert (review.reveals, review.remark) == (1, "Sett igjennom, i orden.")
        assert review.head_number > 0
        assert verify().breaks == ()


def test_review_counts_tries_to_sign_in_and_not_their_entries(
    signed_in: Any, work: Any, firm_account: Any
) -> None:
    with in_firm(firm_account.id):
        note("sign_in_failed", "tenants_user", told={"tries": 8})
        note("sign_in_failed", "tenants_user", told={"tries": 1})
        note("reading_stopped", "tenants_membership", told={"reading": "files", "limit": 100})
    here = f"{timezone.localdate():%Y-%m}"
    month = signed_in.get(f"/logg/gjennomgang/{here}/").content.decode()
    assert "9 mislykkede innloggingsforsøk" in month
    assert "Forsøk: 8" in month
    assert "Lest: filer" in month
    listed = signed_in.get("/logg/gjennomgang/").content.decode()
    assert '<td class="num" data-label="Mislykkede innloggingsforsøk">9</td>' in listed


def test_month_that_never_was_is_not_there(signed_in: Any) -> None:
    assert signed_in.get("/logg/gjennomgang/2026-13/").status_code == 404


def test_stranger_is_sent_to_sign_in(client: Any) -> None:
    for address in ("/logg/", "/logg/gjennomgang/"):
        assert client.get(address).status_code == 302
