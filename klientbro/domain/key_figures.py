"""Key figures (nøkkeltall) with the formula beside each, since publishers define them apart.

Source: norwegian-accounting.md §15. The default is Statistics Norway's where it has one. Days in
the year and the VAT factor of 1.25 are settings. A missing input gives a missing figure, never
zero; a denominator of 0 gives no value and says which one it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from decimal import Context, Decimal
from enum import StrEnum

from klientbro.domain.money import ZERO
from klientbro.domain.report_lines.statements import StatementOfLines

_HUNDRED = Decimal(100)
_TWO = Decimal(2)
_EXACT = Context(prec=34)


class Unit(StrEnum):
    """How a figure is written."""

    RATIO = "ratio"
    PERCENT = "percent"
    AMOUNT = "amount"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class FigureInputs:
    """Amounts in presentation sign; None where they are not known."""

    current_assets: Decimal | None = None
    inventory: Decimal | None = None
    cash: Decimal | None = None
    short_term_debt: Decimal | None = None
    total_debt: Decimal | None = None
    equity: Decimal | None = None
    total_capital: Decimal | None = None
    operating_income: Decimal | None = None
    operating_result: Decimal | None = None
    cost_of_goods: Decimal | None = None
    finance_income: Decimal | None = None
    finance_cost: Decimal | None = None
    result_before_tax: Decimal | None = None
    net_result: Decimal | None = None
    opening_total_capital: Decimal | None = None
    opening_inventory: Decimal | None = None
    receivables: Decimal | None = None
    opening_receivables: Decimal | None = None
    payables: Decimal | None = None
    opening_payables: Decimal | None = None


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A figure, or why there is none: `missing` names inputs, `zero` the denominator.

    inputs: the amounts it is made of, by name, in the formula's order.
    """

    code: str
    unit: Unit
    value: Decimal | None
    formula_nb: str
    formula_en: str
    source: str
    missing: tuple[str, ...] = ()
    zero: str | None = None
    inputs: tuple[tuple[str, Decimal | None], ...] = ()


@dataclass(frozen=True, slots=True)
class _Definition:
    code: str
    unit: Unit
    numerator: Callable[[_Known], Decimal]
    numerator_needs: tuple[str, ...]
    denominator: Callable[[_Known], Decimal] | None
    denominator_needs: tuple[str, ...]
    formula_nb: str
    formula_en: str
    source: str = "SSB"


@dataclass(frozen=True, slots=True)
class _Known:
    """Inputs that are all there, with the settings."""

    amounts: Mapping[str, Decimal]
    days: Decimal
    vat_factor: Decimal

    def __getitem__(self, name: str) -> Decimal:
        return self.amounts[name]

    def average(self, opening: str, closing: str) -> Decimal:
        return (self[opening] + self[closing]) / _TWO


_DEFINITIONS: tuple[_Definition, ...] = (
    _Definition(
        "current_ratio",
        Unit.RATIO,
        lambda known: known["current_assets"],
        ("current_assets",),
        lambda known: known["short_term_debt"],
        ("short_term_debt",),
        "Omløpsmidler / kortsiktig gjeld",
        "Current assets / short-term debt",
    ),
    _Definition(
        "quick_ratio",
        Unit.RATIO,
        lambda known: known["current_assets"] - known["inventory"],
        ("current_assets", "inventory"),
        lambda known: known["short_term_debt"],
        ("short_term_debt",),
        "(Omløpsmidler − varelager) / kortsiktig gjeld",
        "(Current assets − inventory) / short-term debt",
        "textbook",
    ),
    _Definition(
        "cash_ratio",
        Unit.RATIO,
        lambda known: known["cash"],
        ("cash",),
        lambda known: known["short_term_debt"],
        ("short_term_debt",),
        "(Kontanter + bank) / kortsiktig gjeld",
        "(Cash + bank) / short-term debt",
        "textbook",
    ),
    _Definition(
        "working_capital",
        Unit.AMOUNT,
        lambda known: known["current_assets"] - known["short_term_debt"],
        ("current_assets", "short_term_debt"),
        None,
        (),
        "Omløpsmidler − kortsiktig gjeld",
        "Current assets − short-term debt",
        "textbook",
    ),
    _Definition(
        "equity_ratio",
        Unit.PERCENT,
        lambda known: known["equity"],
        ("equity",),
        lambda known: known["total_capital"],
        ("total_capital",),
        "Egenkapital / sum egenkapital og gjeld × 100",
        "Equity / total equity and debt × 100",
    ),
    _Definition(
        "operating_margin",
        Unit.PERCENT,
        lambda known: known["operating_result"],
        ("operating_result",),
        lambda known: known["operating_income"],
        ("operating_income",),
        "Driftsresultat / driftsinntekter × 100",
        "Operating result / operating income × 100",
    ),
    _Definition(
        "profit_margin_ssb",
        Unit.PERCENT,
        lambda known: known["result_before_tax"],
        ("result_before_tax",),
        lambda known: known["operating_income"],
        ("operating_income",),
        "Resultat før skatt / driftsinntekter × 100",
        "Result before tax / operating income × 100",
    ),
    _Definition(
        "profit_margin_textbook",
        Unit.PERCENT,
        lambda known: known["operating_result"] + known["finance_income"],
        ("operating_result", "finance_income"),
        lambda known: known["operating_income"],
        ("operating_income",),
        "(Driftsresultat + finansinntekter) / driftsinntekter × 100",
        "(Operating result + finance income) / operating income × 100",
        "textbook",
    ),
    _Definition(
        "return_on_assets_ssb",
        Unit.PERCENT,
        lambda known: known["result_before_tax"] + known["finance_cost"],
        ("result_before_tax", "finance_cost"),
        lambda known: known["total_capital"],
        ("total_capital",),
        "(Resultat før skatt + rentekostnader) / totalkapital × 100",
        "(Result before tax + interest cost) / total capital × 100",
    ),
    _Definition(
        "return_on_assets_proff",
        Unit.PERCENT,
        lambda known: known["result_before_tax"] + known["finance_cost"],
        ("result_before_tax", "finance_cost"),
        lambda known: known.average("opening_total_capital", "total_capital"),
        ("opening_total_capital", "total_capital"),
        "(Resultat før skatt + finanskostnader) / gjennomsnittlig totalkapital × 100",
        "(Result before tax + finance cost) / average total capital × 100",
        "Proff",
    ),
    _Definition(
        "return_on_equity",
        Unit.PERCENT,
        lambda known: known["net_result"],
        ("net_result",),
        lambda known: known["equity"],
        ("equity",),
        "Ordinært resultat etter skatt / egenkapital × 100",
        "Net result / equity × 100",
    ),
    _Definition(
        "contribution_margin",
        Unit.PERCENT,
        lambda known: known["operating_income"] - known["cost_of_goods"],
        ("operating_income", "cost_of_goods"),
        lambda known: known["operating_income"],
        ("operating_income",),
        "(Driftsinntekter − varekostnad) / driftsinntekter × 100",
        "(Operating income − cost of goods) / operating income × 100",
        "textbook",
    ),
    _Definition(
        "debt_ratio",
        Unit.RATIO,
        lambda known: known["total_debt"],
        ("total_debt",),
        lambda known: known["equity"],
        ("equity",),
        "Sum gjeld / egenkapital",
        "Total debt / equity",
        "textbook",
    ),
    _Definition(
        "customer_credit_days",
        Unit.DAYS,
        lambda known: known.average("opening_receivables", "receivables") * known.days,
        ("opening_receivables", "receivables"),
        lambda known: known["operating_income"] * known.vat_factor,
        ("operating_income",),
        "Gjennomsnittlige kundefordringer × {days} / (driftsinntekter × {vat})",
        "Average receivables × {days} / (operating income × {vat})",
        "textbook",
    ),
    _Definition(
        "supplier_credit_days",
        Unit.DAYS,
        lambda known: known.average("opening_payables", "payables") * known.days,
        ("opening_payables", "payables"),
        lambda known: known["cost_of_goods"] * known.vat_factor,
        ("cost_of_goods",),
        "Gjennomsnittlig leverandørgjeld × {days} / (varekostnad × {vat})",
        "Average payables × {days} / (cost of goods × {vat})",
        "textbook",
    ),
    _Definition(
        "inventory_days",
        Unit.DAYS,
        lambda known: known.average("opening_inventory", "inventory") * known.days,
        ("opening_inventory", "inventory"),
        lambda known: known["cost_of_goods"],
        ("cost_of_goods",),
        "Gjennomsnittlig varelager × {days} / varekostnad",
        "Average inventory × {days} / cost of goods",
        "textbook",
    ),
)
_NAMES = tuple(field.name for field in fields(FigureInputs))


def key_figures(
    inputs: FigureInputs, *, days: int = 365, vat_factor: Decimal = Decimal("1.25")
) -> tuple[KeyFigure, ...]:
    """Every key figure, unrounded, in the order of the reference.

    For part of a year give the days of the period: 365 for a whole one.
    """
    if days <= 0:
        raise ValueError(f"a period has at least one day, not {days}")
    given = {name: getattr(inputs, name) for name in _NAMES}
    amounts = {name: amount for name, amount in given.items() if amount is not None}
    known = _Known(amounts, Decimal(days), vat_factor)
    return tuple(_figure(definition, known) for definition in _DEFINITIONS)


def inputs_from(
    income: StatementOfLines,
    sheet: StatementOfLines,
    opening: StatementOfLines | None = None,
    *,
    receivables: Decimal | None = None,
    opening_receivables: Decimal | None = None,
    payables: Decimal | None = None,
    opening_payables: Decimal | None = None,
) -> FigureInputs:
    """The inputs two statements give; trade receivables and payables come from their accounts.

    `opening` is the balance sheet at the start of the period. All amounts positive when usual.
    """
    return FigureInputs(
        current_assets=sheet.amount("current_assets"),
        inventory=sheet.amount("inventory"),
        cash=sheet.amount("cash"),
        short_term_debt=sheet.amount("short_term_debt"),
        total_debt=sheet.amount("total_debt"),
        equity=sheet.amount("equity"),
        total_capital=sheet.amount("total_equity_and_debt"),
        operating_income=income.amount("operating_income"),
        operating_result=income.amount("operating_result"),
        cost_of_goods=income.amount("cost_of_goods"),
        finance_income=income.amount("finance_income"),
        finance_cost=income.amount("finance_cost"),
        result_before_tax=income.amount("result_before_tax"),
        net_result=income.amount("net_result"),
        opening_total_capital=opening.amount("total_equity_and_debt") if opening else None,
        opening_inventory=opening.amount("inventory") if opening else None,
        receivables=receivables,
        opening_receivables=opening_receivables,
        payables=payables,
        opening_payables=opening_payables,
    )


def _figure(definition: _Definition, known: _Known) -> KeyFigure:
    texts = (
        definition.formula_nb.format(days=known.days, vat=str(known.vat_factor).replace(".", ",")),
        definition.formula_en.format(days=known.days, vat=known.vat_factor),
    )
    needs = dict.fromkeys((*definition.numerator_needs, *definition.denominator_needs))
    missing = tuple(name for name in needs if name not in known.amounts)
    value = None
    zero = None
    if not missing:
        numerator = definition.numerator(known)
        if definition.denominator is None:
            value = numerator
        elif (denominator := definition.denominator(known)) == ZERO:
            zero = " + ".join(definition.denominator_needs)
        else:
            value = _EXACT.divide(numerator, denominator)
            if definition.unit is Unit.PERCENT:
                value *= _HUNDRED
    return KeyFigure(
        definition.code,
        definition.unit,
        value,
        *texts,
        definition.source,
        missing,
        zero,
        tuple((name, known.amounts.get(name)) for name in needs),
    )
