"""The integration's page: header, counters, columns, rows, filters. P-31 to P-35, P-41 to P-44."""

from __future__ import annotations

import re
import time

import pytest

from klientbro.clients.models import Connection
from klientbro.clients.services import apply_key_check
from klientbro.clients.tests.fixtures import orgnr_number, personal_number
from klientbro.portal.queries import words_of
from klientbro.portal.tests.conftest import PAGE
from klientbro.sync.models import State
from klientbro.sync.services import connection_states, queue_sync


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def names(response) -> list[str]:
    return re.findall(r'class="main" id="n-[^>]*>([^<]+)<', response.content.decode())


def rows(response) -> dict[str, str]:
    """Each row's HTML by its client's name."""
    found = re.findall(r'<tr id="r-.*?</tr>', response.content.decode(), re.DOTALL)
    return {re.search(r'id="n-[^>]*>([^<]+)<', one)[1]: one for one in found}


def counters(page: str) -> tuple[str, str]:
    return (
        re.search(r"Aktive klienter: (\d+)", page)[1],
        re.search(r"Inaktive klienter: (\d+)", page)[1],
    )


def test_header_has_the_articles_words_p_31(signed_in, integration):
    page = text(signed_in.get(PAGE))
    assert "<h1>PowerofficeGo</h1>" in page
    assert counters(page) == ("0", "0")
    order = [
        page.index(f"{word}</button>") for word in ("Ny klient", "Aktiver alle", "Slett system")
    ]
    assert order == sorted(order)
    assert page.index("Aktiver alle</button>") < page.index("Deaktiver alle</button>")


def test_columns_stand_in_the_articles_order_p_32(signed_in, integration):
    page = text(signed_in.get(PAGE))
    head = re.search(r"<thead>(.*?)</thead>", page)[1]
    headings = [re.sub("<[^>]+>", "", one).strip() for one in re.findall(r"<th.*?</th>", head)]
    ours = {"Status", "Sist hentet", "Avstemt mot kilden"}
    assert [one for one in headings if one not in ours] == [
        "Navn",
        "Orgnr",
        "ApiAktiv",
        "Endre",
        "Slett",
        "Send data",
        "Slett kontoer",
        "Aktiv",
    ]


def test_empty_table_says_ingen_data_p_33(signed_in, integration):
    assert "Ingen data" in text(signed_in.get(PAGE))


def test_rows_are_sorted_as_norwegians_do_and_reversed_p_34(signed_in, add):
    for name in ("Åsrygg", "aas", "Øvre", "Zorro", "Æra", "Testing", "power Testing"):
        add(name)
    order = ["power Testing", "Testing", "Zorro", "Æra", "Øvre", "aas", "Åsrygg"]
    page = signed_in.get(PAGE)
    assert names(page) == order
    assert 'aria-sort="ascending"' in text(page)
    reverse = signed_in.get(PAGE + "?sorter=-navn")
    assert names(reverse) == order[::-1]
    assert 'aria-sort="descending"' in text(reverse)


def test_equal_names_are_ordered_by_orgnr_p_34(signed_in, add):
    add("Lik AS", orgnr_number(9)), add("Lik AS", orgnr_number(2))
    found = re.findall(r"300 000 \d{3}", signed_in.get(PAGE).content.decode().replace("\xa0", " "))
    assert found == sorted(found)


def test_counters_follow_every_change_p_35(signed_in, press, add, row_address):
    connection = add("Testing")
    assert counters(text(signed_in.get(PAGE))) == ("0", "1")
    assert counters(text(press(row_address(connection, "aktiver")))) == ("1", "0")
    assert counters(text(press(row_address(connection, "deaktiver")))) == ("0", "1")
    press(PAGE + "aktiver-alle/")
    assert counters(text(signed_in.get(PAGE))) == ("1", "0")
    press(PAGE + "deaktiver-alle/")
    assert counters(text(signed_in.get(PAGE))) == ("0", "1")
    press(row_address(connection, "slett"))
    assert counters(text(signed_in.get(PAGE))) == ("0", "0")


def test_inactive_row_has_empty_send_data_and_slett_kontoer_cells_p_41(signed_in, add):
    add("Testing")
    row = rows(signed_in.get(PAGE))["Testing"]
    assert row.count('<td class="kb-wide mid"></td>') == 2
    assert 'aria-label="Endre"' in row
    assert 'aria-label="Slett"' in row
    assert ">Aktiver</button>" in row
    assert "Slett gamle kontoer" not in row
    assert "Send testdata" not in row


def test_active_row_has_all_actions_p_42(signed_in, add):
    add("Power Testing", active=True)
    row = rows(signed_in.get(PAGE))["Power Testing"]
    for name in ("Endre", "Slett", "Send testdata til Klientbro", "Slett gamle kontoer"):
        assert f'aria-label="{name}"' in row
        assert f'title="{name}"' in row
    assert ">Deaktiver</button>" in row


def test_exactly_the_active_rows_carry_the_green_line_p_43(signed_in, add):
    add("Power Testing", active=True)
    add("Testing")
    found = rows(signed_in.get(PAGE))
    assert 'class="kb-active"' in found["Power Testing"]
    assert "Aktiv. </span>" in found["Power Testing"]
    assert "kb-active" not in found["Testing"]
    assert "Inaktiv. </span>" in found["Testing"]


def test_api_aktiv_shows_the_last_check_and_its_time_p_44(signed_in, add, answered):
    add("Virker AS")
    apply_key_check(add("Avvist AS"), answered("rejected"))
    add("Ukontrollert AS", outcome=None)
    found = rows(signed_in.get(PAGE))
    box = {name: re.search(r"<input type=\"checkbox\".*?>", row)[0] for name, row in found.items()}
    assert " checked" in box["Virker AS"]
    assert re.search(r"Kontrollert \d\d\.\d\d\.\d{4} kl\. \d\d:\d\d", box["Virker AS"])
    assert " checked" not in box["Avvist AS"]
    assert " checked" not in box["Ukontrollert AS"]
    assert all('aria-readonly="true"' in one for one in box.values())


def test_rejected_key_of_an_inactive_client_is_said_on_the_row(signed_in, add, answered):
    apply_key_check(add("Avvist AS"), answered("rejected"))
    assert "nøkkelen er avvist" in rows(signed_in.get(PAGE))["Avvist AS"]


def test_name_leads_to_the_clients_ledger(signed_in, add):
    connection = add("Testing")
    assert f'href="/klienter/{connection.client.public_id}/saldobalanse/"' in text(
        signed_in.get(PAGE)
    )


def test_search_finds_names_and_orgnr(signed_in, add):
    add("Fjordglimt Bakeri AS", orgnr_number(3)), add("Åse Våge", orgnr_number(4))
    assert names(signed_in.get(PAGE, {"q": "glimt"})) == ["Fjordglimt Bakeri AS"]
    assert names(signed_in.get(PAGE, {"q": "aase våge"})) == ["Åse Våge"]
    assert names(signed_in.get(PAGE, {"q": orgnr_number(4)[:6]})) == names(signed_in.get(PAGE))
    assert names(signed_in.get(PAGE, {"q": orgnr_number(4)})) == ["Åse Våge"]
    assert "Ingen klient passer" in text(signed_in.get(PAGE, {"q": "%_"}))


def test_a_personal_number_in_the_search_is_taken_out_of_the_address(signed_in, integration):
    number = personal_number()
    for typed in (number, f"{number[:6]} {number[6:]}", f"{number[:6]}-{number[6:]}"):
        answer = signed_in.get(PAGE, {"q": typed}, follow=True)
        assert answer.redirect_chain[-1] == (PAGE, 302)
        assert not [address for address, _status in answer.redirect_chain if number[6:] in address]
        assert "aldri" in text(answer)  # and says why


def test_filters_are_links_with_counters(signed_in, add):
    add("A", active=True), add("B")
    page = text(signed_in.get(PAGE))
    assert re.search(r'href="[^"]*\?vis=aktive">Aktive<span class="n">1<', page)
    assert names(signed_in.get(PAGE + "?vis=aktive")) == ["A"]
    assert names(signed_in.get(PAGE + "?vis=inaktive")) == ["B"]
    assert names(signed_in.get(PAGE + "?vis=stoppet")) == []
    assert names(signed_in.get(PAGE + "?vis=ukjent&sorter=tull&side=x")) == ["A", "B"]


def test_pages_hold_fifty(signed_in, add):
    for number in range(53):
        add(f"Klient {number:03}")
    assert len(names(signed_in.get(PAGE))) == 50
    assert names(signed_in.get(PAGE + "?side=2")) == [f"Klient {n:03}" for n in (50, 51, 52)]
    assert names(signed_in.get(PAGE + "?side=99")) == names(signed_in.get(PAGE + "?side=2"))


@pytest.mark.parametrize(
    ("fields", "filter_", "word"),
    [
        ({"cause": "key_rejected"}, "stoppet", "Stoppet: nøkkelen er avvist"),
        ({"cause": "differs"}, "ikke-avstemt", "Oppdatert, ikke avstemt"),
        ({"cause": "unreachable"}, "", "Venter på regnskapssystemet"),
        ({"last_success_at": "2026-01-02T03:04:05Z"}, "", "Oppdatert"),
        ({}, "henter", "I kø"),
    ],
)
def test_state_of_a_row_in_words(signed_in, add, fields, filter_, word):
    connection = add("Testing", active=True)
    State.objects.create(connection=connection, firm_id=connection.firm_id, **fields)
    page = signed_in.get(f"{PAGE}?vis={filter_}")
    assert names(page) == ["Testing"]
    assert word in rows(page)["Testing"]


def test_words_agree_with_sync_for_every_state(add, integration, firm):
    causes = ("", "key_rejected", "unreachable", "differs", "moving", "vanished", "internal")
    for number, cause in enumerate(causes):
        for queued in (False, True):
            connection = add(f"K{number}{queued}", active=True)
            if queued:
                queue_sync(connection, reason="looking")
            State.objects.update_or_create(
                connection=connection, defaults={"firm_id": firm.id, "cause": cause}
            )
    add("Inaktiv")
    states = connection_states(Connection.objects.values_list("pk", flat=True))
    assert words_of(integration.pk) == {key: state.state for key, state in states.items()}


def statements(client, address) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_number_of_statements_does_not_grow_with_the_rows(signed_in, add):
    for number in range(5):
        add(f"Klient {number:03}", active=number % 2 == 0)
    few = statements(signed_in, PAGE)
    for number in range(5, 60):
        add(f"Klient {number:03}", active=number % 2 == 0)
    assert statements(signed_in, PAGE) == few
    assert statements(signed_in, PAGE + "?side=2&sorter=status&vis=&q=klient") <= few + 1
    assert statements(signed_in, "/integrasjoner/") <= few


def test_a_thousand_rows_are_shown_quickly(signed_in, add, integration):
    one = add("Klient 0000", active=True)
    State.objects.create(connection=one, firm_id=one.firm_id, cause="")
    Connection.objects.bulk_create(
        Connection(
            firm_id=one.firm_id,
            integration=integration,
            name=f"Klient {number:04}",
            sort_key=f"klient {number:04}",
            identifier_kind="orgnr",
            orgnr=orgnr_number(number + 5000),
            identifier_hash=number.to_bytes(32, "big"),
            client=one.client,
            key_sealed=b"x",
            key_hash=number.to_bytes(32, "big"),
            is_active=True,
            api_active=True,
        )
        for number in range(1, 1000)
    )
    signed_in.get(PAGE)
    times = []
    for _ in range(9):
        began = time.perf_counter()
        assert signed_in.get(PAGE).status_code == 200
        times.append(time.perf_counter() - began)
    median = sorted(times)[4]
    print(f"1,000 connections: {median * 1000:.0f} ms")
    assert median < 0.5  # the machine is shared here; the benchmark holds the real limit


def test_busy_rows_update_themselves_by_one_request(signed_in, look, add):
    busy, idle = add("Travel", active=True), add("Rolig")
    page = text(signed_in.get(PAGE))
    assert 'hx-trigger="every 1500ms"' in page
    assert page.count('name="id"') == 1
    update = text(look(PAGE + "rader/", id=[busy.public_id, idle.public_id, "tull"]))
    assert f'id="u-{busy.public_id}" hx-swap-oob="true"' in update
    assert '<div class="kb-meta" id="counters" hx-swap-oob="true">' in update
    assert "<tr" not in update  # an open menu and the focus survive


def test_updating_stops_when_nothing_is_busy(look, add):
    connection = add("Rolig")
    update = text(look(PAGE + "rader/", id=[connection.public_id]))
    assert 'hx-trigger="kb:busy from:body"' in update


def test_rejected_key_keeps_the_last_good_fetch_and_offers_repair_section_7(signed_in, add):
    connection = add("Havsule AS", active=True)
    State.objects.create(
        connection=connection,
        firm_id=connection.firm_id,
        cause="key_rejected",
        cause_since="2026-01-03T05:10:00Z",
        last_success_at="2025-01-02T03:04:05Z",
    )
    row = rows(signed_in.get(PAGE))["Havsule AS"]
    assert "Stoppet: nøkkelen er avvist" in row
    assert "02.01.2025" in row
    assert re.search(r'class="kb-inline" hx-get="[^"]*/reparer/"[^>]*>Reparer</button>', row)


def test_source_that_is_down_is_waited_for_and_tried_again_section_7(signed_in, add):
    from datetime import timedelta

    from django.utils import timezone

    from klientbro.sync.models import Schedule

    connection = add("Venter AS", active=True)
    State.objects.create(connection=connection, firm_id=connection.firm_id, cause="unreachable")
    Schedule.objects.create(
        connection_id=connection.pk,
        firm_id=connection.firm_id,
        next_at=timezone.now() + timedelta(minutes=5),
    )
    row = rows(signed_in.get(PAGE))["Venter AS"]
    assert "Venter på regnskapssystemet" in row
    assert re.search(r"Prøves igjen kl\. \d\d:\d\d", row)


def test_vanished_postings_flag_the_client_section_7(signed_in, add):
    connection = add("Uten lønn AS", active=True)
    State.objects.create(
        connection=connection,
        firm_id=connection.firm_id,
        cause="vanished",
        cause_detail={"count": 40},
    )
    row = rows(signed_in.get(PAGE))["Uten lønn AS"]
    assert 'data-tone="stop"' in row
    assert "40 posteringer" in row
