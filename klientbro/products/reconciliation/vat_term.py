"""The VAT term a month lies in: its specification by code, and what each VAT account should hold.

Until the return is made the account should hold what the codes give so far in the term; after it,
nothing, since the settlement voucher moves it to 2740.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from klientbro.domain.accounts import AccountId
from klientbro.domain.client_facts import ClientFacts, VatFrequency
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month, vat_term
from klientbro.domain.reconciliation.vat import (
    INPUT_ACCOUNTS,
    OUTPUT_ACCOUNTS,
    SETTLEMENT_ACCOUNT,
    VatTermCheck,
    check_vat_term,
)
from klientbro.ledger.queries.vat import (
    code_names,
    differing_vouchers,
    moved_on_vat_accounts,
    term_postings,
    vat_period_of,
)

# The source's own word for the client's facts, where the source has told nothing.
_PERIODS = {
    VatFrequency.MONTHLY: "monthly",
    VatFrequency.YEARLY: "yearly",
    VatFrequency.YEARLY_PRIMARY: "yearly",
    VatFrequency.QUARTERLY_REVERSE_CHARGE: "quarterly",
}


@dataclass(frozen=True, slots=True)
class VatTerm:
    """A term as far as the month reaches into it."""

    first: date
    last: date
    until: date

    @property
    def is_ended(self) -> bool:
        return self.until == self.last


@dataclass(frozen=True, slots=True)
class VatGround:
    """What the truths of the VAT accounts rest on.

    expected: by account id what it should stand at. is_transferred: the return has moved it.
    """

    term: VatTerm
    is_transferred: bool
    expected: Mapping[AccountId, Decimal]


@dataclass(frozen=True, slots=True)
class Specification:
    """The term, code by code, against the VAT accounts."""

    term: VatTerm
    check: VatTermCheck
    names: Mapping[str, str]
    filed: Decimal | None
    filed_at: datetime | None
    return_vouchers: tuple[int, ...]
    before: Decimal  # what stood on the VAT accounts when the term began


def is_vat_account(number: str) -> bool:
    """2700–2719: what a term's return is made of."""
    return number.strip().startswith((OUTPUT_ACCOUNTS, INPUT_ACCOUNTS))


def shows_specification(number: str) -> bool:
    """The VAT accounts and the settlement account they are moved to."""
    return is_vat_account(number) or number.strip().startswith(SETTLEMENT_ACCOUNT)


def term_of(connection_id: int, facts: ClientFacts, month: Month) -> VatTerm:
    """The term of the month's last day, as the source reports, else as the client's facts say."""
    period = vat_period_of(connection_id) or _PERIODS.get(facts.vat_frequency)
    first, last = vat_term(month.last_day, period)
    return VatTerm(first, last, min(last, month.last_day))


def vat_ground(
    connection_id: int,
    facts: ClientFacts,
    month: Month,
    covered_from: date | None,
) -> VatGround | None:
    """What each VAT account should hold at the month's end. Three statements.

    None when the term began before the history that is held.
    """
    term = term_of(connection_id, facts, month)
    if covered_from is None or term.first < covered_from:
        return None
    moved = moved_on_vat_accounts(connection_id, term.first, term.until)
    if any(returned for _all, returned in moved.values()):
        return VatGround(term, True, dict.fromkeys(moved, ZERO))
    odd = differing_vouchers(connection_id, term.first, term.until)
    beyond: dict[AccountId, Decimal] = {}
    for one in odd:
        account = one.account_id or _largest(moved)
        if account is not None:
            beyond[account] = beyond.get(account, ZERO) + one.amount
    return VatGround(
        term,
        False,
        {id_: amount - beyond.get(id_, ZERO) for id_, (amount, _) in moved.items()},
    )


def specification(
    connection_id: int,
    facts: ClientFacts,
    month: Month,
    closings: Mapping[str, Decimal],
    *,
    drafts: int = 0,
    term: VatTerm | None = None,
) -> Specification:
    """The whole term by code, with everything that does not agree. Five statements.

    closings: balances by account number at the month's end; judged only once the return is made.
    term: where the caller knows it already.
    """
    term = term or term_of(connection_id, facts, month)
    found = term_postings(connection_id, term.first, term.until)
    stand = {number: amount for number, amount in closings.items() if is_vat_account(number)}
    is_settled = found.filed is not None and term.is_ended
    check = check_vat_term(
        found.lines,
        found.movements,
        filed_payable=found.filed if term.is_ended else None,
        closing=stand if is_settled else None,
        drafts=drafts,
        account_vouchers=found.account_vouchers,
    )
    moved = sum(found.movements.values(), ZERO) + (found.filed or ZERO)
    return Specification(
        term=term,
        check=check,
        names=code_names(connection_id),
        filed=found.filed,
        filed_at=found.filed_at,
        return_vouchers=found.return_vouchers,
        before=sum(stand.values(), ZERO) - moved,
    )


def _largest(moved: Mapping[AccountId, tuple[Decimal, Decimal]]) -> AccountId | None:
    """The busiest VAT account: where a voucher without VAT rows would have posted [assumed]."""
    accounts: Iterable[AccountId] = moved
    return max(accounts, key=lambda id_: (abs(moved[id_][0]), id_), default=None)
