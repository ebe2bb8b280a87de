"""The job after landings: nothing twice, nothing missed, a day's first forecast kept for ever."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from klientbro.clients.facts import ClientFacts
from klientbro.clients.tests.fixtures import personal_number
from klientbro.domain.liquidity.buckets import Horizon
from klientbro.domain.liquidity.lines import CashLine, Certainty, Notice, Reason
from klientbro.domain.liquidity.recurring import Category
from klientbro.domain.periods import Month
from klientbro.ledger.queries import books_of
from klientbro.ledger.tests.book_table import BookTable
from klientbro.products.liquidity.codec import ground_from_json, ground_to_json
from klientbro.products.liquidity.gathering import read_ground
from klientbro.products.liquidity.keeping import keep_client, stale_clients
from klientbro.products.liquidity.making import Made, make
from klientbro.products.liquidity.models import (
    CustomerHabit,
    KeptForecast,
    Learned,
    Offer,
    PlannedLine,
    Standing,
)
from klientbro.products.liquidity.tests.bakery import NOW, TODAY, bakery, items
from klientbro.sync.models import Step
from klientbro.tenants.context import firm_set
from klientbro.tenants.services import create_firm

pytestmark = pytest.mark.django_db


def made_of(book: BookTable) -> Made:
    books = books_of(book.client.pk)
    assert books is not None
    return make(book.client.pk, books, TODAY)


def line(made: Made, key: str) -> CashLine:
    return next(one for one in made.base.lines if one.key == key)


def keys(made: Made) -> set[str]:
    return {one.key for one in made.base.lines}


def test_personal_number_in_a_posting_is_not_kept_beside_the_books(book: BookTable) -> None:
    number = personal_number()
    month = "Bilag | Dato | Konto | Beløp | Tekst"
    for n, day in enumerate(("15.08.2026", "15.09.2026", "15.10.2026", "15.11.2026")):
        month += f"\n95{n} | {day} | 1920 | -700,00 | Støtte {number}"
        month += f"\n95{n} | {day} | 6300 | 700,00 | Støtte {number}"
    book.post(month)
    assert keep_client(book.client.pk)
    ground = repr(Learned.objects.get(client=book.client).ground)
    assert f"Støtte {number[:6]} *****" in ground
    kept = [ground, *Offer.objects.values_list("title", flat=True)]
    assert [one for one in kept if number in one] == []


def test_a_kept_forecast_is_that_of_its_books_until_they_move(book: BookTable) -> None:
    assert stale_clients(10) == []
    book.post(
        "Bilag | Dato | Konto | Beløp\n900 | 17.11.2026 | 1920 | 10,00\n"
        "900 | 17.11.2026 | 3000 | -10,00"
    )
    assert stale_clients(10) == [book.client.pk]
    assert stale_clients(10, [book.client.pk]) == []
    before = Standing.objects.get().opening
    assert keep_client(book.client.pk)

    assert Standing.objects.get().opening == before + 10
    assert stale_clients(10) == []


def test_new_open_items_alone_make_the_forecast_anew(book: BookTable) -> None:
    items(book, "customer", ("c9", "10001", "7000", "2026-11-30", "2026-11-16"))

    assert stale_clients(10) == [book.client.pk]


def test_a_client_in_the_middle_of_a_run_waits_for_its_end(book: BookTable) -> None:
    book.post(
        "Bilag | Dato | Konto | Beløp\n900 | 17.11.2026 | 1920 | 10,00\n"
        "900 | 17.11.2026 | 3000 | -10,00"
    )
    Step.objects.create(
        firm=book.client.firm, connection=book.connection, kind="postings", position=1
    )

    assert stale_clients(10) == []


def test_the_first_forecast_of_a_day_is_kept_and_never_changed(
    book: BookTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = KeptForecast.objects.get()
    book.post(
        "Bilag | Dato | Konto | Beløp\n900 | 17.11.2026 | 1920 | 5000,00\n"
        "900 | 17.11.2026 | 3000 | -5000,00"
    )
    keep_client(book.client.pk)
    assert KeptForecast.objects.get().points == first.points

    later = NOW + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    book.change(complete_at=later)
    assert stale_clients(10) == [book.client.pk]
    keep_client(book.client.pk)
    assert [one.day for one in KeptForecast.objects.order_by("day")] == [
        TODAY,
        TODAY + timedelta(days=1),
    ]


def test_a_kept_forecast_says_which_accounts_it_counted_and_cannot_be_changed(
    book: BookTable,
) -> None:
    kept = KeptForecast.objects.get()

    assert [number for number, _name in kept.bank] == ["1920", "1930"]
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        KeptForecast.objects.update(opening=0)


def test_nothing_is_kept_of_a_forecast_that_lacks_what_is_owed(firm: Any) -> None:
    made = bakery()
    keep_client(made.client.pk)

    assert KeptForecast.objects.count() == 0
    assert not Standing.objects.get().is_complete


def test_another_firm_sees_and_makes_nothing(book: BookTable) -> None:
    other = create_firm("Naboen Regnskap AS")
    with firm_set(other.id), transaction.atomic():
        assert Standing.objects.count() == 0
        assert stale_clients(10) == []
        assert not keep_client(book.client.pk)
    with transaction.atomic():
        assert Standing.objects.count() == 1


def test_what_is_stored_is_what_was_read(book: BookTable) -> None:
    books = books_of(book.client.pk)
    assert books is not None
    read = read_ground(books, TODAY, [])
    stored = Learned.objects.get()

    assert ground_from_json(ground_to_json(read)) == read
    assert ground_from_json(stored.ground) == read
    fresh = made_of(book)
    Learned.objects.all().delete()
    assert made_of(book).ground == fresh.ground


def test_what_an_earlier_program_has_read_is_read_anew(book: BookTable) -> None:
    right = made_of(book).ground
    learned = Learned.objects.get()
    Learned.objects.update(bank="", ground=learned.ground | {"opening": "1.00"})

    assert made_of(book).ground == right


def test_the_bank_is_its_own_accounts_at_the_day_and_the_walk_closes(book: BookTable) -> None:
    made = made_of(book)

    assert [number for number, _name, _amount in made.ground.bank] == ["1920", "1930"]
    for horizon in Horizon:
        buckets = made.base.walk(horizon)
        moved = sum((one.amount for b in buckets for one in b.lines), Decimal(0))
        assert buckets[-1].closing == made.base.opening + moved


def test_wages_vat_and_taxes_come_from_the_books_on_their_days(book: BookTable) -> None:
    made = made_of(book)

    vat = line(made, "vat:2026-T5")  # September and October: not filed on 18 November
    assert (vat.day, vat.amount) == (date(2026, 12, 10), Decimal("-133300.00"))
    assert vat.source.reason is Reason.VAT_COMPUTED
    assert line(made, "wages:2026-12").day == date(2026, 12, 11)  # the 12th is a Saturday
    assert line(made, "withheld:2026-12").day == date(2026, 12, 14)
    assert line(made, "aga:2026-T6").amount == Decimal("-67680.00")
    assert "wages:2026-11" not in keys(made)  # posted and paid
    assert line(made, "holiday:2026").day == date(2027, 6, 11)


def test_a_filed_return_takes_the_place_of_the_reckoned_term(book: BookTable) -> None:
    book.post(
        "Bilag | Dato | Konto | Beløp | voucher_type\n"
        "901 | 31.10.2026 | 2700 | 212 500,00 | vat_return\n"
        "901 | 31.10.2026 | 2710 | -79 200,00 | vat_return\n"
        "901 | 31.10.2026 | 2740 | -133 300,00 | vat_return"
    )
    keep_client(book.client.pk)
    vat = line(made_of(book), "vat:2026-T5")

    assert (vat.amount, vat.certainty) == (Decimal("-133300.00"), Certainty.POSTED)
    assert vat.source.vouchers == (901,)
    book.post(
        "Bilag | Dato | Konto | Beløp\n902 | 18.11.2026 | 2740 | 133 300,00\n"
        "902 | 18.11.2026 | 1920 | -133 300,00"
    )
    assert "vat:2026-T5" not in keys(made_of(book))


def test_vat_of_sales_straight_into_the_bank_is_owed_and_its_money_is_of_the_sale(
    book: BookTable,
) -> None:
    before = made_of(book)
    book.post(
        "Bilag | Dato | Konto | Beløp\n905 | 12.10.2026 | 1920 | 12 500,00\n"
        "905 | 12.10.2026 | 3000 | -10 000,00\n905 | 12.10.2026 | 2700 | -2 500,00"
    )
    made = made_of(book)
    october = (Category.SALES, Month(2026, 10))

    assert line(made, "vat:2026-T5").amount == line(before, "vat:2026-T5").amount - 2500
    assert made.ground.monthly[october] == before.ground.monthly[october] + 12500
    assert made.ground.opening == before.ground.opening + 12500


def test_vat_paid_straight_from_its_account_is_a_payment(book: BookTable) -> None:
    before = made_of(book)
    book.post(
        "Bilag | Dato | Konto | Beløp\n906 | 12.11.2026 | 2700 | 1 000,00\n"
        "906 | 12.11.2026 | 1920 | -1 000,00"
    )
    made = made_of(book)

    # the term that runs is what its trade came to: a payment makes no VAT of its own
    assert line(made, "vat:2026-T6").fact("posted") == line(before, "vat:2026-T6").fact("posted")


def test_payments_posted_after_the_items_were_read_settle_them(book: BookTable) -> None:
    book.post(
        "Bilag | Dato | Konto | Beløp | customer_no\n"
        "903 | 18.11.2026 | 1920 | 212 500,00 | \n"
        "903 | 18.11.2026 | 1500 | -212 500,00 | 10002"
    )

    assert "customer:c2" not in keys(made_of(book))
    assert "customer:c3" in keys(made_of(book))


def test_a_bank_posting_with_a_later_day_is_a_line_and_settles_its_item(book: BookTable) -> None:
    book.post(
        "Bilag | Dato | Konto | Beløp | customer_no\n"
        "904 | 25.11.2026 | 1920 | 212 500,00 | \n"
        "904 | 25.11.2026 | 1500 | -212 500,00 | 10002"
    )
    made = made_of(book)
    ahead = [one for one in made.base.lines if one.source.reason is Reason.BANK_AHEAD]

    assert [(one.day, one.amount) for one in ahead] == [(date(2026, 11, 25), Decimal("212500.00"))]
    assert "customer:c2" not in keys(made)


def test_a_taken_recurring_line_gives_way_to_its_invoice(book: BookTable) -> None:
    PlannedLine.objects.create(
        firm=book.client.firm,
        client=book.client,
        title="Leie",
        amount=-48000,
        first=date(2026, 12, 5),
        interval="monthly",
        kind="suppliers",
        account="2400",
        party="20001",
        offer_key="2400|20001|out",
    )
    assert sum("recurring" in key for key in keys(made_of(book))) == 11
    items(book, "supplier", ("rent", "20001", "-48000", "2026-12-04", "2026-11-18"))
    made = made_of(book)

    assert "supplier:rent" in keys(made)
    december = [key for key in keys(made) if key.startswith("recurring") and "2026-12" in key]
    assert december == []


def test_habits_and_offers_are_learned_from_the_books(book: BookTable) -> None:
    learned = Learned.objects.get()

    assert learned.habits["10001"][0] == 11
    assert {one.interval for one in Offer.objects.filter(party="20001")} == {"monthly"}
    CustomerHabit.objects.create(firm=book.client.firm, client=book.client, party="10001", days=2)
    assert line(made_of(book), "customer:c1").fact("whose") == "typed"


def test_what_is_told_of_vat_rules_over_what_the_source_says(book: BookTable) -> None:
    ClientFacts.objects.create(
        firm=book.client.firm, client=book.client, vat_frequency="not_registered"
    )

    assert not any(key.startswith("vat:") for key in keys(made_of(book)))
    book.change(vat_period=None)
    ClientFacts.objects.all().delete()
    keep_client(book.client.pk)
    assert Notice.NO_VAT_FREQUENCY in made_of(book).base.notices
