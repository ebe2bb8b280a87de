"""Matching within an account: what is found, why, within which limits, in whatever order."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.money import ZERO
from klientbro.domain.reconciliation.match_rules import (
    MatchItem,
    MatchKind,
    MatchLimits,
    MatchRule,
    Side,
    TextCondition,
    clearing_rules,
)
from klientbro.domain.reconciliation.matching import find_matches
from klientbro.domain.reconciliation.subset_sums import smallest_subsets

ONE = MatchRule("one", MatchKind.ONE_TO_ONE, priority=1)
MANY = MatchRule("many", MatchKind.ONE_TO_MANY, priority=2)
SEVERAL = MatchRule("several", MatchKind.MANY_TO_ONE, priority=3)


def items(table):
    """Items from rows of id, day of June 2026, amount, and a text of the rest."""
    found = []
    for row in table.strip().splitlines():
        id_, day, amount, *text = row.split(maxsplit=3)
        found.append(MatchItem(id_, date(2026, 6, int(day)), Decimal(amount), *text))
    return found


def groups(result):
    return sorted(tuple(sorted(match.ids)) for match in result.matches)


def test_pairs_and_sums_are_found_simplest_first():
    result = find_matches(
        items(
            """
            a 1  100
            b 2   60
            c 3  -60
            d 4  -70
            e 5  -30
            f 6   11
            """
        ),
        [MANY, ONE],
    )

    assert groups(result) == [("a", "d", "e"), ("b", "c")]
    assert result.open_ids == ("f",)
    pair, group = result.matches
    assert pair.reason == "rule one: 1 to 1, difference 0.00, 1 days apart"
    assert (group.debits, group.credits, group.kind) == (1, 2, MatchKind.ONE_TO_MANY)
    assert result.is_complete


def test_several_debits_meet_one_credit():
    result = find_matches(items("a 1 70\nb 1 30\nc 2 -100"), [ONE, MANY, SEVERAL])

    assert groups(result) == [("a", "b", "c")]
    assert result.matches[0].rule_id == "several"


def test_everything_with_one_reference_is_matched_when_it_sums_to_zero():
    rule = MatchRule("ref", MatchKind.MANY_TO_MANY, text=TextCondition.SAME_TEXT)
    table = "a 1 70 K 7\nb 1 30 k  7\nc 2 -60 K 7\nd 3 -40 K 7\ne 3 5 K 8\nf 3 -5 K 8"

    result = find_matches(items(table), [rule])
    assert groups(result) == [("a", "b", "c", "d")]
    assert result.matches[0].shared == "k 7"
    assert set(result.open_ids) == {"e", "f"}


def test_day_window_holds_for_everything_with_one_reference_too():
    rule = MatchRule(
        "ref", MatchKind.MANY_TO_MANY, text=TextCondition.SAME_TEXT, days_before=2, days_after=2
    )
    near = "a 3 70 K\nb 4 30 K\nc 4 -60 K\nd 5 -40 K"

    assert find_matches(items(near), [rule]).matches
    assert not find_matches(items(near.replace("d 5", "d 6")), [rule]).matches
    assert not find_matches(items(near.replace("c 4", "c 1")), [rule]).matches


def test_amounts_may_differ_by_the_tolerance_and_the_nearest_is_taken():
    table = "a 1 100.00\nb 1 -99.50\nc 1 -99.90\nd 9 50.00\ne 9 -48.99"
    rule = MatchRule("near", MatchKind.ONE_TO_ONE, tolerance=Decimal("1.00"))

    result = find_matches(items(table), [rule])
    assert groups(result) == [("a", "c")]
    assert result.matches[0].difference == Decimal("0.10")


def test_smallest_difference_goes_first_whichever_amount_is_larger():
    rule = MatchRule("near", MatchKind.ONE_TO_ONE, tolerance=Decimal("1.00"))

    assert groups(find_matches(items("a 1 100.00\nb 1 -100.50\nc 1 -99.90"), [rule])) == [
        ("a", "c")
    ]


def test_tolerance_holds_to_the_ore():
    rule = MatchRule("near", MatchKind.ONE_TO_ONE, tolerance=Decimal("1.00"))

    assert find_matches(items("a 1 100.00\nb 1 -99.00"), [rule]).matches
    assert not find_matches(items("a 1 100.00\nb 1 -98.99"), [rule]).matches


def test_day_window_may_be_to_one_side():
    rule = MatchRule("after", MatchKind.ONE_TO_ONE, days_before=0, days_after=3)

    assert find_matches(items("a 5 10\nb 8 -10"), [rule]).matches
    assert not find_matches(items("a 5 10\nb 9 -10"), [rule]).matches
    assert not find_matches(items("a 5 10\nb 4 -10"), [rule]).matches


def test_nearest_day_goes_before_another_as_good():
    result = find_matches(items("a 1 10\nb 5 -10\nc 2 -10"), [ONE])

    assert groups(result) == [("a", "c")]
    assert not result.matches[0].is_ambiguous


def test_choice_between_equals_is_told():
    result = find_matches(items("a 1 10\nb 2 -10\nc 2 -10"), [ONE])

    assert groups(result) == [("a", "b")]
    assert result.matches[0].is_ambiguous


def test_number_in_both_texts_is_what_they_share():
    rule = MatchRule("number", MatchKind.ONE_TO_ONE, text=TextCondition.SHARED_NUMBER)
    table = "a 1 10 Faktura 10234\nb 2 -10 Innbet. 010234/A\nc 1 10 Faktura 999\nd 1 -10 Inn 999"

    result = find_matches(items(table), [rule])
    assert groups(result) == [("a", "b")]
    assert result.matches[0].shared == "10234"


def test_words_must_stand_in_every_text():
    rule = MatchRule("fee", MatchKind.ONE_TO_ONE, contains=("gebyr",))

    result = find_matches(items("a 1 10 GEBYR mai\nb 1 -10 gebyr juni\nc 1 -10 annet"), [rule])
    assert groups(result) == [("a", "b")]


def test_reference_and_party_are_asked_of_items_that_have_them():
    day = date(2026, 6, 1)
    pair = [
        MatchItem("a", day, Decimal(10), reference="KID1", party="10"),
        MatchItem("b", day, Decimal(-10), reference="KID2", party="10"),
        MatchItem("c", day, Decimal(-10)),
    ]
    by_reference = MatchRule("r", MatchKind.ONE_TO_ONE, text=TextCondition.SAME_REFERENCE)
    by_party = MatchRule("p", MatchKind.ONE_TO_ONE, text=TextCondition.SAME_PARTY)

    assert not find_matches(pair, [by_reference]).matches
    assert groups(find_matches(pair, [by_party])) == [("a", "b")]


def test_sides_can_be_given_for_two_lists():
    day = date(2026, 6, 1)
    lists = [
        MatchItem("ledger", day, Decimal(-10), side=Side.A),
        MatchItem("bank", day, Decimal(10), side=Side.B),
        MatchItem("ledger2", day, Decimal(10), side=Side.A),
    ]

    assert groups(find_matches(lists, [ONE])) == [("bank", "ledger")]


def test_item_of_nothing_is_left_open():
    near = MatchRule("near", MatchKind.ONE_TO_ONE, tolerance=Decimal(1))

    assert find_matches(items("a 1 0.50\nb 1 0.00"), [near]).open_ids == ("b", "a")


def test_search_that_reaches_its_limit_takes_nothing_and_says_so():
    many = items("t 1 250.01\n" + "\n".join(f"c{at} 1 -{at}.03" for at in range(10, 90)))
    result = find_matches(many, [MANY], MatchLimits(steps_per_target=200))

    assert result.matches == ()
    assert [(one.rule_id, one.item_id) for one in result.gave_up] == [("many", "t")]
    assert not result.is_complete
    assert len(result.open_ids) == 81


def test_target_that_gave_up_is_settled_once_others_are_taken():
    # The first target's group goes first; only then is the second one's search short enough.
    first = "s 1 190.05\nr 1 186.05\ng1 1 -95.02\ng2 1 -95.03\ng3 1 -93.02\ng4 1 -93.03"
    second = "t 1 250.03\nx 1 -100.01\ny 1 -90.01\nz 1 -60.01"
    crowd = "\n".join(f"c{at} 20 -{at}.07" for at in range(10, 22))
    found = items(f"{first}\n{second}\n{crowd}")
    by_id = {item.id: item for item in found}

    def steps(others):
        amounts = [(-by_id[id_].amount, id_) for id_ in others]
        return smallest_subsets(amounts, Decimal("250.03"), ZERO, 6, 10**6).steps

    everyone = [item.id for item in found if item.amount < 0]
    without = [id_ for id_ in everyone if not id_.startswith("g")]
    between = (steps(everyone) + steps(without)) // 2
    assert steps(without) < between < steps(everyone)

    result = find_matches(found, [MANY], MatchLimits(steps_per_target=between))
    assert groups(result) == [("g1", "g2", "s"), ("g3", "g4", "r"), ("t", "x", "y", "z")]
    assert result.is_complete


def test_rule_with_too_many_pairs_gives_up_as_a_whole():
    same = items("\n".join(f"d{at} 1 5\nc{at} 1 -5" for at in range(40)))
    result = find_matches(same, [ONE], MatchLimits(steps=500))

    assert result.matches == ()
    assert [one.item_id for one in result.gave_up] == [None]
    assert len(find_matches(same, [ONE]).matches) == 40


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"id": ""}, "needs an id"),
        ({"tolerance": Decimal(-1)}, "below zero"),
        ({"days_before": 2000}, "within 1000 days"),
        ({"days_before": -3, "days_after": 2}, "ends before it begins"),
        ({"kind": MatchKind.MANY_TO_MANY}, "needs something in common"),
        ({"contains": ("x", " ")}, "empty word"),
    ],
)
def test_rule_that_cannot_be_meant_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        MatchRule(**{"id": "r", "kind": MatchKind.ONE_TO_ONE, **wrong})


def test_rule_where_only_amounts_decide_is_broad():
    assert ONE.is_broad
    assert not MatchRule("r", MatchKind.ONE_TO_ONE, days_before=5, days_after=5).is_broad
    assert not MatchRule("r", MatchKind.ONE_TO_ONE, contains=("husleie",)).is_broad


def test_shared_ids_and_impossible_limits_are_refused():
    with pytest.raises(ValueError, match="two items to match share an id"):
        find_matches(items("a 1 1\na 1 -1"), [ONE])
    with pytest.raises(ValueError, match="two matching rules share an id"):
        find_matches([], [ONE, ONE])
    with pytest.raises(ValueError, match="at least one step"):
        MatchLimits(steps=0)
    with pytest.raises(ValueError, match="2 to 12 items"):
        MatchLimits(largest_group=13)


RULES = (
    MatchRule("text", MatchKind.ONE_TO_ONE, text=TextCondition.SAME_TEXT, priority=1),
    MatchRule(
        "close", MatchKind.ONE_TO_ONE, tolerance=Decimal("0.02"), days_before=3, days_after=3
    ),
    MatchRule("many", MatchKind.ONE_TO_MANY, days_before=9, days_after=9),
    MatchRule("several", MatchKind.MANY_TO_ONE, tolerance=Decimal("0.01")),
    MatchRule("all", MatchKind.MANY_TO_MANY, text=TextCondition.SHARED_NUMBER),
)
small = st.integers(-12, 12).map(lambda count: Decimal(count).scaleb(-2))


@st.composite
def open_items(draw):
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, 12), small, st.sampled_from(["", "K 1001", "K 1002", "x"])),
            max_size=14,
        )
    )
    start = date(2026, 6, 1)
    return [
        MatchItem(f"i{at:02}", start + timedelta(days=days), amount, text)
        for at, (days, amount, text) in enumerate(rows)
    ]


def test_an_account_clears_against_itself_by_number_then_text_then_amount():
    found = items(
        """
        a 1  100.00 Ordre 77001
        b 20 -100.00 Retur 77001
        c 2  100.00 Husleie
        d 25 -100.00 Husleie
        e 3  40.00
        f 6  -40.00
        g 1  70.00
        h 28 -70.00
        """
    )

    result = find_matches(found, clearing_rules())

    assert {match.rule_id: match.ids for match in result.matches} == {
        "number": ("a", "b"),
        "same_text": ("c", "d"),
        "amount": ("e", "f"),
    }
    assert set(result.open_ids) == {"g", "h"}, "equal amounts far apart are no match"


@given(open_items(), st.randoms(use_true_random=False), st.sampled_from([30, 400_000]))
def test_matching_in_any_order_gives_the_same_result(found, random, steps):
    limits = MatchLimits(steps=steps)
    rules = list(RULES)
    expected = find_matches(found, rules, limits)
    shuffled = list(found)
    random.shuffle(shuffled)
    random.shuffle(rules)

    assert find_matches(shuffled, rules, limits) == expected


@given(open_items())
def test_every_match_keeps_its_rule_and_no_item_is_used_twice(found):
    by_id = {item.id: item for item in found}
    rules = {rule.id: rule for rule in RULES}
    result = find_matches(found, RULES)
    used = [id_ for match in result.matches for id_ in match.ids]

    assert sorted([*used, *result.open_ids]) == sorted(by_id)
    for match in result.matches:
        rule = rules[match.rule_id]
        chosen = [by_id[id_] for id_ in match.ids]
        total = sum((item.amount for item in chosen), ZERO)
        assert total == match.difference
        assert abs(total) <= rule.tolerance
        debits = [item for item in chosen if item.stands_on is Side.A]
        credit = [item for item in chosen if item.stands_on is Side.B]
        assert (len(debits), len(credit)) == (match.debits, match.credits)
        assert all(rule.in_window(one.day, other.day) for one in debits for other in credit)


@given(open_items())
def test_what_is_left_open_holds_no_pair_the_rules_would_take(found):
    by_id = {item.id: item for item in found}
    left = [by_id[id_] for id_ in find_matches(found, [ONE]).open_ids]

    assert not any(
        one.amount and one.amount == -other.amount for one, other in combinations(left, 2)
    )


@given(
    st.lists(st.integers(1, 30).map(Decimal), max_size=9),
    st.integers(2, 60).map(Decimal),
    st.integers(0, 2).map(Decimal),
)
def test_smallest_groups_are_those_a_plain_search_finds(values, target, tolerance):
    found = smallest_subsets(
        [(value, at) for at, value in enumerate(values)], target, tolerance, 5, 10**6
    )
    plain = []
    for size in range(2, 6):
        plain = [
            set(group)
            for group in combinations(range(len(values)), size)
            if abs(sum(values[at] for at in group) - target) <= tolerance
        ]
        if plain:
            break

    assert found.is_complete
    assert {frozenset(group) for group in found.subsets} <= {frozenset(group) for group in plain}
    assert len(found.subsets) == min(len(plain), 20)
