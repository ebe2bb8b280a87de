"""Systems reached through an agent on the customer's own machine: when it last answered."""

from __future__ import annotations

from klientbro.connectors.contract import Connector, Kind
from klientbro.ledger.landing import Transaction


def note_agent_seen(transaction: Transaction, connector: Connector, connection_id: int) -> None:
    """«Agent sist sett»: the source behind this connection has just answered. Web APIs have none.

    The time stands on the integration, since one agent serves all its clients.
    """
    if connector.kind is not Kind.AGENT:
        return
    transaction.execute(
        "update clients_integration i set agent_seen_at = clock_timestamp() "
        "from clients_connection c where c.id = %s and i.id = c.integration_id",
        [connection_id],
    )


def note_agent_answered(transaction: Transaction, connector: Connector, check_id: int) -> None:
    """The same when it answered a question about a key, which may have no connection yet."""
    if connector.kind is not Kind.AGENT:
        return
    transaction.execute(
        "update clients_integration i set agent_seen_at = clock_timestamp() "
        "from clients_keycheck k where k.id = %s and i.id = k.integration_id",
        [check_id],
    )
