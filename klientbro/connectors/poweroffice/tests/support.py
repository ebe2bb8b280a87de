"""A small API of lists to page through, and the hand-written answers in `responses/`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

import httpx

from klientbro.connectors.contract import Batch, Decoded, Grant, Row, Surroundings, Unit
from klientbro.connectors.poweroffice.source import PowerOfficeSource
from klientbro.connectors.stand_ins import plain_surroundings

RESPONSES = Path(__file__).parents[1] / "responses"
CLIENT_KEY = "77f5a0a2-93d1-4d0c-8d7b-0c3fce5f8a41"
OPERATOR = {
    "application_key": "8c3e1a52-0d6d-4e8f-9f0b-5f2f9d1c7a10",
    "subscription_key": "0123456789abcdef0123456789abcdef",
    "api_url": "https://go.example/v2",
    "token_url": "https://go.example/OAuth/Token",
}

T = TypeVar("T")


def response(name: str) -> bytes:
    """A hand-written answer as bytes."""
    return (RESPONSES / f"{name}.json").read_bytes()


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


class FakeApi:
    """Answers lists by path, a page at a time; `change` may alter any answer."""

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists = lists
        self.asked: list[httpx.Request] = []
        self.page_size: int | None = None
        self.change: Callable[[httpx.Request, httpx.Response], httpx.Response] | None = None
        self.surroundings: Surroundings = plain_surroundings(
            OPERATOR, httpx.MockTransport(self.answer)
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self._answer(request)
        return self.change(request, answer) if self.change else answer

    def _answer(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        if name == "Token":
            return httpx.Response(200, content=response("token"))
        if name not in self.lists:
            return httpx.Response(404, content=response("not_found"))
        rows = self.lists[name]
        number = int(request.url.params["PageNumber"])
        size = self.page_size or int(request.url.params["PageSize"])
        pages = -(-len(rows) // size)
        header = {
            "totalCount": len(rows),
            "pageSize": size,
            "currentPage": number,
            "totalPages": pages,
            "nextPageLink": "https://inside.example/next" if number < pages else None,
        }
        chosen = rows[(number - 1) * size : number * size]
        headers = {"X-Pagination": json.dumps(header)}
        if not chosen:
            return httpx.Response(204, headers=headers)
        fields = request.url.params["Fields"].split(",")
        body = [{name: row.get(name) for name in fields} for row in chosen]
        content = json.dumps(body, separators=(",", ":")).encode()
        return httpx.Response(200, content=content, headers=headers)

    def paths(self) -> list[str]:
        return [request.url.path for request in self.asked]

    def pages_asked(self) -> list[int]:
        return [int(r.url.params["PageNumber"]) for r in self.asked if "PageNumber" in r.url.params]

    def open(self, reference: str = "connection-1", key: str = CLIENT_KEY) -> PowerOfficeSource:
        return PowerOfficeSource(Grant(key, reference), self.surroundings)

    def read(self, unit: Unit) -> list[Batch]:
        async def work() -> list[Batch]:
            async with self.open() as source:
                return await batches(source.read(unit))

        return run(work())


async def batches(reading: AsyncGenerator[Batch, None]) -> list[Batch]:
    async with aclosing(reading) as pages:
        return [batch async for batch in pages]


def rows_of(read: list[Batch]) -> list[Row]:
    return [row for batch in read for row in batch.rows().rows]


def column(decoded: Decoded, columns: tuple[str, ...], name: str) -> list[object]:
    return [row[columns.index(name)] for row in decoded.rows]
