"""Words for what the ledger finds by itself: VAT problems, differing items, payroll rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from klientbro.domain.reconciliation.payroll import ExpectationRule
from klientbro.domain.reconciliation.subledger import DifferenceKind
from klientbro.domain.reconciliation.vat import VatFinding, VatProblem

# translated when they are shown: a page may have hundreds
_DIFFERENCES = {
    DifferenceKind.MISSING_IN_SUBLEDGER: gettext_noop("Missing among the open items"),
    DifferenceKind.MISSING_IN_LEDGER: gettext_noop("Missing on the account"),
    DifferenceKind.DOUBLED_IN_LEDGER: gettext_noop("Posted twice on the account"),
    DifferenceKind.DOUBLED_IN_SUBLEDGER: gettext_noop("Listed twice among the open items"),
    DifferenceKind.SWAPPED_DIGITS: gettext_noop("Digits have changed places"),
    DifferenceKind.WRONG_SIGN: gettext_noop("Debit and credit are turned"),
    DifferenceKind.WRONG_AMOUNT: gettext_noop("Another amount"),
    DifferenceKind.WRONG_PERIOD: gettext_noop("In another month"),
    DifferenceKind.WRONG_PARTY: gettext_noop("On another customer or supplier"),
    DifferenceKind.NO_PARTY: gettext_noop("Posted without customer or supplier"),
    DifferenceKind.UNEXPLAINED: gettext_noop("Not traced to one posting"),
}


@dataclass(frozen=True, slots=True)
class ProblemWords:
    """A finding in a sentence, its amount, and where it opens to: a voucher or a code."""

    text: str
    amount: Decimal
    voucher: str = ""
    code: str = ""


def code_name(code: str, names: Mapping[str, str]) -> str:
    """The source's own name of a code, '' when it has none."""
    return names.get(code, "")


def problem_words(problem: VatProblem) -> ProblemWords:
    """What does not agree in a VAT term."""
    subject = problem.subject
    match problem.finding:
        case VatFinding.VOUCHER_OFF_RATE:
            code, _colon, voucher = subject.partition(": ")
            text = _("Code %(code)s: VAT is not the base times the rate.") % {"code": code}
            return ProblemWords(text, problem.amount, voucher=voucher)
        case VatFinding.VOUCHER_DIFFERS_FROM_CODES:
            text = _("Posted on the VAT accounts otherwise than its codes say.")
            return ProblemWords(text, problem.amount, voucher=subject)
        case VatFinding.ACCOUNTS_DIFFER_FROM_CODES:
            text = _("The VAT accounts have moved otherwise than the codes say.")
        case VatFinding.UNKNOWN_CODE:
            text = _("Nobody knows the rate of code %(code)s.") % {"code": subject}
            return ProblemWords(text, problem.amount, code=subject)
        case VatFinding.RETURN_DIFFERS:
            text = _("The VAT return that was made says something else than the accounts now do.")
        case VatFinding.NOT_TRANSFERRED:
            text = _("%(account)s is not at zero although the VAT return has been made.") % {
                "account": subject
            }
        case VatFinding.SETTLEMENT_DIFFERS:
            text = _("2740 is not what the unpaid returns sum to.")
        case VatFinding.DRAFTS_WAITING:
            text = _("%(count)s vouchers of the term are not posted yet.") % {"count": subject}
    return ProblemWords(text, problem.amount)


def difference_words(kind: DifferenceKind) -> str:
    """What is wrong with an item."""
    return _(_DIFFERENCES[kind])


def rate_words(rate: Decimal | None) -> str:
    """«14,1 %» for 0.141."""
    if rate is None:
        return ""
    number = format((rate * 100).normalize(), "f")
    return f"{number.replace('.', ',')} %"


def part_words(code: str) -> str:
    """What a part of an expected balance is."""
    return {
        "last_year": _("Earned last year"),
        "this_year": _("Earned this year"),
        "paid": _("Paid this year"),
    }[code]


def expectation_words(rule: ExpectationRule) -> str:
    """How the expected balance of a payroll account is worked out."""
    return {
        ExpectationRule.RATE_TIMES_ACCRUED_PAY: _(
            "The rate of employer's tax times accrued pay, 2930"
        ),
        ExpectationRule.RATE_TIMES_HOLIDAY_PAY: _(
            "The rate of employer's tax times holiday pay due, 2940 and 2945"
        ),
        ExpectationRule.HOLIDAY_PAY_OF_WAGES: _(
            "The rate of holiday pay times last year's and this year's wages (accounts 50 and 51 "
            "but 518), less what has been paid this year; 2940 and 2945 together"
        ),
        ExpectationRule.WITHHELD_NOT_YET_DUE: _(
            "Withheld on the account and not due by the end of the month; what is beyond it should "
            "have been paid"
        ),
        ExpectationRule.EMPLOYERS_TAX_NOT_YET_DUE: _(
            "Employer's tax of terms not due by the end of the month; what is beyond it should "
            "have been paid"
        ),
    }.get(rule, rule.value)
