"""Everything the simulator holds: companies, both environments, books, limits, faults, time."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from .actions import ACTIONS, ActionError
from .books import Books, CompanySpec, ConflictError, Guesses, build, extra_company, roster
from .clock import Clock
from .environment import DEMO, PRODUCTION, Environment
from .fault_kinds import KINDS
from .faults import FaultDial
from .journal import Entry, Journal
from .keys import made_up_guid, made_up_hex
from .onboarding import Onboarding
from .options import Options
from .page_memory import PageMemory
from .request_log import RequestLog
from .throttle import Throttle

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in to the pages."""

    email: str
    password: str
    name: str
    is_administrator: bool


USERS = (
    User("kari.nordmann@regnskap.example", "demo", "Kari Nordmann", is_administrator=True),
    User("per.hansen@regnskap.example", "demo", "Per Hansen", is_administrator=False),
)


class Shelf:
    """The books of one company in one environment, made when first asked for."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.books: Books | None = None


class Simulator:
    """The one object that pages, API and control share."""

    def __init__(self, options: Options, base_url: str) -> None:
        self.options = options
        self.base_url = base_url
        self.user = USERS[0]
        self.journal = Journal(options)
        self.clock = Clock(options.today)
        self.books_today: date = self.journal.today or self.clock.today()
        self.journal.begin(self.books_today)
        self.guesses = Guesses()
        self.primary_key = made_up_hex("subscription", options.seed, "primary")
        self.secondary_key = made_up_hex("subscription", options.seed, "secondary")
        self.subscription_keys = {self.primary_key, self.secondary_key}
        self.control_key = made_up_hex("control", options.seed)
        self.companies: list[CompanySpec] = roster(
            count=options.companies,
            scale=options.scale,
            seed=options.seed,
            today=self.books_today,
        )
        self._roster_size = len(self.companies)
        self._by_name = self._names()
        # Making books takes a core for seconds; many threads only let small companies pass by.
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="books")
        self.start_afresh(forget_changes=False)

    def start_afresh(self, *, forget_changes: bool = True) -> None:
        """As after a start; without the changes made since the first one when told to forget."""
        options = self.options
        if forget_changes:
            self.journal.forget()
            self._forget_extra_companies()
        self.clock = Clock(options.today)
        self.throttle = Throttle(options.requests_per_second)
        self.slow_months = options.slow_months
        self.slow_rows = options.slow_rows
        self.slow_seconds = options.slow_seconds
        self.log = RequestLog()
        self.pages = PageMemory(options.pages_in_memory)
        self.faults = FaultDial(KINDS, options.seed)
        self.guesses = Guesses()
        self.company_guesses: dict[tuple[str, int], Guesses] = {}
        self.privilege_changes: dict[tuple[str, int], dict[str, bool]] = {}
        self._shelves: OrderedDict[tuple[str, int], Shelf] = OrderedDict()
        self._shelves_lock = threading.Lock()
        self.environments = {
            name: Environment(name, options.seed, options.token_lifetime)
            for name in (PRODUCTION, DEMO)
        }
        self.onboarding = Onboarding(self)
        if options.preinstalled:
            for environment in self.environments.values():
                for number in range(1, len(self.companies) + 1):
                    environment.add_extension(number, self.clock.now())
        for entry in self.journal.entries():
            if not ACTIONS[entry.action].is_for_books:
                self._apply(entry)

    # ---- companies

    def spec(self, number: int) -> CompanySpec:
        return self.companies[number - 1]

    def _names(self) -> dict[str, int]:
        """Ways to point at a company: its number, client id, and orgnr and name where unique."""
        found: dict[str, int] = {}
        for number, spec in enumerate(self.companies, 1):
            for name in (spec.name.lower(), spec.orgnr):
                if name is not None:
                    found.setdefault(name, number)
        for number, spec in enumerate(self.companies, 1):
            found[spec.client_id.lower()] = number
            found[str(number)] = number
        return found

    def add_company(self, seed: int, postings: int, years: int) -> int:
        """One more company with books of its own seed; gives its number."""
        if self.options.state is not None:
            raise ConflictError(
                "Companies can only be added where no --state is kept.",
                "Firmaer kan bare legges til når --state ikke er i bruk.",
            )
        spec = extra_company(seed, postings, years, self.books_today)
        if spec.client_id.lower() in self._by_name:
            raise ConflictError(
                f"There is a company with seed {seed} already.",
                f"Det finnes allerede et firma med seed {seed}.",
            )
        self.companies.append(spec)
        number = len(self.companies)
        self._by_name[spec.client_id.lower()] = self._by_name[str(number)] = number
        if self.options.preinstalled:
            for environment in self.environments.values():
                environment.add_extension(number, self.clock.now())
        return number

    def _forget_extra_companies(self) -> None:
        del self.companies[self._roster_size :]
        self._by_name = self._names()

    def find_company(self, text: str) -> int | None:
        return self._by_name.get(text.strip().lower())

    def client_id(self, environment: str, number: int) -> str:
        """Production and Demo know a company by different ids, as two separate databases do."""
        if environment == PRODUCTION:
            return self.spec(number).client_id
        return made_up_guid("client id", self.options.seed, environment, number)

    def described_companies(self, environment: str) -> list[dict[str, Any]]:
        world = self.environments[environment]
        described = []
        for number, spec in enumerate(self.companies, 1):
            extension = world.extension(number)
            described.append(
                {
                    "number": number,
                    "name": spec.name,
                    "orgnr": spec.orgnr,
                    "client_id": self.client_id(environment, number),
                    "special": spec.quirk.name.lower() if spec.quirk else None,
                    "client_key": extension.client_key if extension else None,
                }
            )
        return described

    def privileges(self, environment: str, number: int) -> tuple[list[str], list[str]]:
        """Privileges that work, and those that the company lacks the module for."""
        spec = self.spec(number)
        changes = self.privilege_changes.get((environment, number), {})
        valid = [name for name in spec.valid_privileges if changes.get(name, True)]
        valid += [name for name, on in changes.items() if on and name not in valid]
        invalid = [name for name in spec.invalid_privileges if name not in valid]
        return valid, invalid

    # ---- books

    def books(self, environment: str, number: int) -> Books:
        """The company's books, made now when nobody has asked before. Blocks; call in a thread."""
        shelf = self._shelf(environment, number)
        with shelf.lock:
            return self._on_shelf(shelf, environment, number)

    def _shelf(self, environment: str, number: int) -> Shelf:
        """The company's place, moved to the front; the hindmost books are put away."""
        with self._shelves_lock:
            shelf = self._shelves.setdefault((environment, number), Shelf())
            self._shelves.move_to_end((environment, number))
            room = self.options.postings_in_memory
            for other in reversed(self._shelves.values()):
                books = other.books
                if books is None:
                    continue
                room -= books.posting_count
                # A shelf in use is left for the next time.
                if room < 0 and other is not shelf and other.lock.acquire(blocking=False):
                    other.books = None
                    other.lock.release()
            return shelf

    def _on_shelf(self, shelf: Shelf, environment: str, number: int) -> Books:
        if shelf.books is None:
            shelf.books = self._made(environment, number)
        return shelf.books

    def _made(self, environment: str, number: int) -> Books:
        guesses = self.company_guesses.get((environment, number), self.guesses)
        spec = dataclasses.replace(self.spec(number), guesses=guesses)
        books = build(spec)
        for entry in self.journal.entries_of(environment, number):
            action = ACTIONS[entry.action]
            if action.is_for_books:
                action.apply(books, entry.arguments, entry.moment())
        return books

    def forget_books(self, environment: str | None = None, number: int | None = None) -> None:
        """Have books made anew when next asked for; changes to them are made again."""
        with self._shelves_lock:
            chosen = [
                shelf
                for key, shelf in self._shelves.items()
                if environment in (None, key[0]) and number in (None, key[1])
            ]
        for shelf in chosen:
            with shelf.lock:
                shelf.books = None

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def with_books(
        self, environment: str, number: int, work: Callable[[Books], Result]
    ) -> Result:
        """Read or change one company's books, while others are served."""

        def locked() -> Result:
            books = self.books(environment, number)
            with books.lock:
                return work(books)

        return await self.in_thread(locked)

    async def wait_like_a_slow_answer(self) -> None:
        await asyncio.sleep(self.slow_seconds)

    # ---- changes

    def now(self) -> datetime:
        return self.clock.now()

    def perform(
        self, environment: str, company: int | None, action: str, arguments: dict[str, Any]
    ) -> dict[str, Any]:
        """Do a control action to a company and write it in the journal."""
        if action not in ACTIONS:
            raise ActionError(f"Unknown action '{action}'. Known: {', '.join(sorted(ACTIONS))}")
        if company is None or not 1 <= company <= len(self.companies):
            raise ActionError(f"There is no company {company}.")
        chosen = ACTIONS[action].checked(arguments)
        at = self.now().astimezone(UTC).isoformat()
        entry = Entry(at, environment, company, action, chosen)
        if not ACTIONS[action].is_for_books:
            done = self._apply(entry)
            self.journal.add(entry)
            return done
        shelf = self._shelf(environment, company)
        # Held until the entry is written: books made anew meanwhile would lack the change.
        with shelf.lock:
            books = self._on_shelf(shelf, environment, company)
            with books.lock:
                result: dict[str, Any] = ACTIONS[action].apply(books, chosen, entry.moment())
            self.journal.add(entry)
            return result

    def _apply(self, entry: Entry) -> dict[str, Any]:
        """Do an action that is not for the books."""
        action = ACTIONS[entry.action]
        result: dict[str, Any] = action.apply(
            self, entry.environment, entry.company, entry.arguments
        )
        return result

    def latest_voucher(self, environment: str, company: int | None, back: int) -> int:
        """The number of the voucher posted last, or of one posted so many before it."""
        if company is None:
            raise ActionError("There is no company.")
        books = self.books(environment, company)
        with books.lock:
            return max(books.voucher_count - back, 1)

    def expire_tokens(self, environment: str, company: int | None) -> int:
        return self.environments[environment].expire_tokens(company)
