"""Makes and deletes integrations: one per firm and accounting system."""

from __future__ import annotations

from django.db import transaction

from klientbro.clients.models import Connection, Integration, KeyCheck
from klientbro.clients.services.connections import delete_connection
from klientbro.clients.services.rows import current_firm_id


def create_integration(system: str) -> tuple[Integration, bool]:
    """The firm's integration with a system, and whether it is new. Pressed twice, the same one."""
    with transaction.atomic():
        return Integration.objects.get_or_create(firm_id=current_firm_id(), system=system)


def delete_integration(integration: Integration) -> list[Connection]:
    """Slett system: every client deactivated and removed, all keys destroyed. Returns them.

    The integration's row stays under a retired name, since the removed connections' history
    refers to it; the firm may make a new one of the same system.
    """
    with transaction.atomic():
        integration = Integration.objects.select_for_update().get(pk=integration.pk)
        removed = list(
            Connection.objects.filter(integration=integration, deleted_at=None).order_by("id")
        )
        for connection in removed:
            delete_connection(connection)
        KeyCheck.objects.filter(integration=integration).delete()
        if Connection.objects.filter(integration=integration).exists():
            integration.retired_system = integration.system
            integration.system = f"-{integration.public_id.hex[:30]}"
            integration.save()
        else:
            integration.delete()
        return removed
