"""A client's forecast as a page shows it: made from one landing, with what people have set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from klientbro.clients.facts import ClientFacts
from klientbro.clients.services.facts import facts_for_rules
from klientbro.domain.liquidity.buckets import Horizon
from klientbro.domain.liquidity.forecast import Forecast, forecast
from klientbro.domain.liquidity.lines import Notice
from klientbro.domain.liquidity.lowest import Depth, depth
from klientbro.domain.liquidity.scenarios import Applied, apply
from klientbro.ledger.rows import BooksState
from klientbro.products.liquidity.choosing import Set, changes_of, everything_set
from klientbro.products.liquidity.codec import (
    BooksGround,
    ground_from_json,
    habits_from_json,
)
from klientbro.products.liquidity.gathering import read_ground, start_of, whole_ground
from klientbro.products.liquidity.models import Learned, Scenario

# Without these the forecast lacks what is owed, or the history behind what is expected.
READ_BY_RULES = 3  # raised when the same books are read into another ground
INCOMPLETE = frozenset({Notice.NO_CUSTOMER_ITEMS, Notice.NO_SUPPLIER_ITEMS, Notice.HISTORY_MISSING})


@dataclass(frozen=True, slots=True)
class Made:
    """A forecast with everything a page tells of it. habits_known: they have been learned."""

    base: Forecast
    held: Set
    ground: BooksGround
    learned: Learned | None
    has_told_vat: bool

    @property
    def is_complete(self) -> bool:
        return not INCOMPLETE & set(self.base.notices)

    def depth(self, horizon: Horizon) -> Depth:
        """The lowest point of the horizon and the first day under the limit."""
        return depth(self.base.balances(horizon), self.held.settings.limit)


@dataclass(frozen=True, slots=True)
class Beside:
    """A scenario beside the base."""

    scenario: Scenario
    forecast: Forecast
    applied: Applied


def make(client_id: int, books: BooksState, today: date) -> Made:
    """The forecast of books that are usable.

    Ten statements where the books still stand as they were learned, fifteen where they have moved.
    """
    held = everything_set(client_id)
    facts = ClientFacts.objects.filter(client_id=client_id).first()
    learned = Learned.objects.filter(client_id=client_id).first()
    start = start_of(books, today)
    ground = _ground(books, learned, held, start)
    told = bool(facts is not None and facts.vat_frequency)
    rules = facts_for_rules(facts, books.year_end_month % 12 + 1)
    whole = whole_ground(books, ground, rules, has_told_vat=told)
    habits = habits_from_json(learned.habits) if learned is not None else {}
    base = forecast(whole, held.choices(habits))
    if books.is_fetching_history:
        notices = {**base.notices, Notice.HISTORY_MISSING: ground.since.key}
        base = Forecast(base.start, base.until, base.opening, base.lines, base.left_out, notices)
    return Made(base, held, ground, learned, told)


def beside(made: Made, scenario: Scenario) -> Beside:
    """The scenario's lines beside the base's."""
    base = made.base
    changes = changes_of(scenario.changes)
    applied = apply(base.lines, base.left_out, changes, base.start)
    return Beside(scenario, base.with_lines(applied.lines), applied)


def bank_key(chosen: list[str]) -> str:
    """Which accounts were chosen to count as bank, in one text, and by which rules it was read.

    What an earlier version of the program has read is read anew, not shown until the next landing.
    """
    return f"{READ_BY_RULES}:{','.join(sorted(chosen))}"


def _ground(books: BooksState, learned: Learned | None, held: Set, start: date) -> BooksGround:
    """What was learned while the books still stand so, else read anew."""
    chosen = list(held.settings.bank_accounts)
    if learned is not None and (
        learned.connection_id,
        learned.landing,
        learned.start,
        learned.bank,
    ) == (books.connection_id, books.landing, start, bank_key(chosen)):
        return ground_from_json(learned.ground)
    return read_ground(books, start, chosen)
