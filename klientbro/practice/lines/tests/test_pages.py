"""Regnskapslinjer in the browser's eyes: why an account stands there, what would move, saved."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from klientbro.ledger.tests.book_table import book_table
from klientbro.practice.lines.services import change_rules, rules_of
from klientbro.tenants.models import Membership
from klientbro.tenants.permissions import Role

FIRM = "/klienter/regnskapslinjer/"
ORDER = re.compile(r'class="kb-lines-no">(\w+) ')


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_accounts_without_a_line_come_first_and_each_says_why(signed_in, home, user) -> None:
    change_rules(None, {"74": "cost_of_goods"}, version=0, by=user)
    answer = signed_in.get(home)
    numbers = ORDER.findall(answer.content.decode())
    text = text_of(answer)
    assert numbers == ["9999", "1920", "19205", "2000", "2400", "3000", "7400", "741000"]
    assert "Ingen regel kjenner nummeret" in text
    assert "Firmaets regel for 74" in text
    assert "Standarden for 19" in text


def test_the_list_is_narrowed_by_line_text_and_own_rules(signed_in, home, user) -> None:
    change_rules(None, {"74": "cost_of_goods"}, version=0, by=user)

    def shown(query: str) -> list[str]:
        return ORDER.findall(signed_in.get(home + query).content.decode())

    assert shown("?vis=uten") == ["9999"]
    assert shown("?vis=egne") == ["7400", "741000"]
    assert shown("?linje=cash") == ["1920", "19205"]
    assert shown("?q=192") == ["1920", "19205"]
    assert shown("?q=gaver") == ["741000"]


def test_what_would_move_is_shown_and_nothing_written_before_it_is_saved(
    signed_in, home, book
) -> None:
    chosen = {"account": ["7400", "9999"], "line": "cost_of_goods", "version": "0"}
    shown = signed_in.post(home + "endre/", chosen)
    text = text_of(shown)
    assert "1 konto flyttes" in text
    assert "Varekostnad" in text
    assert "Disse blir stående" in text  # 9999 is an asset: no line of the result can be its
    assert rules_of(book.client.pk) == {}
    rules = {"rule": ["7400=cost_of_goods"], "version": "0"}
    saved = signed_in.post(home + "lagre/", rules, follow=True)
    assert "1 regel er lagret" in text_of(saved)
    assert rules_of(book.client.pk) == {"7400": "cost_of_goods"}


def test_a_longer_number_that_follows_along_is_shown(signed_in, home) -> None:
    chosen = {"account": ["1920"], "line": "investments", "version": "0"}
    text = text_of(signed_in.post(home + "endre/", chosen))
    assert "2 kontoer flyttes" in text
    assert "Sparekonto" in text


def test_as_others_takes_away_the_rule_that_holds_the_account(signed_in, home, book, user) -> None:
    change_rules(book.client.pk, {"74": "cost_of_goods"}, version=0, by=user)
    shown = signed_in.post(home + "endre/", {"account": ["741000"], "line": "", "version": "1"})
    assert 'name="rule" value="74="' in shown.content.decode()
    assert "2 kontoer flyttes" in text_of(shown)


def test_a_change_meanwhile_is_told_and_the_preview_is_made_anew(
    signed_in, home, book, user
) -> None:
    change_rules(book.client.pk, {"74": "payroll_cost"}, version=0, by=user)
    rules = {"rule": ["74=cost_of_goods"], "version": "0"}
    answer = signed_in.post(home + "lagre/", rules)
    assert answer.status_code == 422
    assert "Noen andre har endret regnskapslinjene" in text_of(answer)
    assert 'name="version" value="1"' in answer.content.decode()
    assert rules_of(book.client.pk) == {"74": "payroll_cost"}


def test_a_change_is_undone_from_the_page(signed_in, home, book, user) -> None:
    change_rules(book.client.pk, {"74": "payroll_cost"}, version=0, by=user)
    assert 'name="change" value="1"' in signed_in.get(home).content.decode()
    assert "tatt tilbake" in text_of(signed_in.post(home + "angre/", {"change": "1"}, follow=True))
    assert rules_of(book.client.pk) == {}


def test_the_firms_rule_shows_the_accounts_of_all_its_clients(signed_in, book, user, firm) -> None:
    other = book_table(
        """
        Konto | Navn       | Type    | Inngående
        7400  | Kontingent | expense |
        7450  | Gaver      | expense |
        """,
        name="Berg AS",
        orgnr="310000027",
    )
    change_rules(other.client.pk, {"7450": "payroll_cost"}, version=0, by=user)
    text = text_of(
        signed_in.post(FIRM + "endre/", {"prefix": "74", "line": "cost_of_goods", "version": "0"})
    )
    assert "2 kontoer flyttes" in text  # 7400 at both clients, 741000 at one; 7450 stays
    row = re.search(r"7400 7400 Kontingent Kostnad Annen driftskostnad Varekostnad (\d+)", text)
    assert row is not None
    assert row[1] == "2"
    signed_in.post(FIRM + "lagre/", {"rule": ["74=cost_of_goods"], "version": "0"})
    page = text_of(signed_in.get(FIRM))
    assert rules_of(None) == {"74": "cost_of_goods"}
    assert "Varekostnad" in page


@pytest.mark.parametrize("typed", ["", "7%", "74 og 75"])
def test_digits_that_are_none_are_told(signed_in, home, typed) -> None:
    answer = signed_in.post(home + "endre/", {"prefix": typed, "line": "cash"}, follow=True)
    text = text_of(answer)
    assert "Velg minst én konto" in text or "begynner ikke noe kontonummer" in text


def test_who_may_not_change_sees_no_form_and_is_refused(signed_in, home, user) -> None:
    Membership.objects.filter(user=user).update(role=Role.READER)
    assert b'name="account"' not in signed_in.get(home).content
    answer = signed_in.post(home + "lagre/", {"rule": ["74=cash"], "version": "0"})
    assert answer.status_code == 403


def test_the_page_asks_a_fixed_number_of_statements(signed_in, home, book, user) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(home).status_code == 200
        return len(captured)

    statements()  # the first look of a session writes that it has been
    few = statements()
    change_rules(
        book.client.pk,
        {str(number): "cost_of_goods" for number in range(4000, 4100)},
        version=0,
        by=user,
    )
    change_rules(None, {"75": "cost_of_goods"}, version=0, by=user)
    assert statements() == few
    assert few <= 16
