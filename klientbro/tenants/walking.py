"""Work that a job does for every firm in turn."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from django.db import connections

from klientbro.tenants.services import all_firms

logger = logging.getLogger(__name__)


def for_every_firm(
    do: Callable[[UUID], int | None], what: str, *, foreseen: type[Exception] = Exception
) -> int:
    """What `do` counted, over all firms. A firm that fails is logged and does not stop the others.

    foreseen: failures of any other kind end the job, which then shows as failed.

    `do` enters the firm itself, with as many transactions as it needs. For a worker's thread:
    afterwards it goes back without a connection.
    """
    count = 0
    try:
        for firm_id, _name in all_firms():
            try:
                count += do(firm_id) or 0
            except foreseen:
                logger.exception("%s failed for firm %s", what, firm_id)
    finally:
        connections.close_all()
    return count
