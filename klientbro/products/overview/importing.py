"""Takes clients into Oversikt: by choice from the active ones not there yet, or by themselves.

The article's way (P-70): the list shows clients that are active in an integration and not imported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from klientbro.clients.models import Client, Connection
from klientbro.clients.services.rows import current_firm_id
from klientbro.practice.assignments.services import follow_deadlines
from klientbro.products.overview.models import OverviewClient, OverviewSettings, TakenOut
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


def newcomers() -> QuerySet[Client]:
    """Candidates that nobody has taken out: those that may come in by themselves."""
    return candidates().exclude(Exists(TakenOut.objects.filter(client=OuterRef("pk"))))


def import_clients(client_ids: Collection[int], *, by: User | None) -> int:
    """Imports those of the clients that are candidates, and follows their deadlines from today.

    How many came in. Twice, or by two people at once, gives one of each.
    """
    return _import(candidates, client_ids, by=by)


def _import(
    allowed: Callable[[], QuerySet[Client]], client_ids: Collection[int], *, by: User | None
) -> int:
    firm_id = current_firm_id()
    with transaction.atomic():
        locked = list(
            Client.objects.select_for_update()
            .filter(pk__in=client_ids)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        # asked once they are ours: somebody may have imported them while we waited
        chosen = sorted(allowed().filter(pk__in=locked).values_list("pk", flat=True))
        OverviewClient.objects.bulk_create(
            OverviewClient(firm_id=firm_id, client_id=client_id, imported_by=by)
            for client_id in chosen
        )
        TakenOut.objects.filter(client__in=chosen).delete()
        follow_deadlines(chosen, timezone.localdate())
        return len(chosen)


def take_out(client_id: int, *, by: User | None) -> bool:
    """Takes a client out of Oversikt. Its tasks and everything done stay; it may be imported
    again and is then as before, but does not come back by itself."""
    with transaction.atomic():
        deleted, _by_model = OverviewClient.objects.filter(client_id=client_id).delete()
        if deleted:
            TakenOut.objects.get_or_create(
                client_id=client_id,
                defaults={"firm_id": current_firm_id(), "taken_out_by": by},
            )
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


def import_waiting(most: int | None = None) -> int:
    """Imports those who wait, at most so many, when the firm has said so. How many came in.

    The setting is held meanwhile: whoever turns it off finds nobody coming in afterwards.
    """
    with transaction.atomic():
        if not OverviewSettings.objects.select_for_update().filter(imports_by_itself=True).exists():
            return 0
        waiting = newcomers().order_by("pk").values_list("pk", flat=True)[:most]
        return _import(newcomers, list(waiting), by=None)
