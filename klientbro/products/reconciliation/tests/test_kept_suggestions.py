"""Suggestions are worked out once for each way the two sides stand, and are always those."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction

from klientbro.ledger.tests.book_table import BookTable
from klientbro.products.reconciliation import kept_suggestions
from klientbro.products.reconciliation.kept_suggestions import suggested_for
from klientbro.products.reconciliation.matching import Sides
from klientbro.products.reconciliation.models import KeptSuggestions, Match, MatchRule
from klientbro.products.reconciliation.suggestions import Suggested, own_rules, rules_for, suggest
from klientbro.products.reconciliation.tests.banking import Bank, camt
from klientbro.products.reconciliation.tests.test_bank_matching import RULE, keys, rows, sides


@pytest.fixture
def bank(signed_in: Any, book: BookTable) -> Bank:
    made = Bank(signed_in, book)
    made.upload(camt())
    return made


def both(book: BookTable) -> tuple[Suggested, Suggested]:
    """What is kept, and what a search finds now."""
    stand: Sides = sides(book)
    rules = rules_for(stand, own_rules(book.client.pk, stand.account_id))
    return suggested_for(book.client.pk, stand, rules), suggest(stand, rules)


def more_postings(book: BookTable) -> None:
    book.post(
        """
        Bilag | Dato       | Konto | Beløp   | Tekst
        30500 | 05.10.2026 | 1920  | 1 250,50  | Kontantsalg
        30500 | 05.10.2026 | 3000  | -1 250,50 | Kontantsalg
        """
    )


def test_what_is_kept_is_what_a_search_finds_after_everything_that_can_move(
    bank: Bank, book: BookTable
) -> None:
    def agree() -> Suggested:
        for _again in range(2):
            kept, anew = both(book)
            assert kept == anew
        return kept

    first = agree()
    assert len(first.suggestions) == 2
    more_postings(book)
    assert any(each.match.is_ambiguous for each in agree().suggestions)
    bank.send("regel-ny", RULE)
    assert MatchRule.objects.count() == 1
    with_rule = agree()
    assert any(each.match.rule_id.startswith("own:") for each in with_rule.suggestions)
    MatchRule.objects.update(is_on=False)
    agree()
    book.close(30500)
    assert agree() == first
    bank.send("match-godta", {"suggestion": keys(bank.see("match"))[:1]})
    assert len(agree().suggestions) == 1
    bank.send("match-angre", {"match": str(Match.objects.get().public_id)})
    assert agree() == first
    assert KeptSuggestions.objects.count() == 1, "one row for the account's day, written over"


def test_a_page_shown_again_does_not_search_again(
    bank: Bank, book: BookTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = bank.see("match")

    def refuse(*_arguments: object) -> None:
        raise AssertionError("searched again")

    monkeypatch.setattr(kept_suggestions, "suggest", refuse)
    assert keys(bank.see("match")) == keys(shown)
    more_postings(book)
    with pytest.raises(AssertionError, match="searched again"):
        bank.see("match")


def test_a_request_that_dies_leaves_nothing_half_kept(bank: Bank, book: BookTable) -> None:
    def die() -> None:
        with transaction.atomic():
            both(book)
            assert KeptSuggestions.objects.exists()
            raise RuntimeError("the process is gone")

    with pytest.raises(RuntimeError):
        die()
    assert not KeptSuggestions.objects.exists()
    kept, anew = both(book)
    assert kept == anew


def test_every_suggestion_can_be_reached_when_there_are_many(
    signed_in: Any, book: BookTable
) -> None:
    account = Bank(signed_in, book, "1250")
    lines = "\n".join(
        f"{40000 + n} | 12.10.2026 | 1250 | {sign}{n + 1000},00 | Salg {n}"
        for n in range(130)
        for sign in ("", "-")
    )
    book.post("Bilag | Dato | Konto | Beløp | Tekst\n" + lines)
    shown = account.see("match")
    assert len(keys(shown)) == 50
    found = re.search(r'href="([^"]*\?forslag=alle)">Vis alle (\d+)<', shown)
    assert found is not None
    every = keys(signed_in.get(found[1]).content.decode())
    assert len(every) == int(found[2]) > 100
    assert every[:50] == keys(shown)


def test_every_open_row_can_be_reached_when_there_are_many(signed_in: Any, book: BookTable) -> None:
    account = Bank(signed_in, book, "1250")
    lines = "\n".join(
        f"{40000 + n} | 12.10.2026 | 1250 | {n + 1000},00 | Salg {n}" for n in range(130)
    )
    book.post("Bilag | Dato | Konto | Beløp | Tekst\n" + lines)
    shown = account.see("match")
    assert len(rows(shown)) == 50
    assert re.search(r">(\d+) senere rader vises ikke", shown)
    found = re.search(r'href="([^"]*\?rader=alle)">Vis alle<', shown)
    assert found is not None
    every = rows(signed_in.get(found[1]).content.decode())
    assert len(every) >= 130
    assert every[:50] == rows(shown)
