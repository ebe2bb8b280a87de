"""A letter that has waited goes to nobody who may no longer know what stands in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from klientbro.clients.facts import ClientFacts
from klientbro.operations.models import Digest, Notice
from klientbro.operations.tests.test_alerts import (
    BALANCE,
    HOURS,
    MINUTES,
    administrator,
    books,
    impatient,
    responsible,
    tell,
)
from klientbro.sync.tests.support import Connected
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import Membership, User

__all__ = ["administrator", "books", "impatient"]  # fixtures of theirs


def works_for_chosen_clients(books: Connected, user: User) -> None:
    """Only for those the person is responsible for: none has been chosen."""
    with in_firm(books.firm.id):
        Membership.objects.filter(user=user).update(role="accountant", has_all_clients=False)


def hand_over(books: Connected, to: User) -> None:
    with in_firm(books.firm.id):
        ClientFacts.objects.filter(client=books.connection.client).update(responsible=to)


def wait_for_the_mail_server(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """What `do` writes is refused by the mail server, which answers again afterwards."""
    send = EmailBackend.send_messages

    def refuse(self: EmailBackend, messages: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    do()
    monkeypatch.setattr(EmailBackend, "send_messages", send)


def test_waiting_letter_is_not_sent_to_who_has_lost_access(
    books: Connected, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    per = responsible(books, "per@furulund.example", "Per Vik")
    books.fault("403", path=BALANCE)
    books.sync("routine")
    wait_for_the_mail_server(monkeypatch, lambda: tell(11 * MINUTES))
    with in_firm(books.firm.id):
        assert [one.user_id for one in Digest.objects.filter(sent_at=None)] == [per.pk]
        Membership.objects.filter(user=per).update(disabled_at=timezone.now())

    assert [one.to for one in tell(20 * MINUTES)] == [[administrator.email]]
    assert tell(HOURS) == []


def test_waiting_letter_is_not_sent_to_who_has_lost_the_client(
    books: Connected, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    per = responsible(books, "per@furulund.example", "Per Vik")
    works_for_chosen_clients(books, per)
    books.fault("403", path=BALANCE)
    books.sync("routine")
    wait_for_the_mail_server(monkeypatch, lambda: tell(11 * MINUTES))
    hand_over(books, administrator)

    assert [one.to for one in tell(20 * MINUTES)] == [[administrator.email]]
    assert tell(HOURS) == []
    with in_firm(books.firm.id):
        assert not Notice.objects.filter(user=per).exists()


@pytest.mark.parametrize("is_handed_over", [False, True])
def test_recovery_is_told_to_who_works_for_the_client_still(
    books: Connected, administrator: User, is_handed_over: bool
) -> None:
    per = responsible(books, "per@furulund.example", "Per Vik")
    works_for_chosen_clients(books, per)
    books.fault("403", path=BALANCE)
    books.sync("routine")
    assert [one.to for one in tell(11 * MINUTES)] == [[per.email]]
    if is_handed_over:
        hand_over(books, administrator)
    books.simulator.clear_faults()
    books.sync("routine")
    assert tell(20 * MINUTES) == []

    told = [one.to for one in tell(10 * HOURS)]

    assert told == ([] if is_handed_over else [[per.email]])
