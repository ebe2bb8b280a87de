"""Scenarios in words: each change as a sentence, and why changes are refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from klientbro.domain.liquidity.scenarios import Change, ChangeKind, Problem
from klientbro.lib.dates import format_date
from klientbro.lib.numbers import format_nok


def change_words(change: Change, titles: Mapping[str, str]) -> str:
    """A change of a scenario in a sentence."""
    name = titles.get(change.line, "") or _("a line that is no longer there")
    party = titles.get(f"party:{change.party}", change.party)
    match change.kind:
        case ChangeKind.LATER if change.party:
            return _("%(party)s pays %(days)s days later") % {"party": party, "days": change.days}
        case ChangeKind.LATER:
            return _("All customers pay %(days)s days later") % {"days": change.days}
        case ChangeKind.REVENUE:
            return _("New sales %(percent)s %%") % {
                "percent": format_nok(change.percent or Decimal(0), signed=True, decimals=0)
            }
        case ChangeKind.OUT:
            return _("Without %(line)s") % {"line": name}
        case ChangeKind.IN:
            return _("With %(line)s on %(day)s") % {"line": name, "day": _date(change.day)}
        case ChangeKind.MOVE:
            return _("%(line)s moved to %(day)s") % {"line": name, "day": _date(change.day)}
        case ChangeKind.ONE_OFF:
            return _("%(title)s, %(amount)s on %(day)s") % {
                "title": change.title or _("One-off"),
                "amount": format_nok(change.amount or Decimal(0), signed=True),
                "day": _date(change.day),
            }
    return ""


def problem_words(problem: Problem) -> str:
    """Why a scenario is refused, and what to do."""
    return {
        Problem.EMPTY: _("The scenario changes nothing. Add at least one change."),
        Problem.OUT_AND_MOVED: _("The same line is both left out and moved. Choose one of them."),
        Problem.OUT_AND_IN: _("The same line is both left out and counted. Choose one of them."),
        Problem.TWICE: _("The same line is changed twice. Keep one of the changes."),
        Problem.LATER_TWICE: _("The same customers are delayed twice. Keep one of the delays."),
        Problem.REVENUE_TWICE: _("New sales are changed twice. Keep one of the changes."),
        Problem.DAYS: _("A delay is from 1 to 365 days."),
        Problem.PERCENT: _("New sales can change from −100 to 1000 per cent, and not by 0."),
        Problem.PAST: _("The day has passed: the forecast begins later. Choose a day to come."),
        Problem.BEYOND: _("The day is after the forecast's twelve months. Choose an earlier one."),
        Problem.NO_AMOUNT: _("A one-off needs an amount that is not 0."),
        Problem.NO_DAY: _("Choose a day, like 31.12.2026."),
        Problem.NO_LINE: _("The line is no longer in the forecast: it has given way. Take it off."),
        Problem.ALREADY_IN: _("The line is in the forecast already."),
    }[problem]


def _date(day: date | None) -> str:
    return format_date(day) if day else ""
