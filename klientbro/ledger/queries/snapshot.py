"""Several statements as of one landing: what readers see is never half of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from klientbro.ledger.queries.sql import fetch_one

Answer = TypeVar("Answer")

ATTEMPTS = 3
_LANDING = "select landing from ledger_books where connection_id = %(connection)s"


def in_one_landing(connection_id: int, read: Callable[[], Answer]) -> Answer:
    """What `read` answers, all of it from between the same two landings.

    Every statement sees what was committed when it began, so a landing published between two of
    them would mix old and new. Then it is read again; at last while landings wait for us.
    """
    landing = current_landing(connection_id)
    for _attempt in range(ATTEMPTS):
        answer = read()
        before, landing = landing, current_landing(connection_id)
        if landing == before:
            return answer
    hold_landings(connection_id)
    return read()


def current_landing(connection_id: int) -> int | None:
    """The number of the last landing published."""
    row = fetch_one(_LANDING, {"connection": connection_id})
    return row[0] if row else None


def hold_landings(connection_id: int) -> None:
    """Lets landings of these books wait until our transaction ends."""
    fetch_one(_LANDING + " for share", {"connection": connection_id})
