"""Names stand in Norwegian order when their keys are compared byte by byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.lib.sorting import norwegian_sort_key


def in_database_order(names):
    """As PostgreSQL orders by the key under COLLATE "C": by UTF-8 bytes."""
    return sorted(names, key=lambda name: norwegian_sort_key(name).encode())


@pytest.mark.parametrize(
    "ordered",
    [
        ["Power Testing", "Testing"],
        ["Abel", "Zorn", "Ærlig", "Øst", "Ål"],
        ["Oslo Bygg", "Zett", "Aalesund Fisk", "Åmot"],
        ["Berg", "Berg AS", "Bergby"],
        ["alfa", "Beta", "gamma"],
        ["Muller", "Mutter", "Müller", "Myre"],
        ["Zetterlund", "Ängel", "Ærlig", "Ödegård", "Øst"],
        ["Aas", "Ås", "ås"],
        ["1 Konto", "12 Konto", "2 Konto", "Alfa"],
        ["Ida", "Idé", "Idéa"],
    ],
)
def test_names_stand_in_norwegian_order(ordered):
    assert in_database_order(reversed(ordered)) == ordered


def test_two_ways_to_store_the_same_letters_have_the_same_key():
    composed, decomposed = (
        "\N{LATIN CAPITAL LETTER A WITH RING ABOVE}s",
        "A\N{COMBINING RING ABOVE}s",
    )

    assert norwegian_sort_key(composed) == norwegian_sort_key(decomposed)


def test_spaces_around_and_between_do_not_matter():
    assert norwegian_sort_key("  Berg   AS ") == norwegian_sort_key("Berg AS")


def test_key_can_be_stored_in_the_database():
    assert "\0" not in norwegian_sort_key("Berg\0\ud800AS")
    assert norwegian_sort_key("Berg\0\ud800AS").encode()


@given(st.text(), st.text())
def test_order_is_total_names_that_look_different_have_different_keys(one, other):
    same_key = norwegian_sort_key(one) == norwegian_sort_key(other)

    assert same_key == (shown(one) == shown(other))


@given(st.lists(st.text("AaBbÅåÆæØøZz "), max_size=8))
def test_order_does_not_depend_on_where_one_starts(names):
    assert [shown(n) for n in in_database_order(names)] == [
        shown(n) for n in in_database_order(reversed(names))
    ]


@given(st.text("abåæøz AÅ"), st.text("abåæøz AÅ"))
def test_bytes_and_characters_give_the_same_order(one, other):
    keys = norwegian_sort_key(one), norwegian_sort_key(other)

    assert (keys[0] < keys[1]) == (keys[0].encode() < keys[1].encode())


def shown(name):
    return norwegian_sort_key(name).split("\x01")[2]
