"""Puts a client's forecast together: every source of lines, each giving way to the surer one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from klientbro.domain.client_facts import ClientFacts, VatFrequency
from klientbro.domain.liquidity.buckets import Balance, Bucket, Horizon, balances, last_day, walk
from klientbro.domain.liquidity.duties import Duties
from klientbro.domain.liquidity.estimates import MonthlyFlows, estimate_lines
from klientbro.domain.liquidity.habits import Habit
from klientbro.domain.liquidity.items import (
    Item,
    ItemRules,
    Settled,
    Side,
    brought_up_to_date,
    item_lines,
)
from klientbro.domain.liquidity.lags import Lag, lag_of
from klientbro.domain.liquidity.lines import (
    CashLine,
    Certainty,
    Found,
    Kind,
    LeftOut,
    LeftOutReason,
    Notice,
    Reason,
    Source,
    SourceKind,
    in_order,
)
from klientbro.domain.liquidity.payroll import PayrollChoices, learn_payroll, payroll_lines
from klientbro.domain.liquidity.recurring import Category, Flow
from klientbro.domain.liquidity.schedules import Actual, Loan, Planned, planned_lines
from klientbro.domain.liquidity.taxes import (
    VatReturn,
    advance_tax_lines,
    planned_vat_lines,
    vat_lines,
)
from klientbro.domain.periods import Month


@dataclass(frozen=True, slots=True)
class OpenSide:
    """The open items of one side, the day they were read, and what has been posted since."""

    items: tuple[Item, ...]
    as_of: date
    since: tuple[Settled, ...] = ()


@dataclass(frozen=True, slots=True)
class Ground:
    """What the books say. start: the day the figures are from, which is the forecast's first.

    customers, suppliers: None while no items have been fetched; never taken for none.
    recent: through the bank in the last weeks. ahead: posted with a later day.
    since: the first whole month of history that is held.
    """

    start: date
    opening: Decimal
    facts: ClientFacts
    duties: Duties
    since: Month
    customers: OpenSide | None = None
    suppliers: OpenSide | None = None
    vat_frequency: VatFrequency | None = None
    returns: tuple[VatReturn, ...] = ()
    monthly: MonthlyFlows = field(default_factory=dict)
    recent: tuple[Flow, ...] = ()
    ahead: tuple[Flow, ...] = ()
    wage_days: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """What people have set for the client, and what has been learned of its customers."""

    habits: Mapping[str, Habit] = field(default_factory=dict)
    expected: Mapping[str, date] = field(default_factory=dict)  # by item id
    items: ItemRules = field(default_factory=ItemRules)
    payroll: PayrollChoices = field(default_factory=PayrollChoices)
    assessed_tax: Decimal | None = None
    planned: tuple[Planned, ...] = ()
    loans: tuple[Loan, ...] = ()
    with_estimates: bool = True


@dataclass(frozen=True, slots=True)
class Forecast:
    """The lines of twelve months from one day, what is left out, and what to know of it."""

    start: date
    until: date
    opening: Decimal
    lines: tuple[CashLine, ...]
    left_out: tuple[LeftOut, ...]
    notices: Mapping[Notice, str]

    def walk(self, horizon: Horizon) -> tuple[Bucket, ...]:
        """The lines by day, week or month."""
        return walk(self.opening, self.lines, self.start, horizon)

    def balances(self, horizon: Horizon) -> tuple[Balance, ...]:
        """Each day's end of the horizon."""
        return balances(self.opening, self.lines, self.start, last_day(self.start, horizon))

    def with_lines(self, lines: Sequence[CashLine]) -> Forecast:
        return replace(self, lines=in_order(list(lines)))


def forecast(ground: Ground, choices: Choices) -> Forecast:
    """The base forecast. The same ground and choices always give the same lines."""
    start, until = ground.start, last_day(ground.start, Horizon.MONTHS)
    found = Found()
    ahead = _ahead(ground)
    found.take(ahead)
    for side, open_side in ((Side.CUSTOMER, ground.customers), (Side.SUPPLIER, ground.suppliers)):
        found.take(_items(side, open_side, ground, choices))
    pattern, notice = learn_payroll(
        ground.duties, ground.facts, choices.payroll, ground.wage_days, start
    )
    if notice is not None:
        found.notices[notice] = ""
    found.take(payroll_lines(ground.duties, pattern, ground.facts, start, until))
    found.take(vat_lines(ground.duties, ground.vat_frequency, ground.returns, start, until))
    found.take(advance_tax_lines(ground.duties, ground.facts, choices.assessed_tax, start, until))
    planned = planned_lines(
        choices.planned, choices.loans, _actuals(ground, found.lines), start, until
    )
    planned.take(planned_vat_lines(planned.lines, ground.vat_frequency, start, until))
    found.take(planned)
    _cut(found, until)
    if choices.with_estimates:
        found.take(
            estimate_lines(
                ground.monthly, found.lines, ground.since, start, until, _lags(ground, choices)
            )
        )
    lines = [line for line in found.lines if line.amount]
    return Forecast(
        start,
        until,
        ground.opening,
        in_order(lines),
        tuple(sorted(found.left_out, key=lambda one: (one.reason.value, one.key))),
        dict(found.notices),
    )


def _items(side: Side, held: OpenSide | None, ground: Ground, choices: Choices) -> Found:
    if held is None:
        is_customer = side is Side.CUSTOMER
        missing = Notice.NO_CUSTOMER_ITEMS if is_customer else Notice.NO_SUPPLIER_ITEMS
        return Found(notices={missing: ""})
    category = Category.SALES if side is Side.CUSTOMER else Category.PURCHASES
    # a payment posted with a later day settles its item: it is a line of its own
    later = [
        Settled(flow.party, flow.day, -flow.amount, flow.voucher_no, flow.name)
        for flow in ground.ahead
        if flow.party and flow.category is category
    ]
    items = brought_up_to_date(held.items, [*held.since, *later])
    items = tuple(
        replace(item, expected=choices.expected.get(item.id, item.expected)) for item in items
    )
    found = item_lines(side, items, choices.habits, choices.items, ground.start)
    if held.as_of < ground.start:
        found.notices[Notice.OLD_ITEMS] = held.as_of.isoformat()
    return found


def _lags(ground: Ground, choices: Choices) -> Mapping[Category, Lag]:
    """How long new sales and purchases wait for their money."""
    sides = ((Category.SALES, ground.customers), (Category.PURCHASES, ground.suppliers))
    return {
        category: lag_of(category, side.items if side else (), ground.recent, choices.habits)
        for category, side in sides
    }


def _ahead(ground: Ground) -> Found:
    """Bank postings with a day after the first: already in the books, so lines as they stand."""
    lines = []
    for at, flow in enumerate(ground.ahead):
        kind = {
            Category.SALES: Kind.CUSTOMERS,
            Category.PURCHASES: Kind.SUPPLIERS,
            Category.FINANCE: Kind.LOAN,
        }.get(flow.category, Kind.OTHER_IN if flow.amount > 0 else Kind.OTHER_OUT)
        lines.append(
            CashLine(
                key=f"ahead:{flow.voucher_no}:{at}",
                day=flow.day,
                amount=flow.amount,
                kind=kind,
                certainty=Certainty.POSTED,
                source=Source(SourceKind.POSTING, Reason.BANK_AHEAD, (flow.voucher_no,)),
                title=flow.name or flow.text,
                party=flow.party,
                account=flow.account,
                nominal=flow.day,
            )
        )
    return Found(lines)


def _actuals(ground: Ground, lines: Sequence[CashLine]) -> list[Actual]:
    """What a planned line may give way to: the bank's movements, and what is already a line."""
    found = [
        Actual(
            f"flow:{flow.voucher_no}:{at}",
            flow.day,
            flow.amount,
            flow.account,
            flow.party,
            (flow.voucher_no,),
        )
        for at, flow in enumerate(ground.recent)
    ]
    found += [
        Actual(
            line.key,
            line.nominal or line.day,
            line.amount,
            line.account,
            line.party,
            line.source.vouchers,
        )
        for line in lines
        if line.source.kind in (SourceKind.OPEN_ITEM, SourceKind.POSTING)
    ]
    return found


def _cut(found: Found, until: date) -> None:
    """Lines after the last day are no part of the twelve months; open items among them are told."""
    beyond = [line for line in found.lines if line.day > until]
    found.lines = [line for line in found.lines if line.day <= until]
    found.left_out += [
        LeftOut(
            line.key,
            LeftOutReason.BEYOND,
            line.amount,
            line.title,
            line.party,
            line.day,
            line.source.vouchers,
        )
        for line in beyond
        if line.source.kind is SourceKind.OPEN_ITEM
    ]
