"""«Aktiver alle»: many first syncs in a handful of statements, and none twice."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from klientbro.clients.models import Client, Connection, Integration
from klientbro.sync.services import queue_first_syncs

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
