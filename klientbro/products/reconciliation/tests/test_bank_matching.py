"""Matching through the pages: suggested, accepted, by hand, undone, and what a sync does to it."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from klientbro.domain.periods import Month
from klientbro.domain.reconciliation.match_rules import MatchLimits
from klientbro.ledger.queries import books_of
from klientbro.ledger.tests.book_table import BookTable, run
from klientbro.products.reconciliation import suggestions
from klientbro.products.reconciliation.closing import close_period
from klientbro.products.reconciliation.match_writes import match_by_hand
from klientbro.products.reconciliation.matching import Sides, sides_of
from klientbro.products.reconciliation.models import Match, MatchMember, MatchRule, Statement
from klientbro.products.reconciliation.suggestions import items_of
from klientbro.products.reconciliation.tests.banking import Bank, camt
from klientbro.products.reconciliation.tests.conftest import OCTOBER, sheet_now

RULE = {
    "name": "Gebyr",
    "scope": "account",
    "shape": "one_to_one",
    "condition": "any",
    "contains": "",
    "tolerance": "5,00",
    "days_before": "3",
    "days_after": "3",
    "priority": "10",
    "is_on": "1",
}


@pytest.fixture
def bank(signed_in: Any, book: BookTable) -> Bank:
    made = Bank(signed_in, book)
    made.upload(camt())
    return made


def sides(book: BookTable, number: str = "1920", month: Month = OCTOBER) -> Sides:
    account = book.accounts[number]
    line = sheet_now(book, month).line(account)
    return sides_of(
        book.client.pk, books_of(book.client.pk), account, month, line.closing,
        is_bank=number == "1920",
    )  # fmt: skip


def keys(shown: str) -> list[str]:
    return re.findall(r'name="suggestion" value="([^"]+)"', shown)


def rows(shown: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'name="row" value="([^"]+)"', shown)]


def rest(shown: str) -> str:
    found = re.search(r'id="rest">([^<]*)<', shown)
    assert found is not None
    return found[1]


def late_posting(book: BookTable, amount: str = "-250,00", day: str = "31.10.2026") -> None:
    turned = amount.replace("-", "") if amount.startswith("-") else f"-{amount}"
    book.post(
        f"""
        Bilag | Dato  | Konto | Beløp    | Tekst
        20600 | {day} | 1920  | {amount} | Betaling
        20600 | {day} | 6620  | {turned} | Betaling
        """
    )


def test_suggestions_are_shown_with_their_reason_accepted_and_undone(bank, book) -> None:
    shown = bank.see("match")
    assert len(keys(shown)) == 2
    assert "Samme dag og beløp" in shown
    assert "2 dager fra hverandre" in shown
    bank.send("match-godta", {"suggestion": keys(shown)[:1]})
    assert Match.objects.count() == 1
    bank.send("match-godta", {"all": "1"})
    assert Match.objects.count() == 2
    shown = bank.see("match")
    assert keys(shown) == rows(shown) == []
    assert rest(bank.see("konto")) == "0,00"
    match = Match.objects.first()
    assert "1 match opphevet" in bank.send("match-angre", {"match": str(match.public_id)})
    assert "allerede" in bank.send("match-angre", {"match": str(match.public_id)})
    assert len(rows(bank.see("match"))) == 2
    assert Match.objects.count() == 2, "an undone match stays in the history"


def test_what_is_open_explains_the_difference_to_the_ore(bank, book) -> None:
    late_posting(book)
    bank.send("match-godta", {"all": "1"})
    found = sides(book)
    assert found.open_postings_sum == Decimal("-250.00")
    assert found.open_lines_sum == 0
    line = sheet_now(book).line(book.accounts["1920"])
    assert line.difference == found.explained == Decimal("-250.00")
    assert rest(bank.see("konto")) == "0,00"


def test_a_match_over_the_month_end_explains_october_and_comes_to_zero_in_november(
    bank, book
) -> None:
    late_posting(book)
    bank.upload(
        camt(
            (("2026-11-02", "-250.00", "Betaling"),),
            opening="123250.50",
            closing="123000.50",
            first="2026-11-01",
            last="2026-11-30",
            id_="S11",
            number="11",
        ),
        month="2026-11",
    )
    november = Month(2026, 11)
    bank.send("match-godta", {"all": "1"}, "2026-11")
    assert Match.objects.count() == 3
    october = sides(book)
    assert [each.is_later for each in october.uneven] == [True]
    assert october.explained == Decimal("-250.00")
    assert sides(book, month=november).uneven == ()
    assert rest(bank.see("konto")) == "0,00"
    assert rest(bank.see("konto", "2026-11")) == "0,00"


def test_rows_by_hand_show_their_difference_and_want_a_reason_for_it(bank, book) -> None:
    late_posting(book, "1 300,00", "06.10.2026")
    shown = bank.see("match")
    chosen = [
        next(each for each in rows(shown) if "|1300.00|" in each),
        next(each for each in rows(shown) if each.startswith("l:") and "|1250.50|" in each),
    ]
    shown = bank.send("match-rader", {"row": chosen})
    assert "+49,50" in shown
    assert shown.count("checked") == 2
    assert not Match.objects.exists()
    bank.send("match-rader", {"row": chosen, "comment": "Gebyr trukket"})
    match = Match.objects.get()
    assert match.remainder == Decimal("49.50")
    assert "For hånd: Gebyr trukket" in bank.see("match")
    assert rest(bank.see("konto")) == "0,00"


def test_open_rows_are_found_by_text_day_and_amount(bank) -> None:
    def found(search: str) -> int:
        answer = bank.browser.get(bank.address("match"), {"q": search})
        return len(rows(answer.content.decode()))

    assert (found("kjøledisk"), found("05.10"), found("1 250,50"), found("-8000.00")) == (
        2,
        2,
        2,
        2,
    )
    assert (found("kjøledisk 22.10"), found("finnes ikke")) == (1, 0)


def test_one_row_alone_is_no_match(bank) -> None:
    assert "minst to" in bank.send("match-rader", {"row": rows(bank.see("match"))[:1]})


def test_two_who_match_the_same_rows_at_once_get_one_match_and_one_explanation(
    bank, book, user
) -> None:
    shown = bank.see("match")
    seen = items_of(sides(book))
    pair = [each for each in seen if abs(each.amount) == Decimal("1250.50")]
    bank.send("match-godta", {"all": "1"})
    with pytest.raises(Exception, match="nettopp") as caught:
        match_by_hand(
            book.client.pk, books_of(book.client.pk), book.accounts["1920"], OCTOBER, pair, "",
            by=user,
        )  # fmt: skip
    assert caught.type.__name__ == "RefusedError"
    assert "endret" in bank.send("match-godta", {"suggestion": keys(shown)})
    assert "Ingenting er matchet" in bank.send("match-rader", {"row": rows(shown)[:2]})
    assert Match.objects.count() == 2


@pytest.mark.parametrize(
    ("sync", "words"),
    [
        (lambda book: book.close(20500), "er borte fra regnskapet"),
        (lambda book: change(book, amount="1350.50"), "var 1"),
        (lambda book: change(book, posting_date="2026-10-07"), "var datert 05.10.2026"),
        (lambda book: change(book, account_id=book.accounts["6620"]), "på en annen konto"),
    ],
)
def test_a_sync_that_changes_a_posting_suspends_its_match_and_says_why(
    bank, book, sync, words
) -> None:
    bank.send("match-godta", {"all": "1"})
    sync(book)
    shown = bank.see("match")
    assert words in shown
    assert "er suspendert, fordi" in bank.see("konto")
    found = sides(book)
    assert len(found.suspended) == 1
    line = sheet_now(book).line(book.accounts["1920"])
    assert found.explained == line.closing - Decimal("123250.50")
    bank.send("match-angre", {"match": str(found.suspended[0].match.public_id)})
    assert sides(book).suspended == ()
    assert len([each for each in rows(bank.see("match")) if each.startswith("l:")]) == 1


def change(book: BookTable, **columns: object) -> None:
    book.landing += 1
    keys_ = {"connection": book.connection.pk, "landing": book.landing}
    book._land(timezone.now())
    run(
        "update ledger_posting set known_to = %(landing)s where connection_id = %(connection)s "
        "and voucher_no = 20500 and amount > 0 and known_to = 2147483647",
        keys_,
    )
    names = [
        "source_id", "account_id", "posting_date", "amount", "voucher_id", "voucher_no",
        "voucher_series", "voucher_type", "voucher_date", "text", "is_reversed",
        "source_created_at",
    ]  # fmt: skip
    taken = ", ".join(f"%({name})s" if name in columns else name for name in names)
    run(
        f"insert into ledger_posting (firm_id, connection_id, known_from, {', '.join(names)}) "
        f"select firm_id, connection_id, %(landing)s, {taken} from ledger_posting "
        "where connection_id = %(connection)s and known_to = %(landing)s",
        keys_ | columns,
    )
    book._keep_balances(False)


def test_a_changed_text_leaves_the_match_alone(bank, book) -> None:
    bank.send("match-godta", {"all": "1"})
    change(book, text="Kontantsalg, butikk")
    assert sides(book).suspended == ()


def test_undoing_an_import_undoes_its_matches_and_says_how_many(bank, book) -> None:
    bank.send("match-godta", {"all": "1"})
    shown = bank.send("utskrift-angre", {"statement": str(Statement.objects.get().public_id)})
    assert "2 matcher ble opphevet" in shown
    assert not MatchMember.objects.filter(is_standing=True).exists()


def test_postings_on_one_account_clear_against_each_other(bank, book) -> None:
    book.post(
        """
        Bilag | Dato       | Konto | Beløp     | Tekst
        20710 | 01.10.2026 | 1250  | 999,00    | Ordre 77001
        20710 | 01.10.2026 | 6620  | -999,00   | Ordre 77001
        20711 | 20.10.2026 | 1250  | -999,00   | Retur av ordre 77001
        20711 | 20.10.2026 | 6620  | 999,00    | Retur av ordre 77001
        """
    )
    clearing = Bank(bank.browser, book, "1250")
    shown = clearing.see("match")
    assert len(keys(shown)) == 1
    assert "77001" in shown
    clearing.send("match-godta", {"suggestion": keys(shown)})
    assert len(rows(clearing.see("match"))) == 1, "the cooler of 8 000 is still open"


def test_a_closed_month_is_not_matched_in(bank, book, user) -> None:
    shown = bank.see("match")
    close_period(book.client.pk, OCTOBER, by=user)
    assert "lukket" in bank.send("match-godta", {"suggestion": keys(shown)})
    assert not Match.objects.exists()


def test_a_rule_is_tried_saved_changed_and_deleted(bank, book) -> None:
    late_posting(book, "1 252,00", "06.10.2026")
    shown = bank.send("regel-ny", RULE | {"step": "try"})
    assert "Regelen ville gitt" in shown
    assert "Bare beløp og dager" in shown
    assert not MatchRule.objects.exists()
    bank.send("regel-ny", RULE | {"step": "save"})
    rule = MatchRule.objects.get()
    assert (rule.tolerance, rule.account_id) == (Decimal("5.00"), book.accounts["1920"])
    assert "Gebyr" in bank.see("regler")
    assert "Gebyr" in bank.see("match")
    edit = f"regel/{rule.public_id}"
    bank.send(edit, RULE | {"name": "Bankgebyr", "version": "1", "scope": "firm"})
    rule.refresh_from_db()
    assert (rule.name, rule.client_id, rule.version) == ("Bankgebyr", None, 2)
    assert "i mellomtiden" in bank.send(edit, RULE | {"version": "1"})
    bank.send("match-godta", {"all": "1"})
    bank.send(f"regel-slett/{rule.public_id}")
    assert not MatchRule.objects.exists()
    assert Match.objects.filter(reason__startswith="own:Bankgebyr").exists(), "its matches stand"
    assert "Bankgebyr" in bank.see("match")


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("name", " ", "navn"),
        ("tolerance", "100 000", "mellom 0,00 og 1"),
        ("tolerance", "mye", "mellom 0,00 og 1"),
        ("days_after", "9999", "fra 0 til 366"),
        ("priority", "", "fra 1 til 9999"),
        ("shape", "many_to_many", "tilfeldigvis"),
    ],
)
def test_a_rule_without_bounds_is_refused_with_the_reason(bank, field, typed, words) -> None:
    assert words in bank.send("regel-ny", RULE | {field: typed, "step": "save"})
    assert not MatchRule.objects.exists()


def test_a_rule_that_takes_too_long_is_stopped_and_says_so(bank, book, monkeypatch) -> None:
    monkeypatch.setattr(suggestions.suggest, "__defaults__", (MatchLimits(1, 1),))
    shown = bank.see("match")
    assert "Søket ble stanset for" in shown
    assert "stanset" in bank.send("regel-ny", RULE | {"step": "try"})


def test_the_pages_ask_the_same_number_of_statements_however_much_is_open(bank, book) -> None:
    def asked(part: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            bank.see(part)
        return len(queries)

    bank.see("match")
    few = {part: asked(part) for part in ("match", "konto", "utskrift")}
    lines = "\n".join(
        f"{30000 + n} | 12.10.2026 | {account} | {sign}{n + 1},00 | Salg {n}"
        for n in range(30)
        for account, sign in (("1920", ""), ("3000", "-"))
    )
    book.post("Bilag | Dato | Konto | Beløp | Tekst\n" + lines)
    bank.see("match")
    assert {part: asked(part) for part in few} == few
