"""Everything that changes integrations and connections. Each runs in one transaction.

The database's constraints have the last word: of two simultaneous presses one wins, and the other
gets the same sentence as if it had come later. Nothing here talks to an accounting system; sync
does, and its answer comes as a KeyCheck.
"""

from __future__ import annotations

from klientbro.clients.services.activation import (
    Refusal,
    activate,
    activate_all,
    deactivate,
    deactivate_all,
    why_not_activated_note,
    why_not_active,
)
from klientbro.clients.services.checks import (
    CLIENT_KEY,
    apply_key_check,
    begin_key_check,
    checked_key,
    source_identifier,
)
from klientbro.clients.services.connections import (
    add_connection,
    delete_connection,
    edit_connection,
    needs_new_number,
)
from klientbro.clients.services.integrations import create_integration, delete_integration
from klientbro.clients.services.typed import Choices, Typed, read_choices, read_typed

__all__ = [
    "CLIENT_KEY",
    "Choices",
    "Refusal",
    "Typed",
    "activate",
    "activate_all",
    "add_connection",
    "apply_key_check",
    "begin_key_check",
    "checked_key",
    "create_integration",
    "deactivate",
    "deactivate_all",
    "delete_connection",
    "delete_integration",
    "edit_connection",
    "needs_new_number",
    "read_choices",
    "read_typed",
    "source_identifier",
    "why_not_activated_note",
    "why_not_active",
]
