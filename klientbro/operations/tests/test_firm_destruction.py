"""A firm is destroyed in steps that each survive a kill, and the others stand untouched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.utils import Error
from django.utils import timezone

from klientbro.audit.services import note
from klientbro.audit.verifying import verify
from klientbro.clients.models import Client, Connection
from klientbro.clients.services import add_connection, create_integration, read_typed
from klientbro.clients.tests.fixtures import orgnr_number, personal_number
from klientbro.identity.models import Invitation
from klientbro.ledger.tests.book_table import book_table
from klientbro.lib.errors import ConfigurationError
from klientbro.operations import firm_destruction
from klientbro.operations.firm_destruction import (
    Certificate,
    ask,
    certificate_of,
    destroy,
    erase_restored,
    rows_of,
    withdraw,
)
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import DataKey, Firm, Membership, User
from klientbro.tenants.services import add_user, all_firms, create_firm, firm_envelopes

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
CHART = """
Konto | Navn             | Type   | Inngående
1920  | Driftskonto bank | asset  | 100,00
2000  | Aksjekapital     | equity | -100,00
3000  | Salg             | income |
"""
POSTINGS = """
Bilag | Dato       | Konto | Beløp  | Tekst
1     | 05.10.2026 | 1920  | 50,00  | Salg
1     | 05.10.2026 | 3000  | -50,00 | Salg
"""
STEPS = ("_close", "_destroy_keys", "_press_out_keys", "_erase_tables", "_erase", "_remove_people",
         "_certify")  # fmt: skip


@contextmanager
def in_firm_of(firm: Firm) -> Iterator[Any]:
    """A transaction of the application's role that is taken back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select set_config('klientbro.firm', %s, true)", [str(firm.id)])
        yield cursor
        transaction.set_rollback(True)


class Killed(BaseException):
    """As if the process had died here."""


def office(name: str) -> Firm:
    """A firm with books, a seal, a person, a log and its own user."""
    firm = create_firm(name)
    add_user(firm.id, f"kari@{firm.id.hex[:8]}.example", "Kari")
    with in_firm(firm.id):
        book_table(CHART).post(POSTINGS).prove("2026-10")
        integration, _new = create_integration("poweroffice")
        add_connection(integration, read_typed(personal_number(), "Ola Ås", "key-1"), None)
        note("export", "audit_entry", told={"rows": 1})
    return firm


@pytest.fixture
def offices() -> tuple[Firm, Firm]:
    ours = office("Furulund Regnskap AS")
    theirs = create_firm("Åsen Regnskap AS")
    both, _path = add_user(theirs.id, "begge@byra.example", "Begge")
    add_user(ours.id, both.email)
    with in_firm(theirs.id):
        integration, _new = create_integration("poweroffice")
        add_connection(integration, read_typed(orgnr_number(9), "Vår AS", "key-2"), None)
        note("export", "audit_entry", told={"rows": 1})
    return ours, theirs


def asked(firm: Firm) -> Certificate:
    return ask(firm.id, firm.name, wait=timedelta(0))


def is_whole(theirs: Firm) -> None:
    with in_firm(theirs.id):
        (one,) = Connection.objects.all()
        assert firm_envelopes().open("client_key", bytes(one.key_sealed or b"")) == "key-2"
        assert verify().breaks == ()
    assert User.objects.filter(email="begge@byra.example").exists()


def left_of(firm: Firm) -> dict[str, int]:
    return rows_of(firm.id)


def test_firm_goes_whole_with_a_certificate_and_the_other_stands(
    offices: tuple[Firm, Firm],
) -> None:
    ours, theirs = offices
    counts = left_of(ours)
    assert counts["ledger_posting"] == 2
    assert counts["ledger_seal"] == 1
    with in_firm(ours.id):
        sealed = bytes(Connection.objects.exclude(national_id_sealed=None)[0].national_id_sealed)
        walked = verify()
        wrapped = bytes(DataKey.objects.get(use="data").wrapped)
    before = asked(ours)
    done = destroy(ours.id)
    assert left_of(ours) == {}
    assert [name for _id, name in all_firms()] == [theirs.name]
    assert {table for table, count in counts.items() if done.counts.get(table, 0) < count} == {
        "tenants_datakey"  # they are told by themselves
    }
    assert [(key["use"], key["number"]) for key in done.keys] == [("data", 1), ("equality", 1)]
    assert done.keys[0]["sha256"] == hashlib.sha256(wrapped).hexdigest()
    assert done.log_number is not None
    assert done.log_number >= walked.entries
    assert done.asked_at == before.asked_at
    told = json.dumps(done.about, sort_keys=True).encode()
    assert done.digest == hashlib.sha256(told).hexdigest()
    with in_firm(ours.id), pytest.raises(ConfigurationError, match="no data key"):
        firm_envelopes().open("national_id", sealed)
    assert not User.objects.filter(email__startswith="kari@").exists()
    is_whole(theirs)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_step_the_next_run_ends_it(
    offices: tuple[Firm, Firm], monkeypatch: Any, step: str, when: str
) -> None:
    ours, theirs = offices
    asked(ours)
    real, calls = getattr(firm_destruction, step), 0

    def dies(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        is_now = calls == 3 or step != "_erase_tables"
        if when == "after":
            result = real(*arguments, **named)
            if is_now:
                raise Killed
            return result
        if is_now:
            raise Killed
        return real(*arguments, **named)

    monkeypatch.setattr(firm_destruction, step, dies)
    with pytest.raises(Killed):
        destroy(ours.id)
    for alias in ("default", "owner"):
        connections[alias].close()  # a dead process holds no lock
    monkeypatch.setattr(firm_destruction, step, real)
    done = destroy(ours.id)
    assert left_of(ours) == {}
    assert done.erased_at is not None
    assert done.counts["ledger_posting"] == 2
    assert done.counts["tenants_user"] == 1
    assert not User.objects.filter(email__startswith="kari@").exists()
    assert done.digest == destroy(ours.id).digest  # once more changes nothing
    is_whole(theirs)


def test_before_its_time_nothing_happens_and_it_can_be_taken_back(
    offices: tuple[Firm, Firm],
) -> None:
    ours, _theirs = offices
    ask(ours.id, ours.name, wait=timedelta(days=14))
    before = left_of(ours)
    with pytest.raises(ConfigurationError, match="not to be destroyed before"):
        destroy(ours.id)
    assert left_of(ours) == before
    assert withdraw(ours.id)
    assert certificate_of(ours.id) is None
    with pytest.raises(ConfigurationError, match="Nobody has asked"):
        destroy(ours.id)
    with in_firm(ours.id):
        assert Client.objects.exists()
        assert firm_envelopes()


def test_once_the_keys_are_gone_it_cannot_be_taken_back(
    offices: tuple[Firm, Firm], monkeypatch: Any
) -> None:
    ours, _theirs = offices
    asked(ours)

    def dies(*_arguments: Any, **_named: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(firm_destruction, "_erase", dies)
        with pytest.raises(Killed):
            destroy(ours.id)
    assert not withdraw(ours.id)
    with in_firm(ours.id):
        assert not DataKey.objects.exists()
        with pytest.raises(ConfigurationError):
            firm_envelopes()


def test_firm_that_came_back_with_an_old_backup_goes_once_more(
    offices: tuple[Firm, Firm],
) -> None:
    ours, theirs = offices
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()::text")
        (moment,) = cursor.fetchone()
    kept = {
        "firm_id": str(ours.id), "firm_name": ours.name, "asked_at": moment, "due_at": moment,
        "closed_at": moment, "key_destroyed_at": moment, "keys": [], "counts": {"x": 1},
        "log_number": 1, "log_hash": "00", "erased_at": moment, "digest": "d",
    }  # fmt: skip
    assert erase_restored([kept]) == [ours.name]
    assert left_of(ours) == {}
    assert erase_restored([kept]) == []
    found = certificate_of(ours.id)
    assert found is not None
    assert (found.counts, found.digest) == ({"x": 1}, "d")
    is_whole(theirs)


def test_application_can_neither_write_a_certificate_nor_delete_what_stays() -> None:
    firm = create_firm("Åsen Regnskap AS")
    with in_firm(firm.id):
        note("export", "audit_entry", told={})
    for statement in (
        "insert into tenants_destruction (firm_id, firm_name, due_at, key_destroyed_at) "
        f"values ('{firm.id}', 'x', now(), now())",
        "update tenants_destruction set key_destroyed_at = now()",
        "delete from audit_entry",
    ):
        with in_firm_of(firm) as cursor, pytest.raises(Error):
            cursor.execute(statement)


def people_left(*emails: str) -> list[str]:
    return sorted(User.objects.filter(email__in=emails).values_list("email", flat=True))


def test_only_people_who_had_their_one_place_here_go_with_the_firm(
    offices: tuple[Firm, Firm],
) -> None:
    ours, theirs = offices
    kept = ("aldri@noe.example", "asket@annet.example", "begge@byra.example", "drift@her.example",
            "sluttet@annet.example")  # fmt: skip
    never, asked_there, _both, operator, left_there = kept
    gone = ("bare@her.example", "utgatt@annet.example")
    for email in (asked_there, operator, left_there, *gone):
        add_user(ours.id, email)
    User.objects.create_user(never)  # signed up through no firm yet, or taken out of it
    User.objects.filter(email=operator).update(is_superuser=True)
    add_user(theirs.id, left_there)
    now = timezone.now()
    with in_firm(theirs.id):
        Membership.objects.filter(user__email=left_there).update(disabled_at=now)
        for email, expires in ((asked_there, now + timedelta(days=3)),
                               (gone[1], now - timedelta(minutes=1))):  # fmt: skip
            Invitation.objects.create(
                firm=theirs, email=email.upper(), role="reader", asked_at=now, expires_at=expires
            )
    with in_firm(ours.id):  # asked once more into the firm that goes
        Invitation.objects.create(firm=ours, email=gone[0], role="reader", asked_at=now)
    asked(ours)
    done = destroy(ours.id)
    assert people_left(*kept, *gone) == sorted(kept)
    assert done.counts["tenants_user"] == 3  # with the firm's own Kari
    with connection.cursor() as cursor:
        cursor.execute("select people from tenants_destruction")
        assert cursor.fetchall() == [([],)]
    is_whole(theirs)


def test_two_firms_destroyed_at_once_leave_nobody_of_either_and_everybody_else(
    offices: tuple[Firm, Firm],
) -> None:
    ours, theirs = offices
    third = create_firm("Granli Regnskap AS")
    add_user(third.id, "granli@byra.example")
    add_user(ours.id, "alle@byra.example")
    for firm in (theirs, third):
        add_user(firm.id, "alle@byra.example")
        add_user(firm.id, f"bare@{firm.id.hex[:8]}.example")
    User.objects.create_user("aldri@noe.example")
    for firm in (ours, theirs):
        asked(firm)
    at_the_line = Barrier(2)

    def destroyed(firm: Firm) -> Certificate:
        try:
            at_the_line.wait(timeout=60)
            return destroy(firm.id)
        finally:
            for alias in ("default", "owner"):
                connections[alias].close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(destroyed, (ours, theirs)))
    assert [left_of(firm) for firm in (ours, theirs)] == [{}, {}]
    assert sorted(User.objects.values_list("email", flat=True)) == [
        "aldri@noe.example", "alle@byra.example", f"bare@{third.id.hex[:8]}.example",
        "granli@byra.example",
    ]  # fmt: skip
    # Kari, the one of theirs, and «Begge», whom the later of the two takes
    assert sum(one.counts.get("tenants_user", 0) for one in done) == 3


def test_people_who_came_back_with_an_old_backup_go_once_more(
    offices: tuple[Firm, Firm],
) -> None:
    ours, _theirs = offices
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()::text")
        (moment,) = cursor.fetchone()
    add_user(ours.id, "bare@her.example")
    kept = {"firm_id": str(ours.id), "firm_name": ours.name, "asked_at": moment,
            "due_at": moment, "closed_at": moment, "key_destroyed_at": moment, "keys": [],
            "counts": {"tenants_user": 1}, "erased_at": moment, "digest": "d"}  # fmt: skip
    assert erase_restored([kept]) == [ours.name]
    assert people_left("bare@her.example", "begge@byra.example") == ["begge@byra.example"]
    found = certificate_of(ours.id)
    assert found is not None
    assert found.counts == {"tenants_user": 1}
