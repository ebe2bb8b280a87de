"""What a page of rows is after COPY: every value as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.exchange import Row
from klientbro.ledger.copying import ROWS_AT_ONCE, copy_rows, csv_of

pytestmark = pytest.mark.django_db

COLUMNS = {
    "id": "text",
    "day": "date",
    "amount": "numeric",
    "number": "bigint",
    "is_reversed": "boolean",
    "moment": "timestamptz",
    "text": "text",
}


def copied(rows: list[Row]) -> list[Row]:
    """The rows after a way through a table."""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists copied")
        types = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        cursor.execute(f"create temp table copied ({types})")
        copy_rows(cursor.cursor, "copied", tuple(COLUMNS), rows)
        cursor.execute("select * from copied order by length(id), id")
        return cursor.fetchall()


def row(number: int, text: str | None) -> Row:
    moment = datetime(2026, 1, 31, 23, 59, 59, 123456, tzinfo=UTC)
    return (str(number), date(2026, 1, 31), Decimal("-12.50"), 7, False, moment, text)


@pytest.mark.parametrize(
    "text",
    [
        "Bråten Gartneri AS, faktura 261228",
        'the "Crow" \\ 12\\',
        "a\ttab, a\nline, a\r\nWindows line and a \\n that is none",
        "]\n[",
        '"],["',
        "\\.",
        "\n\\.\n",
        "null",
        "NULL",
        "",
        " , ",
        "\x01\x1f\x7f\u2028 😀",
        None,
    ],
)
def test_text_arrives_as_it_was(text: str | None) -> None:
    rows = [row(1, text), row(2, "next"), row(3, text)]
    assert copied(rows) == rows


def test_values_of_every_kind_arrive_digit_for_digit() -> None:
    rows: list[Row] = [
        ("1", date(1, 1, 1), Decimal("9007199254740993.01"), 2**63 - 1, True, None, "x"),
        ("2", date(9999, 12, 31), Decimal("0.295"), None, False, None, ""),
        ("3", None, Decimal("-0.00"), -1, None, None, None),
        ("4", None, Decimal("1E+3"), 0, None, None, None),
    ]
    found = copied(rows)
    assert found == rows
    assert [str(amount) for amount in (line[2] for line in found)] == [
        "9007199254740993.01",
        "0.295",
        "0.00",
        "1000",
    ]


def test_moment_with_another_offset_is_the_same_moment() -> None:
    moment = datetime(2026, 6, 1, 9, 30, tzinfo=timezone(timedelta(hours=2)))
    [found] = copied([("1", None, None, None, None, moment, None)])
    assert found[5] == datetime(2026, 6, 1, 7, 30, tzinfo=UTC)


def test_no_rows_are_no_text() -> None:
    assert csv_of([]) == b""
    assert copied([]) == []


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_any_texts_arrive_as_they_were(texts: list[str]) -> None:
    rows = [row(number, text) for number, text in enumerate(texts)]
    assert copied(rows) == rows


def test_more_rows_than_are_written_at_once_all_arrive() -> None:
    rows = [row(number, "\n") for number in range(2 * ROWS_AT_ONCE + 1)]
    assert copied(rows) == rows
