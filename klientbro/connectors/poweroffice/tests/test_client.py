"""Lists are paged to the end, resumed anywhere, fetched ahead, and doubted when they do not fit."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import date
from typing import Any

import httpx
import pytest

from klientbro.connectors.contract import Batch, Resource, Unit
from klientbro.connectors.errors import ContractError, UnreadableError
from klientbro.connectors.poweroffice.tests.support import FakeApi, rows_of, run

DEPARTMENTS = Unit(Resource.DEPARTMENTS)


def rows(count: int) -> list[dict[str, Any]]:
    return [{"Id": number, "Code": str(number), "Name": "Avd"} for number in range(1, count + 1)]


@pytest.fixture
def api() -> FakeApi:
    api = FakeApi(Departments=rows(7))
    api.page_size = 3
    return api


def ids(read: list[Batch]) -> list[str]:
    return [str(row[0]) for row in rows_of(read)]


def without_paging(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    return httpx.Response(answer.status_code, content=answer.content)


def test_list_is_read_to_its_end_in_order_of_ids(api: FakeApi) -> None:
    read = api.read(DEPARTMENTS)
    assert ids(read) == list("1234567")
    assert [batch.next_token is None for batch in read] == [False, False, True]
    assert [batch.total_rows for batch in read] == [7, 7, 7]
    assert all(batch.unit.is_complete for batch in read)
    assert api.pages_asked() == [1, 2, 3]
    query = api.asked[-1].url.params
    assert (query["OrderBy"], query["PageSize"]) == ("Id", "20000")


def test_token_call_is_counted_with_the_first_page(api: FakeApi) -> None:
    assert [batch.requests for batch in api.read(DEPARTMENTS)] == [2, 1, 1]


def test_reading_goes_on_from_a_token(api: FakeApi) -> None:
    first, second, _ = api.read(DEPARTMENTS)
    assert ids(api.read(Unit(Resource.DEPARTMENTS, token=first.next_token))) == list("4567")
    assert ids(api.read(Unit(Resource.DEPARTMENTS, token=second.next_token))) == ["7"]


def test_nothing_at_all_is_one_empty_page(api: FakeApi) -> None:
    api.lists["Departments"] = []
    (batch,) = api.read(DEPARTMENTS)
    assert list(batch.rows().rows) == []
    assert (batch.next_token, batch.total_rows, batch.unit.is_complete) == (None, 0, True)


def test_without_paging_header_a_page_that_is_not_full_is_the_last(api: FakeApi) -> None:
    api.change = without_paging
    assert ids(api.read(DEPARTMENTS)) == ["1", "2", "3"]
    api.page_size = None
    assert ids(api.read(DEPARTMENTS)) == list("1234567")


def test_without_paging_header_full_pages_are_followed_to_the_204() -> None:
    api = FakeApi(Departments=rows(40_000))
    api.change = without_paging
    read = api.read(DEPARTMENTS)
    assert len(rows_of(read)) == 40_000
    assert api.pages_asked() == [1, 2, 3]
    assert read[-1].unit.is_complete


def test_pages_are_fetched_ahead_of_the_reader(api: FakeApi) -> None:
    async def work() -> list[int]:
        async with api.open() as source, aclosing(source.read(DEPARTMENTS)) as pages:
            await anext(pages)
            for _ in range(50):
                await asyncio.sleep(0)
            return api.pages_asked()

    assert run(work()) == [1, 2, 3]


def test_reader_that_stops_early_leaves_nothing_running(api: FakeApi) -> None:
    async def work() -> set[asyncio.Task[Any]]:
        async with api.open() as source:
            async with aclosing(source.read(DEPARTMENTS)) as pages:
                await anext(pages)
            return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]

    assert run(work()) == set()


def test_row_that_comes_while_reading_leaves_the_unit_open(api: FakeApi) -> None:
    def grow(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if request.url.params.get("PageNumber") == "1":
            api.lists["Departments"] = rows(9)
        return answer

    api.change = grow
    read = api.read(DEPARTMENTS)
    assert ids(read) == list("123456789")
    assert not read[-1].unit.is_complete


def test_row_that_goes_while_reading_leaves_the_unit_open_also_when_resumed(api: FakeApi) -> None:
    first, *_ = api.read(DEPARTMENTS)
    api.lists["Departments"] = rows(6)
    read = api.read(Unit(Resource.DEPARTMENTS, token=first.next_token))
    assert ids(read) == ["4", "5", "6"]
    assert not read[-1].unit.is_complete


def test_list_that_has_shrunk_past_the_token_is_open(api: FakeApi) -> None:
    *_, second, _ = api.read(DEPARTMENTS)
    api.lists["Departments"] = rows(2)
    (batch,) = api.read(Unit(Resource.DEPARTMENTS, token=second.next_token))
    assert not batch.unit.is_complete


def lose_a_row(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    if request.url.params.get("PageNumber") != "2":
        return answer
    content = answer.content[: answer.content.rfind(b",{")] + b"]"
    return httpx.Response(
        200, content=content, headers={"X-Pagination": answer.headers["x-pagination"]}
    )


def test_page_with_too_few_rows_is_fetched_again(api: FakeApi) -> None:
    faults = iter([True])

    def once(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if request.url.params.get("PageNumber") == "2" and next(faults, False):
            return lose_a_row(request, answer)
        return answer

    api.change = once
    read = api.read(DEPARTMENTS)
    assert ids(read) == list("1234567")
    assert read[-1].unit.is_complete
    assert api.pages_asked().count(2) == 2


def test_page_that_keeps_lacking_rows_leaves_the_unit_open(api: FakeApi) -> None:
    api.change = lose_a_row
    read = api.read(DEPARTMENTS)
    assert ids(read) == list("123457")
    assert not read[-1].unit.is_complete


def test_source_that_says_it_gave_another_page_is_tried_later(api: FakeApi) -> None:
    def other(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        header = answer.headers.get("x-pagination", "").replace(
            '"currentPage": 2', '"currentPage": 1'
        )
        return httpx.Response(
            answer.status_code, content=answer.content, headers={"X-Pagination": header}
        )

    api.change = other
    with pytest.raises(UnreadableError, match="another page"):
        api.read(DEPARTMENTS)


def test_source_that_repeats_itself_without_paging_header_is_not_followed_for_ever() -> None:
    api = FakeApi(Departments=rows(20_000))

    def stuck(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if "PageNumber" not in request.url.params:
            return answer
        api.change = None
        first = httpx.Request("GET", request.url.copy_set_param("PageNumber", "1"))
        again = without_paging(first, api._answer(first))
        api.change = stuck
        return again

    api.change = stuck
    with pytest.raises(UnreadableError, match="another page"):
        api.read(DEPARTMENTS)


def test_order_that_is_ignored_leaves_the_unit_open_but_loses_nothing(api: FakeApi) -> None:
    api.lists["Departments"] = rows(7)[::-1]
    read = api.read(DEPARTMENTS)
    assert sorted(ids(read)) == list("1234567")
    assert not read[-1].unit.is_complete


def test_changed_since_goes_with_the_overlap_and_seven_decimals(api: FakeApi) -> None:
    unit = Unit(Resource.DEPARTMENTS, since="2026-03-05T07:00:00.1234567+00:00", is_complete=False)
    (batch, *_) = api.read(unit)
    since = api.asked[-1].url.params["lastChangedDateTimeOffsetGreaterThan"]
    assert since == "2026-03-05T06:50:00.1234560+00:00"
    assert b"%2B00" in api.asked[-1].url.query
    assert not batch.unit.is_complete


def test_open_items_are_asked_as_of_the_units_last_day() -> None:
    api = FakeApi(OpenItems=[])
    api.read(Unit(Resource.CUSTOMER_ITEMS, last=date(2026, 10, 31)))
    assert api.asked[-1].url.path == "/v2/Customerledger/OpenItems"
    assert api.asked[-1].url.params["date"] == "2026-10-31"


def test_postings_are_asked_with_both_dates_and_only_the_fields_we_keep() -> None:
    api = FakeApi(AccountTransactions=[])
    api.read(Unit(Resource.POSTINGS, date(2026, 1, 1), date(2026, 12, 31)))
    query = api.asked[-1].url.params
    assert (query["fromDate"], query["toDate"]) == ("2026-01-01", "2026-12-31")
    assert len(query["Fields"].split(",")) == 27
    assert len(str(api.asked[-1].url)) < 2000


@pytest.mark.parametrize(
    "unit",
    [Unit(Resource.POSTINGS), Unit(Resource.VAT_CODES, since="2026-03-05T07:00:00Z")],
    ids=["without dates", "without feed"],
)
def test_question_the_api_cannot_answer_is_not_asked(api: FakeApi, unit: Unit) -> None:
    with pytest.raises(ContractError):
        api.read(unit)


def test_product_names_itself_and_sends_its_subscription(api: FakeApi) -> None:
    api.read(DEPARTMENTS)
    assert api.asked[-1].headers["user-agent"].startswith("Klientbro")
    assert api.asked[-1].headers["ocp-apim-subscription-key"] == "0123456789abcdef0123456789abcdef"
