"""When a list has another page, and when a page is not to be trusted."""

from __future__ import annotations

import pytest

from klientbro.connectors.poweroffice.paging import (
    PAGE_SIZE,
    Page,
    Paging,
    Position,
    count_rows,
    end_ids,
    parse_paging,
)


def page(rows: int, paging: Paging | None, number: int = 1, first: int = 1) -> Page:
    return Page(number, b"", rows, first, first + rows - 1, paging, 1)


@pytest.mark.parametrize(
    ("rows", "paging", "has_more"),
    [
        (PAGE_SIZE, Paging(total_pages=3, has_next=True), True),
        (PAGE_SIZE, Paging(total_pages=1, has_next=False), False),
        (PAGE_SIZE, Paging(total_pages=2), True),
        (PAGE_SIZE, Paging(has_next=False), False),
        (PAGE_SIZE, Paging(total_count=PAGE_SIZE), False),
        (PAGE_SIZE, Paging(total_count=PAGE_SIZE + 1), True),
        (PAGE_SIZE, None, True),
        (PAGE_SIZE - 1, None, False),
        (PAGE_SIZE, Paging(), True),
        (100, Paging(page_size=100), True),
        (100, Paging(has_next=True), True),
        (0, Paging(has_next=True), False),
        (0, None, False),
    ],
)
def test_any_sign_of_another_page_is_followed(
    rows: int, paging: Paging | None, has_more: bool
) -> None:
    assert page(rows, paging).has_more is has_more


def test_header_is_read_in_any_case_and_with_names_missing() -> None:
    full = '{"totalCount":5,"PageSize":2,"currentpage":1,"totalPages":3,"nextPageLink":"x"}'
    assert parse_paging({"x-pagination": full}) == Paging(5, 2, 1, 3, True)
    assert parse_paging({"x-pagination": '{"nextPageLink":null}'}) == Paging(has_next=False)
    assert parse_paging({"x-pagination": '{"totalCount":"5","totalPages":true}'}) == Paging()


@pytest.mark.parametrize("text", ["", "none", "[1]", "{"])
def test_unreadable_header_is_no_header(text: str) -> None:
    assert parse_paging({"x-pagination": text}) is None


@pytest.mark.parametrize(
    "position", [Position(), Position(7, 123456, 90), Position(2, 0, None, is_steady=False)]
)
def test_token_gives_back_its_position(position: Position) -> None:
    assert Position.of(position.token) == position


@pytest.mark.parametrize("token", [None, "", "x", "0/5/20000/", "3/5/5000/9", "3"])
def test_token_that_does_not_fit_begins_anew(token: str | None) -> None:
    assert Position.of(token) == Position()


def test_rows_are_counted_by_their_key_field_only() -> None:
    content = b'[{"Id":7,"VatId":3,"Name":"\\"Id\\": 5"},{"Id": 19,"Name":"{"}]'
    assert count_rows(content, "Id") == 2
    assert end_ids(content, "Id") == (7, 19)
    assert end_ids(b"", "Id") == (None, None)


def test_page_with_the_promised_rows_is_trusted() -> None:
    assert not page(5, Paging(total_count=5)).is_doubtful(None)
    assert not page(5, Paging(total_count=25, page_size=10), 3, first=21).is_doubtful(20)


@pytest.mark.parametrize(
    "doubtful",
    [
        page(4, Paging(total_count=5)),
        page(6, Paging(total_count=5)),
        page(5, Paging(current_page=2)),
        page(5, None, first=10),
    ],
    ids=["too few", "too many", "another page", "ids that came before"],
)
def test_page_that_does_not_fit_is_doubted(doubtful: Page) -> None:
    assert doubtful.is_doubtful(12)
