"""Limits of key figures: good, to be watched and bad, whichever way is better."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.key_figures import FigureInputs, key_figures
from klientbro.domain.reporting.limits import (
    LOW_IS_GOOD,
    STANDARD,
    Judgement,
    Limits,
    contradict,
    judge,
)

CODES = [one.code for one in key_figures(FigureInputs())]


@pytest.mark.parametrize(
    ("code", "value", "judgement"),
    [
        ("current_ratio", "1.77", Judgement.GOOD),
        ("current_ratio", "1.50", Judgement.GOOD),
        ("current_ratio", "1.20", Judgement.WATCH),
        ("current_ratio", "1.00", Judgement.BAD),
        ("quick_ratio", "0.40", Judgement.WATCH),
        ("customer_credit_days", "29", Judgement.GOOD),
        ("customer_credit_days", "33.58", Judgement.WATCH),
        ("customer_credit_days", "50", Judgement.BAD),
        ("supplier_credit_days", "54.75", Judgement.WATCH),
    ],
)
def test_standard_limits_judge_as_the_reference_says(code, value, judgement):
    assert judge(code, Decimal(value), STANDARD[code]) is judgement


def test_nothing_is_judged_without_a_figure_or_without_limits():
    assert judge("current_ratio", None, STANDARD["current_ratio"]) is None
    assert judge("equity_ratio", Decimal(40), STANDARD.get("equity_ratio")) is None
    assert judge("equity_ratio", Decimal(40), Limits()) is None


def test_every_limit_is_of_a_key_figure_that_there_is():
    assert set(STANDARD) | LOW_IS_GOOD <= set(CODES)
    assert not any(contradict(code, limits) for code, limits in STANDARD.items())


@given(
    st.sampled_from(CODES),
    st.decimals("-1000", "1000", places=2),
    st.tuples(st.decimals("-1000", "1000", places=2), st.decimals("-1000", "1000", places=2)),
)
def test_a_better_figure_is_never_judged_worse(code, value, pair):
    limits = Limits(*pair)
    if contradict(code, limits):
        return
    better = value + (-1 if code in LOW_IS_GOOD else 1)
    order = [Judgement.BAD, Judgement.WATCH, Judgement.GOOD]

    assert order.index(judge(code, better, limits)) >= order.index(judge(code, value, limits))
