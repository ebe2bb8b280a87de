"""The contract every connector meets: what it declares, and what a source offers once opened.

A connector speaks its system's language inside its own folder and ours outside. It knows nothing
of databases, jobs or Django. Pacing, clock, transport and token storage come in as Protocols, so
that it can be read, tested and run alone. `klientbro/connectors/conformance.py` runs the same
tests over all of them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import httpx

from klientbro.domain.exchange import COLUMNS as COLUMNS
from klientbro.domain.exchange import Decoded as Decoded
from klientbro.domain.exchange import Resource as Resource
from klientbro.domain.exchange import Row as Row


class Kind(StrEnum):
    """How the system is reached."""

    WEB_API = "web_api"
    FILE = "file"
    AGENT = "agent"


class ChangeFeed(StrEnum):
    """How finely the source can say what is new."""

    NONE = "none"
    DAY = "day"
    SECOND = "second"
    CURSOR = "cursor"


class ControlScope(StrEnum):
    """At which points the source states control figures."""

    ANY_DATE = "any_date"
    PERIOD = "period"
    FILE_ONLY = "file_only"


@dataclass(frozen=True, slots=True)
class Grant:
    """What the customer entered: one secret and, for some systems, more. Never shown or logged."""

    key: str = field(repr=False)
    reference: str = ""  # an id of ours for logs and token storage, never the secret


@dataclass(frozen=True, slots=True)
class Company:
    """A company a grant reaches."""

    source_id: str
    name: str
    identifier: str | None  # orgnr or national id as the source has it, digits only


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a working key opens.

    Rights are named as the customer knows them from the source, as English source texts to be
    translated where shown. Without a `missing_rights` there is no ledger to copy; without one of
    `missing_optional_rights` the copy only lacks that part (customers, projects, documents …).
    """

    company: Company
    missing_rights: tuple[str, ...] = ()
    missing_optional_rights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompanySettings:
    """What the source says of the company's accounting."""

    conversion_date: date  # first day of bookkeeping in the source
    year_end_month: int  # 1..12
    currency: str = "NOK"
    lock_date: date | None = None  # nothing can be posted on or before it
    name: str = ""
    identifier: str | None = None
    vat_period: str | None = None
    is_vat_registered: bool | None = None
    # [guess] True: result accounts restart each financial year in the source's balances. False:
    # they accumulate until disposed. One function per connector decides.
    results_restart: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """What we hold already, so that the source can size its units.

    years: the financial years from conversion to the present, oldest first, as (first, last) days.
    covered_from: first day of the unbroken history we hold, None before the first landing.
    rows_per_day: measured density, None before anything is known.
    """

    today: date
    years: tuple[tuple[date, date], ...]
    covered_from: date | None = None
    rows_per_day: float | None = None
    longest_days: int | None = None  # the widest range that did not time out lately
    # A long import may commit late, and edits may come while pages are read: a changed-since unit
    # goes back this far from the watermark. Ten minutes, and the time the last reading took.
    overlap_seconds: float = 600.0
    # the first year begins where the firm wants it, not at conversion: nothing earlier is read
    begins_as_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece of reading, re-runnable alone.

    first/last: accounting dates inclusive; None where the resource has no range. Open items
    (CUSTOMER_ITEMS, SUPPLIER_ITEMS) are asked as of `last`.
    since: watermark: only rows new or edited after it (exclusive, as the source counts).
    token: opaque; where to go on in the middle of the unit. None is the beginning.
    is_complete: after its last batch the rows are everything the source has in the range, so
    absence means removal. A changed-since unit is never complete.
    """

    resource: Resource
    first: date | None = None
    last: date | None = None
    since: str | None = None
    token: str | None = None
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Batch:
    """One page of a unit. `rows` decodes when called, so that the thread that lands also decodes.

    unit: as it has turned out so far. Where rows came or went while we read, `is_complete` has
    become False: on the last batch it says whether absence from the unit means removal.
    next_token: where the unit goes on; None when this was its last page.
    total_rows: what the source says the whole unit holds, for progress; None when unknown.
    """

    unit: Unit
    rows: Callable[[], Decoded]
    next_token: str | None
    total_rows: int | None
    requests: int


@dataclass(frozen=True, slots=True)
class ControlFigure:
    """What the source itself says an account stands at. `kind` is always closing for a date."""

    account_id: str
    amount: Decimal
    kind: str = "closing"


@dataclass(frozen=True, slots=True)
class Document:
    """A voucher's document as the source keeps it."""

    file_name: str
    content_type: str
    content: bytes = field(repr=False)


class Pacer(Protocol):
    """Waits until one request may be sent; told when the source says we went too fast."""

    async def wait(self) -> Callable[[], None]:
        """Gives what to call once the request has left: opening a line may come in between."""
        ...

    async def throttled(self, retry_after_seconds: float | None) -> float:
        """None where the source did not say how long. Gives how long everybody waits now."""
        ...


class Clock(Protocol):
    def now(self) -> datetime: ...


class TokenStore(Protocol):
    """Shares access tokens between processes, encrypted at rest."""

    async def read(self, reference: str) -> tuple[str, datetime] | None: ...

    async def write(self, reference: str, token: str, expires_at: datetime) -> None: ...

    async def forget(self, reference: str) -> None: ...


@dataclass(slots=True)
class Sent:
    """One request as the log keeps it: no headers, no bodies, no secrets.

    path and query carry ids, dates and page numbers; a connector whose path holds a secret gives
    the request a label instead. status: 0 when no answer came, and then `failure` says why.
    """

    method: str
    path: str
    query: str = ""
    status: int = 0
    failure: str = ""  # timed_out, unreachable, cut, unreadable, too_large
    bytes_received: int = 0  # as they came over the line, packed
    seconds: float = 0.0
    attempt: int = 1  # the first, second … try of the same question
    retry_after_seconds: float | None = None
    rows: int | None = None  # set by whoever counts them, when the answer is a list


class RequestLog(Protocol):
    """Is told of every send, also those that failed."""

    def record(self, sent: Sent) -> None: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a source is given to work with.

    transport: what carries HTTP instead of a connection of the source's own: a pool shared by
    many sources in one event loop, or a stand-in in tests. It is never closed by the source.
    """

    pacer: Pacer
    clock: Clock
    tokens: TokenStore
    log: RequestLog
    operator: Mapping[str, str]  # KLIENTBRO_<KEY>_… settings by their last part, lower case
    transport: httpx.AsyncBaseTransport | None = None


class Source(Protocol):
    """An opened connection to one company's books. Close it when done (`async with`)."""

    async def __aenter__(self) -> Source: ...

    async def __aexit__(self, *exc: object) -> None: ...

    async def check(self) -> CheckResult:
        """The company behind the key. AuthorizationError when the key is rejected."""
        ...

    async def companies(self) -> Sequence[Company]: ...

    async def settings(self) -> CompanySettings: ...

    def plan(self, since: str | None, known: Known) -> Sequence[Unit]:
        """Posting units: what changed since the watermark, or the history still missing.

        With `since`: one changed-since unit over all dates. Without: this year first (through
        every future date), then older windows backwards to the conversion date.
        """
        ...

    def split(self, unit: Unit) -> Sequence[Unit]:
        """The same unit in smaller ranges, newest first; RangeTooLargeError if one day is left."""
        ...

    def latest(self, watermarks: Sequence[str]) -> str | None:
        """The furthest of several watermarks, as the source counts; None of none.

        Pages come in the order of ids, not of change, and only the source can compare its texts.
        """
        ...

    def read(self, unit: Unit) -> AsyncGenerator[Batch, None]:
        """Pages of the unit from its token on, pulled ahead of the reader.

        Read inside `contextlib.aclosing(source.read(unit))`, so that the pages on their way are
        given up at once when the reader stops early.
        """
        ...

    async def controls(self, on: date) -> Sequence[ControlFigure]:
        """Closing balance of every account on the date. Missing accounts are 0.00.

        NoControlFiguresError where the source states none for this date (see ControlScope).
        """
        ...

    async def document(self, voucher_id: str) -> Document | None:
        """The voucher's document as one file a browser can show, None when it has none."""
        ...

    async def disconnect(self) -> None:
        """Tell the source the grant is no longer wanted, where it can be told."""
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """One field the customer fills in for a connection."""

    key: str
    label: str  # English source text, translated where shown
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the source can do; the conformance suite checks that it does no less."""

    change_feed: ChangeFeed
    control_scope: ControlScope
    deletions_visible: bool
    full_history: bool
    open_items_as_of: bool
    documents: bool
    drafts: bool = False  # vouchers that are not posted yet are listed (DRAFTS)
    webhooks: bool = False
    resources: frozenset[Resource] = frozenset(Resource)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the source may be asked, and what shares the allowance."""

    requests_per_second: float
    concurrent: int
    per: str  # "subscription key", "grant" or "company"


@dataclass(frozen=True, slots=True)
class Connector:
    """What `registry.py` finds in each connector folder as CONNECTOR."""

    key: str
    name: str  # the system's own name in texts: "PowerOffice Go"
    title: str  # as the portal lists it: "PowerofficeGo"
    kind: Kind
    grant_covers: str  # "company" or "firm"
    customer_settings: tuple[Field, ...]
    operator_settings: tuple[str, ...]  # last parts of KLIENTBRO_<KEY>_…
    pace: Pace
    capabilities: Capabilities
    open: Callable[[Grant, Surroundings], Source]
    # so long may a new grant be refused before it works; a refusal meanwhile is not believed
    new_grant_hours: float = 0.0
