"""The books' part of a forecast's ground as JSON and back: amounts as text, exact to the øre."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from klientbro.domain.client_facts import VatFrequency
from klientbro.domain.liquidity.duties import Duties, Duty
from klientbro.domain.liquidity.habits import Habit
from klientbro.domain.liquidity.recurring import Category, Flow
from klientbro.domain.liquidity.taxes import VatReturn
from klientbro.domain.periods import Month

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BooksGround:
    """What is read out of the books for a forecast, the open items excepted."""

    start: date
    opening: Decimal
    bank: tuple[tuple[str, str, Decimal], ...]  # number, name, balance
    duties: Duties
    since: Month
    monthly: Mapping[tuple[Category, Month], Decimal]
    recent: tuple[Flow, ...]
    ahead: tuple[Flow, ...]
    returns: tuple[VatReturn, ...]
    wage_days: tuple[date, ...]
    source_frequency: VatFrequency | None


def ground_to_json(ground: BooksGround) -> Json:
    """Everything needed to make the same ground again."""
    duties = ground.duties
    return {
        "start": ground.start.isoformat(),
        "opening": str(ground.opening),
        "bank": [[number, name, str(amount)] for number, name, amount in ground.bank],
        "since": ground.since.key,
        "accrued": _amounts(duties.accrued),
        "paid": _amounts(duties.paid),
        "balance": {duty.value: str(amount) for duty, amount in duties.balance.items()},
        "account_of": {duty.value: id_ for duty, id_ in duties.account_of.items()},
        "monthly": _amounts(ground.monthly),
        "recent": [_flow_out(flow) for flow in ground.recent],
        "ahead": [_flow_out(flow) for flow in ground.ahead],
        "returns": [
            [one.day.isoformat(), str(one.to_pay), one.voucher_no] for one in ground.returns
        ],
        "wage_days": [day.isoformat() for day in ground.wage_days],
        "frequency": ground.source_frequency.value if ground.source_frequency else "",
    }


def ground_from_json(stored: Json) -> BooksGround:
    """The ground that was stored."""
    since = Month.parse(stored["since"])
    return BooksGround(
        start=date.fromisoformat(stored["start"]),
        opening=Decimal(stored["opening"]),
        bank=tuple((number, name, Decimal(amount)) for number, name, amount in stored["bank"]),
        duties=Duties(
            since=since,
            accrued={
                (Duty(name), Month.parse(month)): Decimal(amount)
                for name, month, amount in stored["accrued"]
            },
            paid={
                (Duty(name), Month.parse(month)): Decimal(amount)
                for name, month, amount in stored["paid"]
            },
            balance={Duty(name): Decimal(amount) for name, amount in stored["balance"].items()},
            account_of={Duty(name): id_ for name, id_ in stored["account_of"].items()},
        ),
        since=since,
        monthly={
            (Category(name), Month.parse(month)): Decimal(amount)
            for name, month, amount in stored["monthly"]
        },
        recent=tuple(_flow_in(flow) for flow in stored["recent"]),
        ahead=tuple(_flow_in(flow) for flow in stored["ahead"]),
        returns=tuple(
            VatReturn(date.fromisoformat(day), Decimal(amount), voucher)
            for day, amount, voucher in stored["returns"]
        ),
        wage_days=tuple(date.fromisoformat(day) for day in stored["wage_days"]),
        source_frequency=VatFrequency(stored["frequency"]) if stored["frequency"] else None,
    )


def habits_to_json(habits: Mapping[str, Habit]) -> Json:
    """Habits by customer number; '' is that of all."""
    return {party: [habit.days, habit.cases, habit.is_own] for party, habit in habits.items()}


def habits_from_json(stored: Json) -> dict[str, Habit]:
    return {party: Habit(*values) for party, values in stored.items()}


def _amounts(held: Mapping[tuple[Any, Month], Decimal]) -> list[list[str]]:
    return [[group.value, month.key, str(amount)] for (group, month), amount in held.items()]


def _flow_out(flow: Flow) -> list[Any]:
    return [
        flow.day.isoformat(),
        str(flow.amount),
        flow.account,
        flow.voucher_no,
        flow.party,
        flow.name,
        flow.text,
        flow.category.value,
    ]


def _flow_in(stored: list[Any]) -> Flow:
    day, amount, account, voucher, party, name, text, category = stored
    return Flow(
        date.fromisoformat(day),
        Decimal(amount),
        account,
        voucher,
        party,
        name,
        text,
        Category(category),
    )
