"""The contract fits a source that is nothing like PowerOffice Go, and the suite finds faults."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from klientbro.connectors import conformance
from klientbro.connectors.conformance import CHECKS, Check, Subject, Trouble, name_of
from klientbro.connectors.contract import (
    Batch,
    Connector,
    Decoded,
    Grant,
    Known,
    Resource,
    Unit,
)
from klientbro.connectors.errors import ContractError, UnavailableError
from klientbro.connectors.stand_ins import plain_surroundings
from klientbro.connectors.tests.tiny_file import DAILY, FOLDER
from klientbro.connectors.tests.tiny_file.source import TinySource

BOOKS = Path(__file__).parent / "tiny_file" / "books"
KNOWN = Known(date(2026, 3, 31), ((date(2026, 1, 1), date(2026, 12, 31)),))


def subject_of(connector: Connector, folder: Path) -> Subject:
    @contextmanager
    def file_is_gone() -> Iterator[None]:
        (folder / "accounts.csv").rename(folder / "away.csv")
        yield
        (folder / "away.csv").rename(folder / "accounts.csv")

    @contextmanager
    def column_is_gone() -> Iterator[None]:
        kept = (folder / "accounts.csv").read_text(encoding="utf-8")
        (folder / "accounts.csv").write_text("account;name\n1920;Bank\n", encoding="utf-8")
        yield
        (folder / "accounts.csv").write_text(kept, encoding="utf-8")

    return Subject(
        connector,
        lambda: connector.open(Grant(str(folder)), plain_surroundings({})),
        KNOWN,
        troubles=(
            Trouble("a file is gone", UnavailableError, file_is_gone),
            Trouble("a column is gone", ContractError, column_is_gone),
        ),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(BOOKS, tmp_path / "books")
    return tmp_path / "books"


@pytest.mark.parametrize("check", CHECKS, ids=name_of)
@pytest.mark.parametrize("connector", [FOLDER, DAILY], ids=lambda connector: connector.key)
def test_small_file_connector_conforms(connector: Connector, check: Check, folder: Path) -> None:
    asyncio.run(check(subject_of(connector, folder)))


class ForgetsTheToken(TinySource):
    async def read(self, unit: Unit) -> AsyncGenerator[Batch, None]:
        async for batch in super().read(replace(unit, token=None)):
            yield batch


class SkipsTheWatermarksDay(TinySource):
    def _records(self, unit: Unit) -> list[dict[str, str]]:
        records = self._file(unit.resource.value)
        return [r for r in records if unit.since is None or r["entered"] > unit.since]


class GivesFloats(TinySource):
    async def read(self, unit: Unit) -> AsyncGenerator[Batch, None]:
        async for batch in super().read(unit):
            if unit.resource is Resource.ACCOUNTS:
                yield batch
                continue
            rows = [(*row[:3], float(str(row[3])), *row[4:]) for row in batch.rows().rows]
            yield replace(batch, rows=lambda rows=rows: Decoded(rows))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("source", "check", "finding"),
    [
        (ForgetsTheToken, conformance.ends_and_resumes, "resumes where it was"),
        (SkipsTheWatermarksDay, conformance.tells_what_changed, "come again"),
        (GivesFloats, conformance.gives_typed_rows, "is a Decimal"),
    ],
)
def test_suite_finds_the_fault(
    source: type[TinySource], check: Check, finding: str, folder: Path
) -> None:
    def open_faulty() -> TinySource:
        return source(Grant(str(folder)), plain_surroundings({}), has_days=True)

    subject = replace(subject_of(DAILY, folder), open=open_faulty)
    with pytest.raises(AssertionError, match=finding):
        asyncio.run(check(subject))


def test_undeclared_trouble_is_told_apart(folder: Path) -> None:
    subject = subject_of(FOLDER, folder)
    wrong = tuple(replace(trouble, expected=ContractError) for trouble in subject.troubles)
    with pytest.raises(AssertionError, match="a file is gone gave UnavailableError"):
        asyncio.run(conformance.maps_every_trouble(replace(subject, troubles=wrong)))
