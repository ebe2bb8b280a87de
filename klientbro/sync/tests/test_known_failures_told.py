"""The known failure «alerts absent or noisy», by the mails that people get of the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail

from klientbro.clients.facts import ClientFacts
from klientbro.operations.alerts import SETTLED
from klientbro.operations.tasks import tell_people_now
from klientbro.sync import engine
from klientbro.sync.causes import Cause, cause_text
from klientbro.sync.database import transaction
from klientbro.sync.tests.support import Connected
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import User
from klientbro.tenants.services import add_user
from simulators.poweroffice_go.testing import Simulator

Connect = Callable[..., Connected]
TRANSACTIONS, BALANCE = "/accounttransactions", "/trialbalance"
pytestmark = pytest.mark.usefixtures("small_pages_and_little_patience")
ADMINISTRATOR, RESPONSIBLE = "kari@furulund.example", "per@furulund.example"
FAILS, WELL = "Klientbro: 1 klient trenger deg", "Klientbro: 1 er i orden igjen"


@pytest.fixture
def books(connect: Connect, books_firm: Any, simulator: Simulator) -> Connected:
    """Synced, in a firm of an administrator and one who is responsible for nothing yet."""
    assert settings.EMAIL_BACKEND == "django.core.mail.backends.locmem.EmailBackend"
    add_user(books_firm.id, ADMINISTRATOR, "Kari Nordahl")
    synced = connect(simulator.add_company(5, postings=120, years=0))
    synced.sync("first")
    assert synced.cause == ""
    return synced


def told(after: timedelta = timedelta(0)) -> list[tuple[list[str], str]]:
    """To whom and what, when the job runs so long from now and the workers have gone on."""
    mail.outbox.clear()
    with transaction(None) as cursor:
        cursor.execute("update sync_schedule set next_at = now() + %s", [after])
        cursor.execute("delete from procrastinate_jobs where status = 'todo'")
    tell_people_now(datetime.now(UTC) + after)
    return [(list(one.to), str(one.subject)) for one in mail.outbox]


def grace(books: Connected) -> timedelta:
    return timedelta(seconds=cause_text(books.cause).grace_seconds)


def cured(books: Connected) -> None:
    books.simulator.clear_faults()
    books.execute("delete from sync_budget")
    books.do("set_privilege", privilege="AccountTransaction", allowed=True)
    for _ in range(3):
        books.sync("routine")
        if books.cause == "":
            return
    raise AssertionError(books.cause)


def privilege_taken(books: Connected) -> None:
    books.do("set_privilege", privilege="AccountTransaction", allowed=False)


def field_gone(books: Connected) -> None:
    books.fault("missing_field", path=BALANCE, parameters={"field": "Balance"})


def balances_refused(books: Connected) -> None:
    books.fault("403", path=BALANCE)


# Known failures that a person must act on: what happens, and the cause it is told as.
NEEDS_SOMEBODY: list[tuple[str, Callable[[Connected], None], Cause]] = [
    ("error text hides the cause", privilege_taken, Cause.RIGHTS_MISSING),
    ("schema drift loses a field", field_gone, Cause.CONTRACT),
    ("a sync stops silently", balances_refused, Cause.RIGHTS_MISSING),
]


@pytest.mark.parametrize(
    ("happens", "cause"), [one[1:] for one in NEEDS_SOMEBODY], ids=[n[0] for n in NEEDS_SOMEBODY]
)
def test_failure_that_needs_a_person_is_one_mail_and_its_recovery_one(
    books: Connected, happens: Callable[[Connected], None], cause: Cause
) -> None:
    happens(books)
    books.sync("routine")
    assert books.cause == cause
    begun = grace(books)
    assert told() == [], "it may still heal by itself"
    assert told(begun + timedelta(minutes=1)) == [([ADMINISTRATOR], FAILS)]
    [message] = mail.outbox
    assert books.connection.name in message.body
    for hours in (2, 5, 30):
        books.sync("routine")
        assert told(begun + timedelta(hours=hours)) == [], "the same trouble is not news"
    cured(books)
    assert told(begun + timedelta(hours=31)) == [], "not before it has lasted"
    assert told(begun + timedelta(hours=31) + SETTLED) == [([ADMINISTRATOR], WELL)]
    for hours in (40, 80, 200):
        books.sync("routine")
        assert told(begun + timedelta(hours=hours)) == [], "and neither is that it is well"


HICCUPS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("a retry", "503", BALANCE, {"count": 1}),
    ("a run that failed", "503", BALANCE, {}),
    ("throttling", "429", BALANCE, {"parameters": {"retry_after": 90}}),
    ("tokens that die", "401", BALANCE, {}),
    ("a half read list", "lost_rows", TRANSACTIONS, {"after": 1}),
    ("an unreadable answer", "cut_json", BALANCE, {}),
]


@pytest.mark.parametrize(
    ("kind", "path", "rule"), [one[1:] for one in HICCUPS], ids=[one[0] for one in HICCUPS]
)
def test_hiccup_of_a_run_is_told_to_nobody(
    books: Connected, kind: str, path: str, rule: dict[str, Any]
) -> None:
    books.fault(kind, path=path, **rule)
    books.sync("routine")
    assert books.cause == "" or cause_text(books.cause).heals_alone
    assert told(timedelta(minutes=20)) == []
    cured(books)
    for hours in (1, 25, 60):
        assert told(timedelta(hours=hours)) == []


def test_failure_is_told_to_the_responsible_person_and_to_the_administrator_until_one_is_set(
    books: Connected,
) -> None:
    privilege_taken(books)
    books.sync("routine")
    late = grace(books) + timedelta(minutes=1)
    assert told(late) == [([ADMINISTRATOR], FAILS)]
    responsible: User = add_user(books.firm.id, RESPONSIBLE, "Per Vik")[0]
    with in_firm(books.firm.id):
        ClientFacts.objects.update_or_create(
            firm_id=books.firm.id,
            client=books.connection.client,
            defaults={"responsible": responsible},
        )
    assert told(late + timedelta(hours=1)) == [([RESPONSIBLE], FAILS)]
    assert told(late + timedelta(hours=30)) == []
    cured(books)
    assert told(late + timedelta(hours=31)) == []
    well = told(late + timedelta(hours=31) + SETTLED)
    assert sorted(well) == [([ADMINISTRATOR], WELL), ([RESPONSIBLE], WELL)]
    assert told(late + timedelta(hours=60)) == []


def test_our_own_failure_is_told_to_the_administrator_and_not_to_the_clients_person(
    books: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ValueError("an error nobody foresaw")

    with monkeypatch.context() as patched:
        patched.setattr(engine, "take_step", broken)
        books.sync("routine")
    assert books.cause == "internal"
    assert told(timedelta(minutes=5)) == []
    assert told(grace(books) + timedelta(minutes=1)) == [([ADMINISTRATOR], FAILS)]
    cured(books)
    assert told(timedelta(hours=30)) == []
    assert told(timedelta(hours=30) + SETTLED) == [([ADMINISTRATOR], WELL)]
