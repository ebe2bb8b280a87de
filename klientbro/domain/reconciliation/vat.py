"""VAT accounts against the specification of a term, code by code.

Source: norwegian-accounting.md §10. Payable = −(movement on 2700–2709 + movement on 2710–2719);
|VAT posted − base × rate| ≤ 1.00 per voucher; service from abroad (86) nets to zero when fully
deductible. Example: sales 100 000 net (−25 000 on 2700), purchases 40 000 (+10 000 on 2710),
services from abroad 20 000 (−5 000 on 2704, +5 000 on 2714) → 15 000.00 to pay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.money import ZERO, round_to_ore, sum_amounts
from klientbro.domain.rates.vat import VatSide, standard_code

OUTPUT_ACCOUNTS = "270"
INPUT_ACCOUNTS = "271"
SETTLEMENT_ACCOUNT = "2740"
VOUCHER_TOLERANCE = Decimal("1.00")


class VatFinding(StrEnum):
    """What does not agree."""

    VOUCHER_OFF_RATE = "voucher_off_rate"
    ACCOUNTS_DIFFER_FROM_CODES = "accounts_differ_from_codes"
    VOUCHER_DIFFERS_FROM_CODES = "voucher_differs_from_codes"  # VAT posted by hand, without code
    RETURN_DIFFERS = "return_differs"  # from what was filed: changed since, or filed wrong
    NOT_TRANSFERRED = "not_transferred"  # the term's accounts are not at zero after settlement
    SETTLEMENT_DIFFERS = "settlement_differs"  # 2740 is not the unpaid returns
    UNKNOWN_CODE = "unknown_code"
    DRAFTS_WAITING = "drafts_waiting"


@dataclass(frozen=True, slots=True)
class VatLine:
    """A posting with a code, in the ledger's sign: sales −100 000 base, −25 000 output.

    rate: the source's own, as a fraction; None lets the standard code decide.
    """

    voucher: str
    day: date
    code: str
    base: Decimal
    output_vat: Decimal = ZERO
    input_vat: Decimal = ZERO
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OddVoucher:
    """A voucher whose VAT is not its base times the rate."""

    voucher: str
    code: str
    base: Decimal
    posted: Decimal
    expected: Decimal

    @property
    def difference(self) -> Decimal:
        return self.posted - self.expected


@dataclass(frozen=True, slots=True)
class VatCodeSum:
    """One code in the term. `expected` is None for a code whose rate nobody knows."""

    code: str
    base: Decimal
    output_vat: Decimal
    input_vat: Decimal
    expected: Decimal | None
    odd: tuple[OddVoucher, ...] = ()

    @property
    def posted(self) -> Decimal:
        return self.output_vat + self.input_vat

    @property
    def difference(self) -> Decimal | None:
        return None if self.expected is None else self.posted - self.expected


@dataclass(frozen=True, slots=True)
class VatProblem:
    """A finding with the amount it is about, and the code or account it names."""

    finding: VatFinding
    amount: Decimal
    subject: str = ""


@dataclass(frozen=True, slots=True)
class VatTermCheck:
    """The whole term. Positive payable is owed to the state."""

    codes: tuple[VatCodeSum, ...]
    payable: Decimal
    payable_by_codes: Decimal
    problems: tuple[VatProblem, ...]

    @property
    def agrees(self) -> bool:
        return not self.problems


def payable_of(movements: Mapping[str, Decimal]) -> Decimal:
    """What the term's movement on the VAT accounts gives, by account number of any length."""
    return ZERO - sum_amounts(
        amount for number, amount in movements.items() if _is_term_account(number)
    )


def line_of_posting(
    voucher: str, day: date, code: str, base: Decimal, vat: Decimal, rate: Decimal | None = None
) -> VatLine:
    """A line from a posting that carries its base, code and VAT (ledger's sign) together.

    A reverse-charge line gives VAT once for both sides: −5 000 output, and +5 000 input where it
    is deductible. A firm's own code is taken by the sign of its VAT.
    """
    standard = standard_code(code)
    if standard is not None and standard.side is VatSide.REVERSE_CHARGE:
        own = abs(vat) if base >= ZERO else ZERO - abs(vat)
        deducted = own if standard.is_deductible else ZERO
        return VatLine(voucher, day, code, base, ZERO - own, deducted, rate)
    is_input = vat > ZERO if standard is None else standard.side is VatSide.INPUT
    if is_input:
        return VatLine(voucher, day, code, base, ZERO, vat, rate)
    return VatLine(voucher, day, code, base, vat, ZERO, rate)


def check_vat_term(
    lines: Iterable[VatLine],
    movements: Mapping[str, Decimal],
    *,
    filed_payable: Decimal | None = None,
    closing: Mapping[str, Decimal] | None = None,
    unpaid_returns: Decimal | None = None,
    drafts: int = 0,
    account_vouchers: Mapping[str, Decimal] | None = None,
) -> VatTermCheck:
    """Compare the term's lines by code, its VAT accounts, and what was filed.

    movements: the term's movement per account number, without the transfer to 2740 (vouchers of
    the type VAT return).
    filed_payable: what the return said, when it is filed. closing: balances after the transfer.
    unpaid_returns: what is owed by filed returns, that 2740 should stand at.
    drafts: vouchers of the term that are not posted yet in the source.
    account_vouchers: per voucher what it posts on the VAT accounts (not the transfer); then a
    difference is named voucher by voucher, as a loss on a claim booked straight to 2700.
    """
    every = list(lines)
    codes = _by_code(every)
    payable = payable_of(movements)
    by_codes = ZERO - sum_amounts(one.posted for one in codes)
    problems = [
        VatProblem(VatFinding.VOUCHER_OFF_RATE, odd.difference, f"{odd.code}: {odd.voucher}")
        for one in codes
        for odd in one.odd
    ]
    problems += [
        VatProblem(VatFinding.UNKNOWN_CODE, one.posted, one.code)
        for one in codes
        if one.expected is None
    ]
    by_voucher = [] if account_vouchers is None else _by_voucher(every, account_vouchers)
    problems += by_voucher
    # Payable has the opposite sign of what a voucher posts.
    unnamed = payable - by_codes + sum_amounts(one.amount for one in by_voucher)
    if unnamed != ZERO:
        problems.append(VatProblem(VatFinding.ACCOUNTS_DIFFER_FROM_CODES, unnamed))
    if filed_payable is not None and filed_payable != payable:
        problems.append(VatProblem(VatFinding.RETURN_DIFFERS, payable - filed_payable))
    problems += _settlement_problems(closing or {}, unpaid_returns)
    if drafts:
        problems.append(VatProblem(VatFinding.DRAFTS_WAITING, ZERO, str(drafts)))
    return VatTermCheck(codes, payable, by_codes, tuple(problems))


def _by_voucher(
    lines: Iterable[VatLine], account_vouchers: Mapping[str, Decimal]
) -> list[VatProblem]:
    """Vouchers that post other VAT on the accounts than their codes give."""
    by_codes: dict[str, Decimal] = {}
    for line in lines:
        vat = line.output_vat + line.input_vat
        by_codes[line.voucher] = by_codes.get(line.voucher, ZERO) + vat
    finding = VatFinding.VOUCHER_DIFFERS_FROM_CODES
    return [
        VatProblem(finding, parted, voucher)
        for voucher in sorted(by_codes.keys() | account_vouchers.keys())
        if (parted := account_vouchers.get(voucher, ZERO) - by_codes.get(voucher, ZERO)) != ZERO
    ]


def _settlement_problems(
    closing: Mapping[str, Decimal], unpaid_returns: Decimal | None
) -> list[VatProblem]:
    problems = [
        VatProblem(VatFinding.NOT_TRANSFERRED, amount, number)
        for number, amount in sorted(closing.items())
        if _is_term_account(number) and amount != ZERO
    ]
    if unpaid_returns is not None:
        settlement = sum_amounts(
            amount for number, amount in closing.items() if number.startswith(SETTLEMENT_ACCOUNT)
        )
        # Debt is credit: 15 000 unpaid stands as −15 000.
        if settlement != ZERO - unpaid_returns:
            problems.append(VatProblem(VatFinding.SETTLEMENT_DIFFERS, settlement + unpaid_returns))
    return problems


def _is_term_account(number: str) -> bool:
    return number.strip().startswith((OUTPUT_ACCOUNTS, INPUT_ACCOUNTS))


def _by_code(lines: Iterable[VatLine]) -> tuple[VatCodeSum, ...]:
    by_code: dict[str, dict[str, list[VatLine]]] = {}
    for line in lines:
        by_code.setdefault(line.code.strip(), {}).setdefault(line.voucher, []).append(line)
    return tuple(_code_sum(code, by_code[code]) for code in sorted(by_code, key=_code_order))


def _code_sum(code: str, vouchers: Mapping[str, list[VatLine]]) -> VatCodeSum:
    every = [line for lines in vouchers.values() for line in lines]
    expected = [_expected(code, line) for line in every]
    known = [amount for amount in expected if amount is not None]
    odd = [
        one
        for voucher in sorted(vouchers)
        if (one := _odd(code, voucher, vouchers[voucher])) is not None
    ]
    return VatCodeSum(
        code,
        sum_amounts(line.base for line in every),
        sum_amounts(line.output_vat for line in every),
        sum_amounts(line.input_vat for line in every),
        round_to_ore(sum(known, ZERO)) if len(known) == len(expected) else None,
        tuple(odd),
    )


def _odd(code: str, voucher: str, lines: list[VatLine]) -> OddVoucher | None:
    expected = [_expected(code, line) for line in lines]
    if any(amount is None for amount in expected):
        return None
    should_be = round_to_ore(sum((amount for amount in expected if amount is not None), ZERO))
    posted = sum_amounts(line.output_vat + line.input_vat for line in lines)
    if abs(posted - should_be) <= VOUCHER_TOLERANCE:
        return None
    return OddVoucher(voucher, code, sum_amounts(line.base for line in lines), posted, should_be)


def _expected(code: str, line: VatLine) -> Decimal | None:
    """Base × rate in the ledger's sign, unrounded; None for a code nobody knows the rate of."""
    standard = standard_code(code)
    if standard is None:
        return None if line.rate is None else line.base * line.rate
    if standard.side in (VatSide.BASIS_ONLY, VatSide.OUTSIDE):
        return ZERO
    rate = line.rate if line.rate is not None else standard.rate_on(line.day)
    if standard.side is VatSide.REVERSE_CHARGE:
        # Output and input cancel; without deduction the output remains, as credit.
        return ZERO if standard.is_deductible else ZERO - line.base * rate
    return line.base * rate


def _code_order(code: str) -> tuple[int, str]:
    return (int(code), "") if code.isascii() and code.isdigit() else (10**6, code)
