"""Walks a firm's chain from the first entry and says where it is broken.

The hashes are counted here, not by the database's own function: whoever could alter an entry could
alter that function too. An entry altered, taken away, put in or moved breaks the chain there. A
chain that was made anew as a whole is found by the end that a signed review holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

AT_ONCE = 5_000
# The text an entry's hash is made of, without the database's function that could have been altered
_TEXT = """
jsonb_build_array(firm_id, number, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
  user_id, way, address, action, kind, object_id, client_id, before, after)::text
"""
_READ = f"""
select number, previous, hash, {_TEXT} from audit_entry
where number > %s order by number limit {AT_ONCE}
"""  # noqa: S608 no value in it


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold: the entry's number, and what is wrong there."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a walk came to: entries read, the end of the chain, and every break found."""

    entries: int
    head: bytes
    breaks: tuple[Break, ...]


def verify(kept_elsewhere: tuple[int, bytes] | None = None) -> Verified:
    """Reads the current firm's whole log. Call it inside `with firm(...)`.

    `kept_elsewhere`: an end that was noted outside the database, number and hash. A log written
    anew as a whole, its kept end included, is found by it.
    """
    breaks: list[Break] = []
    last, hashed = kept_elsewhere or (0, b"")
    number, head = 0, b""
    for entry, previous, kept, text in _entries():
        if entry != number + 1:
            breaks.append(Break(number + 1, f"{entry - number - 1} missing before {entry}"))
        elif previous != head:
            breaks.append(Break(entry, "does not follow the entry before it"))
        if hashlib.sha256(previous + text.encode()).digest() != kept:
            breaks.append(Break(entry, "has been altered"))
        if entry == last and kept != hashed:
            breaks.append(Break(entry, "is not the end that was kept elsewhere"))
        number, head = entry, kept
    if number < last:
        breaks.append(Break(number + 1, f"{last - number} missing of those kept elsewhere"))
    breaks += _ends(number, head)
    return Verified(number, head, tuple(breaks))


def _entries() -> Iterator[tuple[int, bytes, bytes, str]]:
    after = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_READ, [after])
            rows = cursor.fetchall()
            for number, previous, kept, text in rows:
                yield number, bytes(previous), bytes(kept), text
            if len(rows) < AT_ONCE:
                return
            after = rows[-1][0]


def _ends(number: int, head: bytes) -> Iterator[Break]:
    """The kept end of the chain, and the ends that signed reviews hold."""
    with connection.cursor() as cursor:
        cursor.execute("select number, hash from audit_head")
        kept = cursor.fetchone()
        if kept is None:
            if number:
                yield Break(number, "the end of the chain is not kept")
        elif kept[0] > number:
            yield Break(number + 1, f"{kept[0] - number} missing at the end")
        elif kept[0] != number or bytes(kept[1]) != head:
            yield Break(number, "is not the kept end of the chain")
        cursor.execute(
            "select r.month, r.head_number from audit_review r left join audit_entry e "
            "on e.number = r.head_number where r.head_number > 0 "
            "and e.hash is distinct from r.head_hash order by 1"
        )
        for month, at in cursor.fetchall():
            yield Break(at, f"is not what the review of {month:%Y-%m} was signed on")
