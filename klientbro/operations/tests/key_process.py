"""Processes for the tests of keys: one reads and writes without pause, one rotates.

python -m klientbro.operations.tests.key_process traffic FIRM NUMBER
python -m klientbro.operations.tests.key_process rotate FIRM [--new-master] [--stop-at WHERE]
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from typing import Any
from uuid import UUID


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "klientbro.settings.django"
    import django

    django.setup()
    what, firm_id, *rest = sys.argv[1:]
    if what == "traffic":
        traffic(UUID(firm_id), int(rest[0]))
    else:
        turn(UUID(firm_id), rest)


def traffic(firm_id: UUID, number: int) -> None:
    """Reads everything, adds clients, changes keys and tries duplicates, until told to end."""
    from klientbro.clients.errors import RefusedError
    from klientbro.clients.identifiers import identifier_of
    from klientbro.clients.models import Client, Connection, Integration
    from klientbro.clients.services import add_connection, edit_connection, read_typed
    from klientbro.clients.tests.fixtures import orgnr_number
    from klientbro.tenants.context import firm
    from klientbro.tenants.services import firm_envelopes

    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), ended.set()), daemon=True).start()
    told = {"reads": 0, "writes": 0, "duplicates": 0, "slipped": 0, "failed": []}
    with firm(firm_id):
        held = firm_envelopes()  # as a job that goes on for long has them
    round_ = 0
    print("ready", flush=True)
    while not ended.is_set():
        round_ += 1
        key = f"key-{number}-{round_}"
        try:
            with firm(firm_id):
                for envelopes in (firm_envelopes(), held):
                    for one in Connection.objects.exclude(key_sealed=None).order_by("?")[:40]:
                        envelopes.open("client_key", bytes(one.key_sealed))
                        identifier_of(one, envelopes)
                        told["reads"] += 1
                for client in Client.objects.exclude(national_id_sealed=None):
                    assert identifier_of(client, held)
                    told["reads"] += 1
            with firm(firm_id):
                integration = Integration.objects.get()
                digits = orgnr_number(number * 10_000 + round_)
                made = add_connection(integration, read_typed(digits, "Ny AS", key), None)
                told["writes"] += 1
            with firm(firm_id):
                edit_connection(made, read_typed(digits, "Ny AS", f"{key}-changed"), None)
                told["writes"] += 1
            for typed in (
                read_typed(digits, "Samme nøkkel AS", f"{key}-changed"),
                read_typed("", "Samme nøkkel AS", "key-000001"),
            ):
                try:
                    with firm(firm_id):
                        add_connection(integration, typed, None)
                    told["slipped"] += 1
                except RefusedError:
                    told["duplicates"] += 1
            with firm(firm_id):  # the same number is the same client
                add_connection(integration, read_typed(digits, "Samme AS", f"{key}-two"), None)
                known = Client.objects.filter(orgnr=digits).count()
                told["slipped"] += known != 1
        except Exception:
            told["failed"].append(traceback.format_exc())
    print(json.dumps(told), flush=True)


def turn(firm_id: UUID, words: list[str]) -> None:
    """Rotates once; at WHERE it says so and waits to be killed."""
    from django.conf import settings

    from klientbro.operations import key_rotation
    from klientbro.settings.environment import (
        new_secret_key,
        secret_keys_of_home,
        write_secret_keys,
    )
    from klientbro.tenants.keys import secret_keys

    if "--new-master" in words:
        fresh = new_secret_key()
        known = secret_keys_of_home(settings.ENVIRONMENT)
        write_secret_keys(settings.ENVIRONMENT.home, (fresh, *known))
        secret_keys([fresh.id])
    if "--stop-at" in words:
        _stop_at(words[words.index("--stop-at") + 1], key_rotation)
    wrapped = key_rotation.wrap_anew(firm_id)
    done = key_rotation.rotate(firm_id, told=lambda _text: None)
    print(
        json.dumps(
            None
            if done is None
            else {
                "wrapped": wrapped, "number": done.number, "is_new": done.is_new,
                "resealed": done.resealed, "unreadable": done.unreadable, "left": done.left,
            }
        ),
        flush=True,
    )  # fmt: skip


def _stop_at(where: str, module: Any) -> None:
    """Wraps one step so that the process stands still there, after so many times."""
    step, _colon, times = where.partition(":")
    name, in_transaction = {
        "key made": ("_begin", False),
        "batch": ("_seal_anew", False),
        "inside": ("_seal_rows", True),
        "sealed": ("_left", False),
    }[step]
    done, left = getattr(module, name), int(times or 1)

    def wrapped(*arguments: Any) -> Any:
        nonlocal left
        result = done(*arguments)
        if not in_transaction or result[0]:
            left -= 1
        if left == 0:
            print("here", flush=True)
            sys.stdin.readline()
        return result

    setattr(module, name, wrapped)


if __name__ == "__main__":
    main()
