"""What the services share: the firm, a locked row, and one that is saved under the constraints."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Connection
from klientbro.tenants.context import current_firm


def current_firm_id() -> UUID:
    """The firm of the signed-in person. RefusedError for somebody without one."""
    firm_id = current_firm()
    if firm_id is None:
        raise RefusedError(_("You do not belong to a firm yet. Ask an administrator."))
    return firm_id


def locked(connection: Connection) -> Connection:
    """The row as it is now, locked until the transaction ends. RefusedError when it is gone."""
    found = (
        Connection.objects.select_for_update(of=("self",))
        .select_related("integration", "client")
        .filter(pk=connection.pk, deleted_at=None)
        .first()
    )
    if found is None:
        raise RefusedError(_("The client has been deleted. Load the page again."), code="gone")
    return found


def save(connection: Connection) -> None:
    """Saves; a constraint that says no speaks in the same words as the check before it."""
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError as error:
        if "one_connection_per_key" in str(error):
            raise RefusedError(
                _("Another client has just got this key. Copy the key of the right client."),
                field="key",
                code="key_used",
            ) from None
        if "one_active_per_identifier" in str(error):
            raise duplicate(connection) from None
        raise


def active_with_same_number(connection: Connection) -> Connection | None:
    """Another active connection of the firm, in any integration, with the same identifier."""
    if connection.identifier_hash is None:
        return None
    return (
        Connection.objects.filter(identifier_hash=connection.identifier_hash, is_active=True)
        .exclude(pk=connection.pk)
        .first()
    )


def duplicate(connection: Connection) -> RefusedError:
    """P-57, with the name of the one that is active."""
    holder = active_with_same_number(connection)
    text = duplicate_text(connection.name, holder.name if holder else _("another client"))
    return RefusedError(text, field="identifier", code="duplicate")


def duplicate_text(name: str, holder: str) -> str:
    return _(
        "%(name)s has the same number as %(holder)s, which is active. Deactivate that one first."
    ) % {"name": name, "holder": holder}
