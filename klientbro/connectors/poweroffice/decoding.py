"""PowerOffice Go's JSON as typed records: exact decimals, cut timestamps, faults by field name."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from klientbro.connectors.errors import ContractError, UnreadableError
from klientbro.connectors.http_failures import BYTE_ORDER_MARK
from klientbro.connectors.poweroffice.tokens import KEY
from klientbro.lib.dates import parse_timestamp

R = TypeVar("R", bound=msgspec.Struct)

_FIRST_ROW_FITS_IN = 1 << 16
_PIECE_BYTES = 1 << 20  # some 1,400 postings, 3 ms
# PostgreSQL stores no NUL in a text, and half a surrogate pair is no character at all.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_EMPTY_IS_WRITTEN = re.compile(rb":\s?null\b")
_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)"
    rb"(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def decode_rows(decoder: msgspec.json.Decoder[list[R]], content: bytes, what: str) -> list[R]:
    """The rows of a page; [] for the empty body of a 204.

    ContractError names the field that is missing or of another type. Numbers become Decimal from
    their text, so 9007199254740993.01 stays itself; a float would lose its øre.
    """
    return _decoded(decoder, content, what) if content else []


def decode_pieces(
    decoder: msgspec.json.Decoder[list[R]], content: bytes, what: str
) -> Iterator[list[R]]:
    """The rows of a page, some at a time, exactly as `decode_rows` gives them.

    One call for a page of 15 MB holds up every other thread of the process for 40 ms, and all its
    records stand in memory at once.
    """
    given = 0
    try:
        for piece in _pieces(content):
            rows = decoder.decode(piece)
            given += len(rows)
            yield rows
    except (msgspec.DecodeError, UnicodeDecodeError):
        # a fault, which is named by its place on the page; or the cut fell within a text
        yield decode_rows(decoder, content, what)[given:]


def _pieces(content: bytes) -> Iterator[bytes]:
    """The page cut between rows. A cut within a text leaves JSON that cannot be read."""
    body = content.removeprefix(BYTE_ORDER_MARK)
    if not body.startswith(b"[") or (b"\\" in body and b"\\u0000" in body):
        raise msgspec.DecodeError("this page is read whole")
    position = 1
    while True:
        cut = body.find(b"},{", position + _PIECE_BYTES)
        if cut < 0:
            yield b"[" + body[position:]
            return
        yield b"[" + body[position : cut + 1] + b"]"
        position = cut + 2


def decode_object(decoder: msgspec.json.Decoder[R], content: bytes, what: str) -> R:
    """The one object of an answer. ContractError when there is none."""
    if not content:
        raise ContractError(f"{what} is empty", connector=KEY)
    return _decoded(decoder, content, what)


T = TypeVar("T")


def _decoded(decoder: msgspec.json.Decoder[T], content: bytes, what: str) -> T:
    body = content.removeprefix(BYTE_ORDER_MARK)
    if b"\\" in body and b"\\u0000" in body:  # one sign is looked for faster than six
        body = _NUL.sub(rb"\1\\ufffd", body)
    try:
        try:
            return decoder.decode(body)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            whole = _SURROGATE.sub(lambda m: m[1] + (m[2] or rb"\ufffd"), body)
            if whole == body:
                raise
            return decoder.decode(whole)
    except msgspec.ValidationError as error:
        raise ContractError(f"{what}: {error}", connector=KEY) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(
            f"{what} answered something that is not an answer: JSON that cannot be read",
            connector=KEY,
        ) from error


def unknown_fields(content: bytes, wanted: frozenset[str]) -> tuple[str, ...]:
    """Fields of the first row that we did not ask for: the source has changed its answer."""
    text = content[:_FIRST_ROW_FITS_IN].decode("utf-8", errors="ignore")
    start = text.find("{")
    if start < 0:
        return ()
    try:
        row, _ = json.JSONDecoder().raw_decode(text, start)
    except ValueError:
        return ()
    return tuple(sorted(name for name in row if name not in wanted))


def missing_fields(
    content: bytes, columns: Mapping[str, str], never_empty: Container[str] = ()
) -> tuple[tuple[str, str], ...]:
    """Fields that were asked for and that no row of a page has, with our columns for them.

    A field that may be empty only where the page writes out what is empty: otherwise one that is
    left out says no more than that it is empty. A page without rows says nothing.
    """
    if b"{" not in content:
        return ()
    missing = [name for name in columns if b'"%b":' % name.encode() not in content]
    if missing and not _EMPTY_IS_WRITTEN.search(content):
        missing = [name for name in missing if name in never_empty]
    return tuple((name, columns[name]) for name in missing)


def field_names(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    """The source's names of what a record keeps, for the query parameter `Fields`."""
    return tuple(field.encode_name for field in msgspec.structs.fields(struct))


class Moments(dict[str, datetime]):
    """Timestamps by their text, each parsed once a page.

    All rows of a voucher carry the same one, so this also shares the objects between them.
    """

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what

    def __missing__(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)  # cuts the seventh decimal, never rounds up
        except ValueError as error:
            raise ContractError(
                f"{self._what}: a timestamp is not as documented", connector=KEY
            ) from error
        moment = in_utc(moment)
        self[text] = moment
        return moment

    def latest(self, texts: set[str]) -> str | None:
        """The text of the largest moment, down to its seventh decimal."""
        if not texts:
            return None
        largest = max(self[text] for text in texts)
        return latest_text([text for text in texts if self[text] == largest])


def in_utc(moment: datetime) -> datetime:
    """[guess] A timestamp without offset is UTC; every documented one has +00:00."""
    if moment.tzinfo is UTC:
        return moment
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def latest_text(texts: list[str]) -> str:
    """The largest of some timestamps as the source wrote them."""
    return max(texts, key=_exact)


def _exact(text: str) -> tuple[datetime, int, str]:
    try:
        stamp = parse_timestamp(text)
    except ValueError:
        return in_utc(datetime.fromisoformat(text)), 0, text
    return stamp.moment, stamp.nanoseconds, text


class Texts(dict[int | None, str | None]):
    """Numbers as text, each written once a page; None stays None."""

    def __missing__(self, number: int | None) -> str | None:
        text = None if number is None else str(number)
        self[number] = text
        return text


class Values(dict[str | None, str]):
    """An enum of theirs in our words. A name we do not know is kept for the report."""

    def __init__(self, field: str, known: Mapping[str, str], otherwise: str) -> None:
        super().__init__()
        # Plain text: a database driver may not know our enums.
        self.update((name, str(value)) for name, value in known.items())
        self[None] = str(otherwise)  # enum fields are nullable in the whole API
        self._field = field
        self._otherwise = str(otherwise)
        self.unknown: list[str] = []

    def __missing__(self, name: str | None) -> str:
        self.unknown.append(f"{self._field}={name}")
        self[name] = self._otherwise
        return self._otherwise
