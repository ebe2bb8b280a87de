"""Takes clients into Oversikt: by choice from the active ones not there yet, or by themselves.

The article's way (P-70): the list shows clients that are active in an integration and not imported.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from klientbro.clients.models import Client, Connection
from klientbro.clients.services.rows import current_firm_id
from klientbro.practice.assignments.services import follow_deadlines
from klientbro.products.overview.models import OverviewClient, OverviewSettings
from klientbro.tenants.models import User


def candidates() -> QuerySet[Client]:
    """Clients that are active and not imported, by name."""
    return (
        Client.objects.filter(
            Exists(Connection.objects.filter(client=OuterRef("pk"), is_active=True)),
            ~Exists(OverviewClient.objects.filter(client=OuterRef("pk"))),
        )
        .order_by("sort_key", "pk")
        .defer("national_id_sealed", "identifier_hash")
    )


def import_clients(client_ids: Collection[int], *, by: User | None) -> int:
    """Imports those of the clients that are candidates, and follows their deadlines from today.

    How many came in. Twice, or by two people at once, gives one of each.
    """
    firm_id = current_firm_id()
    with transaction.atomic():
        chosen = list(
            candidates().select_for_update(of=("self",)).filter(pk__in=client_ids).order_by("pk")
        )
        made = OverviewClient.objects.bulk_create(
            [OverviewClient(firm_id=firm_id, client=client, imported_by=by) for client in chosen],
            ignore_conflicts=True,
        )
        follow_deadlines([client.pk for client in chosen], timezone.localdate())
        return len(made)


def take_out(client_id: int) -> bool:
    """Takes a client out of Oversikt. Its tasks and everything done stay; it may be imported
    again and is then as before."""
    deleted, _by_model = OverviewClient.objects.filter(client_id=client_id).delete()
    return bool(deleted)


def imports_by_itself() -> bool:
    """Whether the firm lets active clients come in by themselves."""
    return OverviewSettings.objects.filter(imports_by_itself=True).exists()


def let_import_by_itself(wanted: bool, *, by: User | None) -> int:
    """Turns it on or off. On: those who wait come in at once. How many came in."""
    with transaction.atomic():
        OverviewSettings.objects.update_or_create(
            firm_id=current_firm_id(),
            defaults={"imports_by_itself": wanted, "changed_by": by},
        )
        return import_waiting() if wanted else 0


def import_waiting() -> int:
    """Imports every candidate when the firm has said so."""
    if not imports_by_itself():
        return 0
    return import_clients(list(candidates().values_list("pk", flat=True)), by=None)
