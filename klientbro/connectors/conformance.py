"""The tests every connector must pass. A connector's own tests hand in a Subject and run CHECKS.

    @pytest.mark.parametrize("check", CHECKS, ids=name_of)
    def test_conforms(check, subject):
        asyncio.run(check(subject))

What a source does not declare is not asked of it. Failures are AssertionErrors that say what the
contract wants.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise

from klientbro.connectors.contract import (
    COLUMNS,
    Batch,
    ChangeFeed,
    Connector,
    ControlScope,
    Known,
    Resource,
    Row,
    Source,
    Unit,
)
from klientbro.connectors.errors import (
    AuthorizationError,
    ConnectorError,
    NoControlFiguresError,
    RangeTooLargeError,
)

ONE_DAY = timedelta(days=1)
_DATES = frozenset({"posting_date", "voucher_date", "due_date", "valid_from", "valid_to"})
_AMOUNTS = frozenset({"amount", "balance", "vat_rate", "vat_amount", "currency_amount", "rate"})
_NEEDED = frozenset(
    {"source_id", "account_id", "posting_date", "amount", "balance", "voucher_id", "voucher_no"}
)
_NEEDED_OF_DRAFTS = frozenset({"source_id", "voucher_type", "is_in_approval"})
_NEEDED_IN_ALL_BUT_BANK_ACCOUNTS = _NEEDED | {"number", "code", "name"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A way the source goes wrong, and the error that must come of it."""

    name: str
    expected: type[ConnectorError]
    arrange: Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Subject:
    """A connector with books to read: the more pages its postings fill, the more is tested.

    open: a new source for a working grant. open_rejected: one for a grant the system refuses,
    None where there is nothing to refuse.
    """

    connector: Connector
    open: Callable[[], Source]
    known: Known
    open_rejected: Callable[[], Source] | None = None
    troubles: tuple[Trouble, ...] = ()


Check = Callable[[Subject], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reading:
    """All batches of a unit, decoded."""

    batches: tuple[Batch, ...]
    rows: tuple[Row, ...]
    watermarks: tuple[str, ...]


async def read_whole(source: Source, unit: Unit) -> Reading:
    """Read a unit from its token to its end."""
    batches: list[Batch] = []
    rows: list[Row] = []
    watermarks: list[str] = []
    async with aclosing(source.read(unit)) as pages:
        async for batch in pages:
            decoded = batch.rows()
            batches.append(batch)
            rows.extend(decoded.rows)
            if decoded.watermark is not None:
                watermarks.append(decoded.watermark)
    return Reading(tuple(batches), tuple(rows), tuple(watermarks))


async def signs_in(subject: Subject) -> None:
    """A working grant opens a named company, whose accounting has a beginning."""
    async with subject.open() as source:
        result = await source.check()
        _require(bool(result.company.name), "check() names the company")
        identifier = result.company.identifier
        _require(identifier is None or identifier.isdigit(), "an identifier is digits only")
        _require(not result.missing_rights, "the subject's grant must lack no needed right")
        _require(result.company in await source.companies(), "companies() has the checked one")
        settings = await source.settings()
        _require(1 <= settings.year_end_month <= 12, "a financial year ends in a month")
        _require(len(settings.currency) == 3, "a currency is an ISO 4217 code")
        _require(
            settings.conversion_date <= subject.known.today, "the books have begun before today"
        )


async def refuses_a_dead_key(subject: Subject) -> None:
    """A key the system does not accept is an AuthorizationError, never anything else."""
    if subject.open_rejected is None:
        return
    async with subject.open_rejected() as source:
        await _expect(AuthorizationError, source.check, "check() with a dead key")


async def plans_every_day_once(subject: Subject) -> None:
    """The first plan covers history and future in unbroken pieces, the newest first."""
    async with subject.open() as source:
        units = source.plan(None, subject.known)
        _require(bool(units), "there is something to read at first")
        for unit in units:
            _require(unit.resource is Resource.POSTINGS, "plan() gives units of postings")
            _require(unit.is_complete and unit.since is None, "the first plan's units are complete")
        if any(unit.first is None or unit.last is None for unit in units):
            _require(len(units) == 1, "a unit without dates is everything")
            return
        ranges = [(u.first or date.min, u.last or date.max) for u in units]
        for (later, _), (_, earlier) in pairwise(ranges):
            _require(earlier + ONE_DAY == later, "pieces follow each other backwards without gap")
        _require(ranges[0][1] >= subject.known.today, "future dates are covered")
        _require(ranges[-1][0] <= subject.known.years[0][0], "the conversion date is covered")
        held = replace(subject.known, covered_from=ranges[-1][0])
        _require(not source.plan(None, held), "nothing is planned when all history is held")


async def splits_into_halves(subject: Subject) -> None:
    """A unit that timed out becomes smaller ones with the same rows; one day cannot be split."""
    async with subject.open() as source:
        for unit in source.plan(None, subject.known)[:2]:
            if unit.first is None or unit.last is None or unit.first == unit.last:
                continue
            halves = source.split(unit)
            _require(halves[0].last == unit.last, "the newer half comes first")
            _require(halves[-1].first == unit.first, "the halves cover the unit")
            whole = (await read_whole(source, unit)).rows
            pieces = [row for half in halves for row in (await read_whole(source, half)).rows]
            _require(_by_id(whole) == _by_id(pieces), "the halves have the rows of the unit")
            day = replace(unit, first=unit.last)
            try:
                source.split(day)
            except RangeTooLargeError:
                continue
            raise AssertionError("the contract wants: one day is not split")


async def gives_typed_rows(subject: Subject) -> None:
    """Every declared resource has rows in the declared columns and types, each id once."""
    async with subject.open() as source:
        for unit in _all_units(subject, source):
            reading = await read_whole(source, unit)
            columns = COLUMNS[unit.resource]
            for row in reading.rows:
                _require(len(row) == len(columns), f"{unit.resource} rows have {len(columns)}")
                for column, value in zip(columns, row, strict=True):
                    _require_type(unit.resource, column, value)
            ids = [row[0] for row in reading.rows]
            _require(len(set(ids)) == len(ids), f"{unit.resource}: an id comes once in a unit")


async def ends_and_resumes(subject: Subject) -> None:
    """Cut after any batch and started anew with its token, a unit gives just the rows left."""
    async with subject.open() as source:
        for unit in _all_units(subject, source):
            whole = await read_whole(source, unit)
            _require(bool(whole.batches), "also an empty unit gives one batch")
            tokens = [batch.next_token for batch in whole.batches]
            _require(tokens[-1] is None and None not in tokens[:-1], "only the last has no token")
            _require(whole.batches[-1].unit.is_complete, "an unchanging unit is complete")
            seen: list[Row] = []
            for batch in whole.batches[:-1]:
                seen.extend(batch.rows().rows)
                async with subject.open() as another:
                    rest = await read_whole(another, replace(unit, token=batch.next_token))
                _require(
                    tuple(seen) + rest.rows == whole.rows, f"{unit.resource} resumes where it was"
                )
                _require(rest.batches[-1].unit.is_complete, "a resumed unit is complete too")


async def gives_the_same_twice(subject: Subject) -> None:
    """Reading again, and decoding again, gives the same records."""
    async with subject.open() as source, subject.open() as another:
        for unit in _all_units(subject, source):
            first, second = await read_whole(source, unit), await read_whole(another, unit)
            _require(first.rows == second.rows, f"{unit.resource} reads the same twice")
            for batch in first.batches[:1]:
                _require(batch.rows() == batch.rows(), "a batch decodes the same twice")


async def vouchers_balance(subject: Subject) -> None:
    """Every voucher sums to zero, on accounts that the chart of accounts has."""
    async with subject.open() as source:
        accounts = {row[0] for row in (await read_whole(source, Unit(Resource.ACCOUNTS))).rows}
        sums: defaultdict[object, Decimal] = defaultdict(Decimal)
        columns = COLUMNS[Resource.POSTINGS]
        voucher, amount = columns.index("voucher_id"), columns.index("amount")
        for row in await _all_postings(subject, source):
            value = row[amount]
            _require(row[columns.index("account_id")] in accounts, "a posting's account is known")
            sums[row[voucher]] += value if isinstance(value, Decimal) else Decimal("NaN")
        _require(bool(sums), "the subject has vouchers")
        _require(all(total == 0 for total in sums.values()), "every voucher sums to zero")


async def tells_what_changed(subject: Subject) -> None:
    """Asked from a watermark on, nothing newer is left out; without a feed there is none."""
    feed = subject.connector.capabilities.change_feed
    async with subject.open() as source:
        watermarks: list[str] = []
        rows: list[Row] = []
        for unit in source.plan(None, subject.known):
            reading = await read_whole(source, unit)
            watermarks.extend(reading.watermarks)
            rows.extend(reading.rows)
        if feed is ChangeFeed.NONE:
            _require(not watermarks, "a source without change feed gives no watermarks")
            return
        watermark = source.latest(watermarks)
        _require(watermark in watermarks, "the latest watermark is one of them")
        units = source.plan(watermark, subject.known)
        _require(len(units) == 1 and not units[0].is_complete, "what changed is one open unit")
        fresh = await read_whole(source, units[0])
        held = _by_id(rows)
        _require(all(held.get(row[0]) == row for row in fresh.rows), "nothing has changed yet")
        changed_at = COLUMNS[Resource.POSTINGS].index("source_changed_at")
        newest = [row for row in rows if _is_newest(row[changed_at], rows, changed_at, feed)]
        _require(
            {row[0] for row in newest} <= {row[0] for row in fresh.rows},
            "rows of the watermark's own moment come again, for others may share it",
        )


async def states_control_figures(subject: Subject) -> None:
    """Control figures are exact to the øre, one for each account, and none are invented."""
    scope = subject.connector.capabilities.control_scope
    async with subject.open() as source:
        days = [subject.known.today, subject.known.years[0][0]]
        for day in days:
            try:
                figures = await source.controls(day)
            except NoControlFiguresError:
                _require(scope is not ControlScope.ANY_DATE, "controls are given for any date")
                continue
            accounts = [figure.account_id for figure in figures]
            _require(len(set(accounts)) == len(accounts), "an account has one control figure")
            for figure in figures:
                _require(figure.amount == figure.amount.quantize(Decimal("0.01")), "øre are whole")


async def declares_what_it_can(subject: Subject) -> None:
    """The declaration is whole, and nothing undeclared is pretended."""
    connector = subject.connector
    _require(connector.key.isidentifier(), "the key can name a folder and a setting")
    _require(bool(connector.name and connector.title), "the system has a name and a title")
    _require(connector.grant_covers in ("company", "firm"), "a grant covers a company or a firm")
    _require(connector.pace.requests_per_second > 0, "the pace is more than nothing")
    _require(connector.pace.concurrent > 0, "at least one request may be out")
    needed = {Resource.ACCOUNTS, Resource.POSTINGS}
    _require(needed <= connector.capabilities.resources, "a ledger has accounts and postings")
    if not connector.capabilities.documents:
        async with subject.open() as source:
            _require(await source.document("1") is None, "no documents declared, none given")


async def maps_every_trouble(subject: Subject) -> None:
    """Each way of going wrong becomes the right error of ours, with no secret in its text."""
    for trouble in subject.troubles:
        async with subject.open() as source:
            await source.check()
            with trouble.arrange():
                unit = _all_units(subject, source)[0]
                error = await _expect(
                    trouble.expected, partial(read_whole, source, unit), trouble.name
                )
            _require(error.connector == subject.connector.key, "an error names its connector")
            _require("?" not in error.request, "an error names no query")


CHECKS: tuple[Check, ...] = (
    signs_in,
    refuses_a_dead_key,
    declares_what_it_can,
    plans_every_day_once,
    splits_into_halves,
    gives_typed_rows,
    ends_and_resumes,
    gives_the_same_twice,
    vouchers_balance,
    tells_what_changed,
    states_control_figures,
    maps_every_trouble,
)


def name_of(check: Check) -> str:
    """What a test report calls a check."""
    return str(getattr(check, "__name__", check))


def _require(is_met: bool, wanted: str) -> None:
    if not is_met:
        raise AssertionError(f"the contract wants: {wanted}")


async def _expect(
    kind: type[ConnectorError], act: Callable[[], Awaitable[object]], what: str
) -> ConnectorError:
    try:
        await act()
    except kind as error:
        return error
    except ConnectorError as error:
        raise AssertionError(f"{what} gave {type(error).__name__}, not {kind.__name__}") from error
    raise AssertionError(f"{what} raised no {kind.__name__}")


def _all_units(subject: Subject, source: Source) -> list[Unit]:
    """Every declared resource as a unit, the postings as planned."""
    today = subject.known.today
    units: list[Unit] = []
    for resource in Resource:
        if resource not in subject.connector.capabilities.resources:
            continue
        if resource is Resource.POSTINGS:
            units.extend(source.plan(None, subject.known))
        elif resource in (Resource.CUSTOMER_ITEMS, Resource.SUPPLIER_ITEMS):
            units.append(Unit(resource, last=today))
        else:
            units.append(Unit(resource))
    return units


async def _all_postings(subject: Subject, source: Source) -> list[Row]:
    rows: list[Row] = []
    for unit in source.plan(None, subject.known):
        rows.extend((await read_whole(source, unit)).rows)
    return rows


def _by_id(rows: Sequence[Row]) -> dict[object, Row]:
    return {row[0]: row for row in rows}


def _is_newest(moment: object, rows: Sequence[Row], column: int, feed: ChangeFeed) -> bool:
    moments = [row[column] for row in rows]
    newest = max(m for m in moments if isinstance(m, datetime))
    if not isinstance(moment, datetime):
        return False
    return moment.date() == newest.date() if feed is ChangeFeed.DAY else moment == newest


def _require_type(resource: Resource, column: str, value: object) -> None:
    where = f"{resource}.{column}"
    if value is None:
        is_named_by_number = resource is Resource.BANK_ACCOUNTS
        needed = _NEEDED if is_named_by_number else _NEEDED_IN_ALL_BUT_BANK_ACCOUNTS
        if resource is Resource.DRAFTS:  # sources tell little of what is not posted
            needed = _NEEDED_OF_DRAFTS
        _require(column not in needed, f"{where} is never None")
    elif column in _DATES:
        _require(type(value) is date, f"{where} is a date")
    elif column in _AMOUNTS:
        _require(isinstance(value, Decimal), f"{where} is a Decimal")
    elif column.endswith("_at"):
        is_utc = isinstance(value, datetime) and value.tzinfo is UTC
        _require(is_utc, f"{where} is a moment in UTC")
    elif column.startswith("is_"):
        _require(isinstance(value, bool), f"{where} is a yes or no")
    elif column.endswith("voucher_no"):
        _require(isinstance(value, int), f"{where} is a whole number")
    else:
        _require(isinstance(value, str), f"{where} is text")
