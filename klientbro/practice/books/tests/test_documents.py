"""«Vis bilag»: asked for, waited for, shown from our own address and nobody else's."""

from __future__ import annotations

import pytest
from django.db import connection

from klientbro.ledger.tests.book_table import book_table
from klientbro.practice.books.tests.conftest import CHART, POSTINGS
from klientbro.sync.models import DocumentRequest
from klientbro.tenants.services import firm_envelopes

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 a small document"


@pytest.fixture
def asked(firm, book) -> DocumentRequest:
    return DocumentRequest.objects.create(
        firm=firm, connection=book.connection, voucher_id="v20418"
    )


def answer(asked: DocumentRequest, content_type: str = "application/pdf") -> None:
    asked.state, asked.outcome = "done", "found"
    asked.file_name, asked.content_type = "faktura-7731.pdf", content_type
    asked.content_sealed = firm_envelopes().seal_bytes("document", PDF)
    asked.save()


def test_pressing_show_defers_a_job_and_waits(signed_in, home) -> None:
    response = signed_in.post(home + "dokument/", {"bilag": "v20418"}, follow=True)

    assert DocumentRequest.objects.get().voucher_id == "v20418"
    assert "Henter bilaget fra PowerOffice Go" in response.content.decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from procrastinate_jobs where task_name like %s", ["%fetch_document"]
        )
        assert cursor.fetchone()[0] == 1


def test_fetched_document_is_shown_in_the_page(signed_in, home, asked) -> None:
    answer(asked)

    page = signed_in.get(
        f"{home}dokument/{asked.public_id}/status/", headers={"HX-Request": "true"}
    )
    document = signed_in.get(f"{home}dokument/{asked.public_id}/")

    assert f'src="{home}dokument/{asked.public_id}/"' in page.content.decode()
    assert document.content == PDF
    assert document["Content-Type"] == "application/pdf"
    assert document["Content-Disposition"].startswith("inline")
    assert "no-store" in document["Cache-Control"]


def test_document_of_another_kind_is_only_saved_never_shown(signed_in, home, asked) -> None:
    answer(asked, "text/html")

    document = signed_in.get(f"{home}dokument/{asked.public_id}/")

    assert document["Content-Type"] == "application/octet-stream"
    assert document["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("none", "ikke noe dokument"), ("unreachable", "svarte ikke"), ("disconnected", "slettet")],
)
def test_what_cannot_be_shown_says_why(signed_in, home, asked, outcome, words) -> None:
    asked.state, asked.outcome = "done", outcome
    asked.save()

    page = signed_in.get(f"{home}dokument/{asked.public_id}/status/")

    assert words in page.content.decode()


def test_document_is_not_found_under_another_client(signed_in, asked) -> None:
    answer(asked)
    other = book_table(CHART, orgnr="312480786", name="Ærlig Kaffe AS").post(POSTINGS)

    response = signed_in.get(f"/klienter/{other.client.public_id}/dokument/{asked.public_id}/")

    assert response.status_code == 404


def test_waiting_ends_after_a_minute(signed_in, home, asked) -> None:
    page = signed_in.get(f"{home}dokument/{asked.public_id}/status/?n=61")

    assert "svarte ikke" in page.content.decode()


def test_deactivated_client_cannot_fetch_documents(signed_in, firm) -> None:
    book = book_table(CHART, is_active=False).post(POSTINGS)

    response = signed_in.post(f"/klienter/{book.client.public_id}/dokument/", {"bilag": "v20418"})

    assert response.status_code == 404


def test_reading_again_queues_a_sync_and_returns_to_the_month(signed_in, home) -> None:
    response = signed_in.post(home + "saldobalanse/les/", {"til": "2026-10"})

    assert response.url.endswith("saldobalanse/?til=2026-10")
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from procrastinate_jobs where queueing_lock like 'sync:%%'")
        assert cursor.fetchone()[0] == 1
