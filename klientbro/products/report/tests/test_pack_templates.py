"""Templates of a firm's report packs, and figures that stand in the texts."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from klientbro.practice.books.tests.test_pages import NBSP, text_of
from klientbro.products.report.models import Pack, PackTemplate, Published
from klientbro.products.report.tests.conftest import LATE
from klientbro.products.report.tests.test_packs import pdf_of, publish, write

pytestmark = pytest.mark.django_db
PART_NAMES = ("summary", "result", "balance", "figures", "ageing")


@pytest.fixture
def address(signed_in, home) -> str:
    signed_in.post(home + "pakker/ny/", {"til": "2026-10", "title": "Oktoberrapport"})
    return f"{home}pakker/{Pack.objects.get().public_id}/"


def plain(text: str) -> str:
    return " ".join(text.replace(NBSP, " ").split())


def filled(signed_in, address, text: str) -> str:
    """The text as the client reads it."""
    seen = Pack.objects.get().version
    write(signed_in, address, seen, **{"text-summary": text})
    page = text_of(signed_in.get(address))
    return plain(page.partition("Klienten leser")[2].partition("Resultatregnskap")[0])


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (
            "{klient} i {måned}, {periode}, {år}",
            "Fjordglimt Bakeri AS i oktober 2026, januar–oktober 2026",
        ),
        ("{sum driftsinntekter}", "180 001"),
        ("{Sum driftsinntekter i fjor}", "150 000"),
        ("{sum driftsinntekter måneden}", "60 001"),
        ("{sum driftsinntekter måneden i fjor}", "50 000"),
        ("{sum driftsinntekter endring}", "+20,0 %"),
        ("{Total operating income}", "180 001"),
        ("{sum eiendeler ved årets start}", "643 000"),
        ("{likviditetsgrad 1}", "3,02"),
    ],
)
def test_a_name_in_braces_is_the_figure(signed_in, address, text, read) -> None:
    assert read in filled(signed_in, address, text)


def test_figures_in_the_text_are_frozen_with_the_pack(signed_in, address, book) -> None:
    write(signed_in, address, **{"text-summary": "Resultatet er {årsresultat} kroner."})
    publish(signed_in, address)
    before = pdf_of(signed_in, address)
    book.post(LATE)

    assert pdf_of(signed_in, address) == before
    sent = plain("".join(one.extract_text() for one in PdfReader(io.BytesIO(before)).pages))
    assert "Resultatet er 115 001 kroner." in sent
    assert "Resultatet er 114 001 kroner." in plain(text_of(signed_in.get(address)))


def test_a_name_that_is_none_is_told_and_not_published(signed_in, address) -> None:
    write(signed_in, address, **{"text-summary": "Vi har {omstning} og {årsresultat i går}."})

    assert "Ingenting heter {omstning}, {årsresultat i går}." in text_of(signed_in.get(address))
    answer = publish(signed_in, address)
    assert "Endre det i teksten, eller ta bort klammene." in text_of(answer)
    assert not Published.objects.exists()


def test_a_figure_that_is_not_known_is_written_so_and_told(signed_in, address, home) -> None:
    form = {"til": "2025-10", "title": "I fjor"}
    signed_in.post(home + "pakker/ny/", form)
    old = f"{home}pakker/{Pack.objects.get(title='I fjor').public_id}/"
    write(signed_in, old, **{"text-summary": "Mot {salgsinntekt i fjor}."})

    page = text_of(signed_in.get(old))

    assert "Mot ikke kjent." in page
    assert "Teksten nevner tall som ikke er kjent: salgsinntekt i fjor." in page


def test_what_a_text_says_of_last_year_is_watched_also_beside_a_budget(
    signed_in, address, book
) -> None:
    text = {"text-summary": "I fjor {salgsinntekt i fjor}.", "against": "budget"}
    write(signed_in, address, **text)
    publish(signed_in, address)
    book.post("""
Bilag | Dato       | Konto | Beløp   | Tekst
298   | 01.10.2025 | 3000  | -700,00 | Glemt salg
298   | 01.10.2025 | 2050  | 700,00  | Glemt salg
""")

    page = text_of(signed_in.get(address))

    assert "salgsinntekt i fjor" in page
    assert "Tall endret siden" in page


def test_the_texts_of_a_pack_are_kept_and_begin_another(signed_in, address, home) -> None:
    parts = {f"part-{part}": "" for part in ("ageing", "figures")}
    write(signed_in, address, **{"text-result": "Salget er {salgsinntekt}."}, **parts)
    answer = signed_in.post(address + "som-mal/", {"name": "Månedsbrev"}, follow=True)
    assert "Tekstene er lagret som «Månedsbrev»" in text_of(answer)
    kept = PackTemplate.objects.get()

    form = {"til": "2026-09", "title": "September", "template": str(kept.public_id)}
    signed_in.post(home + "pakker/ny/", form)

    made = Pack.objects.get(title="September")
    assert made.texts["result"] == "Salget er {salgsinntekt}."
    assert made.parts == ["summary", "result", "balance"]
    page = plain(text_of(signed_in.get(f"{home}pakker/{made.public_id}/")))
    assert "Salget er 120 000." in page


def test_a_template_is_written_and_deleted_and_packs_keep_their_texts(
    signed_in, address, home
) -> None:
    signed_in.post("/rapport/maler/ny/", {"name": "Kort"})
    kept = PackTemplate.objects.get()
    own = f"/rapport/maler/{kept.public_id}/"
    form = {
        "seen": "1", "title": "Kort brev", "against": "budget", "part-result": "1",
        "text-summary": "Hei {klient}.",
    }  # fmt: skip
    signed_in.post(own + "lagre/", form)
    kept.refresh_from_db()
    assert (kept.name, kept.against, kept.parts) == ("Kort brev", "budget", ["result"])
    signed_in.post(
        home + "pakker/ny/", {"til": "2026-10", "title": "Ny", "template": str(kept.public_id)}
    )
    signed_in.post(own + "slett/")

    assert not PackTemplate.objects.exists()
    assert Pack.objects.get(title="Ny").texts == {"summary": "Hei {klient}."}
    assert "Ingen maler ennå." in text_of(signed_in.get("/rapport/maler/"))


def test_two_who_write_a_template_at_once_the_second_keeps_the_text(signed_in, firm) -> None:
    signed_in.post("/rapport/maler/ny/", {"name": "Felles"})
    own = f"/rapport/maler/{PackTemplate.objects.get().public_id}/"
    signed_in.post(own + "lagre/", {"seen": "1", "title": "Felles", "text-summary": "Den ene."})

    form = {"seen": "1", "title": "Felles", "text-summary": "Den andre."}
    answer = signed_in.post(own + "lagre/", form)

    assert answer.status_code == 422
    assert "Noen andre har endret malen" in text_of(answer)
    assert b"Den andre." in answer.content
    assert PackTemplate.objects.get().texts == {"summary": "Den ene."}


def test_a_name_is_used_once(signed_in, firm) -> None:
    for _press in range(2):
        answer = signed_in.post("/rapport/maler/ny/", {"name": "Månedsbrev"}, follow=True)

    assert "En annen mal har dette navnet." in text_of(answer)
    assert PackTemplate.objects.count() == 1


def test_a_text_too_long_for_a_pack_is_refused_in_a_template(signed_in, firm) -> None:
    signed_in.post("/rapport/maler/ny/", {"name": "Alt"})
    own = f"/rapport/maler/{PackTemplate.objects.get().public_id}/"
    form = {"seen": "1", "title": "Alt", "text-summary": "x" * 8001}

    answer = signed_in.post(own + "lagre/", form)

    assert "lengre enn 8000 tegn" in text_of(answer)
    assert PackTemplate.objects.get().texts == {}
