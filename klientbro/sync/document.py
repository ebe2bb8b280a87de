"""«Vis bilag»: fetches one voucher's document and keeps it sealed for the page that waits."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from django.conf import settings

from klientbro.connectors.contract import Document
from klientbro.connectors.errors import ConnectorError
from klientbro.lib.virus_scan import UnansweredError
from klientbro.sync.database import transaction
from klientbro.sync.queue import LOOKING
from klientbro.sync.requests import request_lines_of
from klientbro.sync.surroundings import CountingLog, envelopes_of, open_source, token_reference
from klientbro.tenants.envelopes import Envelopes

logger = logging.getLogger(__name__)
TIME_LIMIT_SECONDS = 40.0


async def fetch_document_now(firm_id: UUID, request_id: int) -> None:
    """Writes the request's outcome: found, none, or unreachable."""
    opened = await asyncio.to_thread(_open, firm_id, request_id)
    if opened is None:
        return
    system, secret, reference, voucher_id, envelopes, connection_id = opened
    log = CountingLog()
    source, _pacer, _connector = open_source(
        system, secret, reference, firm_id, envelopes, LOOKING, log
    )
    document: Document | None = None
    try:
        async with (
            request_lines_of(log, firm_id, connection_id, "document"),
            asyncio.timeout(TIME_LIMIT_SECONDS),
            source,
        ):
            document = await source.document(voucher_id)
            outcome = "found" if document else "none"
        if document is not None:
            refused = await asyncio.to_thread(_why_not_kept, request_id, document)
            outcome, document = (refused, None) if refused else (outcome, document)
    except (ConnectorError, TimeoutError) as error:
        logger.warning("document request %s: %s", request_id, error or type(error).__name__)
        outcome = "unreachable"
    await asyncio.to_thread(_write, firm_id, request_id, outcome, document)


def _why_not_kept(request_id: int, document: Document) -> str:
    """What came from a client's supplier is as little to be trusted as what somebody sends us."""
    scanner = settings.ENVIRONMENT.virus_scanner
    if scanner is None:
        return ""
    try:
        harm = scanner.found_in(document.content)
    except UnansweredError as error:
        logger.error("document request %s could not be scanned: %s", request_id, error)
        return "" if settings.ENVIRONMENT.unscanned_files == "accept" else "unscanned"
    if harm:
        logger.warning("document request %s: refused, %s was found in it", request_id, harm)
    return "harmful" if harm else ""


def _open(firm_id: UUID, request_id: int) -> tuple[str, str, str, str, Envelopes, int] | None:
    with transaction(firm_id) as cursor:
        row = cursor.execute(
            "update sync_documentrequest d set state = 'running' "
            "from clients_connection c join clients_integration i on i.id = c.integration_id "
            "where d.id = %s and d.state <> 'done' and c.id = d.connection_id "
            "returning i.system, c.key_sealed, c.key_hash, d.voucher_id, c.id",
            [request_id],
        ).fetchone()
        if row is None:
            return None
        if not isinstance(row[1], bytes) or not isinstance(row[2], bytes):
            cursor.execute(
                "update sync_documentrequest set state = 'done', outcome = 'disconnected' "
                "where id = %s",
                [request_id],
            )
            return None
        envelopes = envelopes_of(cursor, firm_id)
        secret = envelopes.open("client_key", row[1])
        reference = token_reference(row[2])
        return str(row[0]), secret, reference, str(row[3]), envelopes, int(str(row[4]))


def _write(firm_id: UUID, request_id: int, outcome: str, document: Document | None) -> None:
    with transaction(firm_id) as cursor:
        envelopes = envelopes_of(cursor, firm_id)
        cursor.execute(
            "update sync_documentrequest set state = 'done', outcome = %s, file_name = %s, "
            "content_type = %s, content_sealed = %s where id = %s and state <> 'done'",
            [
                outcome,
                document.file_name[:200] if document else "",
                document.content_type[:100] if document else "",
                envelopes.seal_bytes("document", document.content) if document else None,
                request_id,
            ],
        )
