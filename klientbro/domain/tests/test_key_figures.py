"""Key figures of the worked example, missing inputs, and denominators of zero."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.key_figures import FigureInputs, Unit, inputs_from, key_figures
from klientbro.domain.money import round_to_ore
from klientbro.domain.report_lines import LineMapping, balance_sheet, income_statement
from klientbro.domain.tests.sheets import WORKED_EXAMPLE, parse_sheet


@pytest.fixture
def figures():
    sheet = parse_sheet(WORKED_EXAMPLE)
    mapping = LineMapping()
    balance = balance_sheet(sheet, mapping)
    inputs = inputs_from(
        income_statement(sheet, mapping),
        balance,
        balance,  # inventory is unchanged
        receivables=Decimal(250_000),
        opening_receivables=Decimal(210_000),
        payables=Decimal(162_480),
        opening_payables=Decimal(137_520),
    )
    return {figure.code: figure for figure in key_figures(inputs)}


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("current_ratio", "1.77"),
        ("quick_ratio", "1.39"),
        ("cash_ratio", "0.71"),
        ("working_capital", "304800.00"),
        ("equity_ratio", "40.48"),
        ("operating_margin", "8.50"),
        ("profit_margin_ssb", "8.00"),
        ("profit_margin_textbook", "8.75"),
        ("return_on_assets_ssb", "17.50"),
        ("return_on_assets_proff", "17.50"),
        ("return_on_equity", "30.83"),
        ("contribution_margin", "60.00"),
        ("debt_ratio", "1.47"),
        ("customer_credit_days", "33.58"),
        ("supplier_credit_days", "54.75"),
        ("inventory_days", "68.44"),
    ],
)
def test_worked_example(figures, code, value):
    assert round_to_ore(figures[code].value) == Decimal(value)


def test_every_figure_has_its_formula_in_both_languages(figures):
    assert figures["current_ratio"].formula_nb == "Omløpsmidler / kortsiktig gjeld"
    assert figures["customer_credit_days"].formula_nb == (
        "Gjennomsnittlige kundefordringer × 365 / (driftsinntekter × 1,25)"
    )
    assert figures["customer_credit_days"].formula_en.endswith("(operating income × 1.25)")
    assert figures["equity_ratio"].unit is Unit.PERCENT
    assert all(figure.formula_nb and figure.formula_en for figure in figures.values())


def test_every_figure_shows_the_amounts_it_is_made_of(figures):
    assert figures["quick_ratio"].inputs == (
        ("current_assets", Decimal("700000.00")),
        ("inventory", Decimal("150000.00")),
        ("short_term_debt", Decimal("395200.00")),
    )


def test_missing_input_gives_a_missing_figure_that_says_which():
    figure = key_figures(FigureInputs(current_assets=Decimal(700)))[0]

    assert figure.value is None
    assert figure.missing == ("short_term_debt",)
    assert figure.zero is None


def test_denominator_of_zero_gives_no_value_and_is_named():
    inputs = FigureInputs(current_assets=Decimal(700), short_term_debt=Decimal(0))
    by_code = {figure.code: figure for figure in key_figures(inputs)}

    assert by_code["current_ratio"].value is None
    assert by_code["current_ratio"].zero == "short_term_debt"
    assert by_code["working_capital"].value == 700


def test_part_of_a_year_counts_its_own_days():
    inputs = FigureInputs(
        receivables=Decimal(100), opening_receivables=Decimal(100), operating_income=Decimal(800)
    )
    by_code = {figure.code: figure for figure in key_figures(inputs, days=90)}

    assert by_code["customer_credit_days"].value == 9
    assert "× 90 /" in by_code["customer_credit_days"].formula_nb
    with pytest.raises(ValueError, match="at least one day"):
        key_figures(inputs, days=0)


maybe = st.none() | st.integers(-(10**9), 10**9).map(lambda ore: Decimal(ore).scaleb(-2))
some_inputs = st.fixed_dictionaries(
    dict.fromkeys(
        ("current_assets", "inventory", "cash", "short_term_debt", "equity", "total_capital"), maybe
    )
)


@given(some_inputs)
def test_a_figure_has_a_value_or_a_reason_and_never_both(given_amounts):
    for figure in key_figures(FigureInputs(**given_amounts)):
        reasons = bool(figure.missing) + (figure.zero is not None)
        assert (figure.value is None) == (reasons == 1)
        assert reasons <= 1
