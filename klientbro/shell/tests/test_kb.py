"""Numbers, days, the seal and the other tags are written alike everywhere."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.paginator import Paginator
from django.http import QueryDict
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from klientbro.shell import icons
from klientbro.shell.paging import pages_around, pages_of
from klientbro.shell.templatetags import kb


def rendered(source: str, path: str = "/", **context: object) -> str:
    request = RequestFactory().get(path)
    return Template("{% load kb %}" + source).render(Context({"request": request, **context}))


def test_an_amount_has_no_break_spaces_a_comma_and_a_true_minus() -> None:
    assert kb.amount(Decimal("-1234567.89")) == "−1\u00a0234\u00a0567,89"
    assert kb.amount_signed(Decimal("250")) == "+250,00"
    assert kb.kroner(Decimal("1234.50")) == "1\u00a0235"
    assert kb.count(41206) == "41\u00a0206"


@pytest.mark.parametrize("show", [kb.amount, kb.amount_signed, kb.kroner, kb.count, kb.day])
def test_a_missing_figure_is_a_dash_and_never_zero(show: object) -> None:
    assert show(None) == "–"  # type: ignore[operator]
    assert show("") == "–"  # type: ignore[operator]


def test_zero_is_a_figure_and_is_marked() -> None:
    assert kb.amount(Decimal(0)) == "0,00"
    assert kb.zero(Decimal("0.00")) == "zero"
    assert kb.zero(None) == ""
    assert kb.zero(Decimal("0.01")) == ""


def test_a_moment_is_shown_on_a_norwegian_clock() -> None:
    late = datetime(2026, 11, 17, 23, 30, tzinfo=UTC)
    assert kb.day(late) == "18.11.2026"
    assert kb.day(date(2026, 11, 18)) == "18.11.2026"
    with translation.override("nb"):
        assert kb.clock(late) == "kl. 00:30"
        assert kb.moment(late) == "18.11.2026 kl. 00:30"
    with translation.override("en"):
        assert kb.moment(late) == "18.11.2026 at 00:30"


def test_when_is_as_short_as_it_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kb.timezone, "localdate", lambda: date(2026, 11, 18))
    assert kb.when(datetime(2026, 11, 18, 12, 51, tzinfo=UTC)) == "13:51"
    assert kb.when(datetime(2026, 11, 17, 21, 14, tzinfo=UTC)) == "17.11.\u00a022:14"
    assert kb.when(datetime(2025, 9, 2, 8, 0, tzinfo=UTC)) == "02.09.2025"


def test_an_orgnr_is_parted_in_threes_and_a_personal_number_is_masked() -> None:
    assert kb.orgnr("312480778") == "312\u00a0480\u00a0778"
    assert kb.orgnr(None) == ""
    assert "12345" not in kb.masked("01819012345")


@pytest.mark.parametrize("name", sorted(icons.NAMES))
def test_every_icon_is_well_formed_and_silent(name: str) -> None:
    import xml.etree.ElementTree as ET

    root = ET.fromstring(str(icons.icon(name)))  # noqa: S314 our own drawing
    assert root.get("aria-hidden") == "true"


def test_an_unknown_icon_is_a_mistake_and_not_a_blank() -> None:
    with pytest.raises(KeyError):
        icons.icon("nothing")


def test_a_seal_with_a_label_speaks_and_one_beside_words_does_not() -> None:
    assert 'aria-label="Avstemt &lt;b&gt;"' in icons.seal("sealed", "Avstemt <b>")
    assert 'aria-hidden="true"' in icons.seal("open")
    assert 'class="seal lg"' in rendered('{% seal "unsealed" size="lg" %}')


def test_a_status_is_a_shape_and_a_word_and_escapes() -> None:
    html = rendered('{% status "stop" text %}', text="<b>Stoppet</b>")
    assert 'data-tone="stop"' in html
    assert "<svg" in html
    assert "&lt;b&gt;Stoppet" in html


def test_query_changes_one_thing_and_keeps_the_rest() -> None:
    assert rendered('{% query sort="name" side=None %}', "/?q=a%26b&side=3") == (
        "?q=a%26b&amp;sort=name"
    )


def test_pages_keep_the_address_and_say_which_rows_are_shown() -> None:
    html = rendered(
        "{% pagination pages %}", "/?q=berg&side=2", pages=Paginator(range(1284), 50).page(2)
    )
    assert "51–100 av 1\u00a0284" in html
    assert 'href="?q=berg&amp;side=3"' in html
    assert html.count('aria-current="true"') == 1


def test_a_list_of_one_page_has_no_links_and_an_empty_one_says_nothing() -> None:
    assert "<nav" not in rendered(
        "{% pagination pages %}", pages=pages_around(QueryDict(), 1, 10, 50)
    )
    empty = rendered("{% pagination pages %}", pages=pages_around(QueryDict(), 1, 0, 50))
    assert empty.strip() == ""


@pytest.mark.parametrize(
    ("number", "last", "shown"),
    [
        (1, 1, [1]),
        (5, 92, [1, 0, 4, 5, 6, 0, 92]),
        (3, 92, [1, 2, 3, 4, 0, 92]),
        (92, 92, [1, 0, 91, 92]),
        (4, 5, [1, 2, 3, 4, 5]),
    ],
)
def test_a_gap_stands_for_two_pages_or_more(number: int, last: int, shown: list[int]) -> None:
    pages = pages_around(QueryDict(), number, last, 1)
    assert [link.number for link in pages.links] == shown


@pytest.mark.parametrize("asked", ["0", "-1", "x", "9999999999999", "²", ""])
def test_a_page_that_is_no_page_is_the_nearest_there_is(asked: str) -> None:
    request = RequestFactory().get("/", {"side": asked})
    assert pages_of(request, 120, 50).number in (1, 3)


def test_an_empty_state_has_its_one_button() -> None:
    html = rendered('{% empty_state "Ingen." "Ny klient" "/ny/" dialog=True %}')
    assert re.search(r'<button[^>]* hx-get="/ny/" hx-target="#dialog-content"', html)
