"""What all lists share: columns, order, one page of rows, and the X-Pagination header."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from .answers import JSON, Answer, encode, invalid_parameter
from .books import encode_one, encode_rows, field_names
from .query import Page, Query, timestamp_text

if TYPE_CHECKING:
    from .endpoint import Reading

Row = Any
Test = Callable[[Row], bool]
Filter = Callable[[Query, Callable[[int], str]], Test | None]


@functools.cache
def columns_of(kind: type) -> dict[str, str]:
    """The API's names of a list's columns by their lower-case form."""
    return {name.lower(): name for name in field_names(kind)}


def page_of(reading: Reading, kind: type) -> Page:
    """The common parameters, checked before any work is done."""
    columns = columns_of(kind)
    page = reading.query.page(columns)
    if reading.call.order_override:
        override = Query(urlencode({"OrderBy": reading.call.order_override})).page(columns)
        page = Page(page.number, page.size, page.fields, override.order)
    return page


def answer_page(reading: Reading, kind: type, page: Page, rows: Sequence[Row]) -> Answer:
    """One page of ``rows``, which are in the wanted order already."""
    if reading.call.lag_seconds:
        rows = seen_by_a_replica(reading, rows)
    wanted = page.number ^ 1 if reading.call.are_pages_swapped else page.number
    number = max(wanted + reading.call.page_shift, 1)
    chosen = rows[(number - 1) * page.size : number * page.size]
    headers = {"X-Pagination": pagination(reading, page, len(rows))}
    if not chosen:
        return Answer(204, b"", headers)
    headers["content-type"] = JSON
    return Answer(200, _encoded(reading, kind, page, number, chosen), headers, rows=len(chosen))


def _encoded(reading: Reading, kind: type, page: Page, number: int, chosen: Sequence[Row]) -> bytes:
    """The page's JSON, kept from last time when the simulator was told to remember pages."""
    columns = columns_of(kind)
    fields = None if page.fields is None else [columns[name] for name in page.fields]
    pages, call = reading.simulator.pages, reading.call
    if not pages.most or call.lag_seconds or call.order_override or reading.held is None:
        return encode_rows(chosen, fields)
    key = (call.environment, reading.company, reading.held.version, call.path, call.query, number)
    return pages.get(key, lambda: encode_rows(chosen, fields))


def seen_by_a_replica(reading: Reading, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows that had come some seconds ago; the others are not counted either."""
    limit = reading.simulator.now() - timedelta(seconds=reading.call.lag_seconds)
    latest = timestamp_text(limit)
    return [row for row in rows if _created(row) <= latest]


def _created(row: Row) -> str:
    """When the row came: a transaction with its voucher."""
    whole = getattr(row, "voucher", row)
    return getattr(whole, "CreatedDateTimeOffset", "")


def pagination(reading: Reading, page: Page, total: int) -> str:
    """Camel case inside a header, unlike everything else; the link is null on the last page."""
    pages = -(-total // page.size)

    def link(number: int) -> str | None:
        if not 1 <= number <= pages:
            return None
        kept = [
            (name, value)
            for name, value in parse_qsl(reading.call.query, keep_blank_values=True)
            if name.lower() not in ("pagenumber", "pagesize", "subscription-key")
        ]
        kept += [("PageNumber", str(number)), ("PageSize", str(page.size))]
        return f"{reading.url}?{urlencode(kept)}"

    return encode(
        {
            "totalCount": total,
            "pageSize": page.size,
            "currentPage": page.number,
            "totalPages": pages,
            "previousPageLink": link(page.number - 1),
            "nextPageLink": link(page.number + 1),
        }
    ).decode()


def in_order(rows: Sequence[Row], page: Page, kind: type) -> Sequence[Row]:
    """Sort a short list; without a wish by Id, and rows without a value first."""
    columns = columns_of(kind)
    order = page.order or ((("id", False),) if "id" in columns else ())
    try:
        for name, descending in reversed(order):
            rows = sorted(
                rows,
                key=lambda row, name=columns[name]: (  # type: ignore[misc]
                    getattr(row, name) is not None,
                    getattr(row, name),
                ),
                reverse=descending,
            )
    except TypeError:
        raise invalid_parameter("OrderBy names a field that has no order.") from None
    return rows


def answer_object(record: msgspec.Struct) -> Answer:
    return Answer(200, encode_one(record, None), {"content-type": JSON}, rows=1)


# ---- filters of short lists: each reads its parameter and gives a test, or None when not used


def by_numbers(parameter: str, field: str) -> Filter:
    def read(query: Query, moment: Callable[[int], str]) -> Test | None:
        test = query.numbers(parameter)
        return None if test is None else lambda row: test(getattr(row, field))

    return read


def by_codes(parameter: str, field: str) -> Filter:
    def read(query: Query, moment: Callable[[int], str]) -> Test | None:
        test = query.codes(parameter)
        return None if test is None else lambda row: test(_as_text(getattr(row, field)))

    return read


def by_flag(parameter: str, field: str) -> Filter:
    def read(query: Query, moment: Callable[[int], str]) -> Test | None:
        wanted = query.boolean(parameter)
        return None if wanted is None else lambda row: bool(getattr(row, field)) is wanted

    return read


def by_part(parameter: str, field: str) -> Filter:
    """The text is contained in the field, in any case."""

    def read(query: Query, moment: Callable[[int], str]) -> Test | None:
        text = query.text(parameter)
        if text is None:
            return None
        return lambda row: text.lower() in (getattr(row, field) or "").lower()

    return read


def by_text(parameter: str, field: str) -> Filter:
    """The value exactly as given, its case too."""

    def read(query: Query, moment: Callable[[int], str]) -> Test | None:
        text = query.text(parameter)
        return None if text is None else lambda row: getattr(row, field) == text

    return read


def changed_since(parameter: str, field: str) -> Filter:
    """Later than the moment, which itself is excluded."""

    def read(query: Query, moment: Callable[[int], str]) -> Test | None:
        ticks = query.moment(parameter)
        if ticks is None:
            return None
        limit = moment(ticks)
        return lambda row: getattr(row, field) > limit

    return read


CREATED = changed_since("createdDateTimeOffsetGreaterThan", "CreatedDateTimeOffset")
LAST_CHANGED = changed_since("lastChangedDateTimeOffsetGreaterThan", "LastChangedDateTimeOffset")


def _as_text(value: object) -> str | None:
    return None if value is None else str(value)
