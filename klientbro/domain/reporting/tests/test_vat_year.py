"""VAT terms of a year: the worked example, terms not held, returns made."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month, Period
from klientbro.domain.reporting.books import Gap
from klientbro.domain.reporting.vat_year import vat_year

# sales 100 000 net, purchases 40 000, services from abroad 20 000 [norwegian-accounting.md §10]
EXAMPLE = {
    Month(2026, 1): (Decimal(-25_000), Decimal(10_000), ZERO),
    Month(2026, 2): (Decimal(-5_000), Decimal(5_000), ZERO),
}


def terms(moved, period="bi_monthly", gap_of=lambda _period: None, dues=()):
    return vat_year(2026, period, moved, gap_of, dict(dues))


def test_worked_example_gives_fifteen_thousand_to_pay():
    term = terms(EXAMPLE, dues={date(2026, 2, 28): date(2026, 4, 10)})[0]

    assert (term.output, term.input) == (Decimal(30_000), Decimal(15_000))
    assert term.payable == Decimal("15000.00")
    assert (term.filed, term.difference, term.due) == (None, None, date(2026, 4, 10))


def test_return_that_says_something_else_shows_the_difference():
    filed = EXAMPLE | {Month(2026, 2): (Decimal(-5_000), Decimal(5_000), Decimal(14_000))}

    term = terms(filed)[0]

    assert (term.filed, term.difference) == (Decimal(14_000), Decimal(1_000))


@pytest.mark.parametrize(
    ("period", "count"), [("bi_monthly", 6), ("monthly", 12), ("yearly", 1), (None, 6)]
)
def test_terms_of_the_year(period, count):
    found = terms({}, period)

    assert len(found) == count
    assert found[0].period.first == Month(2026, 1)
    assert found[-1].period.last == Month(2026, 12)


def test_term_that_is_not_held_has_no_figures_and_never_zero():
    early = Period(Month(2026, 1), Month(2026, 2))

    found = terms(EXAMPLE, gap_of=lambda one: Gap.NOT_FETCHED if one == early else None)

    assert (found[0].output, found[0].payable, found[0].difference) == (None, None, None)
    assert found[0].gap is Gap.NOT_FETCHED
    assert found[1].payable == ZERO
