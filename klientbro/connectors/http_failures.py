"""What an answer over HTTP says when it is not what we asked for: causes, waits, own words."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import msgspec

LONGEST_MESSAGE = 300
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_SECONDS = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*sec", re.IGNORECASE)
_CHARSET = re.compile(r"charset=\"?([A-Za-z0-9_.-]+)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_CHECKED_AT_ONCE = 1 << 20
_UTF8_NAMES = frozenset({"utf-8", "utf8", "us-ascii"})
# Names under which systems state what went wrong, in the order a person wants to read them.
_MESSAGE_NAMES = ("title", "error", "message", "detail", "error_description", "errordescription")


def retry_after_seconds(headers: Mapping[str, str], content: bytes, now: datetime) -> float | None:
    """How long a 429 or 503 asks us to wait; None when it does not say.

    The header counts seconds or names a moment (RFC 9110 section 10.2.3). Without it the number
    before "seconds" in the body ("Try again in 3 seconds.").
    """
    header = headers.get("retry-after", "").strip()
    if header:
        try:
            return max(float(header), 0.0)
        except ValueError:
            moment = _http_moment(header)
            if moment is not None:
                return max((moment - now).total_seconds(), 0.0)
    found = _SECONDS.search(content[:2000].decode("utf-8", errors="replace"))
    return float(found[1]) if found else None


def _http_moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def own_words(content: bytes, secrets: Iterable[str] = ()) -> str:
    """The source's own explanation, one line, without our secrets; '' when it gave none.

    `{"title": "Object(s) not found", "detail": "Department with id = 9 not found."}` gives
    `Object(s) not found: Department with id = 9 not found.` Names are read in any case.
    """
    try:
        body = msgspec.json.decode(content.removeprefix(BYTE_ORDER_MARK), type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    said = {name.lower(): value for name, value in body.items()}
    parts = [str(said[name]) for name in _MESSAGE_NAMES if isinstance(said.get(name), str)]
    return clean(": ".join(dict.fromkeys(part for part in parts if part.strip())), secrets)


def kind_of(error: Exception) -> str:
    """What happened on the line, in one word for the log."""
    if isinstance(error, httpx.DecodingError):
        return "unreadable"
    return "unreachable" if isinstance(error, httpx.ConnectError) else "cut"


def clean(text: str, secrets: Iterable[str]) -> str:
    """One short line with every secret blotted out, whoever repeated it to us."""
    for secret in secrets:
        if secret:
            text = re.sub(re.escape(secret), "…", text, flags=re.IGNORECASE)
    line = _CONTROL.sub(" ", text).strip()
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"


def unreadable_json(headers: Mapping[str, str], content: bytes) -> str:
    """Why the body cannot be a JSON answer, '' when it can.

    Cheap on purpose: the page is decoded later by whoever lands it, but a maintenance page, a
    body cut in the middle or another alphabet must be seen here, where asking again is possible.
    """
    charset = _CHARSET.search(headers.get("content-type", ""))
    if charset and charset[1].lower() not in _UTF8_NAMES:
        return f"text in {charset[1].lower()} instead of UTF-8"
    body = content.removeprefix(BYTE_ORDER_MARK)
    first, last = body[:64].lstrip()[:1], body[-64:].rstrip()[-1:]
    if not first:
        return "an empty answer"
    if first == b"<":
        return "a web page"
    if first not in (b"[", b"{"):
        return "something other than JSON"
    if last != {b"[": b"]", b"{": b"}"}[first]:
        return "JSON that ends in the middle"
    if not body.isascii() and not _is_utf8(body):
        return "text that is not UTF-8 although it says so"
    return ""


def is_web_page(headers: Mapping[str, str], content: bytes) -> bool:
    """True for the pages that proxies and firewalls put in front of an API."""
    return "html" in headers.get("content-type", "").lower() or content[:64].lstrip()[:1] == b"<"


def _is_utf8(body: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(body)
    try:
        # In pieces, since the whole text of a large page would take four bytes a character.
        for start in range(0, len(view), _CHECKED_AT_ONCE):
            decoder.decode(bytes(view[start : start + _CHECKED_AT_ONCE]))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
