"""«Aktiver alle»: many first syncs in a handful of statements, and none twice."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from klientbro.clients.models import Client, Connection, Integration
from klientbro.sync.models import AccessToken
from klientbro.sync.services import forget_sync, queue_first_syncs
from klientbro.sync.surroundings import token_reference

MANY = 40


def make_active(firm: Any) -> list[Connection]:
    integration = Integration.objects.create(firm=firm, system="poweroffice")
    made = []
    for number in range(MANY):
        digest = f"identifier {number}".encode()
        client = Client.objects.create(
            firm=firm,
            name=f"Klient {number}",
            sort_key=f"klient {number:03}",
            identifier_kind="orgnr",
            identifier_hash=digest,
        )
        made.append(
            Connection.objects.create(
                firm=firm,
                integration=integration,
                client=client,
                name=client.name,
                sort_key=client.sort_key,
                identifier_hash=digest,
                key_sealed=b"sealed",
                key_hash=digest,
                is_active=True,
            )
        )
    return made


def waiting_jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from procrastinate_jobs where status = 'todo' "
            "and queueing_lock like 'sync:%'"
        )
        return int(cursor.fetchone()[0])


def test_many_are_queued_in_a_few_statements_and_a_second_press_adds_none(firm: Any) -> None:
    chosen = make_active(firm)

    with CaptureQueriesContext(connection) as asked:
        queue_first_syncs(chosen)
    queue_first_syncs(chosen)

    assert len(asked) < 10
    assert waiting_jobs() == MANY


def test_the_tokens_of_a_forgotten_key_are_gone_and_others_stay(firm: Any) -> None:
    chosen, other = make_active(firm)[:2]
    for one in (chosen, other):
        AccessToken.objects.create(
            firm=firm,
            reference=f"{token_reference(bytes(one.key_hash))}:0011",
            sealed=b"sealed",
            expires_at=timezone.now(),
        )

    forget_sync(chosen)

    [left] = AccessToken.objects.all()
    assert left.reference.startswith(token_reference(bytes(other.key_hash)))
