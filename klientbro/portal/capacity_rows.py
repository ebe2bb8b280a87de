"""What the page «Kapasitet» shows: the chart, the queue, and when each client is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from klientbro.lib.dates import format_time, oslo_date
from klientbro.lib.sorting import norwegian_sort_key
from klientbro.portal.rows import when
from klientbro.sync.capacity import (
    REQUESTS_OF_A_JOB,
    REQUESTS_OF_A_SWEEP,
    Capacity,
    Minute,
    Purpose,
    requests_per_second,
    sweep_minutes,
)
from klientbro.sync.causes import cause_text
from klientbro.sync.queue import DUE, FIRST, HISTORY, LOOKING, OLD_PROOF, ROUTINE
from klientbro.sync.schedule import IN_USE_DAYS, QUIET_DAYS, Frequency, Use, minutes_between

PAGE_SIZE = 50
HOURS = (1, 6, 24)
BARS = 60
# the chart's own measures: 60 bars of 9 and a gap, a hundred high for eleven requests a second
BAR_WIDTH, STEP, HEIGHT, TOP = 8, 10, 110, 11.0

PURPOSES: dict[int, str | Promise] = {
    LOOKING: gettext_lazy("Somebody looks at the client now"),
    FIRST: gettext_lazy("First activation"),
    DUE: gettext_lazy("Deadline within three days"),
    ROUTINE: gettext_lazy("Daily round"),
    HISTORY: pgettext_lazy("purpose", "History"),
    OLD_PROOF: gettext_lazy("Proof of older years"),
}
FREQUENCIES: dict[Frequency, str | Promise] = {
    Frequency.OFTEN: gettext_lazy("Often"),
    Frequency.NORMAL: gettext_lazy("Normal"),
    Frequency.SELDOM: gettext_lazy("Seldom"),
    Frequency.OPENING: gettext_lazy("Only when opened"),
}
# How the chart joins the classes, bottom first: name, colour class, priorities.
_LAYERS: tuple[tuple[str | Promise, str, tuple[int, ...]], ...] = (
    (gettext_lazy("Looks now"), "looking", (LOOKING,)),
    (gettext_lazy("First activation"), "first", (FIRST,)),
    (gettext_lazy("Daily round"), "routine", (DUE, ROUTINE)),
    (gettext_lazy("History and older years"), "history", (HISTORY, OLD_PROOF)),
)


def duration(seconds: float | None) -> str:
    """«4 s», «26 min», «2 h 10 min», «3 days»; a dash where nothing waits."""
    if seconds is None:
        return "–"
    whole = max(1, round(seconds))
    if whole < 90:
        return _("%(seconds)s s") % {"seconds": whole}
    minutes = round(whole / 60)
    if minutes < 90:
        return _("%(minutes)s min") % {"minutes": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 48 and not rest:
        return _("%(hours)s h") % {"hours": hours}
    if hours < 48:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
    return ngettext("%(days)s day", "%(days)s days", hours // 24) % {"days": hours // 24}


def about_when(seconds: float, now: datetime) -> str:
    """When something is done, by the clock: «about 15:10», later days as how long it takes."""
    if seconds < 90:
        return duration(seconds)
    moment = now + timedelta(seconds=seconds)
    if oslo_date(moment) != oslo_date(now):
        return _("in %(duration)s") % {"duration": duration(seconds)}
    return _("about %(clock)s") % {"clock": format_time(moment)}


@dataclass(frozen=True, slots=True)
class Piece:
    """One colour of one bar."""

    colour: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """Requests a second over some minutes, from a moment on."""

    x: int
    clock: str
    per_second: float
    mine_per_second: float
    throttled: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from left to right, and the same in words."""

    bars: tuple[Bar, ...]
    layers: tuple[tuple[str | Promise, str], ...]
    paths: tuple[tuple[str, str], ...]  # a colour class and the outline of all its pieces
    limit_y: float
    average: float
    most: float
    hours: int

    @property
    def table(self) -> Sequence[Bar]:
        """What the table beside the chart lists: every bar with anything in it, newest first."""
        return [bar for bar in reversed(self.bars) if bar.per_second or bar.throttled]


def chart_of(capacity: Capacity, hours: int) -> Chart:
    """Sixty bars, each of as many minutes as the hours asked for."""
    size = max(1, len(capacity.minutes) // BARS)
    groups = [
        capacity.minutes[start : start + size] for start in range(0, len(capacity.minutes), size)
    ]
    bars = tuple(_bar(index, group) for index, group in enumerate(groups))
    return Chart(
        bars=bars,
        layers=tuple((name, colour) for name, colour, _priorities in _LAYERS),
        paths=tuple((colour, _outline(bars, colour)) for _name, colour, _priorities in _LAYERS),
        limit_y=_height_from_top(capacity.limit_per_second),
        average=sum(bar.per_second for bar in bars) / len(bars) if bars else 0.0,
        most=max((bar.per_second for bar in bars), default=0.0),
        hours=hours,
    )


def _outline(bars: Sequence[Bar], colour: str) -> str:
    return "".join(
        f"M{bar.x} {piece.y:.2f}h{BAR_WIDTH}v{piece.height:.2f}h-{BAR_WIDTH}z"
        for bar in bars
        for piece in bar.pieces
        if piece.colour == colour
    )


def _height_from_top(per_second: float) -> float:
    return round(HEIGHT - HEIGHT * min(per_second, TOP) / TOP, 2)


def _bar(index: int, minutes: Sequence[Minute]) -> Bar:
    pieces: list[Piece] = []
    below = 0.0
    seconds = 60 * len(minutes)
    for _name, colour, priorities in _LAYERS:
        share = sum(one.granted.get(each, 0) for one in minutes for each in priorities) / seconds
        if share:
            top, bottom = _height_from_top(below + share), _height_from_top(below)
            pieces.append(Piece(colour, top, round(bottom - top, 2)))
        below += share
    return Bar(
        x=index * STEP,
        clock=format_time(minutes[0].minute),
        per_second=below,
        mine_per_second=sum(one.mine for one in minutes) / seconds,
        throttled=sum(one.throttled for one in minutes),
        pieces=tuple(pieces),
    )


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One class of work as the queue's table shows it."""

    place: int
    name: str | Promise
    purpose: Purpose
    waited: str
    done: str
    percent: int


def queue_rows(capacity: Capacity) -> list[QueueRow]:
    """The queue in the order it is served."""
    return [
        QueueRow(
            place=place,
            name=PURPOSES[one.priority],
            purpose=one,
            waited=duration(one.oldest_waited_seconds),
            done=about_when(one.seconds_to_finish, capacity.at) if one.requests else "–",
            percent=round(100 * one.share_of_last_minute),
        )
        for place, one in enumerate(capacity.purposes, start=1)
    ]


@dataclass(frozen=True, slots=True)
class RunningRow:
    """One of the firm's own clients that is being fetched."""

    name: str
    purpose: str | Promise
    done: int
    total: int


_RUNNING = """
select c.name, j.priority, s.steps_done, s.steps_total
from procrastinate_jobs j
join clients_connection c on j.lock = 'connection:' || c.id
left join sync_state s on s.connection_id = c.id
where j.status = 'doing' order by j.priority desc, c.sort_key limit 12
"""


def running_rows() -> list[RunningRow]:
    """The firm's own clients under way; row-level security leaves other firms' out."""
    with database.cursor() as cursor:
        cursor.execute(_RUNNING)
        return [
            RunningRow(name, PURPOSES.get(priority, PURPOSES[ROUTINE]), done or 0, total or 0)
            for name, priority, done, total in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class Uses:
    """How many active clients the firm has, by how they are used."""

    counts: dict[Use, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a frequency means for the clients the firm has."""

    frequency: Frequency
    name: str | Promise
    in_use: str
    sleeping: str
    minutes_an_hour: float
    percent: int


def consequences(uses: Uses) -> list[Consequence]:
    """Minutes of the allowance that an office hour takes at each frequency, tokens counted."""
    found: list[Consequence] = []
    for frequency, name in FREQUENCIES.items():
        requests = 0.0
        for use, count in uses.counts.items():
            between = minutes_between(frequency, use, in_office_hours=True)
            requests += count * REQUESTS_OF_A_JOB[ROUTINE] * 60 / between
        seconds = requests / requests_per_second()
        found.append(
            Consequence(
                frequency=frequency,
                name=name,
                in_use=duration(60 * minutes_between(frequency, Use.IN_USE, in_office_hours=True)),
                sleeping=duration(
                    60 * minutes_between(frequency, Use.SLEEPING, in_office_hours=True)
                ),
                minutes_an_hour=seconds / 60,
                percent=round(100 * seconds / 3600),
            )
        )
    return found


def round_sentence(clients: int) -> dict[str, float]:
    """The figures of «1 000 clients × 2 requests = 3.4 min of the allowance a round»."""
    return {
        "clients": clients,
        "requests": REQUESTS_OF_A_SWEEP,
        "minutes": sweep_minutes(clients),
    }


@dataclass(frozen=True, slots=True)
class ClientRow:
    """When one client is next."""

    public_id: UUID
    name: str
    last: str
    next: str
    tone: str
    options: SafeString
    opened: str


_COUNTS = """
select count(*) filter (where %(near)s or a.opened_at > now() - make_interval(days => %(used)s)),
       count(*) filter (where not %(near)s
         and a.opened_at <= now() - make_interval(days => %(used)s)
         and a.opened_at > now() - make_interval(days => %(quiet)s)),
       count(*),
       count(*) filter (where %(plain)s = '' or strpos(c.sort_key, %(plain)s) > 0
    or (%(digits)s <> '' and strpos(coalesce(c.orgnr, ''), %(digits)s) = 1))
from clients_connection c left join sync_attention a on a.connection_id = c.id
where c.is_active and c.deleted_at is null
""".replace("%(near)s", "coalesce(a.deadline between %(from_day)s and %(to_day)s, false)")

_ROWS = """
select c.public_id, c.name, s.last_success_at, d.next_at, coalesce(s.cause, ''), j.status,
       coalesce(a.frequency, ''), a.opened_at
from clients_connection c
left join sync_state s on s.connection_id = c.id
left join sync_schedule d on d.connection_id = c.id
left join sync_attention a on a.connection_id = c.id
left join lateral (
  select status::text from procrastinate_jobs j where j.lock = 'connection:' || c.id
  and j.status in ('doing', 'todo') order by j.status = 'doing' desc limit 1
) j on true
where c.is_active and c.deleted_at is null
  and (%(plain)s = '' or strpos(c.sort_key, %(plain)s) > 0
    or (%(digits)s <> '' and strpos(coalesce(c.orgnr, ''), %(digits)s) = 1))
order by d.next_at nulls last, c.sort_key, c.id limit %(limit)s offset %(offset)s
"""


def uses_and_matches(search: str) -> tuple[Uses, int]:
    """How many clients there are of each use, and how many match the search. One statement."""
    today = timezone.localdate()
    with database.cursor() as cursor:
        cursor.execute(
            _COUNTS,
            {
                **_search(search),
                "used": IN_USE_DAYS,
                "quiet": QUIET_DAYS,
                "from_day": today - timedelta(days=1),
                "to_day": today + timedelta(days=3),
            },
        )
        in_use, quiet, total, matches = cursor.fetchone()
    counts = {Use.IN_USE: in_use, Use.QUIET: quiet, Use.SLEEPING: total - in_use - quiet}
    return Uses(counts), matches


def frequency_options() -> dict[str, SafeString]:
    """A client's choices as options, ready for each that may be chosen: a page has fifty lists."""
    choices = [("", _("As the firm")), *((one.value, str(FREQUENCIES[one])) for one in FREQUENCIES)]
    return {
        chosen: format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (value, mark_safe(" selected") if value == chosen else "", name)
                for value, name in choices
            ),
        )
        for chosen, _name in choices
    }


def client_rows(search: str, offset: int) -> list[ClientRow]:
    """The firm's active clients, the next one due first. One statement."""
    with database.cursor() as cursor:
        cursor.execute(_ROWS, {**_search(search), "limit": PAGE_SIZE, "offset": offset})
        options = frequency_options()
        return [_client_row(row, options) for row in cursor.fetchall()]


def _search(text: str) -> dict[str, Any]:
    compact = "".join(text.split())
    return {
        "plain": norwegian_sort_key(text).partition("\x01")[0],
        "digits": compact if compact.isdecimal() else "",
    }


def _client_row(row: tuple[Any, ...], options: dict[str, SafeString]) -> ClientRow:
    public_id, name, last, due, cause, job, frequency, opened = row
    tone, text = "", when(due)
    if job == "doing":
        tone, text = "run", _("Is being fetched")
    elif job == "todo" or (due is not None and due <= timezone.now()):
        tone, text = "off", _("In the queue")
    elif cause and cause_text(cause).stops:
        tone, text = "stop", _("Stopped, tried again %(when)s") % {"when": when(due)}
    return ClientRow(
        public_id, name, when(last), text, tone, options.get(frequency, options[""]), when(opened)
    )
