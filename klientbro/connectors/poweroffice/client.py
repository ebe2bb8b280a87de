"""Asks PowerOffice Go's API v2: single objects, and lists page by page with pages ahead.

https://developer.poweroffice.net/documentation/requests
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import metadata

from klientbro.connectors.contract import Grant, Surroundings
from klientbro.connectors.errors import UnreadableError
from klientbro.connectors.http import Answer, HttpClient, Request
from klientbro.connectors.poweroffice.paging import (
    PAGE_SIZE,
    Page,
    Position,
    count_rows,
    end_ids,
    parse_paging,
)
from klientbro.connectors.poweroffice.rights import Right
from klientbro.connectors.poweroffice.settings import Settings, client_key
from klientbro.connectors.poweroffice.tokens import KEY, Tokens

# Pages asked for while an earlier one is decoded and landed. Each weighs up to 15 MB.
PAGES_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Question:
    """A list to read: where, with which filters, and which privilege it takes."""

    path: str
    right: Right
    query: Mapping[str, str] = field(default_factory=dict)
    key: str = "Id"
    is_ordered: bool = True
    is_splittable: bool = False


@dataclass(frozen=True, slots=True)
class NumberedPage:
    """A page, whether rows came or went while the list was read, and where it goes on."""

    page: Page
    is_steady: bool
    next: Position | None


class Client:
    """The API as one company's key sees it."""

    def __init__(self, settings: Settings, grant: Grant, surroundings: Surroundings) -> None:
        self._settings = settings
        self.tokens = Tokens(settings, grant, surroundings.tokens, surroundings.clock)
        self._http = HttpClient(
            surroundings,
            connector=KEY,
            base_url=settings.api_url,
            other_urls=(settings.token_url,),
            headers={
                "Ocp-Apim-Subscription-Key": settings.subscription_key,
                "User-Agent": user_agent(),
            },
            authorizer=self.tokens,
            secrets=(client_key(grant), settings.application_key, settings.subscription_key),
            timeout_seconds=settings.timeout_seconds,
        )
        self.tokens.send_through(self._http)

    async def close(self) -> None:
        await self._http.__aexit__()

    async def send(self, request: Request) -> Answer:
        """A request to a path of the API, such as `/FinancialSettings`."""
        return await self._http.send(replace(request, url=self._settings.api_url + request.url))

    async def object(self, path: str, right: Right | None) -> bytes:
        """One JSON object; empty when the API answers 204."""
        answer = await self.send(Request("GET", path, right=right.label if right else ""))
        return b"" if answer.status == 204 else answer.content

    async def page(self, question: Question, number: int) -> Page:
        """One page of a list; one without rows when there is nothing there."""
        query = {**question.query, "PageNumber": str(number), "PageSize": str(PAGE_SIZE)}
        if question.is_ordered:
            # Without an order rows move between pages while a company is being posted in.
            query["OrderBy"] = question.key
        answer = await self.send(
            Request(
                "GET",
                question.path,
                query=query,
                right=question.right.label,
                is_splittable=question.is_splittable,
            )
        )
        # Nothing to return is 204 with an empty body, also past the last page.
        content = b"" if answer.status == 204 else answer.content
        rows = count_rows(content, question.key)
        if answer.line is not None:
            answer.line.rows = rows
        first_id, last_id = end_ids(content, question.key) if question.is_ordered else (None, None)
        return Page(
            number=number,
            content=content,
            rows=rows,
            first_id=first_id,
            last_id=last_id,
            paging=parse_paging(answer.headers),
            sends=answer.sends,
        )

    async def pages(
        self, question: Question, position: Position | None = None
    ) -> AsyncGenerator[NumberedPage, None]:
        """The pages from a position to the end, the next ones fetched while one is used.

        A page whose rows do not fit what was asked is fetched once more, and so is the page before
        when ids step back: it may have been the wrong one. When that does not help, or the total
        moves under us, the rest of the list is read as it is and `is_steady` turns False.
        """
        start = position or Position()
        total, is_steady, last_id = start.total, start.is_steady, start.last_id
        ahead = _Ahead(self, question, start.number)
        try:
            while True:
                page = await ahead.next()
                if page.is_doubtful(last_id):
                    page = await self._once_more(question, page, last_id)
                    if page.number > 1 and page.begins_before(last_id):
                        before = await self.page(question, page.number - 1)
                        if not page.begins_before(before.last_id):
                            last_id = before.last_id
                            here = Position(page.number, total, last_id, is_steady)
                            yield NumberedPage(before, is_steady, here)
                    is_steady = is_steady and not page.is_doubtful(last_id)
                if page.total is not None:
                    is_steady = is_steady and total in (None, page.total)
                    total = page.total if total is None else total
                elif page.rows == 0 and page.number > 1 and total is not None:
                    is_steady = is_steady and total <= (page.number - 1) * PAGE_SIZE
                last_id = page.last_id
                if not page.has_more:
                    yield NumberedPage(page, is_steady, None)
                    return
                ahead.prepare(page)
                follows = Position(page.number + 1, total, last_id, is_steady)
                yield NumberedPage(page, is_steady, follows)
        finally:
            await ahead.stop()

    async def _once_more(self, question: Question, page: Page, last_id: int | None) -> Page:
        again = await self.page(question, page.number)
        again = replace(again, sends=again.sends + page.sends)
        # Without paging data a source that repeats itself would be followed for ever.
        is_endless = again.paging is None and again.is_doubtful(last_id)
        if again.is_another_page or is_endless:
            raise UnreadableError(
                f"GET {question.path} answered another page than the one asked for",
                connector=KEY,
                request=f"GET {question.path}",
            )
        return again


class _Ahead:
    """Pages on their way while an earlier one is used."""

    def __init__(self, client: Client, question: Question, first: int) -> None:
        self._client = client
        self._question = question
        self._next_number = first
        self._coming: deque[asyncio.Task[Page]] = deque()
        self._start()

    def _start(self) -> None:
        fetch = self._client.page(self._question, self._next_number)
        self._coming.append(asyncio.create_task(fetch))
        self._next_number += 1

    async def next(self) -> Page:
        return await self._coming.popleft()

    def prepare(self, page: Page) -> None:
        """Send for what follows the page: two when the end is known, else only the next."""
        last = page.number + 1
        if page.last_number is not None:
            last = min(page.number + PAGES_AHEAD, max(page.last_number, last))
        while self._next_number <= last:
            self._start()

    async def stop(self) -> None:
        for task in self._coming:
            task.cancel()
        await asyncio.gather(*self._coming, return_exceptions=True)


@cache
def user_agent() -> str:
    """The product and its version, which PowerOffice's support asks for."""
    try:
        return f"Klientbro/{metadata.version('klientbro')}"
    except metadata.PackageNotFoundError:
        return "Klientbro"
