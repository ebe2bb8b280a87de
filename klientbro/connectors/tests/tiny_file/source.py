"""Reads `company.csv`, `accounts.csv` and `postings.csv` of one folder."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path

from klientbro.connectors.contract import (
    Batch,
    CheckResult,
    Company,
    CompanySettings,
    ControlFigure,
    Decoded,
    Document,
    Grant,
    Known,
    Resource,
    Row,
    Surroundings,
    Unit,
)
from klientbro.connectors.errors import (
    ContractError,
    NoControlFiguresError,
    RangeTooLargeError,
    UnavailableError,
)

ROWS_AT_A_TIME = 4
Record = dict[str, str]


class TinySource:
    def __init__(self, grant: Grant, surroundings: Surroundings, *, has_days: bool) -> None:
        self._folder = Path(grant.key)
        self._has_days = has_days
        self._key = "tiny_daily" if has_days else "tiny_file"

    async def __aenter__(self) -> TinySource:
        return self

    async def __aexit__(self, *exc: object) -> None:
        pass

    async def check(self) -> CheckResult:
        company = self._company()
        return CheckResult(Company(company["orgnr"], company["name"], company["orgnr"]))

    async def companies(self) -> Sequence[Company]:
        return ((await self.check()).company,)

    async def settings(self) -> CompanySettings:
        company = self._company()
        return CompanySettings(date.fromisoformat(company["first_day"]), year_end_month=12)

    def plan(self, since: str | None, known: Known) -> Sequence[Unit]:
        if since is not None:
            return (Unit(Resource.POSTINGS, since=since, is_complete=False),)
        return (Unit(Resource.POSTINGS),) if known.covered_from is None else ()

    def split(self, unit: Unit) -> Sequence[Unit]:
        raise RangeTooLargeError("a file is read whole", connector=self._key)

    def latest(self, watermarks: Sequence[str]) -> str | None:
        return max(watermarks, default=None)  # ISO days sort as they are

    async def read(self, unit: Unit) -> AsyncGenerator[Batch, None]:
        records = self._records(unit)
        start = int(unit.token or 0)
        while True:
            end = start + ROWS_AT_A_TIME
            token = str(end) if end < len(records) else None
            decode = partial(self._decoded, unit.resource, records[start:end])
            yield Batch(replace(unit), decode, token, len(records), requests=0)
            if token is None:
                return
            start = end

    async def controls(self, on: date) -> Sequence[ControlFigure]:
        if on.isoformat() != self._company()["last_day"]:
            raise NoControlFiguresError("the files state no balances here", connector=self._key)
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for record in self._file("postings"):
            sums[record["account"]] += Decimal(record["debit"] or 0) - Decimal(
                record["credit"] or 0
            )
        return tuple(ControlFigure(account, amount) for account, amount in sums.items())

    async def document(self, voucher_id: str) -> Document | None:
        return None

    async def disconnect(self) -> None:
        pass

    def _file(self, name: str) -> list[Record]:
        try:
            with (self._folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file, delimiter=";"))
        except OSError as error:
            raise UnavailableError(
                f"{name}.csv cannot be read", connector=self._key, request=f"{name}.csv"
            ) from error

    def _company(self) -> Record:
        return self._file("company")[0]

    def _records(self, unit: Unit) -> list[Record]:
        records = self._file(unit.resource.value)
        if unit.since is None:
            return records
        # The day of the watermark comes again: more may have been entered on it since.
        return [record for record in records if record["entered"] >= unit.since]

    def _decoded(self, resource: Resource, records: list[Record]) -> Decoded:
        try:
            if resource is Resource.ACCOUNTS:
                return Decoded([_account(record) for record in records])
            rows = [_posting(record) for record in records]
        except (KeyError, ValueError, InvalidOperation) as error:
            raise ContractError(
                f"{resource}.csv: {error!r}", connector=self._key, request=f"{resource}.csv"
            ) from error
        days = [record["entered"] for record in records] if self._has_days else []
        return Decoded(rows, watermark=max(days, default=None))


def _account(record: Record) -> Row:
    number = record["account"]
    return (number, number, record["name"], record["type"], None, True, "", None)


def _posting(record: Record) -> Row:
    """Debit and credit stand in two columns, and numbers start anew in every series."""
    day = date.fromisoformat(record["date"])
    entered = datetime.fromisoformat(record["entered"]).replace(tzinfo=UTC)
    amount = Decimal(record["debit"] or 0) - Decimal(record["credit"] or 0)
    series, number = record["series"], int(record["number"])
    voucher_id = f"{day.year}-{series}-{number}"
    return (
        f"{voucher_id}-{record['line']}",
        record["account"],
        day,
        amount,
        voucher_id,
        number,
        series,
        "manual",
        day,
        record["text"],
        None,
        None,
        None,
        None,
        "NOK",
        amount,
        *(None for _ in range(9)),
        False,
        entered,
        entered,
    )
