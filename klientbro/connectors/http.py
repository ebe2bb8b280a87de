"""The HTTP client of the web connectors: paced, logged, retried, errors in our own words."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlencode, urlsplit

import httpx

from klientbro.connectors import http_failures as failures
from klientbro.connectors.contract import Sent, Surroundings
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
from klientbro.lib.loopback import is_loopback_host
from klientbro.lib.outgoing import Peers, RefusedAddressError, async_client
from klientbro.lib.tracing import span

MOST_THROTTLED = 3
MOST_FAILED = 2
BACK_OFF_SECONDS = (0.4, 1.5)
# A job that waits holds its client's lock, so longer waits are the scheduler's, not ours.
LONGEST_WAIT_IN_PLACE_SECONDS = 5.0
CONNECT_TIMEOUT_SECONDS = 10.0
MEGABYTE = 1 << 20
LONGEST_SHOWN_VALUE = 40  # lists of fields would fill the request log

# httpx logs the whole address of every request, query values included. RequestLog does not.
logging.getLogger("httpx").setLevel(logging.WARNING)

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a source, and what its answers mean.

    label: what logs and messages call it; the path when empty. Give one when the path has secrets.
    right: the privilege whose absence a 403 means.
    returned: statuses the caller reads itself; all others become errors.
    is_splittable: a time-out means that the range was too wide.
    """

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    label: str = ""
    right: str = ""
    returned: frozenset[int] = frozenset({200, 204})
    is_authorized: bool = True
    is_splittable: bool = False
    is_json: bool = True

    @property
    def path(self) -> str:
        return self.label or urlsplit(self.url).path

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `sends`: how many requests it took, retries and token calls included.

    line: what the log keeps of the last of them; who reads the answer may add how many rows it had.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)
    sends: int = 1
    line: Sent | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Authorization:
    """Headers that let us in, and how many requests it took to get them."""

    headers: Mapping[str, str] = field(repr=False)
    sends: int = 0


class Authorizer(Protocol):
    """Signs in to a source."""

    async def authorization(self) -> Authorization: ...

    async def refused(self, authorization: Authorization) -> None:
        """The source answered 401 to it: the next one must be new."""
        ...


@dataclass(slots=True)
class _Attempts:
    """How one request has gone so far."""

    sends: int = 0
    tries: int = 0
    throttled: int = 0
    failed: int = 0
    has_renewed: bool = False


class HttpClient:
    """Sends requests for one opened source. Use as `async with`."""

    def __init__(
        self,
        surroundings: Surroundings,
        *,
        connector: str,
        base_url: str,
        headers: Mapping[str, str],
        authorizer: Authorizer | None = None,
        secrets: tuple[str, ...] = (),
        timeout_seconds: float = 60.0,
        most_bytes: int = 192 * MEGABYTE,
        sleep: Sleep = asyncio.sleep,
        other_urls: tuple[str, ...] = (),
    ) -> None:
        """Asks the hosts of `base_url` and `other_urls` alone."""
        self._surroundings = surroundings
        self._connector = connector
        self._authorizer = authorizer
        self._secrets = secrets
        self._timeout_seconds = timeout_seconds
        self._most_bytes = most_bytes
        self._sleep = sleep
        self._client = async_client(
            Peers.at(base_url, *other_urls),
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", **headers},
            timeout=httpx.Timeout(
                timeout_seconds, connect=min(CONNECT_TIMEOUT_SECONDS, timeout_seconds)
            ),
            shared=surroundings.transport,
        )

    async def __aenter__(self) -> HttpClient:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._client.aclose()

    async def send(self, request: Request) -> Answer:
        """The answer, when its status is one the request names; otherwise a ConnectorError.

        429 is tried up to three times more, a 5xx or a cut line twice, as long as the source
        asks for no more than a few seconds. A refused token is renewed at once; one that has just
        been given and is refused too is the source's trouble, tried again as such. Only the call
        that gives tokens can say that the key itself is rejected.
        """
        attempts = _Attempts()
        while True:
            authorization = await self._authorization(request, attempts)
            try:
                answer = await self._once(request, authorization, attempts)
            except UnavailableError as error:
                await self._wait_or_raise(error, attempts)
                continue
            if answer.status in request.returned:
                return answer
            refusal = self._error(request, answer, authorization)
            if answer.status == 401 and authorization and self._authorizer is not None:
                await self._authorizer.refused(authorization)
                if not attempts.has_renewed:
                    attempts.has_renewed = True
                    continue
                if isinstance(refusal, AuthorizationError):
                    refusal = self._made(UnavailableError, request, "refuses its own new token")
            if answer.status == 429:
                refusal = await self._throttled(request, answer)
            await self._wait_or_raise(refusal, attempts)

    async def _throttled(self, request: Request, answer: Answer) -> RateLimitedError:
        """Everybody waits as long as the source asks, and where it says nothing, as we choose."""
        told = failures.retry_after_seconds(
            answer.headers, answer.content, self._surroundings.clock.now()
        )
        seconds = await self._surroundings.pacer.throttled(told)
        if answer.line is not None:
            answer.line.retry_after_seconds = seconds
        return RateLimitedError(
            self._text(request, "asked us to wait"),
            retry_after_seconds=seconds,
            connector=self._connector,
            request=request.name,
        )

    async def _authorization(self, request: Request, attempts: _Attempts) -> Authorization | None:
        if self._authorizer is None or not request.is_authorized:
            return None
        authorization = await self._authorizer.authorization()
        attempts.sends += authorization.sends
        return authorization

    async def _wait_or_raise(self, error: ConnectorError, attempts: _Attempts) -> None:
        """Wait a little before the next try, or raise when there is none."""
        if isinstance(error, RateLimitedError):
            attempts.throttled += 1
            if attempts.throttled > MOST_THROTTLED:
                raise error
            seconds = error.retry_after_seconds
        elif isinstance(error, UnavailableError) and not isinstance(error.__cause__, TimeoutError):
            attempts.failed += 1
            if attempts.failed > MOST_FAILED:
                raise error
            seconds = BACK_OFF_SECONDS[attempts.failed - 1]
        else:
            raise error
        if seconds > LONGEST_WAIT_IN_PLACE_SECONDS:
            raise error
        await self._sleep(seconds)

    async def _once(
        self, request: Request, authorization: Authorization | None, attempts: _Attempts
    ) -> Answer:
        has_left = await self._surroundings.pacer.wait()
        attempts.sends += 1
        attempts.tries += 1
        line = Sent(request.method, request.path, self._shown(request), attempt=attempts.tries)
        started = time.monotonic()
        try:
            # httpx times each read; the whole answer must not trickle for ever either.
            async with asyncio.timeout(4 * self._timeout_seconds):
                with span("request", method=line.method, path=line.path) as told:
                    headers, content = await self._exchange(request, authorization, line, has_left)
                    told.set_attribute("status", line.status)
                    told.set_attribute("bytes", line.bytes_received)
            line.seconds = time.monotonic() - started
            self._check_readable(request, line, headers, content)
        except (httpx.TimeoutException, TimeoutError) as error:
            line.failure = "timed_out"
            raise self._timed_out(request, error) from TimeoutError()
        except (RefusedAddressError, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise self._made(
                OperatorSettingsError, request, "has an address that cannot be reached"
            ) from error
        except (httpx.RequestError, ssl.SSLError, OSError) as error:
            line.failure = failures.kind_of(error)
            raise self._cut(request, error) from error
        except ContractError:
            line.failure = "too_large"
            raise
        except asyncio.CancelledError:
            line.failure = "given_up"
            raise
        finally:
            line.seconds = line.seconds or time.monotonic() - started
            self._surroundings.log.record(line)
        return Answer(line.status, headers, content, attempts.sends, line)

    def _check_readable(
        self, request: Request, line: Sent, headers: Mapping[str, str], content: bytes
    ) -> None:
        if line.status not in (200, 201) or not request.is_json:
            return
        fault = failures.unreadable_json(headers, content)
        if fault:
            line.failure = "unreadable"
            raise self._made(
                UnreadableError, request, f"answered something that is not an answer: {fault}"
            )

    def _shown(self, request: Request) -> str:
        """The query as the log may keep it."""
        short = {
            name: value if len(value) <= LONGEST_SHOWN_VALUE else f"{value[:LONGEST_SHOWN_VALUE]}…"
            for name, value in request.query.items()
        }
        return failures.clean(urlencode(short, safe=",:/…"), self._secrets)

    async def _exchange(
        self,
        request: Request,
        authorization: Authorization | None,
        line: Sent,
        has_left: Callable[[], None],
    ) -> tuple[Mapping[str, str], bytes]:
        async def follow(event: str, _info: object) -> None:
            # the allowance is counted where requests arrive: opening a line comes before that
            if event.endswith(".send_request_headers.complete"):
                has_left()

        headers = {**request.headers, **(authorization.headers if authorization else {})}
        async with self._client.stream(
            request.method,
            request.url,
            params=dict(request.query) or None,
            data=dict(request.form) if request.form is not None else None,
            headers=headers,
            extensions={"trace": follow},
        ) as response:
            line.status = response.status_code
            pieces: list[bytes] = []
            size = 0
            async for piece in response.aiter_bytes():
                size += len(piece)
                line.bytes_received = response.num_bytes_downloaded
                if size > self._most_bytes:
                    raise self._made(
                        ContractError,
                        request,
                        f"answered more than {self._most_bytes // MEGABYTE} MB",
                    )
                pieces.append(piece)
            return response.headers, b"".join(pieces)

    def _timed_out(self, request: Request, error: Exception) -> ConnectorError:
        slow = not isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout)
        if request.is_splittable and slow:
            return self._made(RangeTooLargeError, request, "did not answer in time")
        return self._made(UnavailableError, request, "did not answer in time")

    def _cut(self, request: Request, error: Exception) -> ConnectorError:
        """What happened on the line. The library's own text may name hosts, so it is not shown."""
        if isinstance(error, httpx.DecodingError):
            words = "answered something that is not an answer: it cannot be unpacked"
            return self._made(UnreadableError, request, words)
        if isinstance(error, httpx.ConnectError):
            return self._made(UnavailableError, request, "could not be reached")
        return self._made(UnavailableError, request, "was cut off before the answer was whole")

    def _error(
        self, request: Request, answer: Answer, authorization: Authorization | None
    ) -> ConnectorError:
        """What a refused request means, in our terms."""
        status = answer.status
        sent = (
            *request.headers.values(),
            *(authorization.headers.values() if authorization else ()),
        )
        secrets = (*self._secrets, *(value.rpartition(" ")[2] for value in sent))
        said = failures.own_words(answer.content, secrets)
        words = f"answered {status}" + (f": {said}" if said else "")
        if status in (408, 504) and request.is_splittable:
            return self._made(RangeTooLargeError, request, words)
        if status >= 500 or status == 408:
            return self._made(UnavailableError, request, words)
        if status < 400 or failures.is_web_page(answer.headers, answer.content):
            return self._made(
                UnreadableError,
                request,
                f"answered something that is not an answer: status {status}",
            )
        if status == 401:
            return self._made(AuthorizationError, request, words)
        if status == 403:
            rights = (request.right,) if request.right else ()
            return MissingRightError(
                self._text(request, f"lacks a right: {request.right}" if rights else words),
                rights=rights,
                connector=self._connector,
                request=request.name,
            )
        return self._made(ContractError, request, words)

    def _made(self, kind: type[ConnectorError], request: Request, words: str) -> ConnectorError:
        return kind(self._text(request, words), connector=self._connector, request=request.name)

    def _text(self, request: Request, words: str) -> str:
        return failures.clean(f"{request.name} {words}", self._secrets)


def is_loopback(url: str) -> bool:
    """True when the address is this machine."""
    return is_loopback_host(urlsplit(url).hostname or "")
