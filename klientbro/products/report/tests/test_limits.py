"""The firm's limits for key figures: set, refused, and shown with a word."""

from __future__ import annotations

import pytest

from klientbro.practice.books.tests.test_pages import text_of
from klientbro.products.report.models import FigureLimits

pytestmark = pytest.mark.django_db


def save(signed_in, seen="0", **typed):
    form = {"seen": seen} | {name.replace("__", "-"): text for name, text in typed.items()}
    return signed_in.post("/rapport/grenser/lagre/", form, follow=True)


def row(answer, name: str) -> str:
    """The figure's row of the table, without tags."""
    page = answer.content.decode().partition("<tbody>")[2]
    found = next(one for one in page.split("<tr>") if f">{name}<" in one)
    return text_of(type("Answer", (), {"content": found.encode()})())


def test_standard_limits_judge_with_a_word_until_the_firm_sets_its_own(signed_in, home) -> None:
    page = signed_in.get(home + "nokkeltall/?til=2026-10")

    assert "Bra fra 1,50, svak til og med 1,00" in row(page, "Likviditetsgrad 1")
    assert "Bra" in row(page, "Likviditetsgrad 1").partition("Bra fra")[0]
    assert "bra" not in row(page, "Egenkapitalandel").lower()


def test_the_firms_own_limits_judge_every_client(signed_in, home) -> None:
    save(
        signed_in,
        current_ratio__good="20",
        current_ratio__bad="2,5",
        equity_ratio__good="95 ",
        equity_ratio__bad="90",
    )

    page = signed_in.get(home + "nokkeltall/?til=2026-10")

    assert "Følg med" in row(page, "Likviditetsgrad 1")
    assert "Svak" in row(page, "Egenkapitalandel").partition("Bra fra")[0]
    # what was left empty is not judged any more
    assert "Bra" not in row(page, "Likviditetsgrad 2")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"current_ratio__good": "1", "current_ratio__bad": "2"}, "grensene står feil vei"),
        ({"customer_credit_days__good": "60", "customer_credit_days__bad": "30"}, "feil vei"),
        ({"quick_ratio__good": "mye"}, "skriv grensen som et tall"),
        ({"quick_ratio__bad": "1" + "0" * 15}, "skriv grensen som et tall"),
    ],
)
def test_limits_that_cannot_be_are_refused_and_what_was_typed_stands(
    signed_in, home, typed, message
) -> None:
    answer = save(signed_in, **typed)

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert f'value="{next(iter(typed.values()))}"' in answer.content.decode()
    assert not FigureLimits.objects.exists()


def test_two_who_set_limits_at_once_the_second_is_told(signed_in, home) -> None:
    save(signed_in, current_ratio__good="3")
    first = save(signed_in, current_ratio__good="4")
    save(signed_in, seen="1", current_ratio__good="5")
    second = save(signed_in, seen="1", current_ratio__good="6")

    assert "Noen andre har endret grensene" in text_of(first)
    assert "Noen andre har endret grensene" in text_of(second)
    assert FigureLimits.objects.get().limits == {"current_ratio": ["5", None]}
