"""Whoever can cure a failure is written to once, and once when it is over, and nobody else is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connections
from django.test import override_settings

from klientbro.clients.facts import ClientFacts
from klientbro.connectors import http
from klientbro.operations import digests
from klientbro.operations.alerts import SETTLED
from klientbro.operations.digests import send_digests, write_digests
from klientbro.operations.models import Alert, Digest
from klientbro.operations.tasks import prune_logs_now, tell_people_now
from klientbro.sync.causes import Cause, Owner, cause_text
from klientbro.sync.database import transaction
from klientbro.sync.tests.support import Connected
from klientbro.sync.tests.test_faults import replace_key
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import User
from klientbro.tenants.services import add_user, create_firm

MINUTES = timedelta(minutes=1)
HOURS = timedelta(hours=1)
BALANCE = "/trialbalance"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACK_OFF_SECONDS", (0.01, 0.02))


@pytest.fixture
def administrator(books_firm: Any) -> User:
    return add_user(books_firm.id, "kari@furulund.example", "Kari Nordahl")[0]


@pytest.fixture
def books(connect: Callable[..., Connected], administrator: User) -> Connected:
    synced = connect("holding")
    synced.sync("first")
    assert synced.cause == ""
    return synced


def tell(after: timedelta = timedelta(0), *, is_scheduled: bool = True) -> list[Any]:
    """The alert job as it runs so long from now, and the mails it sends.

    is_scheduled: scheduler and workers have gone on until then.
    """
    mail.outbox.clear()
    if is_scheduled:
        with transaction(None) as cursor:
            cursor.execute("update sync_schedule set next_at = now() + %s", [after])
            cursor.execute("delete from procrastinate_jobs where status = 'todo'")
    tell_people_now(datetime.now(UTC) + after)
    return list(mail.outbox)


def responsible(books: Connected, email: str, name: str) -> User:
    user = add_user(books.firm.id, email, name)[0]
    with in_firm(books.firm.id):
        ClientFacts.objects.update_or_create(
            firm_id=books.firm.id, client=books.connection.client, defaults={"responsible": user}
        )
    return user


def test_revoked_key_is_told_once_and_its_cure_once(books: Connected) -> None:
    books.simulator.uninstall(books.number)
    books.sync("routine")
    assert tell() == [], "its grace time is not over"

    [message] = tell(11 * MINUTES)
    assert message.to == ["kari@furulund.example"]
    assert message.subject == "Klientbro: 1 klient trenger deg"
    assert "Kari Nordahl" in message.body
    assert books.connection.name in message.body
    assert "Nøkkelen er avvist" in message.body
    assert "/integrasjoner/poweroffice/?q=" in message.body
    assert "Furulund Regnskap AS" in message.body
    for later in (16 * MINUTES, 5 * HOURS, 30 * HOURS):
        books.sync("routine")
        assert tell(later) == [], "the same failure is not told again"

    replace_key(books, books.simulator.install(books.number))
    books.sync("routine")
    assert books.cause == ""
    assert tell(31 * HOURS) == [], "it has only just become well"
    [message] = tell(31 * HOURS + SETTLED)
    assert message.subject == "Klientbro: 1 er i orden igjen"
    assert books.connection.name in message.body
    assert tell(40 * HOURS) == []


def test_client_that_flaps_is_one_mail_and_one_recovery(books: Connected) -> None:
    sent: list[str] = []
    moment = timedelta(0)
    for _ in range(4):
        books.fault("403", path=BALANCE)
        books.sync("routine")
        sent += [one.subject for one in tell(moment + 11 * MINUTES)]
        books.simulator.clear_faults()
        books.sync("routine")
        sent += [one.subject for one in tell(moment + 20 * MINUTES)]
        moment += 20 * MINUTES
    sent += [one.subject for one in tell(moment + 10 * HOURS)]
    assert sent == ["Klientbro: 1 klient trenger deg", "Klientbro: 1 er i orden igjen"]


def test_failure_that_heals_before_its_grace_is_over_is_told_to_nobody(books: Connected) -> None:
    books.fault("503", path=BALANCE)
    books.sync("routine")
    assert tell() == []
    books.simulator.clear_faults()
    books.sync("routine")
    assert tell(23 * HOURS) == []
    assert tell(30 * HOURS) == []
    assert tell(60 * HOURS) == []


def test_accounting_system_down_for_a_day_is_told(books: Connected) -> None:
    books.fault("503", path=BALANCE)
    books.sync("routine")
    assert tell(23 * HOURS) == []
    [message] = tell(25 * HOURS)
    assert "Venter på regnskapssystemet" in message.body


def test_the_responsible_person_is_told_instead_of_the_administrator(books: Connected) -> None:
    responsible(books, "per@furulund.example", "Per Vik")
    books.fault("403", path=BALANCE)
    books.sync("routine")
    assert [one.to for one in tell(11 * MINUTES)] == [["per@furulund.example"]]


def test_our_own_fault_is_told_to_the_administrator(books: Connected) -> None:
    responsible(books, "per@furulund.example", "Per Vik")
    books.fault("404", path=BALANCE)
    books.sync("routine")
    assert cause_text(books.cause).owner is Owner.OPERATOR
    with in_firm(books.firm.id):  # everybody is an administrator until roles come
        from klientbro.tenants.models import Membership

        Membership.objects.filter(user__email="per@furulund.example").update(role="accountant")
    assert [one.to for one in tell(2 * HOURS)] == [["kari@furulund.example"]]


def test_person_who_has_left_is_not_written_to(books: Connected, administrator: User) -> None:
    per = responsible(books, "per@furulund.example", "Per Vik")
    User.objects.filter(pk=per.pk).update(is_active=False)
    books.fault("403", path=BALANCE)
    books.sync("routine")
    assert [one.to for one in tell(11 * MINUTES)] == [[administrator.email]]


def test_many_failures_are_one_mail_and_the_next_waits_for_its_period(
    books: Connected, connect: Callable[..., Connected]
) -> None:
    other = connect(5)
    for one in (books, other):
        one.fault("403", path=BALANCE)
        one.sync("routine")
    [message] = tell(11 * MINUTES)
    assert message.subject == "Klientbro: 2 klienter trenger deg"
    third = connect(6)
    third.fault("403", path=BALANCE)
    third.sync("routine")
    assert tell(30 * MINUTES) == [], "at most one digest a period"
    [message] = tell(5 * HOURS)
    assert message.subject == "Klientbro: 1 klient trenger deg"
    assert third.connection.name in message.body


def test_another_firms_people_are_told_nothing(books: Connected) -> None:
    other = create_firm("Naboen Regnskap AS")
    add_user(other.id, "nabo@naboen.example", "Nabo Nabosen")
    books.fault("403", path=BALANCE)
    books.sync("routine")
    assert [one.to for one in tell(11 * MINUTES)] == [["kari@furulund.example"]]
    with in_firm(other.id):
        assert not Alert.objects.exists()
        assert not Digest.objects.exists()


def test_killed_between_sending_and_noting_it_the_same_message_goes_once_more(
    books: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.fault("403", path=BALANCE)
    books.sync("routine")
    send = EmailBackend.send_messages

    def send_and_die(self: EmailBackend, messages: Any) -> int:
        send(self, messages)
        raise KeyboardInterrupt

    monkeypatch.setattr(EmailBackend, "send_messages", send_and_die)
    with pytest.raises(KeyboardInterrupt):
        tell(11 * MINUTES)
    [first] = mail.outbox
    monkeypatch.setattr(EmailBackend, "send_messages", send)
    [again] = tell(12 * MINUTES)
    assert again.extra_headers["Message-ID"] == first.extra_headers["Message-ID"]
    assert again.body == first.body
    assert tell(13 * MINUTES) == []


def test_mail_server_that_is_away_is_tried_again_later(
    books: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.fault("403", path=BALANCE)
    books.sync("routine")
    send = EmailBackend.send_messages

    def refuse(self: EmailBackend, messages: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    assert tell(11 * MINUTES) == []
    monkeypatch.setattr(EmailBackend, "send_messages", send)
    assert tell(12 * MINUTES) == [], "two minutes are waited"
    assert len(tell(14 * MINUTES)) == 1


def test_two_workers_at_once_write_one_digest(books: Connected) -> None:
    books.fault("403", path=BALANCE)
    books.sync("routine")
    now = datetime.now(UTC) + 11 * MINUTES
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        write_digests(books.firm.id, now)
        send_digests(books.firm.id, now)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mail.outbox) == 1


def test_client_that_is_deactivated_needs_nobody_any_more(books: Connected) -> None:
    books.fault("403", path=BALANCE)
    books.sync("routine")
    assert len(tell(11 * MINUTES)) == 1
    books.execute("update clients_connection set is_active = false")
    assert tell(5 * HOURS) == []
    assert tell(10 * HOURS) == []
    with in_firm(books.firm.id):
        assert not Alert.objects.filter(closed_at=None).exists()


def test_sync_that_has_silently_stopped_is_told(books: Connected) -> None:
    assert tell(5 * HOURS) == []
    late = 31 * HOURS  # further on than the next fetch of any client was due
    assert tell(late, is_scheduled=False) == [], "a worker that has just started catches up"
    [message] = tell(late + HOURS, is_scheduled=False)
    assert "Ingenting er hentet på lenge" in message.body


def test_no_secret_and_no_personal_number_is_in_a_mail(books: Connected) -> None:
    person = "17912000095"
    books.execute("update clients_connection set name = %s", f"Ola {person}")
    key = books.simulator.install(books.number)
    books.fault("404", path=BALANCE)
    books.sync("routine")
    [message] = tell(2 * HOURS)
    whole = message.message().as_string() + message.body + message.subject
    for secret in (person, key, books.simulator.application_key, books.simulator.subscription_key):
        assert secret not in whole
    assert "179120 *****" in message.body


def test_every_cause_has_a_norwegian_text_for_its_mail(books: Connected) -> None:
    for cause in Cause:
        books.execute(
            "update sync_state set cause = %s, cause_since = now(), cause_detail = '{}'",
            cause.value,
        )
        with in_firm(books.firm.id):
            Digest.objects.all().delete()
            Alert.objects.all().delete()
        [message] = tell(50 * HOURS)
        assert cause_text(cause).title not in message.body
        assert cause_text(cause).action not in message.body
        assert "{" not in message.body


def test_default_set_up_keeps_every_mail_in_a_folder(
    books: Connected, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    import dataclasses

    from django.conf import settings

    books.fault("403", path=BALANCE)
    books.sync("routine")
    here = dataclasses.replace(settings.ENVIRONMENT, home=tmp_path)
    with override_settings(
        EMAIL_BACKEND="klientbro.operations.mail.ConsoleAndFolder", ENVIRONMENT=here
    ):
        tell_people_now(datetime.now(UTC) + 11 * MINUTES)
    [kept] = (tmp_path / "mail").iterdir()
    assert "Message-ID: <" in kept.read_text()
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0
    assert "Message-ID: <" in capsys.readouterr().out


def test_what_was_told_long_ago_is_deleted(books: Connected) -> None:
    books.fault("403", path=BALANCE)
    books.sync("routine")
    assert len(tell(11 * MINUTES)) == 1
    prune_logs_now(datetime.now(UTC) + timedelta(days=digests.KEPT_DAYS + 1))
    with in_firm(books.firm.id):
        assert not Digest.objects.exists()
