"""Asks the source what a typed key opens, for the dialog that waits on the answer."""

from __future__ import annotations

import asyncio
import json
import logging
from uuid import UUID

from klientbro.connectors.contract import CheckResult, Connector
from klientbro.connectors.errors import AuthorizationError, ConnectorError, MissingRightError
from klientbro.lib.errors import ConfigurationError
from klientbro.sync.agents import note_agent_answered
from klientbro.sync.database import transaction
from klientbro.sync.queue import LOOKING
from klientbro.sync.requests import request_lines_of
from klientbro.sync.surroundings import CountingLog, envelopes_of, open_source, token_reference
from klientbro.tenants.envelopes import Envelopes

logger = logging.getLogger(__name__)
TIME_LIMIT_SECONDS = 25.0


async def check_key_now(firm_id: UUID, check_id: int) -> None:
    """Writes the check's outcome. Run twice, the second finds it done and leaves it."""
    opened = await asyncio.to_thread(_open, firm_id, check_id)
    if opened is None:
        return
    system, secret, reference, connection_id = opened
    with_envelopes = await asyncio.to_thread(_envelopes, firm_id)
    log = CountingLog()
    source, _pacer, connector = open_source(
        system, secret, reference, firm_id, with_envelopes, LOOKING, log
    )
    outcome = "works"
    result: CheckResult | None = None
    rights: tuple[str, ...] = ()
    try:
        async with (
            request_lines_of(log, firm_id, connection_id, "key_check"),
            asyncio.timeout(TIME_LIMIT_SECONDS),
            source,
        ):
            result = await source.check()
            if result.missing_rights:
                outcome, rights = "missing_rights", result.missing_rights
    except AuthorizationError:
        outcome = "rejected"
    except MissingRightError as error:
        outcome, rights = "missing_rights", error.rights
    except (ConnectorError, TimeoutError) as error:
        logger.warning("key check %s: %s", check_id, error or type(error).__name__)
        outcome = "unreachable"
    await asyncio.to_thread(_write, firm_id, check_id, connector, outcome, result, rights)


def _envelopes(firm_id: UUID) -> Envelopes:
    with transaction(firm_id) as cursor:
        return envelopes_of(cursor, firm_id)


def _open(firm_id: UUID, check_id: int) -> tuple[str, str, str, int | None] | None:
    with transaction(firm_id) as cursor:
        row = cursor.execute(
            "update clients_keycheck k set state = 'running' from clients_integration i "
            "where k.id = %s and k.state <> 'done' and i.id = k.integration_id "
            "returning k.key_sealed, i.system, k.connection_id",
            [check_id],
        ).fetchone()
        if row is None:
            return None
        envelopes = envelopes_of(cursor, firm_id)
        try:
            if isinstance(row[0], bytes):
                secret = envelopes.open("client_key", row[0])
            else:
                stored = cursor.execute(
                    "select key_sealed from clients_connection where id = %s", [row[2]]
                ).fetchone()
                if stored is None or not isinstance(stored[0], bytes):
                    raise ConfigurationError("the key check has no key")
                secret = envelopes.open("client_key", stored[0])
        except ConfigurationError:
            logger.exception("key check %s cannot be opened", check_id)
            cursor.execute(
                "update clients_keycheck set state = 'done', outcome = 'failed', "
                "finished_at = clock_timestamp() where id = %s",
                [check_id],
            )
            return None
        return (
            str(row[1]),
            secret,
            token_reference(envelopes.equality_hash("client_key", secret)),
            None if row[2] is None else int(str(row[2])),
        )


def _write(
    firm_id: UUID,
    check_id: int,
    connector: Connector,
    outcome: str,
    result: CheckResult | None,
    rights: tuple[str, ...],
) -> None:
    with transaction(firm_id) as cursor:
        envelopes = envelopes_of(cursor, firm_id)
        identifier = result.company.identifier if result else None
        if result is not None:
            note_agent_answered(cursor, connector, check_id)
        cursor.execute(
            "update clients_keycheck set state = 'done', outcome = %s, source_name = %s, "
            "source_company_id = %s, source_identifier_sealed = %s, missing_rights = %s::jsonb, "
            "finished_at = clock_timestamp() where id = %s and state <> 'done'",
            [
                outcome,
                result.company.name[:300] if result else "",
                result.company.source_id[:100] if result else "",
                envelopes.seal("source_identifier", identifier) if identifier else None,
                json.dumps(list(rights)),
                check_id,
            ],
        )
