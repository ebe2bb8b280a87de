"""A client's health in a few figures, each with its date and the way to what is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from klientbro.domain.accounts import AccountType
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month
from klientbro.ledger.queries.many import ClientBooks, Standing, overdue_items, standings

BANK = ("19",)


@dataclass(frozen=True, slots=True)
class Health:
    """Figures at a month's end, presentation sign: money in the bank, equity and profit positive.

    None: the ledger cannot say. `overdue`: customers' items past due when they were last read.
    """

    month: Month
    bank: Decimal | None
    equity: Decimal | None
    result: Decimal | None
    result_last_year: Decimal | None
    overdue: Decimal | None
    overdue_as_of: date | None


def health_of(books: Sequence[ClientBooks], month: Month) -> dict[int, Health]:
    """The health of each client, by client id. Two statements."""
    standing = standings(books, month)
    overdue = overdue_items([each.connection_id for each in books])
    found: dict[int, Health] = {}
    for each in books:
        held = standing.get(each.connection_id)
        as_of, amount = overdue.get((each.connection_id, "customer"), (None, None))
        covered = held is not None and _reaches(each, month)
        found[each.client_id] = Health(
            month=month,
            bank=_bank(held) if covered and held else None,
            equity=_equity(held) if covered and held else None,
            result=-held.result_this_year
            if covered and held and held.result_this_year is not None
            else None,
            result_last_year=-held.result_last_year
            if held and held.result_last_year is not None and _has_last_year(each, month)
            else None,
            overdue=amount,
            overdue_as_of=as_of,
        )
    return found


def _bank(standing: Standing) -> Decimal:
    """Report lines by the source's own type first, leading digits within it."""
    return sum(
        (
            group.amount
            for group in standing.groups
            if group.type == AccountType.ASSET.value and group.digits in BANK
        ),
        ZERO,
    )


def _equity(standing: Standing) -> Decimal:
    """Assets less debt: the equity accounts and every result not disposed of yet."""
    return sum(
        (
            group.amount
            for group in standing.groups
            if group.type in (AccountType.ASSET.value, AccountType.LIABILITY.value)
        ),
        ZERO,
    )


def _reaches(books: ClientBooks, month: Month) -> bool:
    return books.is_usable and books.anchor_date is not None and month.last_day >= books.anchor_date


def _has_last_year(books: ClientBooks, month: Month) -> bool:
    """Whether the same months of last year are wholly held."""
    if books.covered_from is None:
        return False
    return books.year_start(month).plus(-12).first_day >= books.covered_from
