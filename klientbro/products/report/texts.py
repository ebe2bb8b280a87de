"""Words of Rapport: lines, columns, gaps, key figures, bands. Whole sentences."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from klientbro.domain.key_figures import KeyFigure, Unit
from klientbro.domain.periods import FinancialYear, Month, Period
from klientbro.domain.report_lines import PresentationMove, ReportLine
from klientbro.domain.reporting.ageing import Band
from klientbro.domain.reporting.books import Gap
from klientbro.domain.reporting.columns import Basis, Column, Comparison, Span
from klientbro.domain.reporting.group import GroupSpan
from klientbro.domain.reporting.limits import LOW_IS_GOOD, Judgement, Limits
from klientbro.ledger.rows import MonthState
from klientbro.lib.dates import format_date
from klientbro.lib.numbers import MINUS, NO_BREAK_SPACE, format_nok
from klientbro.practice.books.texts import month_name, month_short, month_title
from klientbro.products.report.sheet import MonthStanding, ReportSheet

MISSING = "–"
MOST_PERCENT = 999  # beyond it the number says no more than that


def is_norwegian() -> bool:
    return (get_language() or "nb").startswith(("nb", "no", "nn"))


def line_name(line: ReportLine) -> str:
    """The line in the reader's language."""
    return line.name_nb if is_norwegian() else line.name_en


def column_heading(column: Column, *, is_short: bool = False) -> str:
    """«Okt. 2026», «Hittil okt. 2025», «Budsjett okt. 2026»; short, among others, «Okt»."""
    last = column.period.last
    name = month_short(last).capitalize()
    short = f"{_dotted(last)} {last.year}"
    if column.span is Span.MONTH:
        text = name if is_short else short
    elif column.span is Span.YEAR_TO_DATE:
        text = _("Year to %(month)s") % {"month": _inside(short)}
    elif column.span is Span.WHOLE_YEAR:
        text = _year_heading(column.period)
    elif column.span is Span.REST and column.period.first != last:
        text = f"{_dotted(column.period.first)}–{_inside(short)}"
    elif column.span is Span.REST:
        text = short
    else:
        text = _("12 months to %(month)s") % {"month": _inside(short)}
    if column.basis is Basis.FORECAST:
        return _("Forecast %(column)s") % {"column": _inside(text)}
    return _("Budget %(column)s") % {"column": _inside(text)} if _is_budget(column) else text


def _dotted(month: Month) -> str:
    """«Okt.»: shortened names have a full stop, as Norwegian writes them; «Mai» is whole."""
    name = month_short(month).capitalize()
    return name if _(month.name).lower() == name.lower() else f"{name}."


def _year_heading(period: Period) -> str:
    """«2025», «2025/26» for a broken year."""
    first, last = period.first.year, period.last.year
    return str(last) if first == last else f"{first}/{last % 100:02}"


def _inside(words: str) -> str:
    """As words stand inside a sentence: Norwegian months begin with a small letter."""
    return words.lower() if is_norwegian() else words


def sheet_heading(column: Column) -> str:
    """The day a balance sheet's column stands at, or that it is what moved."""
    if column.span is Span.YEAR_TO_DATE:
        return _("Movement")
    return format_date(column.period.last_day)


def column_words(column: Column) -> str:
    """The column's days, for screen readers and files."""
    period = column.period
    words = f"{format_date(period.first_day)}–{format_date(period.last_day)}"
    if column.basis is Basis.FORECAST:
        return _("Forecast %(column)s") % {"column": words}
    return _("Budget %(column)s") % {"column": words} if _is_budget(column) else words


def _is_budget(column: Column) -> bool:
    return column.basis is Basis.BUDGET


def gap_words(gap: Gap) -> str:
    """Why there are no figures, in a few words."""
    return {
        Gap.NOT_FETCHED: _("Fetching history"),
        Gap.BEFORE_BOOKS: _("Before the books began"),
        Gap.NO_BUDGET: _("No budget"),
        Gap.NO_BOOKS: _("Nothing fetched"),
    }[gap]


def gap_sentence(gap: Gap, period: Period) -> str:
    """Why a column has no figures, and that it is not nought."""
    months = period_words(period)
    match gap:
        case Gap.NOT_FETCHED:
            return _("%(months)s is still being fetched. The figures are missing, not zero.") % {
                "months": months
            }
        case Gap.BEFORE_BOOKS:
            return _("The books had not begun in %(months)s, so there is nothing to compare.") % {
                "months": months
            }
        case Gap.NO_BUDGET:
            return _("There is no budget for %(months)s.") % {"months": months}
    return _("Nothing has been fetched for %(months)s.") % {"months": months}


def period_words(period: Period) -> str:
    """«oktober 2026», «januar–oktober 2026», «juli 2025–juni 2026»."""
    if period.first == period.last:
        return month_name(period.first)
    if period.first.year == period.last.year:
        return f"{_(period.first.name)}–{month_name(period.last)}"
    return f"{month_name(period.first)}–{month_name(period.last)}"


def year_words(year: FinancialYear) -> str:
    return _("Financial year %(year)s") % {"year": year.label}


def comparison_words(against: Comparison) -> str:
    return {
        Comparison.LAST_YEAR: _("Against last year"),
        Comparison.BUDGET: _("Against budget"),
        Comparison.ROLLING: _("Last twelve months"),
        Comparison.MONTHS: _("Month by month"),
        Comparison.FORECAST: _("Forecast for the year"),
        Comparison.YEARS: _("Year by year"),
        Comparison.MOVEMENT: _("Opening, movement, closing"),
    }[against]


def group_span_words(span: GroupSpan) -> str:
    return {
        GroupSpan.OWN_YEAR: _("Each client's own financial year"),
        GroupSpan.CALENDAR: _("Calendar year so far"),
        GroupSpan.ROLLING: _("Last twelve months"),
        GroupSpan.MONTH: _("The month alone"),
    }[span]


def moved_words(move: PresentationMove) -> str:
    """Why an account stands on another line than usual."""
    if move is PresentationMove.BANK_IN_CREDIT:
        return _("Overdrawn bank account, shown as debt")
    return _("VAT owed to us, shown as a receivable")


def seal_sentence(sheet: ReportSheet) -> str:
    """«9 av 10 måneder avstemt mot kilden. Oktober: kilden har 1 000,00 lavere resultat.»"""
    months = sheet.year_so_far()
    sealed = sum(1 for one in months if one.state is MonthState.SEALED)
    text = ngettext(
        "%(sealed)s of %(count)s month reconciled with the source.",
        "%(sealed)s of %(count)s months reconciled with the source.",
        len(months),
    ) % {"sealed": sealed, "count": len(months)}
    return " ".join([text, *(_standing_words(one) for one in months if _needs_words(one))])


def _needs_words(standing: MonthStanding) -> bool:
    return standing.state in (MonthState.DIFFERS, MonthState.MOVING, MonthState.MISSING)


def _standing_words(standing: MonthStanding) -> str:
    month = month_title(standing.month)
    if standing.state is MonthState.MISSING:
        return _("%(month)s: fetching history.") % {"month": month}
    if standing.state is MonthState.MOVING:
        return _("%(month)s: somebody is posting while we compare.") % {"month": month}
    difference = standing.result_difference
    if not difference:
        return ngettext(
            "%(month)s: %(count)s account differs, the result is the same.",
            "%(month)s: %(count)s accounts differ, the result is the same.",
            standing.accounts,
        ) % {"month": month, "count": standing.accounts}
    text = (
        _("%(month)s: the source has %(amount)s higher result.")
        if difference > 0
        else _("%(month)s: the source has %(amount)s lower result.")
    )
    return text % {"month": month, "amount": format_nok(abs(difference))}


def percent_text(percent: Decimal | None, *, signed: bool = True) -> str:
    """«+9,9 %»; a dash where there is none; a very large one as «> 999 %»."""
    if percent is None:
        return MISSING
    if abs(percent) > MOST_PERCENT:
        most = f"> {MOST_PERCENT} %" if percent > 0 else f"< {MINUS}{MOST_PERCENT} %"
        return most.replace(" ", NO_BREAK_SPACE)
    return f"{format_nok(percent, decimals=1, signed=signed)}{NO_BREAK_SPACE}%"


def figure_name(code: str) -> str:
    """A key figure's name."""
    return {
        "current_ratio": _("Current ratio"),
        "quick_ratio": _("Quick ratio"),
        "cash_ratio": _("Cash ratio"),
        "working_capital": _("Working capital"),
        "equity_ratio": _("Equity ratio"),
        "operating_margin": _("Operating margin"),
        "profit_margin_ssb": _("Profit margin (SSB)"),
        "profit_margin_textbook": _("Profit margin (textbook)"),
        "return_on_assets_ssb": _("Return on assets (SSB)"),
        "return_on_assets_proff": _("Return on assets (Proff)"),
        "return_on_equity": _("Return on equity"),
        "contribution_margin": _("Contribution margin"),
        "debt_ratio": _("Debt ratio"),
        "customer_credit_days": _("Customers' credit time"),
        "supplier_credit_days": _("Suppliers' credit time"),
        "inventory_days": _("Storage time"),
    }[code]


def figure_value(figure: KeyFigure) -> str:
    """«40,5 %», «1,77», «34 dager», «304 800»; a dash where there is none."""
    return value_text(figure.unit, figure.value)


def value_text(unit: Unit, value: Decimal | None) -> str:
    if value is None:
        return MISSING
    match unit:
        case Unit.PERCENT:
            return percent_text(value, signed=False)
        case Unit.DAYS:
            days = format_nok(value, decimals=0)
            return _("%(days)s days") % {"days": days}
        case Unit.AMOUNT:
            return format_nok(value, decimals=0)
        case Unit.RATIO:
            return format_nok(value, decimals=2)


def formula(figure: KeyFigure) -> str:
    return figure.formula_nb if is_norwegian() else figure.formula_en


def input_name(name: str) -> str:
    """An amount that a key figure is made of."""
    return {
        "current_assets": _("Current assets"),
        "inventory": _("Inventory"),
        "cash": _("Bank and cash"),
        "short_term_debt": _("Short-term debt"),
        "total_debt": _("Total debt"),
        "equity": _("Equity"),
        "total_capital": _("Total equity and debt"),
        "operating_income": _("Operating income"),
        "operating_result": _("Operating result"),
        "cost_of_goods": _("Cost of goods"),
        "finance_income": _("Finance income"),
        "finance_cost": _("Finance cost"),
        "result_before_tax": _("Result before tax"),
        "net_result": _("Net result"),
        "opening_total_capital": _("Total capital at the start"),
        "opening_inventory": _("Inventory at the start"),
        "receivables": _("Trade receivables"),
        "opening_receivables": _("Trade receivables at the start"),
        "payables": _("Trade payables"),
        "opening_payables": _("Trade payables at the start"),
    }[name]


def no_value_words(figure: KeyFigure) -> str:
    """Why a key figure has no value; '' when it has one."""
    if figure.zero:
        return _("No value: %(input)s is zero.") % {"input": input_name(figure.zero).lower()}
    if figure.missing:
        names = ", ".join(input_name(name).lower() for name in figure.missing)
        return _("No value: not known: %(inputs)s.") % {"inputs": names}
    return ""


def judgement_words(judgement: Judgement) -> str:
    """What a key figure is called by its limits."""
    return {
        Judgement.GOOD: pgettext("key figure", "Good"),
        Judgement.WATCH: pgettext("key figure", "Watch"),
        Judgement.BAD: pgettext("key figure", "Weak"),
    }[judgement]


def limit_words(figure: KeyFigure, limits: Limits) -> str:
    """«Bra fra 1,50, svak til 1,00»: what the judgement rests on."""
    is_low = figure.code in LOW_IS_GOOD
    parts = []
    if limits.good is not None:
        text = _("good up to %(limit)s") if is_low else _("good from %(limit)s")
        parts.append(text % {"limit": value_text(figure.unit, limits.good)})
    if limits.bad is not None:
        text = _("weak from %(limit)s") if is_low else _("weak up to %(limit)s")
        parts.append(text % {"limit": value_text(figure.unit, limits.bad)})
    words = ", ".join(parts)
    return words[:1].upper() + words[1:]


def band_words(band: Band) -> str:
    return {
        Band.NOT_DUE: _("Not due"),
        Band.TO_30: _("1–30 days"),
        Band.TO_60: _("31–60 days"),
        Band.TO_90: _("61–90 days"),
        Band.OVER_90: _("Over 90 days"),
        Band.NO_DATE: _("No usable due date"),
        Band.CREDIT: _("Credit"),
    }[band]


def source_words(source: str) -> str:
    """Whose definition a key figure follows."""
    return pgettext("definition", "textbook") if source == "textbook" else source
