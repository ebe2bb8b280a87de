"""Likviditet in words: kinds, reasons, what is left out, and what to know of a forecast."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from klientbro.domain.liquidity.buckets import Horizon
from klientbro.domain.liquidity.duties import Duty
from klientbro.domain.liquidity.items import Overdue
from klientbro.domain.liquidity.lines import (
    CashLine,
    Certainty,
    Kind,
    LeftOut,
    LeftOutReason,
    Notice,
    Reason,
)
from klientbro.domain.liquidity.schedules import Interval
from klientbro.domain.periods import Month
from klientbro.lib.dates import format_date
from klientbro.lib.numbers import format_nok
from klientbro.practice.books.texts import month_name

_KINDS = {
    Kind.CUSTOMERS: gettext_noop("Customers"),
    Kind.OTHER_IN: gettext_noop("Other money in"),
    Kind.SUPPLIERS: gettext_noop("Suppliers"),
    Kind.WAGES: gettext_noop("Net wages"),
    Kind.HOLIDAY_PAY: gettext_noop("Holiday pay"),
    Kind.WITHHELD_TAX: gettext_noop("Withheld tax"),
    Kind.EMPLOYERS_TAX: gettext_noop("Employer's tax"),
    Kind.VAT: gettext_noop("VAT"),
    Kind.ADVANCE_TAX: gettext_noop("Advance tax"),
    Kind.LOAN: gettext_noop("Loans and interest"),
    Kind.OTHER_OUT: gettext_noop("Other money out"),
}
_CERTAINTIES = {
    Certainty.POSTED: gettext_noop("Posted"),
    Certainty.DUE: gettext_noop("Open item"),
    Certainty.PLANNED: gettext_noop("Planned"),
    Certainty.RULE: gettext_noop("Reckoned"),
    Certainty.ESTIMATED: gettext_noop("Estimate"),
}


def kind_name(kind: Kind) -> str:
    return _(_KINDS[kind])


def certainty_name(certainty: Certainty) -> str:
    return _(_CERTAINTIES[certainty])


def certainty_tone(certainty: Certainty) -> str:
    """The colour of its tag."""
    return {
        Certainty.POSTED: "success",
        Certainty.DUE: "info",
        Certainty.ESTIMATED: "warning",
    }.get(certainty, "neutral")


def interval_name(interval: Interval) -> str:
    return {
        Interval.ONCE: _("Once"),
        Interval.WEEKLY: _("Every week"),
        Interval.FORTNIGHTLY: _("Every second week"),
        Interval.MONTHLY: _("Every month"),
        Interval.TWO_MONTHLY: _("Every second month"),
        Interval.QUARTERLY: _("Every quarter"),
        Interval.HALF_YEARLY: _("Every half year"),
        Interval.YEARLY: _("Every year"),
    }[interval]


def overdue_name(overdue: Overdue) -> str:
    return {
        Overdue.SPREAD: _("Spread over the days to come"),
        Overdue.FIRST_DAY: _("On the first day"),
        Overdue.LEAVE_OUT: _("Left out"),
    }[overdue]


def horizon_name(horizon: Horizon) -> str:
    return {
        Horizon.DAYS: _("30 days"),
        Horizon.WEEKS: _("13 weeks"),
        Horizon.MONTHS: _("12 months"),
    }[horizon]


def line_title(line: CashLine) -> str:
    """What a line is called."""
    if line.title:
        return line.title
    values = {"month": _month(line.fact("month")), "year": line.fact("year")}
    match line.source.reason:
        case Reason.WAGES_POSTED | Reason.WAGES_EXPECTED:
            return _("Net wages, %(month)s") % values
        case Reason.WITHHELD_POSTED | Reason.WITHHELD_EXPECTED:
            return _("Withheld tax, %(month)s") % values
        case Reason.HOLIDAY_PAY:
            return _("Holiday pay earned in %(year)s") % values
        case Reason.ADVANCE_TAX_TYPED | Reason.ADVANCE_TAX_OWED | Reason.ADVANCE_TAX_LAST:
            return _("Advance tax for %(year)s, part %(part)s") % (
                values | {"part": line.fact("part")}
            )
        case Reason.VAT_FILED | Reason.VAT_COMPUTED | Reason.VAT_ESTIMATED:
            return _("VAT, %(term)s") % {"term": term_name(line.fact("term"))}
        case Reason.VAT_PLANNED:
            return _("VAT of %(line)s") % {"line": line.fact("of")}
        case Reason.AGA_TERM:
            return _("Employer's tax, %(term)s") % {"term": term_name(line.fact("term"))}
        case Reason.ESTIMATE:
            return {
                "sales": _("New sales, estimated"),
                "purchases": _("New purchases, estimated"),
            }.get(line.fact("category"), _("The rest, estimated"))
        case Reason.LATE_DUTY if line.fact("term"):
            return f"{kind_name(line.kind)}, {term_name(line.fact('term'))}"
        case Reason.LATE_DUTY:
            return f"{kind_name(line.kind)}, {values['month']}"
    return kind_name(line.kind)


def source_words(line: CashLine) -> str:
    """Where a line comes from, in a few words for a table."""
    match line.source.reason:
        case Reason.ITEM_HABIT:
            return _habit_words(line)
        case Reason.ITEM_DUE | Reason.ITEM_EXPECTED | Reason.ITEM_OVERDUE_FIRST_DAY:
            return _("Open item") + _invoice(line)
        case Reason.ITEM_OVERDUE_SPREAD:
            return _("Overdue, spread") + _invoice(line)
        case Reason.VAT_FILED:
            return _("Return filed")
        case Reason.VAT_COMPUTED:
            return _("Reckoned, not filed")
        case Reason.VAT_ESTIMATED | Reason.ESTIMATE:
            return _("Estimate")
        case Reason.MANUAL | Reason.VAT_PLANNED:
            return _("Own line")
        case Reason.RECURRING:
            return _("Recurring line")
        case Reason.LOAN:
            return _("Loan")
        case Reason.ONE_OFF:
            return _("Scenario")
        case Reason.LATE_DUTY:
            return _("Past its day, not posted as paid")
        case Reason.WITHHELD_POSTED | Reason.WITHHELD_EXPECTED:
            return _("The working day after wages")
        case Reason.WAGES_EXPECTED:
            return _("The last months' pattern")
        case Reason.BANK_AHEAD | Reason.WAGES_POSTED | Reason.ADVANCE_TAX_OWED:
            return _("Posted")
    return certainty_name(line.certainty)


def reason_words(line: CashLine) -> str:
    """Why the line is there: whole sentences."""
    values = {
        "nominal": format_date(line.nominal) if line.nominal else "",
        "day": format_date(line.day),
        "due": _day(line.fact("due")),
        "month": _month(line.fact("month")),
        "term": term_name(line.fact("term")),
        "days": line.fact("days"),
        "year": line.fact("year"),
        "part": line.fact("part"),
    }
    parts = [_reason(line, values)]
    problem = line.fact("problem")
    if problem == Notice.DUE_MISSING:
        parts.append(
            _("The item has no due date: 14 days after the invoice is taken in its place.")
        )
    elif problem == Notice.DUE_ABSURD:
        parts.append(
            _("The item's due date cannot be right: 14 days after the invoice is taken instead.")
        )
    if line.nominal and line.source.reason not in _MOVED_BY_MORE and line.day != line.nominal:
        parts.append(
            _("%(nominal)s is a day off or has passed, so it is placed on %(day)s.") % values
        )
    return " ".join(part for part in parts if part)


_MOVED_BY_MORE = frozenset(
    {
        Reason.ITEM_HABIT,
        Reason.ITEM_OVERDUE_SPREAD,
        Reason.ITEM_OVERDUE_FIRST_DAY,
        Reason.ITEM_EXPECTED,
        Reason.LATE_DUTY,
        Reason.ESTIMATE,
    }
)


def _reason(line: CashLine, values: Mapping[str, str]) -> str:
    fact = line.fact
    match line.source.reason:
        case Reason.BANK_AHEAD:
            return _("The bank posting is in the books already, dated %(day)s.") % values
        case Reason.ITEM_DUE:
            return _("An open item, due %(due)s.") % values
        case Reason.ITEM_HABIT:
            return _("An open item, due %(due)s. %(habit)s.") % {
                **values,
                "habit": _habit_words(line),
            }
        case Reason.ITEM_OVERDUE_FIRST_DAY:
            return _("Overdue since %(due)s, so it is placed on the first day.") % values
        case Reason.ITEM_OVERDUE_SPREAD:
            return (
                _(
                    "Overdue since %(due)s, longer than usual. Overdue customer items are spread "
                    "over the weeks to come, the oldest first."
                )
                % values
            )
        case Reason.ITEM_EXPECTED:
            return _("Due %(due)s. Somebody has set the day the money is expected.") % values
        case Reason.VAT_FILED:
            return _("The return for %(term)s is filed; its settlement stands on 2740.") % values
        case Reason.VAT_COMPUTED:
            return (
                _("What the VAT accounts hold for %(term)s. The return is not filed yet.") % values
            )
        case Reason.VAT_ESTIMATED:
            return _(
                "%(posted)s stands on the VAT accounts for %(term)s so far; %(ahead)s is the usual "
                "of the last twelve months for the days that are left."
            ) % {**values, "posted": _amount(fact("posted")), "ahead": _amount(fact("ahead"))}
        case Reason.WAGES_POSTED:
            return _("Net wages of %(month)s are posted and not paid yet.") % values
        case Reason.WAGES_EXPECTED:
            text = ngettext(
                "Gross %(gross)s less the usual withheld share, from the last month with payroll.",
                "Gross %(gross)s less the usual withheld share, the middle of the last %(months)s "
                "months with payroll.",
                int(fact("months") or 0),
            ) % {"gross": _amount(fact("gross")), "months": fact("months")}
            if fact("holiday") == "assumed":
                text += " " + _("In the holiday month 25 days are taken off, which is assumed.")
            elif fact("holiday") == "seen":
                text += " " + _("The holiday month has the share it had last year.")
            return text
        case Reason.WITHHELD_POSTED:
            return (
                _(
                    "Withheld tax of %(month)s stands on the account. From 2026 it is paid the "
                    "first working day after wages, before that every second month."
                )
                % values
            )
        case Reason.WITHHELD_EXPECTED:
            return _(
                "%(share)s %% of expected gross. Due the first working day after wages on %(paid)s."
            ) % {"share": fact("share"), "paid": _day(fact("paid"))}
        case Reason.AGA_TERM:
            return _(
                "Posted %(posted)s for %(term)s, and the rate of zone %(zone)s on %(basis)s that "
                "is expected."
            ) % {
                **values,
                "posted": _amount(fact("posted")),
                "basis": _amount(fact("basis")),
                "zone": fact("zone"),
            }
        case Reason.HOLIDAY_PAY:
            if fact("basis"):
                return _(
                    "Reckoned of %(basis)s in wages for %(year)s, posted and expected. Employer's "
                    "tax of it falls in the term of payment."
                ) % {**values, "basis": _amount(fact("basis"))}
            return (
                _("What stands on 2940 for %(year)s. Paid with the wages of the holiday month.")
                % values
            )
        case Reason.ADVANCE_TAX_TYPED:
            return _("The assessed tax that has been typed, in equal parts.")
        case Reason.ADVANCE_TAX_OWED:
            return _("What stands as payable tax, in equal parts of the instalments left.")
        case Reason.ADVANCE_TAX_LAST:
            return _("Half of what was paid last time: the tax is not assessed yet.")
        case Reason.LATE_DUTY:
            return _("Was due %(nominal)s and is not posted as paid.") % values
        case Reason.RECURRING:
            return _("A recurring line found in the history and taken. It gives way to the actual.")
        case Reason.MANUAL:
            return _("A line somebody has planned. It gives way to the actual.")
        case Reason.VAT_PLANNED:
            return _("%(rate)s %% VAT in %(amount)s, with the return for %(term)s.") % {
                "rate": f"{Decimal(fact('rate')) * 100:.0f}",
                "amount": _amount(fact("amount")),
                "term": term_name(fact("term")),
            }
        case Reason.LOAN:
            return _(
                "Instalment %(instalment)s and interest %(interest)s. %(left)s is left after it."
            ) % {name: _amount(fact(name)) for name in ("instalment", "interest", "left")}
        case Reason.ESTIMATE:
            text = _(
                "%(month)s usually moves %(usual)s: a quarter of it last year's same month, the "
                "rest the middle of the last twelve. %(known)s is known already; what is left "
                "is spread over the month's Fridays."
            ) % {
                "month": values["month"].capitalize(),
                "usual": _amount(fact("usual")),
                "known": _amount(fact("known")),
            }
            if not fact("wait"):
                return text
            wait = _(
                "What goes by invoice begins %(days)s days after the first day, when a new "
                "invoice is usually paid; until then the open items are all."
            ) % {"days": fact("wait")}
            return f"{text} {wait}"
        case Reason.ONE_OFF:
            return _("A part of the scenario.")
    return ""


def left_out_words(one: LeftOut) -> str:
    """Why something is not counted."""
    facts = dict(one.facts)
    match one.reason:
        case LeftOutReason.DOUBTFUL:
            return _("Overdue for %(days)s days: nobody should count on it") % {
                "days": facts.get("days", "")
            }
        case LeftOutReason.CREDIT:
            return _("A credit beyond what is owed: no payment is expected")
        case LeftOutReason.UNEXPLAINED:
            return _("Stands on the account for %(duty)s, and no coming term explains it") % {
                "duty": duty_name(Duty(facts["duty"])).lower()
            }
        case LeftOutReason.BEYOND:
            return _("Expected after the forecast's last day")
        case LeftOutReason.GAVE_WAY:
            return _("Has given way to the actual")
    return ""


def duty_name(duty: Duty) -> str:
    return {
        Duty.WAGES: _("Net wages"),
        Duty.WITHHELD: _("Withheld tax"),
        Duty.AGA: _("Employer's tax"),
        Duty.VAT_SETTLED: _("VAT settlement"),
        Duty.TAX: _("Payable tax"),
    }.get(duty, duty.value)


def notice_words(notice: Notice, value: str) -> str:
    """What the reader must know, with the cure."""
    number = int(value) if value.isdigit() else 0
    match notice:
        case Notice.NO_CUSTOMER_ITEMS:
            return _("Open customer items are not fetched yet and are missing here. Not zero.")
        case Notice.NO_SUPPLIER_ITEMS:
            return _("Open supplier items are not fetched yet and are missing here. Not zero.")
        case Notice.OLD_ITEMS:
            return _(
                "Open items are from %(day)s, brought up to date with what is posted since."
            ) % {"day": _day(value)}
        case Notice.DUE_MISSING:
            return ngettext(
                "%(count)s open item has no due date: 14 days after the invoice is used.",
                "%(count)s open items have no due date: 14 days after the invoice is used.",
                number,
            ) % {"count": number}
        case Notice.DUE_ABSURD:
            return ngettext(
                "%(count)s open item has an absurd due date: 14 days after the invoice is used.",
                "%(count)s open items have absurd due dates: 14 days after the invoice is used.",
                number,
            ) % {"count": number}
        case Notice.SHORT_HISTORY:
            return _(
                "Less than three whole months are held: new sales, purchases and VAT to come are "
                "not estimated."
            )
        case Notice.NO_PAYROLL_HISTORY:
            return _(
                "The client has payroll, but none is posted lately: wages are not reckoned. Set a "
                "month's gross under Settings."
            )
        case Notice.NO_PAY_DAY:
            return _("The pay day is not known: wages to come are missing. Set it under Settings.")
        case Notice.NO_VAT_FREQUENCY:
            return _(
                "Nobody has told how often VAT is reported: VAT is missing. Set it in Overview."
            )
        case Notice.NO_PERSONAL_TAX:
            return _(
                "The owner's own advance tax is not in the books. Type the year's tax under "
                "Settings to count its four parts."
            )
        case Notice.RATE_ASSUMED:
            return _(
                "Rates of employer's tax are not decided for %(year)s: the last known are used."
            ) % {"year": value}
        case Notice.HISTORY_MISSING:
            return _(
                "History is being fetched: habits, estimates and patterns rest on what is held."
            )
    return ""


def term_name(key: str) -> str:
    """`2026-T5` as «term 5 2026»; a month by its name, a year by its number."""
    year, _dash, rest = key.partition("-")
    if rest.startswith("T"):
        return _("term %(number)s %(year)s") % {"number": rest[1:], "year": year}
    if rest.startswith("Q"):
        return _("quarter %(number)s %(year)s") % {"number": rest[1:], "year": year}
    return month_name(Month.parse(key)) if rest else year


def _habit_words(line: CashLine) -> str:
    days = int(line.fact("days") or 0)
    late = (
        ngettext("%(days)s day late", "%(days)s days late", days) % {"days": days}
        if days > 0
        else ngettext("%(days)s day early", "%(days)s days early", -days) % {"days": -days}
        if days
        else _("on time")
    )
    whose = line.fact("whose")
    if whose == "typed":
        return _("Set to pay %(late)s") % {"late": late}
    values = {"late": late, "cases": line.fact("cases")}
    if whose == "all":
        return _("All customers usually pay %(late)s (%(cases)s cases)") % values
    return _("Usually pays %(late)s (%(cases)s cases)") % values


def _invoice(line: CashLine) -> str:
    number = line.fact("invoice")
    return ", " + _("invoice %(number)s") % {"number": number} if number else ""


def _month(key: str) -> str:
    return month_name(Month.parse(key)) if key else ""


def _day(text: str) -> str:
    return format_date(date.fromisoformat(text)) if text else ""


def _amount(text: str) -> str:
    return format_nok(Decimal(text or "0"))
