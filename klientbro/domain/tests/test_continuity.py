"""A new statement beside those already imported."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.bank_statements import (
    BankStatement,
    Continuity,
    StatementLine,
    check_continuity,
    lines_not_known,
)
from klientbro.domain.bank_statements.model import with_ids

ACCOUNT = "12345678903"


def statement(first, last, opening, closing, *, id_="", sequence=None, account=ACCOUNT):
    """A statement of June 2026 with one line for what moved."""
    opening = None if opening is None else Decimal(opening)
    closing = None if closing is None else Decimal(closing)
    moved = closing - opening if opening is not None and closing is not None else Decimal(1)
    day = date(2026, 6, first)
    lines = with_ids([StatementLine("", day, moved)]) if moved else ()
    return BankStatement(
        id_, account, "NOK", day, date(2026, 6, last), opening, closing, lines, sequence
    )


MIDDLE = statement(8, 14, 100, 150, id_="S2", sequence=2)


def findings(new, *known, **more):
    found = check_continuity(new, [one.head for one in known], **more)
    return [(one.finding.value, one.amount) for one in found]


def test_statements_that_follow_each_other_have_nothing_odd():
    before = statement(1, 7, 80, 100, sequence=1)
    after = statement(15, 21, 150, 90, sequence=3)

    assert findings(MIDDLE, before, after) == []
    assert findings(after, MIDDLE) == findings(before, MIDDLE) == []
    assert findings(MIDDLE) == []


def test_the_same_statement_again_is_a_duplicate_and_refused():
    (found,) = check_continuity(replace(MIDDLE), [MIDDLE.head])

    assert found.finding is Continuity.DUPLICATE
    assert found.finding.refuses
    assert found.beside == MIDDLE.head


def test_same_id_with_other_content_is_told():
    changed = statement(8, 14, 100, 160, id_="S2", sequence=2)

    assert ("changed", None) in findings(changed, MIDDLE)


def test_days_in_common_overlap():
    assert findings(statement(14, 20, 120, 130), MIDDLE) == [("overlap", None)]
    assert findings(statement(1, 30, 80, 90), MIDDLE) == [("overlap", None)]


def test_two_statements_of_one_day_may_hand_over():
    assert findings(statement(14, 14, 150, 170), MIDDLE) == []


def test_weekend_without_movement_is_no_gap():
    assert findings(statement(17, 20, 150, 160), MIDDLE) == []


def test_money_that_moved_between_is_a_gap_and_on_adjoining_days_a_break():
    assert findings(statement(20, 25, 180, 190), MIDDLE) == [("gap", 30)]
    assert findings(statement(15, 25, 180, 190), MIDDLE) == [("balance_break", 30)]
    assert findings(statement(1, 5, 50, 60), MIDDLE) == [("gap", 40)]


def test_number_that_is_skipped_is_a_gap_though_balances_meet():
    assert findings(statement(17, 20, 150, 160, sequence=5), MIDDLE) == [("gap", 0)]
    assert findings(statement(17, 20, 150, 160, sequence=3), MIDDLE) == []


def test_without_balances_only_the_days_can_tell():
    assert findings(statement(16, 20, None, None), MIDDLE) == [("possible_gap", None)]
    assert findings(statement(15, 20, None, None), MIDDLE) == []


def test_another_account_or_currency_is_refused():
    assert findings(MIDDLE, account="1111.22.33333") == [("other_account", None)]
    assert findings(MIDDLE, currency="EUR") == [("other_currency", None)]
    assert findings(MIDDLE, account="1234.56.78903", currency="NOK") == []
    assert findings(MIDDLE, account="NO93 1234 5678 903") == []


def test_statements_of_another_account_are_not_beside():
    other = statement(8, 14, 100, 150, account="11112233333")

    assert findings(MIDDLE, other) == []


def test_figures_that_do_not_hold_together_are_told():
    wrong = replace(MIDDLE, closing=Decimal(155))

    assert findings(wrong) == [("does_not_add_up", -5)]


def test_only_new_lines_of_an_overlapping_statement_are_taken():
    day = date(2026, 6, 1)
    fee = StatementLine("", day, Decimal(-5), "Gebyr")
    other = StatementLine("", day, Decimal(-7), "Gebyr")

    assert lines_not_known([fee, fee, other], [fee]) == (fee, other)
    assert lines_not_known([fee], [fee, fee]) == ()


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=8), st.data())
def test_taking_a_statement_out_of_a_chain_leaves_a_gap_when_it_moved_money(moves, data):
    start, balance, chain = date(2026, 1, 1), Decimal(0), []
    for at, move in enumerate(moves):
        first = start + timedelta(days=7 * at)
        lines = with_ids([StatementLine("", first, Decimal(move))]) if move else ()
        last = first + timedelta(days=6)
        chain.append(
            BankStatement(str(at), ACCOUNT, "NOK", first, last, balance, balance + move, lines)
        )
        balance += move
    at = data.draw(st.integers(0, len(chain) - 2))
    newest = chain.pop()

    assert check_continuity(newest, [one.head for one in chain]) == ()
    gone = chain.pop(at)
    found = [one.finding for one in check_continuity(newest, [one.head for one in chain])]
    is_between = at == len(chain) and bool(chain)
    assert found == ([Continuity.GAP] if is_between and gone.movement else [])


@pytest.mark.parametrize("finding", list(Continuity))
def test_only_what_cannot_be_right_refuses(finding):
    refusing = {Continuity.DUPLICATE, Continuity.OTHER_ACCOUNT, Continuity.OTHER_CURRENCY}

    assert finding.refuses is (finding in refusing)
