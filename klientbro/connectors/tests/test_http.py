"""The shared HTTP client: pace, retries, and every failure in our words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast

import httpx
import pytest

from klientbro.connectors.contract import Surroundings
from klientbro.connectors.errors import (
    AuthorizationError,
    ConnectorError,
    ContractError,
    MissingRightError,
    OperatorSettingsError,
    RangeTooLargeError,
    RateLimitedError,
    UnavailableError,
    UnreadableError,
)
from klientbro.connectors.http import Answer, Authorization, HttpClient, Request
from klientbro.connectors.stand_ins import ListedRequests, UnhurriedPacer, plain_surroundings

SECRET = "0b6f0a51-6a0e-4b43-b2a5-5d6f7c1d2e30"
BOOKS = Request("GET", "https://api.example/v2/Books", query={"key": SECRET}, right="Books (Book)")
GOOD = httpx.Response(200, json=[{"Id": 1}])

Handler = Callable[[httpx.Request], httpx.Response]


class Line:
    """A source that gives prepared answers in order, the last one for ever."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers: Iterator[httpx.Response | Exception] = iter(answers)
        self._last = answers[-1]
        self.asked: list[httpx.Request] = []
        self.slept: list[float] = []
        self.surroundings = plain_surroundings({}, httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = next(self._answers, self._last)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def send(
        self,
        request: Request = BOOKS,
        authorizer: object = None,
        surroundings: Surroundings | None = None,
        most_bytes: int = 1 << 20,
    ) -> Answer:
        async def run() -> Answer:
            client = HttpClient(
                surroundings or self.surroundings,
                connector="example",
                base_url="https://api.example/v2",
                headers={"X-Ours": "1"},
                authorizer=cast(None, authorizer),
                secrets=(SECRET,),
                most_bytes=most_bytes,
                sleep=self._sleep,
            )
            async with client:
                return await client.send(request)

        return asyncio.run(run())

    @property
    def pacer(self) -> UnhurriedPacer:
        return cast(UnhurriedPacer, self.surroundings.pacer)

    @property
    def log(self) -> ListedRequests:
        return cast(ListedRequests, self.surroundings.log)


def failing(line: Line, request: Request = BOOKS) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        line.send(request)
    return caught.value


def test_answer_comes_with_its_headers_and_the_requests_it_took() -> None:
    line = Line(httpx.Response(200, json=[1], headers={"X-Pagination": "{}"}))
    answer = line.send()
    assert (answer.status, answer.content, answer.sends) == (200, b"[1]", 1)
    assert answer.headers["x-pagination"] == "{}"


def test_pacer_is_waited_on_before_every_send_and_each_send_is_logged_without_its_query() -> None:
    line = Line(httpx.Response(503), GOOD)
    line.send()
    assert line.pacer.waits == 2
    assert line.log.sent == [("GET", "/v2/Books", 503), ("GET", "/v2/Books", 200)]


def test_label_takes_the_place_of_a_path_with_secrets() -> None:
    line = Line(httpx.Response(404, json={"message": "no"}))
    request = Request("DELETE", f"https://api.example/session/{SECRET}", label="/session/…")
    error = failing(line, request)
    assert line.log.sent == [("DELETE", "/session/…", 404)]
    assert SECRET not in f"{error} {error.request}"


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ConnectError("[Errno 111] secret.host"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("peer closed connection"),
        httpx.Response(500, json={"title": "Internal", "detail": "An unexpected error occurred."}),
        httpx.Response(502),
        httpx.Response(503),
    ],
    ids=repr,
)
def test_cut_lines_and_server_errors_are_tried_twice_more_then_unavailable(
    fault: httpx.Response | Exception,
) -> None:
    line = Line(fault)
    error = failing(line)
    assert type(error) is UnavailableError
    assert len(line.asked) == 3
    assert "secret.host" not in str(error)
    assert (error.connector, error.request) == ("example", "GET /v2/Books")


def test_short_outage_is_bridged_in_place() -> None:
    line = Line(httpx.ReadError("reset"), httpx.Response(502), GOOD)
    assert line.send().sends == 3
    assert line.slept == [0.4, 1.5]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<!DOCTYPE html><h1>Vi er snart tilbake</h1>"),
        httpx.Response(200, content=b'[{"Id":1},{"Id"'),
        httpx.Response(200, content=b""),
        httpx.Response(200, content='[{"Name":"Bodø"}]'.encode("latin-1")),
        httpx.Response(
            200, content=b"[]", headers={"content-type": "application/json; charset=utf-16"}
        ),
        httpx.Response(403, html="<html>Blocked by firewall</html>"),
        httpx.Response(302, headers={"location": "https://elsewhere.example"}),
        httpx.Response(200, content=b"OK"),
    ],
    ids=["web page", "cut", "empty", "latin-1", "utf-16", "firewall", "redirect", "words"],
)
def test_what_is_not_an_answer_is_asked_again_and_then_unreadable(answer: httpx.Response) -> None:
    line = Line(answer)
    error = failing(line)
    assert type(error) is UnreadableError
    assert "something that is not an answer" in str(error)
    assert len(line.asked) == 3


def test_byte_order_mark_and_plain_text_type_do_no_harm() -> None:
    line = Line(
        httpx.Response(
            200,
            content=b'\xef\xbb\xbf[{"Name":"Bod\xc3\xb8"}]',
            headers={"content-type": "text/plain"},
        )
    )
    assert line.send().status == 200


def test_large_answer_in_other_letters_is_checked_in_pieces() -> None:
    text = '["' + "ø" * 700_000 + '"]'
    assert Line(httpx.Response(200, content=text.encode())).send(most_bytes=2 << 20).status == 200


def test_answer_past_the_limit_is_given_up() -> None:
    line = Line(httpx.Response(200, content=b"[" + b"1," * (1 << 20) + b"1]"))
    error = failing(line)
    assert isinstance(error, ContractError)
    assert "more than 1 MB" in str(error)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (httpx.Response(429, headers={"Retry-After": "2"}), 2.0),
        (httpx.Response(429, json={"message": "Too many calls. Try again in 3 seconds."}), 3.0),
        (httpx.Response(429), 1.0),
        (httpx.Response(429, headers={"Retry-After": "Wed, 01 Jan 2020 00:00:00 GMT"}), 0.0),
    ],
)
def test_throttling_is_waited_out_and_told_to_the_pacer(
    answer: httpx.Response, seconds: float
) -> None:
    line = Line(answer, answer, answer, GOOD)
    assert line.send().sends == 4
    assert line.slept == [seconds] * 3
    assert line.pacer.told == [seconds] * 3


def test_throttling_that_lasts_is_raised_with_its_wait() -> None:
    error = failing(Line(httpx.Response(429, headers={"Retry-After": "2"})))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after_seconds == 2.0


def test_long_wait_is_left_to_the_scheduler() -> None:
    line = Line(httpx.Response(429, headers={"Retry-After": "120"}))
    error = failing(line)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after_seconds == 120.0
    assert line.slept == []


def test_time_out_is_not_repeated() -> None:
    line = Line(httpx.ReadTimeout("slow"))
    assert type(failing(line)) is UnavailableError
    assert len(line.asked) == 1


@pytest.mark.parametrize("fault", [httpx.ReadTimeout("slow"), httpx.Response(504)], ids=repr)
def test_time_out_over_a_range_asks_for_a_smaller_one(fault: httpx.Response | Exception) -> None:
    line = Line(fault)
    assert type(failing(line, replace(BOOKS, is_splittable=True))) is RangeTooLargeError
    assert len(line.asked) == 1


def test_source_that_cannot_be_reached_is_not_taken_for_a_wide_range() -> None:
    line = Line(httpx.ConnectTimeout("no route"))
    assert type(failing(line, replace(BOOKS, is_splittable=True))) is UnavailableError


def test_missing_right_is_named() -> None:
    error = failing(Line(httpx.Response(403)))
    assert isinstance(error, MissingRightError)
    assert error.rights == ("Books (Book)",)


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_refusal_carries_the_sources_own_words_without_our_secrets(status: int) -> None:
    body = {"Title": "Invalid resourceParameter", "detail": f"{SECRET.upper()} is\nno field"}
    error = failing(Line(httpx.Response(status, json=body)))
    assert isinstance(error, ContractError)
    assert f"answered {status}: Invalid resourceParameter: … is no field" in str(error)


def test_very_long_words_are_cut() -> None:
    assert len(str(failing(Line(httpx.Response(400, json={"title": "x" * 5000}))))) <= 300


def test_address_that_is_none_is_the_operators_matter() -> None:
    line = Line(httpx.UnsupportedProtocol("ftp"))
    assert isinstance(failing(line), OperatorSettingsError)


def test_statuses_the_caller_wants_are_returned() -> None:
    line = Line(httpx.Response(400, json={"error": "invalid_client"}))
    assert line.send(replace(BOOKS, returned=frozenset({200, 400}))).status == 400


class Door:
    """Gives tokens 1, 2, 3 …"""

    def __init__(self) -> None:
        self.number = 1

    async def authorization(self) -> Authorization:
        return Authorization({"Authorization": f"Bearer {self.number}"}, sends=1)

    async def refused(self, authorization: Authorization) -> None:
        self.number += 1


def test_refused_token_is_renewed_once() -> None:
    line = Line(httpx.Response(401), GOOD)
    answer = line.send(authorizer=Door())
    assert [r.headers["authorization"] for r in line.asked] == ["Bearer 1", "Bearer 2"]
    assert answer.sends == 4  # two questions and two tokens


def test_new_tokens_refused_again_and_again_are_the_sources_trouble_and_not_the_keys() -> None:
    line = Line(httpx.Response(401))
    with pytest.raises(UnavailableError, match="refuses its own new token"):
        line.send(authorizer=Door())
    assert [r.headers["authorization"] for r in line.asked] == [f"Bearer {n}" for n in (1, 2, 3, 4)]
    line = Line(httpx.Response(401), httpx.Response(401), httpx.Response(401), GOOD)
    assert line.send(authorizer=Door()).status == 200


def test_key_is_rejected_where_nothing_but_the_key_was_sent() -> None:
    line = Line(httpx.Response(401))
    with pytest.raises(AuthorizationError):
        line.send()
    assert len(line.asked) == 1


def test_token_that_the_source_repeats_is_blotted_out() -> None:
    class Gate(Door):
        async def authorization(self) -> Authorization:
            return Authorization({"Authorization": "Bearer eyJhbGciOi"})

    line = Line(httpx.Response(400, json={"title": "Bad token eyJhbGciOi"}))
    with pytest.raises(ContractError, match="Bad token …"):
        line.send(authorizer=Gate())


def test_library_logs_no_addresses(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    Line(GOOD).send()
    assert SECRET not in caplog.text


def test_answer_that_trickles_for_ever_is_given_up() -> None:
    async def run() -> None:
        async def never(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(60)
            return GOOD

        surroundings = plain_surroundings({}, httpx.MockTransport(never))
        client = HttpClient(
            surroundings,
            connector="example",
            base_url="https://api.example",
            headers={},
            timeout_seconds=0.02,
        )
        async with client:
            await client.send(BOOKS)

    with pytest.raises(UnavailableError, match="did not answer in time"):
        asyncio.run(run())


def test_borrowed_transport_stays_open() -> None:
    closed: list[bool] = []

    class Transport(httpx.MockTransport):
        async def aclose(self) -> None:
            closed.append(True)

    line = Line(GOOD)
    surroundings = replace(line.surroundings, transport=Transport(lambda r: GOOD))
    line.send(surroundings=surroundings)
    assert not closed
