"""Several statements as of one landing: what readers see is never half of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from klientbro.ledger.queries.sql import fetch_one

Subject = TypeVar("Subject")
Answer = TypeVar("Answer")

ATTEMPTS = 3
_LANDING = "select landing from ledger_books where connection_id = %(connection)s"


class Published(NamedTuple):
    """The books that are read, and the number of their last landing when they were found."""

    connection_id: int
    landing: int | None


def in_one_landing(connection_id: int, read: Callable[[], Answer]) -> Answer:
    """What `read` answers, all of it from between the same two landings."""

    def find() -> tuple[None, Published]:
        return None, Published(connection_id, _current_landing(connection_id))

    return find_in_one_landing(find, lambda _nothing: read())


def find_in_one_landing(
    find: Callable[[], tuple[Subject, Published | None]], read: Callable[[Subject], Answer]
) -> Answer:
    """What `read` answers of what `find` finds, both from between the same two landings.

    Every statement sees what was committed when it began, so a landing published between two of
    them would mix old and new. Then it is found and read again; at last while landings wait for
    us. Without books there is nothing to mix.
    """
    for attempt in range(ATTEMPTS + 1):
        subject, published = find()
        if attempt == ATTEMPTS and published is not None:
            hold_landings(published.connection_id)
            subject, published = find()
        answer = read(subject)
        if published is None or _current_landing(published.connection_id) == published.landing:
            break
    return answer


def _current_landing(connection_id: int) -> int | None:
    """The number of the last landing published."""
    row = fetch_one(_LANDING, {"connection": connection_id})
    return row[0] if row else None


def hold_landings(connection_id: int) -> None:
    """Lets landings of these books wait until our transaction ends."""
    fetch_one(_LANDING + " for share", {"connection": connection_id})
