"""Files of large periods: made by a job, kept, the same while nothing has changed."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from openpyxl import load_workbook

from klientbro.ledger.queries import books_of
from klientbro.ledger.tests.book_table import BookTable
from klientbro.practice.books.access import client_page
from klientbro.products.reconciliation import kept_files
from klientbro.products.reconciliation.documentation import add_line
from klientbro.products.reconciliation.kept_files import (
    STEPS,
    ask_for_file,
    file_bytes,
    ground_of,
    make_file,
)
from klientbro.products.reconciliation.models import KeptFile
from klientbro.products.reconciliation.period_file import PeriodFile, period_file
from klientbro.products.reconciliation.tests.conftest import OCTOBER, sheet_now
from klientbro.tenants.context import firm_set

MADE = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_files, "LARGE", 3)


@pytest.fixture
def address(book: BookTable) -> str:
    return f"/avstemming/{book.client.public_id}/2026-10/filer/xlsx/"


def work_off(book: BookTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs the job as a worker does, but inside the test's own transaction."""
    monkeypatch.setattr(kept_files, "firm", firm_set)
    for asked in KeptFile.objects.filter(state__in=KeptFile.UNDER_WAY):
        make_file(book.client.firm_id, asked.pk)


def found_now(book: BookTable, by: str = "Kari", at: datetime = MADE) -> PeriodFile:
    assert books_of(book.client.pk) is not None
    return period_file(client_page(book.client.public_id), sheet_now(book), at, by)


def links(text: str) -> list[str]:
    return re.findall(r'href="([^"]+/filer/xlsx/[0-9a-f-]{36}/)"', text)


def test_a_large_period_is_made_by_a_job_and_kept(
    signed_in: Any, book: BookTable, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = signed_in.get(f"/avstemming/{book.client.public_id}/2026-10/").content.decode()
    assert f'href="{address}"' in month
    page = signed_in.post(address + "lag/", follow=True).content.decode()
    assert "Venter på tur" in page
    assert 'hx-trigger="every 1s"' in page
    work_off(book, monkeypatch)
    part = signed_in.get(address, HTTP_HX_REQUEST="true").content.decode()
    assert "hx-trigger" not in part
    (link,) = links(part)
    kept = signed_in.get(link)
    made = KeptFile.objects.get()
    assert made.steps_done == STEPS
    assert hashlib.sha256(kept.content).hexdigest() == made.sha256
    assert load_workbook(io.BytesIO(kept.content)).sheetnames[0] == "Kontoer"
    assert "Kari Nordahl" in part


def test_asking_twice_makes_one_file(book: BookTable, user: Any) -> None:
    first = ask_for_file(book.client.pk, OCTOBER, "pdf", by=user)
    assert ask_for_file(book.client.pk, OCTOBER, "pdf", by=user).pk == first.pk
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from procrastinate_jobs where task_name = %s", [kept_files.TASK]
        )
        assert cursor.fetchone() == (1,)


def test_while_nothing_has_changed_the_file_that_is_there_holds(
    signed_in: Any, book: BookTable, user: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in.post(address + "lag/")
    work_off(book, monkeypatch)
    again = signed_in.post(address + "lag/", follow=True).content.decode()
    assert "Ingenting er endret" in again
    assert KeptFile.objects.count() == 1
    add_line(book.client.pk, book.accounts["1250"], OCTOBER, "Telling", Decimal("18.00"), by=user)
    signed_in.post(address + "lag/")
    work_off(book, monkeypatch)
    grounds = set(KeptFile.objects.values_list("ground", flat=True))
    assert len(grounds) == 2  # the older one stays, with what it said then
    assert len(links(signed_in.get(address).content.decode())) == 2


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_the_same_figures_maker_and_moment_give_the_same_bytes(book: BookTable, kind: str) -> None:
    assert file_bytes(found_now(book), kind) == file_bytes(found_now(book), kind)


def test_who_made_it_and_when_does_not_make_it_another_file(book: BookTable) -> None:
    later = found_now(book, by="Ola", at=MADE + timedelta(days=2))
    assert ground_of(found_now(book)) == ground_of(later)


def test_a_job_that_was_killed_begins_anew_and_one_that_stands_still_is_given_up(
    book: BookTable, user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask_for_file(book.client.pk, OCTOBER, "xlsx", by=user)
    KeptFile.objects.filter(pk=asked.pk).update(state="running", steps_done=2)
    work_off(book, monkeypatch)
    assert KeptFile.objects.get(pk=asked.pk).state == "done"
    make_file(book.client.firm_id, asked.pk)  # once more: what is made is not touched
    stuck = ask_for_file(book.client.pk, OCTOBER, "xlsx", by=user)
    KeptFile.objects.filter(pk=stuck.pk).update(moved_at=timezone.now() - timedelta(minutes=11))
    new = ask_for_file(book.client.pk, OCTOBER, "xlsx", by=user)
    assert new.pk != stuck.pk
    assert KeptFile.objects.get(pk=stuck.pk).state == "failed"


def test_a_failure_is_told_and_can_be_tried_again(
    signed_in: Any, book: BookTable, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(found: PeriodFile, kind: str) -> bytes:
        raise ValueError("no room")

    signed_in.post(address + "lag/")
    with monkeypatch.context() as patched:
        patched.setattr(kept_files, "file_bytes", fails)
        work_off(book, patched)
    page = signed_in.get(address).content.decode()
    assert "Mislyktes" in page
    assert "Lag filen" in page
