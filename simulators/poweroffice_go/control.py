"""The control API: what people do on «Simulatorkontroll», for tests and scripts, as JSON."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .actions import ACTIONS, ActionError
from .books import Books, BooksError, ConflictError, Guesses, NotFoundError
from .environment import DEMO, PRODUCTION
from .fault_kinds import KINDS
from .faults import FaultError
from .query import timestamp_text
from .simulator import Simulator

KEY_HEADER = "x-control-key"

Handle = Callable[[Request], Awaitable[object]]


class ControlError(Exception):
    """An answer other than 200, with a text that says what to do."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Control:
    """One method for each path; all take and give JSON."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    def guarded(self, handle: Handle) -> Handle:
        """Ask for the key, and turn errors into JSON."""

        async def answer(request: Request) -> Response:
            given = request.headers.get(KEY_HEADER, "")
            if not secrets.compare_digest(given, self.simulator.control_key):
                return reply(401, {"error": f"Send the control key in the header {KEY_HEADER}."})
            try:
                return reply(200, await handle(request))
            except ControlError as error:
                return reply(error.status, {"error": str(error)})
            except NotFoundError as error:
                return reply(404, {"error": str(error)})
            except ConflictError as error:
                return reply(409, {"error": str(error)})
            except (ActionError, FaultError, BooksError, ValueError, TypeError) as error:
                return reply(400, {"error": str(error)})

        return answer

    # ---- the whole

    async def overview(self, request: Request) -> object:
        simulator = self.simulator
        return {
            "api_url": f"{simulator.base_url}/v2",
            "token_url": f"{simulator.base_url}/OAuth/Token",
            "now": timestamp_text(simulator.now()),
            "today": simulator.clock.today().isoformat(),
            "books_today": simulator.books_today.isoformat(),
            "companies": len(simulator.companies),
            "settings": self.current_settings(),
            "guesses": dataclasses.asdict(simulator.guesses),
            "faults": len(simulator.faults.rules),
        }

    async def reset(self, request: Request) -> object:
        """As newly started: changes, faults, log, keys, clock and settings."""
        self.simulator.start_afresh()
        return {}

    def current_settings(self) -> dict[str, Any]:
        simulator = self.simulator
        return {
            "requests_per_second": simulator.throttle.calls_per_second,
            "token_lifetime": simulator.environments[PRODUCTION].token_lifetime_seconds,
            "slow_months": simulator.slow_months,
            "slow_rows": simulator.slow_rows,
            "slow_seconds": simulator.slow_seconds,
            "onboarding_blocked": simulator.onboarding.is_blocked,
            "allowed_redirect_uris": simulator.onboarding.allowed_uris,
        }

    async def settings(self, request: Request) -> object:
        if request.method == "POST":
            given = await self.body(request)
            unknown = set(given).difference(self.current_settings())
            if unknown:
                raise ControlError(400, f"No such setting: {', '.join(sorted(unknown))}.")
            self.change_settings(given)
        return self.current_settings()

    def change_settings(self, given: dict[str, Any]) -> None:
        simulator = self.simulator
        if "requests_per_second" in given:
            simulator.throttle.calls_per_second = int(given["requests_per_second"])
        if "token_lifetime" in given:
            for environment in simulator.environments.values():
                environment.token_lifetime_seconds = int(given["token_lifetime"])
        simulator.slow_months = int(given.get("slow_months", simulator.slow_months))
        simulator.slow_rows = int(given.get("slow_rows", simulator.slow_rows))
        simulator.slow_seconds = float(given.get("slow_seconds", simulator.slow_seconds))
        onboarding = simulator.onboarding
        onboarding.is_blocked = bool(given.get("onboarding_blocked", onboarding.is_blocked))
        onboarding.allowed_uris = list(given.get("allowed_redirect_uris", onboarding.allowed_uris))

    async def clock(self, request: Request) -> object:
        """``today``: a date; ``offset_seconds`` from real time; ``forward_seconds`` from now."""
        given = await self.body(request)
        clock = self.simulator.clock
        if "today" in given:
            clock.move_to(date.fromisoformat(given["today"]))
        if "offset_seconds" in given:
            clock.offset = timedelta(seconds=float(given["offset_seconds"]))
        if "forward_seconds" in given:
            clock.offset += timedelta(seconds=float(given["forward_seconds"]))
        return {"now": timestamp_text(clock.now()), "offset_seconds": clock.offset.total_seconds()}

    async def guesses(self, request: Request) -> object:
        """Behave the other way where the real API is not known; books are made anew for it."""
        if request.method == "GET":
            return dataclasses.asdict(self.simulator.guesses)
        given = await self.body(request)
        company = given.pop("company", None)
        known = {field.name for field in dataclasses.fields(Guesses)}
        unknown = set(given).difference(known)
        if unknown:
            raise ControlError(400, f"No such guess: {', '.join(sorted(unknown))}.")
        simulator = self.simulator
        if company is None:
            simulator.guesses = dataclasses.replace(simulator.guesses, **given)
            await simulator.in_thread(simulator.forget_books)
            return dataclasses.asdict(simulator.guesses)
        environment, number = self.environment(request), self.company(str(company))
        before = simulator.company_guesses.get((environment, number), simulator.guesses)
        chosen = dataclasses.replace(before, **given)
        simulator.company_guesses[environment, number] = chosen
        await simulator.in_thread(lambda: simulator.forget_books(environment, number))
        return dataclasses.asdict(chosen)

    async def expire_tokens(self, request: Request) -> object:
        given = await self.body(request)
        number = self.company(str(given["company"])) if "company" in given else None
        return {"expired": self.simulator.expire_tokens(self.environment(request), number)}

    # ---- companies

    async def companies(self, request: Request) -> object:
        """List them; with POST one more is made: ``{"seed": 17, "postings": 200, "years": 1}``."""
        if request.method == "POST":
            given = await self.body(request)
            unknown = set(given).difference(("seed", "postings", "years"))
            if unknown or "seed" not in given:
                raise ControlError(400, "A new company takes seed, and if wanted postings, years.")
            number = self.simulator.add_company(
                int(given["seed"]), int(given.get("postings", 200)), int(given.get("years", 3))
            )
            return {"number": number}
        return self.simulator.described_companies(self.environment(request))

    async def one_company(self, request: Request) -> object:
        environment = self.environment(request)
        number = self.company(request.path_params["company"])
        simulator = self.simulator

        def read(books: Books) -> dict[str, Any]:
            return {
                "postings": books.posting_count,
                "vouchers": books.voucher_count,
                "version": books.version,
                "accounts": len(books.accounts),
                "conversion_date": books.financial_settings.ConversionDate,
                "financial_year_end_month": books.financial_settings.FinancialYearEndMonth,
                "lock_date": books.lock_date_settings.LockDate,
                "recent_vouchers": [
                    {
                        "voucher_no": voucher.VoucherNo,
                        "voucher_id": voucher.Id,
                        "voucher_type": voucher.VoucherType,
                        "voucher_date": voucher.VoucherDate,
                        "text": voucher.Description,
                        "is_reversed": voucher.IsReversed,
                    }
                    for voucher in books.recent_vouchers(20)
                ],
            }

        about = await simulator.with_books(environment, number, read)
        valid, invalid = simulator.privileges(environment, number)
        return {
            **simulator.described_companies(environment)[number - 1],
            **about,
            "valid_privileges": valid,
            "invalid_privileges": invalid,
        }

    async def do(self, request: Request) -> object:
        """Perform an action on one company, or on ``all``."""
        environment, action = self.environment(request), request.path_params["action"]
        arguments = await self.body(request)
        simulator = self.simulator
        if request.path_params["company"] == "all":
            numbers = range(1, len(simulator.companies) + 1)
            return await simulator.in_thread(
                lambda: {
                    str(n): simulator.perform(environment, n, action, arguments) for n in numbers
                }
            )
        number = self.company(request.path_params["company"])
        return await simulator.in_thread(
            lambda: simulator.perform(environment, number, action, arguments)
        )

    async def actions(self, request: Request) -> object:
        return [
            {
                "action": action.name,
                "summary": action.summary,
                "needs": [name for name, value in action.parameters.items() if value is ...],
                "optional": {k: v for k, v in action.parameters.items() if v is not ...},
            }
            for action in ACTIONS.values()
        ]

    # ---- faults

    async def fault_kinds(self, request: Request) -> object:
        return [
            {
                "kind": kind.name,
                "stage": kind.stage,
                "summary": kind.summary,
                "parameters": kind.defaults,
            }
            for kind in KINDS.values()
        ]

    async def faults(self, request: Request) -> object:
        dial = self.simulator.faults
        if request.method == "DELETE":
            dial.clear()
        if request.method == "POST":
            given = await self.body(request)
            if given.get("company") is not None:
                given["company"] = self.company(str(given["company"]))
            return dial.add(given.pop("kind", ""), **given).described()
        return [rule.described() for rule in dial.rules]

    async def remove_fault(self, request: Request) -> object:
        if not self.simulator.faults.remove(request.path_params["number"]):
            raise ControlError(404, "There is no such rule.")
        return {}

    # ---- requests

    async def requests(self, request: Request) -> object:
        """The log, oldest first; ``?path=``, ``?company=``, ``?latest=`` narrow it down."""
        if request.method == "DELETE":
            self.simulator.log.reset()
            return {}
        wanted = request.query_params
        chosen = list(self.simulator.log.requests)
        if "company" in wanted:
            number = self.company(wanted["company"])
            chosen = [entry for entry in chosen if entry.company == number]
        if "path" in wanted:
            path = wanted["path"].lower()
            chosen = [entry for entry in chosen if entry.path == path]
        return chosen[-int(wanted.get("latest", "1000")) :]

    async def request_summary(self, request: Request) -> object:
        company = request.query_params.get("company")
        return self.simulator.log.summary(self.company(company) if company else None)

    # ---- reading

    async def body(self, request: Request) -> dict[str, Any]:
        raw = await request.body()
        try:
            given = msgspec.json.decode(raw) if raw.strip() else {}
        except msgspec.DecodeError as error:
            raise ControlError(400, f"The body is not JSON: {error}") from error
        if not isinstance(given, dict):
            raise ControlError(400, "The body must be an object.")
        return given

    def environment(self, request: Request) -> str:
        name = request.query_params.get("environment", PRODUCTION).lower()
        if name not in (PRODUCTION, DEMO):
            raise ControlError(400, f"environment is {PRODUCTION} or {DEMO}.")
        return name

    def company(self, text: str) -> int:
        number = self.simulator.find_company(text)
        if number is None:
            raise ControlError(404, f"There is no company '{text}'.")
        return number


def reply(status: int, value: object) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def routes(simulator: Simulator) -> list[Route]:
    control = Control(simulator)

    def route(path: str, handle: Handle, *methods: str) -> Route:
        return Route(path, control.guarded(handle), methods=list(methods or ("GET",)))

    return [
        route("/", control.overview),
        route("/reset", control.reset, "POST"),
        route("/settings", control.settings, "GET", "POST"),
        route("/clock", control.clock, "POST"),
        route("/guesses", control.guesses, "GET", "POST"),
        route("/tokens/expire", control.expire_tokens, "POST"),
        route("/actions", control.actions),
        route("/companies", control.companies, "GET", "POST"),
        route("/companies/{company}", control.one_company),
        route("/companies/{company}/{action}", control.do, "POST"),
        route("/fault-kinds", control.fault_kinds),
        route("/faults", control.faults, "GET", "POST", "DELETE"),
        route("/faults/{number:int}", control.remove_fault, "DELETE"),
        route("/requests", control.requests, "GET", "DELETE"),
        route("/requests/summary", control.request_summary),
    ]
