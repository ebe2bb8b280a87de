"""Bank: calculated against stated balance, missing and doubled lines on either side."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.reconciliation.bank import BankFinding, BankLine, check_bank
from klientbro.domain.reconciliation.match_rules import MatchKind, MatchLimits, MatchRule


def lines(table):
    found = []
    for row in table.strip().splitlines():
        id_, day, amount, *text = row.split(maxsplit=3)
        found.append(BankLine(id_, date(2026, 6, int(day)), Decimal(amount), *text))
    return found


STATEMENT = """
b1 1  1000.00 Innbet. faktura 10234
b2 3  -250.00 Husleie
b3 9 -1200.00 Lønn
"""
LEDGER = """
p1 1  1000.00 Faktura 10234
p2 4  -250.00 Husleie juni
p3 9  -700.00 Lønn Kari
p4 9  -500.00 Lønn Ola
"""
START, END = Decimal(5000), Decimal(4550)


def check(statement=STATEMENT, ledger=LEDGER, opening=START, closing=END, ledger_opening=START):
    return check_bank(lines(statement), opening, closing, lines(ledger), ledger_opening)


def findings(result):
    return [
        (one.finding.value, one.line.id if one.line else "", str(one.effect))
        for one in result.differences
    ]


def test_statement_and_ledger_that_agree():
    result = check()

    assert result.agrees
    assert result.is_complete
    assert (result.calculated, result.stated, result.ledger_balance) == (END, END, END)
    assert {match.rule_id for match in result.matches} == {"number", "amount", "paid_together"}


def test_line_missing_on_one_side_is_named_with_its_effect():
    lacking = check(ledger=LEDGER.replace("p2 4  -250.00 Husleie juni\n", ""))
    ahead = check(ledger=LEDGER + "p5 30 -99.00 Betalt 30.06")

    assert findings(lacking) == [("not_in_ledger", "b2", "250.00")]
    assert findings(ahead) == [("not_on_statement", "p5", "-99.00")]
    assert ahead.explained == ahead.difference == -99


def test_doubled_line_is_called_doubled_and_names_its_twin():
    result = check(ledger=LEDGER + "p9 1 1000.00 Faktura 10234")

    assert findings(result) == [("doubled_in_ledger", "p9", "1000.00")]
    assert result.differences[0].twin.id == "p1"
    twice = check(statement=STATEMENT + "b9 3 -250.00 Husleie", closing=END - 250)
    assert findings(twice) == [("doubled_on_statement", "b9", "250.00")]


def test_statement_that_does_not_lead_to_its_own_balance():
    result = check(closing=Decimal(4500))

    assert findings(result) == [("statement_does_not_add_up", "", "50.00")]
    assert result.explained == result.difference == 50


def test_opening_that_differs_is_told_apart_from_this_months_lines():
    result = check(ledger_opening=Decimal("5100.00"))

    assert findings(result) == [("opening_differs", "", "100.00")]


def test_own_rules_and_limits_are_used():
    tolerant = MatchRule("near", MatchKind.ONE_TO_ONE, tolerance=Decimal(1))
    result = check_bank(
        lines("b 1 100.00"),
        Decimal(0),
        Decimal(100),
        lines("p 1 100.50"),
        Decimal(0),
        rules=[tolerant],
    )
    assert result.agrees
    assert result.explained == result.difference == Decimal("0.50")

    same = "\n".join(f"x{at} 1 5.00" for at in range(20))
    cut = check_bank(
        lines(same), Decimal(0), Decimal(100), lines(same), Decimal(0), limits=MatchLimits(steps=9)
    )
    assert not cut.is_complete


amounts = st.integers(-500, 500).filter(bool).map(lambda ore: Decimal(ore).scaleb(-2))


@st.composite
def bank_lines(draw, prefix, *, unique=False):
    by_amount = (lambda row: row[1]) if unique else None
    rows = draw(st.lists(st.tuples(st.integers(0, 20), amounts), max_size=12, unique_by=by_amount))
    return [
        BankLine(f"{prefix}{at}", date(2026, 6, 1) + timedelta(days=days), amount)
        for at, (days, amount) in enumerate(rows)
    ]


@given(bank_lines("b"), bank_lines("p"), amounts, amounts, amounts)
def test_differences_always_explain_the_whole_difference(statement, postings, one, two, three):
    result = check_bank(statement, one, two, postings, three)

    assert result.explained == result.difference


@given(bank_lines("b", unique=True), st.data())
def test_a_line_taken_out_of_equal_sides_is_found_and_no_other(statement, data):
    postings = [replace(line, id=f"p{line.id}") for line in statement]
    total = sum((line.amount for line in statement), Decimal(0))
    assert check_bank(statement, Decimal(0), total, postings, Decimal(0)).agrees
    if not postings:
        return
    gone = postings.pop(data.draw(st.integers(0, len(postings) - 1)))

    result = check_bank(statement, Decimal(0), total, postings, Decimal(0))
    assert result.difference == -gone.amount
    (found,) = result.differences
    assert found.finding is BankFinding.NOT_IN_LEDGER
    assert found.line.id == gone.id[1:]
