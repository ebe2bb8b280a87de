"""Reads a client's books for a forecast: bank, history, duties, open items, customers' habits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from klientbro.domain.client_facts import ClientFacts, CompanyForm, VatFrequency
from klientbro.domain.liquidity.buckets import Horizon, last_day
from klientbro.domain.liquidity.duties import Duties, Duty, duty_of
from klientbro.domain.liquidity.forecast import Ground, OpenSide
from klientbro.domain.liquidity.habits import (
    ControlEntry,
    Habit,
    learn_habits,
    paid_invoices,
    usual_terms,
)
from klientbro.domain.liquidity.items import Item, Settled
from klientbro.domain.liquidity.recurring import Category, Flow, Offer, category_of, offers
from klientbro.domain.liquidity.taxes import VatReturn
from klientbro.domain.money import ZERO
from klientbro.domain.national_id import hide_national_ids
from klientbro.domain.periods import Month, month_range
from klientbro.ledger.queries.cash import (
    AccountMove,
    BankAccount,
    CashFlow,
    ItemRows,
    ReturnLine,
    bank_accounts,
    cash_flows,
    customer_postings,
    duty_moves,
    known_due_dates,
    newest_items,
    party_names,
    posted_since,
    return_lines,
)
from klientbro.ledger.queries.vat import vat_period_of
from klientbro.ledger.rows import BooksState
from klientbro.lib.dates import oslo_date
from klientbro.products.liquidity.codec import BooksGround

HISTORY_MONTHS = 25
OFFER_DAYS = 470
HABIT_DAYS = 550
RECENT_DAYS = 31
WAGE_MONTHS = 6
_TRADE_VAT = ("270", "271")
_FREQUENCIES = {
    "monthly": VatFrequency.MONTHLY,
    "bi_monthly": VatFrequency.TWO_MONTHLY,
    "yearly": VatFrequency.YEARLY,
}


@dataclass(frozen=True, slots=True)
class Lessons:
    """What is read out of the books after a landing: ground, habits, and what may be offered."""

    ground: BooksGround
    habits: Mapping[str, Habit]
    offers: tuple[Offer, ...]


def start_of(books: BooksState, today: date) -> date:
    """The day the figures are from: that of the last complete run, never after today."""
    return min(oslo_date(books.as_of), today) if books.as_of is not None else today


def chosen_bank(accounts: Sequence[BankAccount], chosen: Collection[str]) -> list[BankAccount]:
    """The accounts that count: those chosen, else those the source names, else 1920–1999."""
    own = [one for one in accounts if one.id in set(chosen)]
    return own or [one for one in accounts if one.is_told] or list(accounts)


def read_ground(books: BooksState, start: date, chosen: Collection[str]) -> BooksGround:
    """What the books say, the open items excepted. Five statements."""
    return _read(books, start, chosen)[0]


def learn(books: BooksState, start: date, chosen: Collection[str]) -> Lessons:
    """The ground and everything that is learned from history. Eight statements, for a job."""
    ground, flows = _read(books, start, chosen)
    through = {(flow.voucher_no, flow.party) for flow in flows if flow.party}
    habits = _habits(books.connection_id, start, through)
    recent = [flow for flow in flows if start - timedelta(days=OFFER_DAYS) <= flow.day <= start]
    names = party_names(books.connection_id, {flow.party for flow in recent if flow.party})
    named = [replace(flow, name=names.get(flow.party, "")) for flow in recent]
    return Lessons(ground, habits, offers(named, start))


def whole_ground(
    books: BooksState, ground: BooksGround, facts: ClientFacts, *, has_told_vat: bool
) -> Ground:
    """The forecast's ground: the books' part, the client's facts and today's open items.

    Two statements. What nobody has told of VAT is as the source says it reports.
    """
    items = newest_items(books.connection_id, ground.start)
    since = posted_since(books.connection_id, items, ground.start) if items else []
    sides: dict[str, OpenSide] = {}
    for side, held in items.items():
        later = tuple(
            Settled(row.party, row.day, row.amount, row.voucher_no, row.name)
            for row in since
            if row.side == side
        )
        sides[side] = OpenSide(_items(held), held.as_of, later)
    frequency = facts.vat_frequency if has_told_vat else ground.source_frequency
    return Ground(
        start=ground.start,
        opening=ground.opening,
        facts=_with_tax(facts, ground.duties, ground.start),
        duties=ground.duties,
        since=ground.since,
        customers=sides.get("customer"),
        suppliers=sides.get("supplier"),
        vat_frequency=frequency,
        returns=ground.returns,
        monthly=ground.monthly,
        recent=ground.recent,
        ahead=ground.ahead,
        wage_days=ground.wage_days,
    )


def _read(
    books: BooksState, start: date, chosen: Collection[str]
) -> tuple[BooksGround, list[Flow]]:
    connection = books.connection_id
    bank = chosen_bank(bank_accounts(connection, start), chosen)
    first = Month.of(start).plus(-HISTORY_MONTHS).first_day
    since = _since(books, first)
    until = last_day(start, Horizon.MONTHS)
    rows = cash_flows(connection, [one.id for one in bank], since.first_day, until)
    traded = _with_vat(rows)
    flows = [_flow(row) for row in traded]
    lines = return_lines(connection, since.first_day)
    duties = _duties(duty_moves(connection), traded, since)
    accrued = dict(duties.accrued)
    for line in lines:  # a return moves VAT to 2740: what the term held is what it was before
        duty = Duty.VAT_OUT if line.number.startswith("270") else Duty.VAT_IN
        if line.number.startswith(("270", "271")):
            key = (duty, Month.of(line.day))
            accrued[key] = accrued.get(key, ZERO) - line.amount
    past = [flow for flow in flows if flow.day <= start]
    monthly: dict[tuple[Category, Month], Decimal] = defaultdict(lambda: ZERO)
    for flow in past:
        monthly[flow.category, Month.of(flow.day)] += flow.amount
    wages_from = Month.of(start).plus(-WAGE_MONTHS).first_day
    ground = BooksGround(
        start=start,
        opening=sum((one.balance for one in bank), ZERO),
        bank=tuple((one.number, one.name, one.balance) for one in bank),
        duties=replace(duties, accrued=accrued),
        since=since,
        monthly=dict(monthly),
        recent=tuple(flow for flow in past if (start - flow.day).days <= RECENT_DAYS),
        ahead=tuple(flow for flow in flows if flow.day > start),
        returns=_returns(lines),
        wage_days=tuple(
            sorted(
                {
                    row.day
                    for row in rows
                    if wages_from <= row.day <= start
                    and duty_of(row.account, row.type) is Duty.WAGES
                }
            )
        ),
        source_frequency=_FREQUENCIES.get(vat_period_of(connection) or ""),
    )
    return ground, flows


def _since(books: BooksState, first: date) -> Month:
    """The first month that is held whole."""
    covered = books.covered_from or first
    month = Month.of(covered)
    whole = month if covered.day == 1 else month.next()
    return max(whole, Month.of(first))


def _with_vat(rows: Sequence[CashFlow]) -> list[CashFlow]:
    """The movements with the VAT of cash trade on the sale or purchase it belongs to.

    A sale straight into the bank has its VAT in the same voucher: money of the sale, and VAT that
    is owed with the term, never a payment of VAT. A voucher of VAT accounts alone pays VAT.
    Example: bank 1 250, sales 1 000, VAT 250: one movement of 1 250 on sales.
    """
    by_voucher: dict[tuple[int, date], list[CashFlow]] = defaultdict(list)
    for row in rows:
        by_voucher[row.voucher_no, row.day].append(row)
    found: list[CashFlow] = []
    for own in by_voucher.values():
        vat = [row for row in own if row.account.startswith(_TRADE_VAT)]
        trade = [row for row in own if not row.account.startswith("27")]
        if not vat or not trade:
            found += own
            continue
        largest = max(trade, key=lambda row: (abs(row.amount), row.account))
        whole = replace(largest, amount=largest.amount + sum((row.amount for row in vat), ZERO))
        found += [whole if row is largest else row for row in own if row not in vat]
    return found


def _flow(row: CashFlow) -> Flow:
    category = category_of(row.account, row.type, row.control)
    text = hide_national_ids(row.text)  # it is kept beside the books, and becomes an offer's title
    return Flow(row.day, row.amount, row.account, row.voucher_no, row.party, "", text, category)


def _duties(moves: Sequence[AccountMove], rows: Sequence[CashFlow], since: Month) -> Duties:
    """Movements by group and month: through the bank and otherwise."""
    paid: dict[tuple[Duty, Month], Decimal] = defaultdict(lambda: ZERO)
    accrued: dict[tuple[Duty, Month], Decimal] = defaultdict(lambda: ZERO)
    balance: dict[Duty, Decimal] = defaultdict(lambda: ZERO)
    largest: dict[Duty, tuple[Decimal, str]] = {}
    for row in rows:
        duty = duty_of(row.account, row.type)
        if duty is not None:
            paid[duty, Month.of(row.day)] -= row.amount
    for move in moves:
        duty = duty_of(move.number, move.type)
        if duty is None:
            continue
        if duty is not Duty.GROSS:
            balance[duty] += move.amount
        if abs(move.amount) >= largest.get(duty, (ZERO, ""))[0]:
            largest[duty] = (abs(move.amount), move.account_id)
        if move.month is not None and Month.of(move.month) >= since:
            accrued[duty, Month.of(move.month)] += move.amount
    for (duty, month), amount in paid.items():
        accrued[duty, month] -= amount
    return Duties(
        since=since,
        accrued=dict(accrued),
        paid=dict(paid),
        balance=dict(balance),
        account_of={duty: id_ for duty, (_amount, id_) in largest.items()},
    )


def _returns(lines: Sequence[ReturnLine]) -> tuple[VatReturn, ...]:
    """Each return as a whole: what it moved to 2740, or off the VAT accounts where it has none."""
    by_voucher: dict[tuple[int, date], list[ReturnLine]] = defaultdict(list)
    for line in lines:
        by_voucher[line.voucher_no, line.day].append(line)
    found = []
    for (voucher_no, day), own in by_voucher.items():
        settled = [line.amount for line in own if line.number.startswith("274")]
        moved = [line.amount for line in own if line.number.startswith(("270", "271"))]
        to_pay = -sum(settled, ZERO) if settled else sum(moved, ZERO)
        found.append(VatReturn(day, to_pay, voucher_no))
    return tuple(sorted(found, key=lambda one: (one.day, one.voucher_no)))


def _items(held: ItemRows) -> tuple[Item, ...]:
    return tuple(
        Item(
            row.id,
            row.party,
            row.name,
            row.balance,
            row.due,
            row.posted,
            row.voucher_no,
            row.invoice_no,
        )
        for row in held.rows
    )


def _habits(
    connection_id: int, start: date, through: Collection[tuple[int, str]]
) -> dict[str, Habit]:
    """Habits from what customers have been invoiced and have paid."""
    first = start - timedelta(days=HABIT_DAYS)
    told = known_due_dates(connection_id, first)
    terms = usual_terms((party, posted, due) for party, _voucher, posted, due in told)
    due_dates = {(party, voucher): due for party, voucher, _posted, due in told}
    entries = [
        ControlEntry(
            row.party,
            row.day,
            row.amount,
            row.voucher_no,
            is_payment=(row.voucher_no, row.party) in through,
        )
        for row in customer_postings(connection_id, first, start)
    ]
    return learn_habits(paid_invoices(entries, due_dates, terms))


def _with_tax(facts: ClientFacts, duties: Duties, start: date) -> ClientFacts:
    """A client of untold form that has paid income tax is taken to pay it again."""
    if facts.company_form is not CompanyForm.OTHER or facts.pays_advance_tax is not None:
        return facts
    year = month_range(Month.of(start).plus(-14), Month.of(start))
    paid = any(duties.through_bank(Duty.TAX, month) > 0 for month in year)
    return replace(facts, pays_advance_tax=True) if paid else facts
