"""Words of Avstemming: methods, frequencies, states, truths and what has changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from klientbro.domain.accounts import AccountType
from klientbro.domain.reconciliation.methods import Frequency, Method, Risk
from klientbro.domain.reconciliation.sign_offs import Change, ChangeKind
from klientbro.lib.dates import format_date
from klientbro.products.reconciliation.sheet import Line, LineState
from klientbro.shell.templatetags.kb import amount


@dataclass(frozen=True, slots=True)
class StateWords:
    """How a state is shown: a tone, a word, and an icon where the tone's own will not do."""

    tone: str
    text: str
    icon: str = ""


# translated when they are shown: a page has one for each account
_STATES = {
    LineState.LEFT_OUT: ("off", gettext_noop("Left out"), ""),
    LineState.NOT_DUE: ("off", gettext_noop("Not this month"), ""),
    LineState.WAITING: ("wait", gettext_noop("Not documented"), ""),
    LineState.DIFFERS: ("stop", gettext_noop("Difference"), ""),
    LineState.READY: ("run", gettext_noop("Agrees"), "check"),
    LineState.TO_REVIEW: ("wait", gettext_noop("To be reviewed"), ""),
    LineState.REVIEWED: ("ok", gettext_noop("Reviewed"), ""),
    LineState.SUSPENDED: ("warn", gettext_noop("Suspended"), "pause"),
    LineState.RETURNED: ("warn", gettext_noop("Sent back"), "reversed"),
}


def method_names() -> dict[str, str]:
    """Every method in words."""
    return {
        Method.BANK.value: _("Bank statement"),
        Method.RECEIVABLES.value: _("Customer ledger"),
        Method.PAYABLES.value: _("Supplier ledger"),
        Method.VAT.value: _("VAT specification"),
        Method.PAYROLL.value: _("A-melding"),
        Method.HOLIDAY_PAY.value: _("Holiday-pay list"),
        Method.SCHEDULE.value: _("Accrual schedule"),
        Method.LIST.value: _("List"),
        Method.MANUAL.value: _("Own assessment"),
    }


def frequency_names() -> dict[str, str]:
    """Every frequency in words."""
    return {
        Frequency.MONTHLY.value: _("Every month"),
        Frequency.TWO_MONTHLY.value: _("Every two months"),
        Frequency.QUARTERLY.value: _("Every quarter"),
        Frequency.HALF_YEARLY.value: _("Every half-year"),
        Frequency.YEARLY.value: _("Every year"),
    }


def risk_names() -> dict[str, str]:
    """Every judgement of risk in words."""
    return {
        Risk.LOW.value: pgettext("risk", "Low"),
        Risk.NORMAL.value: pgettext("risk", "Normal"),
        Risk.HIGH.value: pgettext("risk", "High"),
    }


def state_words(line: Line) -> StateWords:
    """The state of an account in the month."""
    tone, text, icon = _STATES[line.state]
    return StateWords(tone, _(text), icon)


def truth_words(code: str) -> str:
    """What a balance is held against."""
    return {
        "customer_subledger": _("Open customer items"),
        "supplier_subledger": _("Open supplier items"),
        "bank_statement": _("Bank statement"),
        "lines": _("Lines"),
        "withholding_account": _("To be wound up: expected 0"),
        "helper_account": _("Helper account: expected 0"),
        "paid_holiday_pay_at_year_end": _("Cleared at year end: expected 0"),
        "vat_after_transfer": _("Transferred to settlement: expected 0"),
        "rate_times_accrued_pay": _("Rate × accrued pay"),
        "rate_times_holiday_pay": _("Rate × holiday pay due"),
        "holiday_pay_of_wages": _("Rate × wages, less what is paid"),
        "vat_specification": _("VAT specification"),
        "withheld_not_yet_due": _("Withheld and not due yet"),
        "employers_tax_not_yet_due": _("Terms not due yet"),
    }.get(code, code)


def change_words(change: Change) -> str:
    """What has happened since the signature, in a sentence."""
    values = {"before": _money(change.before), "after": _money(change.after)}
    plain = _plain(change)
    return {
        ChangeKind.BALANCE_CHANGED: _("The balance was %(before)s and is %(after)s.") % values,
        ChangeKind.OPENING_CHANGED: _(
            "What was carried into the month was %(before)s and is %(after)s."
        )
        % values,
        ChangeKind.POSTING_ADDED: _("Voucher %(voucher)s has come, %(after)s.")
        % {"voucher": change.voucher, "after": values["after"]},
        ChangeKind.POSTING_REMOVED: _("Voucher %(voucher)s is gone, %(before)s.")
        % {"voucher": change.voucher, "before": values["before"]},
        ChangeKind.POSTING_MOVED_ACCOUNT: _("Voucher %(voucher)s was moved to account %(after)s.")
        % plain,
        ChangeKind.POSTING_MOVED_PERIOD: _("Voucher %(voucher)s was moved to %(after)s.") % plain,
        ChangeKind.AMOUNT_CHANGED: _("Voucher %(voucher)s was %(before)s and is %(after)s.")
        % {"voucher": change.voucher, **values},
        ChangeKind.DATE_CHANGED: _("Voucher %(voucher)s was dated %(before)s and is %(after)s.")
        % plain,
        ChangeKind.VOUCHER_CHANGED: _("A posting was on voucher %(before)s and is on %(after)s.")
        % plain,
        ChangeKind.VAT_CODE_CHANGED: _(
            "Voucher %(voucher)s had VAT code «%(before)s» and has «%(after)s»."
        )
        % plain,
        ChangeKind.PARTY_CHANGED: _("Voucher %(voucher)s was on %(before)s and is on %(after)s.")
        % plain,
        ChangeKind.ACCOUNT_NUMBER_CHANGED: _("The account was %(before)s and is %(after)s.")
        % plain,
        ChangeKind.ACCOUNT_TYPE_CHANGED: _(
            "The account's type was «%(before)s» and is «%(after)s»."
        )
        % plain,
        ChangeKind.SUBLEDGER_CHANGED: _("The open items were %(before)s and are %(after)s.")
        % values,
        ChangeKind.STATEMENT_CHANGED: _("Another bank statement has been imported."),
        ChangeKind.DOCUMENTATION_CHANGED: _("Lines or attachments have been changed."),
        ChangeKind.METHOD_CHANGED: _("The account is reconciled in another way now."),
        ChangeKind.PERIOD_REOPENED: _("The period has been opened again in the source."),
        ChangeKind.SOURCE_DIFFERS: _("The month is no longer proved equal to the source."),
        ChangeKind.TEXT_CHANGED: _("The text of voucher %(voucher)s has been changed.") % plain,
        ChangeKind.DIMENSION_CHANGED: _(
            "Department or project of voucher %(voucher)s has been changed."
        )
        % plain,
        ChangeKind.ACCOUNT_NAME_CHANGED: _("The account was «%(before)s» and is «%(after)s».")
        % plain,
    }[change.kind]


def _plain(change: Change) -> dict[str, str]:
    """What it was and is, as a page writes it: days, types of account and parties are not shown
    as the ledger keeps them."""
    write = {
        ChangeKind.POSTING_MOVED_PERIOD: _day,
        ChangeKind.DATE_CHANGED: _day,
        ChangeKind.ACCOUNT_TYPE_CHANGED: _type,
        ChangeKind.PARTY_CHANGED: _party,
        ChangeKind.VAT_CODE_CHANGED: _code,
    }.get(change.kind, str)
    return {
        "before": write(change.before),
        "after": write(change.after),
        "voucher": change.voucher,
    }


def _day(text: str) -> str:
    try:
        return format_date(date.fromisoformat(text))
    except ValueError:
        return text


def _type(text: str) -> str:
    return {
        AccountType.ASSET.value: pgettext("type of account", "asset"),
        AccountType.LIABILITY.value: pgettext("type of account", "debt"),
        AccountType.EQUITY.value: pgettext("type of account", "equity"),
        AccountType.INCOME.value: pgettext("type of account", "income"),
        AccountType.EXPENSE.value: pgettext("type of account", "expense"),
    }.get(text, text)


def _party(text: str) -> str:
    """«10001/» is customer 10001 and no supplier."""
    return text.strip("/") or _("nobody")


def _code(text: str) -> str:
    return text or _("none")


def _money(text: str) -> str:
    """An amount as the pages write it; anything else as it is."""
    try:
        return amount(Decimal(text)) if text else "–"
    except InvalidOperation:
        return text
