"""Notes what changes no row but is somebody's business: a reveal, an export, a sign-in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from django.db import connection, transaction

from klientbro.domain.national_id import hide_national_ids
from klientbro.tenants.context import current_firm, firm_set


def note(
    action: str,
    kind: str,
    object_id: object = "",
    *,
    client_id: int | None = None,
    told: Mapping[str, object] | None = None,
) -> None:
    """Puts an entry in the current firm's log, in the transaction under way.

    `told` holds texts and numbers a person may read later, and never a secret; a personal number
    that somebody has typed in a text is masked.
    Raises RuntimeError outside a firm: an act that nobody could look up is refused.
    """
    firm_id = current_firm()
    if firm_id is None:
        raise RuntimeError("the audit log is a firm's: no firm is set")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "select audit_append(%s, %s, %s, %s, %s, '{}', %s)",
            [firm_id, action, kind, str(object_id), client_id, json.dumps(_masked(told or {}))],
        )


def _masked(told: Mapping[str, object]) -> dict[str, object]:
    return {
        name: hide_national_ids(value) if isinstance(value, str) else value
        for name, value in told.items()
    }


def note_in(firm_id: UUID, action: str, kind: str, told: Mapping[str, object]) -> None:
    """The same for a firm that is not the current one: a person signs in to all of theirs."""
    with firm_set(firm_id):
        note(action, kind, told=told)
