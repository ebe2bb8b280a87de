"""Words of bank statements and matching: why a file cannot be read, how it fits, why a match."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from klientbro.domain.bank_statements import Continuity, StatementFileError, StatementProblem
from klientbro.domain.bank_statements.model import FileFault
from klientbro.domain.reconciliation.match_rules import Match as Found
from klientbro.domain.reconciliation.match_rules import MatchKind, TextCondition
from klientbro.products.reconciliation.importing import LIMITS, Imported, Told
from klientbro.products.reconciliation.match_writes import MANUAL
from klientbro.products.reconciliation.matching import SuspendedCause
from klientbro.products.reconciliation.suggestions import OWN
from klientbro.shell.templatetags.kb import amount, amount_signed, count

MEGABYTE = 1_000_000


def file_words(error: StatementFileError) -> list[str]:
    """What is wrong with a file and what to do, the first fault first; at most twenty."""
    return [_fault(fault) for fault in error.faults]


def _fault(fault: FileFault) -> str:
    values = {
        "line": fault.line if fault.line is not None else "–",
        "field": column_names().get(fault.field, fault.field),
        "value": fault.value,
        "most": LIMITS.most_bytes // MEGABYTE,
        "lines": count(LIMITS.most_lines),
    }
    return {
        StatementProblem.EMPTY: _("The file is empty. Fetch it from the bank once more."),
        StatementProblem.TOO_LARGE: _(
            "The file is larger than %(most)s MB. Fetch a shorter period from the bank."
        ),
        StatementProblem.TOO_MANY_LINES: _(
            "The file has more than %(lines)s lines. Fetch a shorter period from the bank."
        ),
        StatementProblem.UNKNOWN_FORMAT: _(
            "The file is neither CAMT.053 nor CSV, whatever its name says. PDF and Excel cannot "
            "be read: choose CAMT.053 or CSV in the bank."
        ),
        StatementProblem.BROKEN_XML: _(
            "The file is broken near line %(line)s, perhaps because it was not fetched to the "
            "end. Fetch it from the bank once more."
        ),
        StatementProblem.FORBIDDEN_XML: _(
            "The file holds a document type, which no bank statement has. It has not been read."
        ),
        StatementProblem.OTHER_MESSAGE: _(
            "The file is another message than CAMT.053 (%(value)s). Choose «account statement, "
            "CAMT.053» in the bank."
        ),
        StatementProblem.NO_STATEMENT: _(
            "The file holds no booked movements. Fetch a period in which the account has moved."
        ),
        StatementProblem.MISSING_FIELD: _(
            "Line %(line)s lacks the field %(field)s. Ask the bank for a complete CAMT.053."
        ),
        StatementProblem.BAD_DATE: _(
            "Line %(line)s, %(field)s: «%(value)s» is no date. Write dates as 31.12.2026, or "
            "choose another column."
        ),
        StatementProblem.BAD_AMOUNT: _(
            "Line %(line)s, %(field)s: «%(value)s» is no amount. Choose another column, or "
            "another decimal mark."
        ),
        StatementProblem.MIXED_CURRENCIES: _(
            "The file mixes currencies (%(value)s). Fetch one file for each currency."
        ),
        StatementProblem.UNREADABLE_TEXT: _(
            "The text of the file cannot be read. Save it as CSV with UTF-8, or fetch it from the "
            "bank once more."
        ),
        StatementProblem.NO_HEADER: _(
            "No row with headings was found. Choose which column is which below, or fetch the "
            "file with headings."
        ),
        StatementProblem.MISSING_COLUMN: _("No column for %(field)s was found. Choose it below."),
        StatementProblem.AMBIGUOUS_DECIMALS: _(
            "The amounts can be read in two ways. Choose whether a comma or a point begins the "
            "decimals."
        ),
        StatementProblem.SHORT_ROW: _(
            "Line %(line)s has fewer columns than the headings. Fetch the file once more."
        ),
    }[fault.problem] % values


def column_names() -> dict[str, str]:
    """The columns of a bank's CSV, the needed ones first."""
    return {
        "day": _("Booked on"),
        "amount": _("Amount"),
        "amount_in": _("Money in"),
        "amount_out": _("Money out"),
        "text": _("Text"),
        "balance": _("Balance after"),
        "reference": _("Payment reference"),
        "party": _("Counterparty"),
        "type": _("Kind of movement"),
        "bank_reference": _("The bank's reference"),
        "status": _("Status"),
        "currency": _("Currency"),
    }


def imported_words(done: Imported) -> str:
    """What was taken in, in a sentence or two."""
    parts = [
        ngettext("%(lines)s line was imported.", "%(lines)s lines were imported.", done.lines)
        % {"lines": count(done.lines)}
    ]
    if done.repeats:
        parts.append(
            ngettext(
                "%(lines)s line was there already and counts once.",
                "%(lines)s lines were there already and count once.",
                done.repeats,
            )
            % {"lines": count(done.repeats)}
        )
    if done.known:
        parts.append(
            ngettext(
                "%(number)s statement in the file was there already.",
                "%(number)s statements in the file were there already.",
                done.known,
            )
            % {"number": count(done.known)}
        )
    if done.other_accounts:
        parts.append(
            ngettext(
                "%(number)s statement in the file is of another account and was left out.",
                "%(number)s statements in the file are of other accounts and were left out.",
                done.other_accounts,
            )
            % {"number": count(done.other_accounts)}
        )
    return " ".join(parts + [words for told in done.told if (words := told_words(told))])


def told_words(told: Told) -> str:
    """What is odd about a statement beside the others; '' for what is said elsewhere."""
    beside, found = told.finding.beside, told.statement
    amount_words = amount_signed(told.finding.amount) if told.finding.amount is not None else "–"
    match told.finding.finding:
        case Continuity.DOES_NOT_ADD_UP:
            return _(
                "The statement %(first)s–%(last)s does not add up: opening balance and lines come "
                "to %(amount)s against its closing balance. Lines are missing or doubled."
            ) % {
                "first": f"{found.first_day:%d.%m.%Y}",
                "last": f"{found.last_day:%d.%m.%Y}",
                "amount": amount_words,
            }
        case Continuity.GAP | Continuity.POSSIBLE_GAP | Continuity.BALANCE_BREAK if beside:
            first = min(beside.last_day, found.last_day)
            second = f"{max(beside.first_day, found.first_day):%d.%m.%Y}"
            if told.finding.finding is Continuity.POSSIBLE_GAP:
                return _(
                    "Days are missing between %(first)s and %(second)s. Import what lies between "
                    "if the account moved then."
                ) % {"first": f"{first:%d.%m.%Y}", "second": second}
            return _(
                "There is a gap between %(first)s and %(second)s: the balances miss each other by "
                "%(amount)s. Import the statement that lies between."
            ) % {"first": f"{first:%d.%m.%Y}", "second": second, "amount": amount_words}
        case Continuity.CHANGED:
            return _("The bank has sent this statement before, with other content. Compare them.")
    return ""


def kind_names() -> dict[str, str]:
    """How many on each side, in words."""
    return {
        MatchKind.ONE_TO_ONE.value: _("One to one"),
        MatchKind.ONE_TO_MANY.value: _("One posting (debit) to several lines (credits)"),
        MatchKind.MANY_TO_ONE.value: _("Several postings (debits) to one line (credit)"),
        MatchKind.MANY_TO_MANY.value: _("Everything with the same mark"),
    }


def condition_names() -> dict[str, str]:
    """What items must have in common besides the amount."""
    return {
        TextCondition.ANY.value: _("Nothing more than amount and day"),
        TextCondition.SAME_REFERENCE.value: _("The same payment reference"),
        TextCondition.SAME_PARTY.value: _("The same counterparty"),
        TextCondition.SAME_TEXT.value: _("The same text"),
        TextCondition.SHARED_NUMBER.value: _("A number of four digits or more in both texts"),
    }


# the standard rules, translated when they are shown: a page has hundreds of matches
_STANDARD_RULES = {
    "reference": gettext_noop("Same payment reference and amount"),
    "number": gettext_noop("Same number in the texts, and amount"),
    "same_day": gettext_noop("Same day and amount"),
    "amount": gettext_noop("Same amount, near days"),
    "posted_together": gettext_noop("One posting is the sum of several lines"),
    "paid_together": gettext_noop("Several postings are the sum of one line"),
    "same_text": gettext_noop("Same text and amount"),
    "same_party": gettext_noop("Same counterparty and amount"),
    "party_one_to_many": gettext_noop("One debit is the sum of the counterparty's credits"),
    "party_many_to_one": gettext_noop("The counterparty's debits are the sum of one credit"),
    "party_whole": gettext_noop("Everything of the counterparty comes to zero"),
}


def rule_name(code: str) -> str:
    """The rule behind a match: a standard one, the firm's own by name, or a person."""
    if code.startswith(OWN):
        return _("Rule «%(name)s»") % {"name": code.removeprefix(OWN)}
    if code == MANUAL or code.startswith(f"{MANUAL}:"):
        comment = code.partition(":")[2]
        return _("By hand: %(comment)s") % {"comment": comment} if comment else _("By hand")
    name = _STANDARD_RULES.get(code)
    return _(name) if name else code


def reason_words(found: Found, names: dict[str, str]) -> str:
    """Why a rule suggests it: the rule, how many, days apart, what they have in common."""
    parts = [names.get(found.rule_id) or rule_name(found.rule_id)]
    if found.days_apart:
        parts.append(
            ngettext("%(days)s day apart", "%(days)s days apart", found.days_apart)
            % {"days": found.days_apart}
        )
    if found.shared:
        parts.append(_("in common: %(shared)s") % {"shared": found.shared[:40]})
    if found.difference:
        parts.append(_("difference %(amount)s") % {"amount": amount_signed(found.difference)})
    return ", ".join(parts)


def cause_words(cause: SuspendedCause) -> str:
    """What has become of a posting behind a match."""
    values: dict[str, str] = {
        "posting": cause.words or "–",
        "before": amount(cause.amount),
        "day": f"{cause.day:%d.%m.%Y}",
    }
    if cause.now is None:
        return _("%(posting)s of %(day)s, %(before)s, is gone from the ledger.") % values
    if cause.is_moved:
        return _("%(posting)s, %(before)s, is on another account now.") % values
    if cause.now.amount != cause.amount:
        return _("%(posting)s was %(before)s and is %(after)s.") % {
            **values,
            "after": amount(cause.now.amount),
        }
    return _("%(posting)s was dated %(day)s and is %(after)s.") % {
        **values,
        "after": f"{cause.now.day:%d.%m.%Y}",
    }


def rest_of(ledger: Decimal, stated: Decimal | None, explained: Decimal) -> Decimal | None:
    """What nothing explains; None while the bank's balance is not known."""
    return None if stated is None else ledger - stated - explained
