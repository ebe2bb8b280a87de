"""What the pages of report lines say: names of lines and types, and why an account stands there."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from klientbro.domain.accounts import AccountType
from klientbro.domain.report_lines import LINES, MappingLevel, Placement, ReportLine, Statement


def line_name(line: ReportLine) -> str:
    """The line's name in the reader's language."""
    return line.name_en if (get_language() or "").startswith("en") else line.name_nb


def name_of(code: str) -> str:
    """The same for a code that was saved, also one that no layout knows any longer."""
    line = LINES.get(code)
    return line_name(line) if line else code


def type_name(type_: AccountType) -> str:
    """What the accounting system calls the account."""
    return {
        AccountType.ASSET: _("Asset"),
        AccountType.LIABILITY: _("Debt"),
        AccountType.EQUITY: _("Equity"),
        AccountType.INCOME: _("Income"),
        AccountType.EXPENSE: _("Cost"),
    }[type_]


def statement_name(statement: Statement) -> str:
    """The heading of a group of lines."""
    return _("Income statement") if statement is Statement.INCOME else _("Balance sheet")


def reason(placement: Placement) -> str:
    """Who decided where the account stands, and by which digits."""
    if placement.level is MappingLevel.NONE:
        return _("No rule knows its number")
    values = {"digits": placement.prefix}
    if placement.level is MappingLevel.CLIENT:
        return _("The client's rule for %(digits)s") % values
    if placement.level is MappingLevel.FIRM:
        return _("The firm's rule for %(digits)s") % values
    return _("The standard for %(digits)s") % values


def passed_over(placement: Placement) -> str:
    """The rules that could not be followed, because the line is of the other statement."""
    return "; ".join(
        _("the rule for %(digits)s is passed over: %(line)s is not in the account's statement")
        % {"digits": one.prefix, "line": name_of(one.line)}
        for one in placement.passed_over
    )


def line_choices() -> list[tuple[str, Sequence[tuple[str, str]]]]:
    """The lines accounts can stand on, by statement, in the order they are shown."""
    return [
        (
            statement_name(statement),
            [
                (line.code, line_name(line))
                for line in LINES.values()
                if line.statement is statement and line.takes_accounts
            ],
        )
        for statement in Statement
    ]
