"""Answers calls to ``/v2``, ``/Demo/v2`` and the token endpoints, checked in the real order."""

from __future__ import annotations

import functools
import time
import traceback
from datetime import datetime
from urllib.parse import parse_qsl

import msgspec

from .answers import (
    Answer,
    ApiError,
    encode,
    forbidden,
    internal_error,
    missing_subscription_key,
    no_content,
    throttled,
    unauthorized,
    unknown_path,
    wrong_subscription_key,
)
from .books import Books
from .endpoint import Endpoint, Reading
from .environment import DEMO, PRODUCTION, Environment, Extension
from .faults import Call, FaultRule
from .oauth import answer_token, find_extension
from .query import Query, timestamp_text
from .request_log import LoggedRequest
from .simulator import Simulator
from .wire import Receive, Scope, Send, read_body, send_answer

LONGEST_URL = 2000


def split_path(path: str) -> tuple[str, str, str] | None:
    """Environment, kind (``api`` or ``token``) and the rest in lower case; None for our pages."""
    lowered = path.lower().rstrip("/") or "/"
    name = PRODUCTION
    if lowered == "/demo" or lowered.startswith("/demo/"):
        name, lowered = DEMO, lowered[5:]
    if lowered == "/oauth/token":
        return name, "token", lowered
    if lowered == "/v2" or lowered.startswith("/v2/"):
        return name, "api", lowered[3:]
    return None


class Api:
    """The ASGI application for everything that a client of the real API would call."""

    def __init__(self, simulator: Simulator, endpoints: list[Endpoint]) -> None:
        self.simulator = simulator
        self._fixed: dict[tuple[str, str], Endpoint] = {}
        self._with_parts: list[tuple[str, list[str], Endpoint]] = []
        for endpoint in endpoints:
            path = endpoint.path.lower()
            if "{" in path:
                self._with_parts.append((endpoint.method, path.split("/"), endpoint))
            else:
                self._fixed[endpoint.method, path] = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        at = self.simulator.clock.now()
        found = split_path(scope["path"])
        assert found is not None  # noqa: S101 the caller has asked split_path already
        environment = self.simulator.environments[found[0]]
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        call = Call(environment.name, None, scope["method"], found[2], query)
        body = await read_body(receive)
        rules: list[FaultRule] = []
        try:
            answer = await self._answer(scope, headers, body, environment, found[1], call, rules)
        except ApiError as error:
            answer = error.answer
        except Exception:
            # A fault of the simulator itself: the caller sees what the real API would show.
            traceback.print_exc()
            answer = internal_error()
        self._log(at, started, call, environment, answer, rules, headers, scope)
        wire = [(rule.kind.name, rule.parameters) for rule in rules if rule.kind.stage == "wire"]
        await send_answer(scope, send, answer, wire)

    def _log(
        self,
        at: datetime,
        started: float,
        call: Call,
        environment: Environment,
        answer: Answer,
        rules: list[FaultRule],
        headers: dict[str, str],
        scope: Scope,
    ) -> None:
        self.simulator.log.add(
            LoggedRequest(
                at=timestamp_text(at),
                second=started,
                method=call.method,
                path=call.path,
                query=call.query,
                environment=environment.name,
                company=call.company,
                status=answer.status,
                rows=answer.rows,
                bytes=len(answer.body),
                milliseconds=round((time.monotonic() - started) * 1000, 3),
                fault=",".join(rule.kind.name for rule in rules) or None,
                user_agent=headers.get("user-agent", ""),
            )
        )

    async def _answer(
        self,
        scope: Scope,
        headers: dict[str, str],
        body: bytes,
        environment: Environment,
        kind: str,
        call: Call,
        rules: list[FaultRule],
    ) -> Answer:
        simulator = self.simulator
        raw_path = scope["raw_path"].decode("latin-1")
        url = f"{scope['scheme']}://{headers.get('host', 'localhost')}{raw_path}"
        if len(url) + 1 + len(call.query) > LONGEST_URL:
            # The real gateway misleads here, so this does too.
            return unknown_path()
        subscription = headers.get("ocp-apim-subscription-key") or subscription_in(call.query)
        if not subscription:
            return missing_subscription_key()
        if subscription.strip().lower() not in simulator.subscription_keys:
            return wrong_subscription_key()
        extension = self._caller(headers, environment, kind)
        call.company = extension.company if extension else None
        # Both keys of a subscription share one allowance, and so do both environments.
        if not simulator.throttle.accept("subscription"):
            return throttled()
        rules.extend(simulator.faults.striking(call))
        gated = await self._before(call, rules)
        if gated is not None:
            return gated
        if kind == "token":
            if call.method != "POST":
                return unknown_path()
            answer = answer_token(environment, headers.get("authorization", ""), body)
        else:
            extension = self._caller(headers, environment, kind)
            answer = await self._api_answer(environment, extension, call, url, body)
        return self._after(answer, rules)

    def _caller(
        self, headers: dict[str, str], environment: Environment, kind: str
    ) -> Extension | None:
        """The extension whose key or token the call carries, if it is alive."""
        authorization = headers.get("authorization", "")
        if kind == "token":
            return find_extension(environment, authorization)
        scheme, _, value = authorization.strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = environment.token(value.strip())
        return environment.by_client_key(token.client_key) if token else None

    async def _before(self, call: Call, rules: list[FaultRule]) -> Answer | None:
        """The faults that come before the API sees the call."""
        for rule in rules:
            if rule.kind.stage == "state":
                change = functools.partial(rule.kind.apply, self.simulator, call, rule.parameters)
                await self.simulator.in_thread(change)
            elif rule.kind.stage == "question":
                rule.kind.apply(call, rule.parameters)
        for rule in rules:
            if rule.kind.stage == "gate":
                gated: Answer = rule.kind.apply(call, rule.parameters)
                return gated
        return None

    def _after(self, answer: Answer, rules: list[FaultRule]) -> Answer:
        """The faults in a good answer."""
        if answer.status != 200:
            return answer
        for rule in rules:
            if rule.kind.stage == "rows" and answer.body[:1] in (b"[", b"{"):
                content = msgspec.json.decode(answer.body)
                rows = content if isinstance(content, list) else [content]
                rows = rule.kind.apply(rows, rule.parameters, self.simulator.now())
                if not rows:
                    return no_content()
                answer.body = encode(rows if isinstance(content, list) else rows[0])
                answer.rows = len(rows)
            elif rule.kind.stage == "answer":
                rule.kind.apply(answer, rule.parameters)
        return answer

    async def _api_answer(
        self,
        environment: Environment,
        extension: Extension | None,
        call: Call,
        url: str,
        body: bytes,
    ) -> Answer:
        endpoint, parts = self._find(call.method, call.path)
        if endpoint is None:
            return unknown_path()
        if endpoint.needs_token and extension is None:
            raise unauthorized()
        simulator = self.simulator
        if extension is not None and endpoint.privilege is not None:
            valid, _ = simulator.privileges(environment.name, extension.company)
            if endpoint.privilege not in valid and f"{endpoint.privilege}_Full" not in valid:
                raise forbidden()
        query = Query(call.query)
        reading = Reading(simulator, environment, extension, None, query, parts, call, url, body)
        if extension is None or not endpoint.needs_books:
            answer: Answer = endpoint.handler(reading)
            return answer

        def read(books: Books) -> Answer:
            reading.held = books
            answer: Answer = endpoint.handler(reading)
            return answer

        answer = await simulator.with_books(environment.name, extension.company, read)
        if answer.status == 504:
            await simulator.wait_like_a_slow_answer()
        return answer

    def _find(self, method: str, path: str) -> tuple[Endpoint | None, dict[str, str]]:
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            return fixed, {}
        asked = path.split("/")
        for wanted_method, pattern, endpoint in self._with_parts:
            if wanted_method == method and len(pattern) == len(asked):
                parts = {}
                for wanted, given in zip(pattern, asked, strict=True):
                    if wanted.startswith("{"):
                        parts[wanted[1:-1]] = given
                    elif wanted != given:
                        break
                else:
                    return endpoint, parts
        return None, {}


def subscription_in(query: str) -> str | None:
    """The subscription key may come as the query parameter ``subscription-key`` too."""
    if "subscription-key" not in query.lower():
        return None
    for name, value in parse_qsl(query):
        if name.lower() == "subscription-key":
            return value
    return None
