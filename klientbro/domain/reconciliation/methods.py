"""Which method, frequency and expectation an account is suggested, and why.

Source: norwegian-accounting.md §9 (what common accounts are reconciled against). Control marks and
bank accounts the source itself states go before the account's type, the type before its digits.
A person may choose otherwise; this is the first suggestion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from klientbro.domain.accounts import Account, AccountType
from klientbro.domain.deadlines.payroll import PAY_DAY_RULE_FROM
from klientbro.domain.periods import MONTHS_IN_YEAR, Month


class Method(StrEnum):
    """How an account is reconciled."""

    BANK = "bank"
    RECEIVABLES = "receivables"
    PAYABLES = "payables"
    VAT = "vat"
    PAYROLL = "payroll"
    HOLIDAY_PAY = "holiday_pay"
    SCHEDULE = "schedule"
    LIST = "list"
    MANUAL = "manual"


class Frequency(StrEnum):
    """How often. The year is the client's own financial year."""

    MONTHLY = "monthly"
    TWO_MONTHLY = "two_monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"

    def is_due_in(self, month: Month, year_start_month: int = 1) -> bool:
        """Whether the account is in the month's list: half-yearly in periods 6 and 12 only."""
        period = (month.month - year_start_month) % MONTHS_IN_YEAR + 1
        return period % _EVERY[self] == 0


_EVERY = {
    Frequency.MONTHLY: 1,
    Frequency.TWO_MONTHLY: 2,
    Frequency.QUARTERLY: 3,
    Frequency.HALF_YEARLY: 6,
    Frequency.YEARLY: 12,
}


class Risk(StrEnum):
    """How likely an account is to be wrong in a way that matters, as the firm judges it.

    GRFS leaves method and extent to the accountant's judgement of risk, so the judgement is
    written down beside them (norwegian-accounting.md §16).
    """

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class SuggestedBy(StrEnum):
    """What a suggestion rests on."""

    CONTROL_ACCOUNT = "control_account"
    BANK_ACCOUNT = "bank_account"
    NUMBER = "number"
    TYPE = "type"


class ExpectedZero(StrEnum):
    """Why an account should stand at 0.00."""

    WITHHOLDING_ACCOUNT = "withholding_account"  # wound up from 2026
    HELPER_ACCOUNT = "helper_account"
    PAID_HOLIDAY_PAY_AT_YEAR_END = "paid_holiday_pay_at_year_end"
    VAT_AFTER_TRANSFER = "vat_after_transfer"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The suggestion for one account; `truth` says what it is held against."""

    method: Method
    frequency: Frequency
    truth: str
    by: SuggestedBy
    prefix: str = ""
    needs_documentation: bool = False


@dataclass(frozen=True, slots=True)
class _Way:
    method: Method
    frequency: Frequency
    truth: str
    needs_documentation: bool = False


_MONTHLY, _YEARLY = Frequency.MONTHLY, Frequency.YEARLY
_BANK = _Way(Method.BANK, _MONTHLY, "bank_statement", True)
_RECEIVABLES = _Way(Method.RECEIVABLES, _MONTHLY, "customer_subledger")
_PAYABLES = _Way(Method.PAYABLES, _MONTHLY, "supplier_subledger")
_VAT = _Way(Method.VAT, _MONTHLY, "vat_specification")
_PAYROLL = _Way(Method.PAYROLL, _MONTHLY, "a_melding")
_ACCRUAL = _Way(Method.SCHEDULE, _MONTHLY, "accrual_schedule")
_REGISTER = _Way(Method.LIST, _YEARLY, "asset_register", True)
_COUNT = _Way(Method.LIST, _YEARLY, "count", True)
_LIST = _Way(Method.LIST, _YEARLY, "own_list", True)
_LENDER = _Way(Method.LIST, _YEARLY, "lenders_statement", True)
_DECISION = _Way(Method.MANUAL, _YEARLY, "decisions", True)
_TAX = _Way(Method.MANUAL, _YEARLY, "tax_computation", True)
_OWN = _Way(Method.MANUAL, _YEARLY, "own_assessment", True)

_ASSETS: Mapping[str, _Way] = {
    **dict.fromkeys(("10", "11", "12"), _REGISTER),
    "13": _LIST,
    "14": _COUNT,
    "15": _LIST,
    "150": _RECEIVABLES,
    "16": _VAT,
    "17": _ACCRUAL,
    "18": _LIST,
    "19": _BANK,
    "190": _Way(Method.LIST, _MONTHLY, "count", True),
    "2740": _VAT,
}
_LIABILITIES: Mapping[str, _Way] = {
    "19": _BANK,
    "21": _OWN,
    "22": _LENDER,
    "23": _LENDER,
    "238": _BANK,
    "24": _LIST,
    "240": _PAYABLES,
    "25": _TAX,
    "26": _PAYROLL,
    "27": _VAT,
    "277": _PAYROLL,
    "278": _PAYROLL,
    "2781": _Way(Method.HOLIDAY_PAY, _MONTHLY, "holiday_pay_list"),
    "28": _DECISION,
    "29": _LIST,
    "293": _PAYROLL,
    "294": _Way(Method.HOLIDAY_PAY, _MONTHLY, "holiday_pay_list"),
    "295": _ACCRUAL,
    "2960": _Way(Method.LIST, _MONTHLY, "later_invoices"),
    "2965": _ACCRUAL,
}
_BY_TYPE: Mapping[AccountType, tuple[Mapping[str, _Way], _Way]] = {
    AccountType.ASSET: (_ASSETS, _OWN),
    AccountType.LIABILITY: (_LIABILITIES, _OWN),
    AccountType.EQUITY: ({"20": _DECISION}, _DECISION),
    AccountType.INCOME: ({}, _OWN),
    AccountType.EXPENSE: ({}, _OWN),
}
_WITHHOLDING_ACCOUNT = "1950"
_HELPER_ACCOUNT = "9999"
_PAID_HOLIDAY_PAY = "2945"
_TERM_VAT = ("270", "271")


def suggest_method(
    account: Account, *, control: str | None = None, is_bank_account: bool = False
) -> Suggestion:
    """The suggestion for an account; `control` is `customer` or `supplier` as the source says.

    1500 → receivables, 1920 → bank, 2740 → VAT, 2781 → holiday pay, 1720 → schedule.
    """
    if control == "customer":
        return _suggestion(_RECEIVABLES, SuggestedBy.CONTROL_ACCOUNT)
    if control == "supplier":
        return _suggestion(_PAYABLES, SuggestedBy.CONTROL_ACCOUNT)
    if is_bank_account:
        return _suggestion(_BANK, SuggestedBy.BANK_ACCOUNT)
    ways, otherwise = _BY_TYPE[account.type]
    number = account.number.strip()
    for length in range(len(number), 0, -1):
        if (way := ways.get(number[:length])) is not None:
            return _suggestion(way, SuggestedBy.NUMBER, number[:length])
    return _suggestion(otherwise, SuggestedBy.TYPE)


def expected_zero(
    account: Account, as_of: date, *, year_end: date | None = None, is_transferred: bool = False
) -> ExpectedZero | None:
    """Why the account should stand at zero on the day, None when it need not.

    year_end: the last day of the financial year `as_of` is in. is_transferred: the VAT term that
    ends on or before the day has been moved to 2740.
    """
    number = account.number.strip()
    if number.startswith(_HELPER_ACCOUNT):
        return ExpectedZero.HELPER_ACCOUNT
    if number.startswith(_WITHHOLDING_ACCOUNT) and as_of >= PAY_DAY_RULE_FROM:
        return ExpectedZero.WITHHOLDING_ACCOUNT
    if number.startswith(_PAID_HOLIDAY_PAY) and as_of == year_end:
        return ExpectedZero.PAID_HOLIDAY_PAY_AT_YEAR_END
    if number.startswith(_TERM_VAT) and is_transferred:
        return ExpectedZero.VAT_AFTER_TRANSFER
    return None


def _suggestion(way: _Way, by: SuggestedBy, prefix: str = "") -> Suggestion:
    return Suggestion(
        way.method,
        way.frequency,
        way.truth,
        by,
        prefix,
        needs_documentation=way.needs_documentation,
    )
