"""Every change of a person's leaves an entry, by the database itself, chained and for ever."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from django.db import InternalError, ProgrammingError, connection, connections, transaction

from klientbro.audit.services import note
from klientbro.audit.verifying import verify
from klientbro.audit.watching import HIDDEN, NOT_WATCHED, NOT_WATCHED_PREFIXES, is_watched
from klientbro.clients.models import Client, ClientFacts, Connection, Integration
from klientbro.clients.tests.fixtures import personal_number
from klientbro.domain.identifier import IdentifierKind
from klientbro.tenants.context import acting_as, firm_set
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import Firm
from klientbro.tenants.services import create_firm, firm_envelopes

pytestmark = pytest.mark.django_db(transaction=True)


def make_client(firm: Any, name: str = "Fjordheim Bygg AS") -> Client:
    return Client.objects.create(
        firm=firm,
        name=name,
        sort_key=name.lower(),
        identifier_kind=IdentifierKind.ORGNR,
        orgnr="310000021",
        identifier_hash=firm_envelopes().equality_hash("identifier", name),
    )


def entries() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select number, user_id, way, address, action, kind, client_id, before::text, "
            "after::text from audit_entry order by number"
        )
        return [(*row[:7], json.loads(row[7]), json.loads(row[8])) for row in cursor.fetchall()]


def as_superuser(server: Any, *statements: str) -> None:
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(server.superuser_url, dbname=name) as operator:
        for statement in statements:
            operator.execute(statement)


def test_change_tells_who_from_where_what_on_which_client_before_and_after(user: Any) -> None:
    firm = create_firm("Åsen Regnskap AS")
    with acting_as(user.pk, address="192.0.2.7"), in_firm(firm.id):
        client = make_client(firm)
        facts = ClientFacts.objects.create(firm=firm, client=client, vat_frequency="two_months")
    with acting_as(user.pk, address="192.0.2.7"), in_firm(firm.id):
        ClientFacts.objects.filter(pk=facts.pk).update(vat_frequency="year", pay_day=12)
    with in_firm(firm.id):
        made, _facts, changed = entries()[-3:]
    assert made[1:7] == (user.pk, "web", "192.0.2.7", "insert", "clients_client", client.pk)
    assert made[8]["name"] == "Fjordheim Bygg AS"
    assert changed[4:7] == ("update", "clients_clientfacts", client.pk)
    assert changed[7]["vat_frequency"] == "two_months"
    assert changed[8] == {"vat_frequency": "year", "pay_day": 12}


def test_secrets_are_told_to_have_changed_and_never_what_they_were(user: Any) -> None:
    firm = create_firm("Åsen Regnskap AS")
    with acting_as(user.pk), in_firm(firm.id):
        client = make_client(firm)
        books = Connection.objects.create(
            firm=firm,
            client=client,
            name="Fjordheim",
            sort_key="fjordheim",
            identifier_kind=IdentifierKind.ORGNR,
            identifier_hash=client.identifier_hash,
            integration=Integration.objects.create(firm=firm, system="poweroffice"),
            key_sealed=firm_envelopes().seal("client_key", "en hemmelig nøkkel"),
            key_hash=b"0123",
        )
    with acting_as(user.pk), in_firm(firm.id):
        sealed = firm_envelopes().seal("client_key", "en ny nøkkel")
        Connection.objects.filter(pk=books.pk).update(key_sealed=sealed)
    with in_firm(firm.id):
        _number, *_rest, before, after = entries()[-1]
        assert (before, after) == ({"key_sealed": HIDDEN}, {"key_sealed": HIDDEN})
        with connection.cursor() as cursor:
            cursor.execute("select string_agg(audit_entry::text, '') from audit_entry")
            (everything,) = cursor.fetchone()
    assert sealed.hex() not in everything
    assert "hemmelig" not in everything


def test_what_the_firm_itself_demands_is_noted_too(user: Any) -> None:
    firm = create_firm("Åsen Regnskap AS")
    with acting_as(user.pk), in_firm(firm.id):
        Firm.objects.filter(pk=firm.id).update(requires_second_factor=True)
    with in_firm(firm.id):
        (changed,) = entries()
        assert changed[4:6] == ("update", "tenants_firm")
        assert changed[8] == {"requires_second_factor": True}
        assert verify().breaks == ()


def test_what_was_rolled_back_leaves_no_entry(user: Any) -> None:
    firm = create_firm("Åsen Regnskap AS")

    def make_and_fail() -> None:
        with acting_as(user.pk), in_firm(firm.id):
            make_client(firm)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        make_and_fail()
    with in_firm(firm.id):
        assert entries() == []


def test_work_of_jobs_is_noted_only_where_somebody_will_ask_about_it() -> None:
    firm = create_firm("Åsen Regnskap AS")
    with in_firm(firm.id):
        client = make_client(firm)
        ClientFacts.objects.create(firm=firm, client=client)
    with in_firm(firm.id):
        assert [(one[1], one[2], one[5]) for one in entries()] == [(None, "job", "clients_client")]


def test_personal_number_typed_in_a_text_is_masked_in_what_is_told() -> None:
    number = personal_number()
    firm = create_firm("Åsen Regnskap AS")
    with in_firm(firm.id):
        note("renamed", "tenants_user", told={"name": f"Ola {number}", "rows": 3})
    with in_firm(firm.id):
        assert entries()[-1][8] == {"name": f"Ola {number[:6]} *****", "rows": 3}


def test_application_can_neither_write_alter_nor_take_away_an_entry(user: Any) -> None:
    firm = create_firm("Åsen Regnskap AS")
    other = create_firm("Bråten Regnskap AS")
    with in_firm(firm.id):
        note("export", "audit_entry", told={"rows": 3})
    for statement in (
        "insert into audit_entry select * from audit_entry",
        "update audit_entry set action = 'nothing'",
        "delete from audit_entry",
        "truncate audit_entry",
        "update audit_head set number = 0",
        "delete from audit_head",
        f"select audit_append('{other.id}', 'export', 'x', '', null, '{{}}', '{{}}')",
        f"select audit_put('{firm.id}', 'export', 'x', '', null, '{{}}', '{{}}')",
    ):
        with (
            pytest.raises((ProgrammingError, InternalError)),
            in_firm(firm.id),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    with in_firm(other.id):
        assert entries() == []


def test_owner_of_the_tables_is_refused_too(database_server: Any) -> None:
    firm = create_firm("Åsen Regnskap AS")
    with in_firm(firm.id):
        note("export", "audit_entry")
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(database_server.urls.owner, dbname=name) as owner:
        owner.execute("select set_config('klientbro.firm', %s, true)", [str(firm.id)])
        with pytest.raises(psycopg.errors.RaiseException, match="never changed"):
            owner.execute("update audit_entry set address = 'elsewhere'")


# An entry made anew by somebody who knows how its hash is made
_TOLD_ANEW = (
    "sha256({previous} || convert_to(audit_text(firm_id, {number}, at, user_id, way, address, "
    "action, kind, object_id, client_id, before, '{{\"rows\": 7}}'), 'UTF8'))"
)


def _rewritten(number: int) -> str:
    anew = _TOLD_ANEW.format(previous="previous", number="number")
    return (
        f"update audit_entry set after = '{{\"rows\": 7}}', hash = {anew} where number = {number}"
    )


def _put_in(previous: str, made: str) -> str:
    return (
        "insert into audit_entry (firm_id, number, at, way, address, action, kind, object_id, "
        "before, after, previous, hash) select firm_id, 6, at, way, address, action, kind, "
        f"object_id, before, '{{\"rows\": 7}}', {previous}, {made} "
        "from audit_entry where number = 5"
    )


@pytest.mark.parametrize(
    ("done", "broken_at", "what"),
    [
        ("update audit_entry set after = '{\"rows\": 7}' where number = 3", 3, "altered"),
        ("update audit_entry set at = at - interval '1 day' where number = 1", 1, "altered"),
        ("update audit_entry set user_id = 99 where number = 5", 5, "altered"),
        (_rewritten(3), 4, "does not follow the entry before it"),
        (_rewritten(5), 5, "is not the kept end"),
        ("delete from audit_entry where number = 2", 2, "1 missing before 3"),
        ("delete from audit_entry where number = 5", 5, "1 missing at the end"),
        ("delete from audit_entry", 1, "5 missing at the end"),
        ("delete from audit_head", 5, "the end of the chain is not kept"),
        (_put_in("previous", "hash"), 6, "does not follow the entry before it"),
        (
            _put_in("hash", _TOLD_ANEW.format(previous="hash", number="6")),
            6,
            "is not the kept end",
        ),
    ],
)
def test_whoever_goes_past_every_wall_is_found_out(
    database_server: Any, done: str, broken_at: int, what: str
) -> None:
    firm = create_firm("Åsen Regnskap AS")
    for number in range(5):
        with in_firm(firm.id):
            note("export", "audit_entry", told={"rows": number})
    with in_firm(firm.id):
        whole = verify()
    assert (whole.entries, whole.breaks) == (5, ())
    as_superuser(database_server, "set local session_replication_role = replica", done)
    with in_firm(firm.id):
        found = verify().breaks
    assert found
    assert found[0].number == broken_at
    assert what in found[0].what


def test_change_is_noted_in_its_own_firm_also_when_another_stands_at_commit(user: Any) -> None:
    firms = [create_firm(name) for name in ("Åsen Regnskap AS", "Bråten Regnskap AS")]
    with acting_as(user.pk), transaction.atomic():
        for firm in firms:
            with firm_set(firm.id), transaction.atomic():
                make_client(firm, f"Klient av {firm.name}")
    for firm in firms:
        with in_firm(firm.id):
            (entry,) = entries()
            assert entry[8]["name"] == f"Klient av {firm.name}"
            assert verify().breaks == ()


def test_chains_of_two_firms_are_apart_and_two_thousand_changes_at_once_are_one_chain() -> None:
    firms = [create_firm(name) for name in ("Åsen Regnskap AS", "Bråten Regnskap AS")]
    for firm in firms:
        with acting_as(None, way="command"), in_firm(firm.id), connection.cursor() as cursor:
            client = make_client(firm)
            cursor.execute(
                "insert into clients_label (firm_id, name, sort_key) "
                "select %s, 'merke ' || n, 'merke ' || n from generate_series(1, 2000) n",
                [firm.id],
            )
    for firm in firms:
        with in_firm(firm.id):
            found = verify()
            assert (found.entries, found.breaks) == (2001, ())
            assert {row[2] for row in entries()} == {"command"}
    assert client.pk


def test_every_table_left_out_is_there_and_has_a_reason() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relkind in ('r', 'p')")
        names = {name for (name,) in cursor.fetchall()}
        cursor.execute("select tgrelid::regclass::text from pg_trigger where tgname = 'audited'")
        watched = {name for (name,) in cursor.fetchall()}
    assert set(NOT_WATCHED) <= names
    assert all(
        len(reason) > 10 for reason in (*NOT_WATCHED.values(), *NOT_WATCHED_PREFIXES.values())
    )
    assert watched == {name for name in watched if is_watched(name)}
    assert {"clients_connection", "tenants_membership", "practice_task", "sync_pace"} <= watched
    assert "ledger_posting" not in watched


@pytest.mark.django_db(databases=["default", "owner"])
def test_every_table_that_should_be_watched_is_and_the_log_guards_itself() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "and n.nspname = 'public' where c.relkind in ('r', 'p') and not c.relispartition "
            "and (c.relname = 'tenants_firm' or exists (select from pg_attribute a "
            "where a.attrelid = c.oid and a.attname = 'firm_id' and not a.attisdropped))"
        )
        wanted = {(name, "audited") for (name,) in cursor.fetchall() if is_watched(name)}
        wanted |= {("audit_entry", f"audit_{one}") for one in ("ends", "stays", "stays_whole")}
        cursor.execute(
            "select tgrelid::regclass::text, tgname from pg_trigger where not tgisinternal "
            "and tgenabled = 'O' and (tgname = 'audited' or tgname like 'audit\\_%%')"
        )
        assert set(cursor.fetchall()) == wanted
