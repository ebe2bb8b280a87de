"""The comparison behind the seal: our balances against the source's own, account by account."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from klientbro.domain.accounts import AccountId
from klientbro.domain.money import ZERO, has_parts_of_ore, round_to_ore, sum_amounts
from klientbro.domain.trial_balance import TrialBalance


@dataclass(frozen=True, slots=True)
class Difference:
    """An account where the source and our copy stand apart."""

    account_id: AccountId
    ours: Decimal
    source: Decimal

    @property
    def amount(self) -> Decimal:
        """What our copy lacks: source less ours."""
        return self.source - self.ours


@dataclass(frozen=True, slots=True)
class PartsOfOre:
    """A finding: a posting with an amount no one can pay, kept as the source has it."""

    posting_id: str
    amount: Decimal


def sum_by_account(rows: Iterable[tuple[AccountId, Decimal]]) -> dict[AccountId, Decimal]:
    """One balance per account from the source's rows.

    A source with agriculture departments gives an account one row per department. Sources state
    balances as floating-point numbers, so each row is rounded to øre before it is added.
    """
    sums: dict[AccountId, Decimal] = {}
    for account_id, amount in rows:
        rounded, so_far = round_to_ore(amount), sums.get(account_id)
        sums[account_id] = rounded if so_far is None else so_far + rounded
    return sums


def compare(
    ours: Mapping[AccountId, Decimal], source: Mapping[AccountId, Decimal]
) -> list[Difference]:
    """Every account that differs, by account id. Missing on either side is 0.00.

    The source is rounded to øre, we are not: parts of an øre among our postings are a fault to
    show, not noise to hide.
    """
    differences = []
    for id_, amount in source.items():
        held, told = ours.get(id_, ZERO), round_to_ore(amount)
        if held != told:
            differences.append(Difference(id_, held, told))
    differences += [
        Difference(id_, ours[id_], ZERO) for id_ in ours.keys() - source.keys() if ours[id_] != ZERO
    ]
    return sorted(differences, key=lambda difference: difference.account_id)


def sum_of_differences(differences: Iterable[Difference]) -> Decimal:
    """Zero when amounts stand on the wrong accounts; otherwise a voucher is missing in part."""
    return sum_amounts(difference.amount for difference in differences)


def find_parts_of_ore(postings: Iterable[tuple[str, Decimal]]) -> list[PartsOfOre]:
    """The postings, as (id, amount), that are finer than an øre."""
    return [PartsOfOre(id_, amount) for id_, amount in postings if has_parts_of_ore(amount)]


def sheet_hash(balances: Mapping[AccountId, Decimal]) -> str:
    """A fingerprint of a sheet of balances: sha256, in hex, over one line per account.

    The line is `id;amount` with two decimals and a line feed, in order of the id's UTF-8 bytes.
    Zero balances are left out, since missing is 0.00: equal sheets have equal hashes.
    """
    digest = hashlib.sha256()
    for account_id in sorted(balances):
        if balances[account_id] != ZERO:
            digest.update(f"{account_id};{_amount_text(balances[account_id])}\n".encode())
    return digest.hexdigest()


def trial_balance_hash(sheet: TrialBalance) -> str:
    """A fingerprint of a trial balance as shown: sha256, in hex, over one line per row.

    First the period, `2026-01;2026-10`; then for each account, in order of the id's UTF-8 bytes,
    id, number, name, type, opening, closing and last year as a JSON list, with amounts as texts
    and null where nothing had been fetched; last the derived line. Two of the same question are
    equal for as long as the answer is.
    """
    digest = hashlib.sha256()
    digest.update(f"{sheet.period.first.key};{sheet.period.last.key}\n".encode())
    lines = {
        (row.account.id, row.account.number, row.account.name, row.account.type.value): row.figures
        for row in sheet.rows
        if row.account is not None
    }
    for account, figures in [*sorted(lines.items()), (("undisposed",), sheet.undisposed)]:
        amounts = (figures.opening, figures.closing, figures.last_year)
        texts = [None if amount is None else _amount_text(amount) for amount in amounts]
        line = json.dumps([*account, *texts], ensure_ascii=False, separators=(",", ":"))
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def _amount_text(amount: Decimal) -> str:
    """Two decimals; more only for parts of an øre, so that two unequal sheets never look alike."""
    if not has_parts_of_ore(amount):
        return format(round_to_ore(amount), "f")
    return format(amount, "f").rstrip("0")
