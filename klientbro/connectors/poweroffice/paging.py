"""Where we are in a PowerOffice Go list, and whether a page is the one we asked for.

Paging data comes in the header `X-Pagination` only, and just two of its names are sure, so it is
read defensively: a page that may have a successor is followed until the source says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

PAGE_SIZE = 20_000  # the largest the API gives

_TOKEN = re.compile(r"([1-9]\d{0,8})/(\d{0,12})/(\d{1,6})/(\d{0,19})(/open)?")


@dataclass(frozen=True, slots=True)
class Paging:
    """What `X-Pagination` says. None where it says nothing."""

    total_count: int | None = None
    page_size: int | None = None
    current_page: int | None = None
    total_pages: int | None = None
    has_next: bool | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A page still to read, and what was seen on the way to it.

    total: how many rows the unit had at first. last_id: the id read last. is_steady: False once
    rows came or went, which a reader that goes on from the token must not forget.
    """

    number: int = 1
    total: int | None = None
    last_id: int | None = None
    is_steady: bool = True

    @property
    def token(self) -> str:
        total = "" if self.total is None else str(self.total)
        last_id = "" if self.last_id is None else str(self.last_id)
        return f"{self.number}/{total}/{PAGE_SIZE}/{last_id}" + ("" if self.is_steady else "/open")

    @classmethod
    def of(cls, token: str | None) -> Position:
        """The position of a token; the beginning for one made with another page size."""
        found = _TOKEN.fullmatch(token or "")
        if found is None or int(found[3]) != PAGE_SIZE:
            return cls()
        total, last_id = (int(text) if text else None for text in (found[2], found[4]))
        return cls(int(found[1]), total, last_id, is_steady=found[5] is None)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to a list question, not decoded yet."""

    number: int
    content: bytes = field(repr=False)
    rows: int
    first_id: int | None
    last_id: int | None
    paging: Paging | None
    sends: int

    @property
    def total(self) -> int | None:
        return self.paging.total_count if self.paging else None

    @property
    def size(self) -> int:
        return (self.paging.page_size if self.paging else None) or PAGE_SIZE

    @property
    def has_more(self) -> bool:
        """Whether another page may follow: any sign of one is believed."""
        paging = self.paging or Paging()
        if self.rows == 0:
            return False
        if paging.has_next:
            return True
        if paging.total_pages is not None:
            return self.number < paging.total_pages
        if paging.total_count is not None:
            return self.number * self.size < paging.total_count
        # [client] With no word of an end, a full page may have a successor.
        return paging.has_next is None and self.rows >= self.size

    @property
    def last_number(self) -> int | None:
        """The number of the last page, when the source says how many there are."""
        return self.paging.total_pages if self.paging else None

    @property
    def is_another_page(self) -> bool:
        """The source says itself that this is not the page we asked for."""
        said = self.paging.current_page if self.paging else None
        return self.rows > 0 and said is not None and said != self.number

    def is_doubtful(self, previous_last_id: int | None) -> bool:
        """Rows may be missing or repeated: wrong count, or ids that do not go on from before."""
        if self.is_another_page:
            return True
        if self.total is not None:
            expected = min(self.size, max(self.total - (self.number - 1) * self.size, 0))
            if self.rows != expected:
                return True
        return self.begins_before(previous_last_id)

    def begins_before(self, last_id: int | None) -> bool:
        """Ids do not go on from where the page before ended."""
        return last_id is not None and self.first_id is not None and self.first_id <= last_id


def parse_paging(headers: Mapping[str, str]) -> Paging | None:
    """The header's members in any case; None when it is missing or unreadable."""
    text = headers.get("x-pagination", "")
    if not text:
        return None
    try:
        members = msgspec.json.decode(text.encode(), type=dict[str, object])
    except msgspec.DecodeError:
        return None
    said = {name.lower(): value for name, value in members.items()}
    has_next: bool | None = None
    if "nextpagelink" in said:
        has_next = bool(said["nextpagelink"])
    return Paging(
        total_count=_number(said.get("totalcount")),
        page_size=_number(said.get("pagesize")) or None,
        current_page=_number(said.get("currentpage")),
        total_pages=_number(said.get("totalpages")),
        has_next=has_next,
    )


def _number(value: object) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return int(str(value)) if is_number else None


def count_rows(content: bytes, key: str) -> int:
    """How many rows a page holds, without decoding it: how often its key field stands there.

    Inside a text the quotes would be escaped, so `"Id":` can only be the field itself.
    """
    return content.count(f'"{key}":'.encode())


def end_ids(content: bytes, key: str) -> tuple[int | None, int | None]:
    """The key of the first and of the last row, without decoding the page."""
    name = f'"{key}":'.encode()
    return _id_at(content, content.find(name), name), _id_at(content, content.rfind(name), name)


def _id_at(content: bytes, start: int, name: bytes) -> int | None:
    if start < 0:
        return None
    found = re.match(rb"\s*(\d{1,19})", content[start + len(name) : start + len(name) + 32])
    return int(found[1]) if found else None
