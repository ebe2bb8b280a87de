"""Clients in Oversikt without any accounting system behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from klientbro.clients.models import Client, Connection, Integration
from klientbro.lib.sorting import norwegian_sort_key


@pytest.fixture
def make_client(firm) -> Callable[[str], Client]:
    """Makes an active client by name."""

    def make(name: str, *, is_active: bool = True) -> Client:
        integration, _new = Integration.objects.get_or_create(firm=firm, system="poweroffice")
        number = Client.objects.count() + 1
        client = Client.objects.create(
            firm=firm,
            name=name,
            sort_key=norwegian_sort_key(name),
            identifier_kind="orgnr",
            orgnr=f"3100{number:05}",
            identifier_hash=f"c{number}".encode(),
        )
        Connection.objects.create(
            firm=firm,
            integration=integration,
            client=client,
            name=name,
            sort_key=client.sort_key,
            orgnr=client.orgnr,
            identifier_hash=client.identifier_hash,
            key_sealed=b"sealed",
            key_hash=f"k{number}".encode(),
            is_active=is_active,
            activated_at=timezone.now(),
        )
        return client

    return make
