"""A connection's runs and requests as a person reads them: words, times, and what to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from klientbro.lib.numbers import NO_BREAK_SPACE, format_count
from klientbro.portal.rows import moment
from klientbro.sync.models import RequestLine, Run
from klientbro.sync.requests import RunLine
from klientbro.sync.services import cause_text

PAGE_SIZE = 50
LINES = 100
# What the run history can be narrowed to, by the word in the address.
_FILTERS: dict[str, Q] = {
    "": Q(),
    "stoppet": ~Q(cause="") | Q(outcome="stopped"),
    "endret": Q(rows_new__gt=0) | Q(rows_changed__gt=0) | Q(rows_closed__gt=0),
    "personer": Q(via__in=("person", "command")),
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in the table."""

    id: str
    started: str
    by: str
    kind: str
    tone: str
    icon: str
    outcome: str
    cause_note: str
    attempts: int
    requests: int
    requests_failed: int
    new: int
    changed: int
    closed: int
    received: str
    duration: str
    sealed: int
    is_running: bool


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One outbound request in the table."""

    at: str
    purpose: str
    method: str
    path: str
    query: str
    tone: str
    icon: str
    answer: str
    rows: int | None
    received: str
    milliseconds: int
    attempt: int


def chosen_filter(text: str) -> str:
    """The filter in the address; everything unknown is all runs."""
    return text if text in _FILTERS else ""


def filter_words() -> dict[str, str]:
    return {
        "": pgettext("filter", "All"),
        "stoppet": _("Stopped or not reconciled"),
        "endret": _("With changes"),
        "personer": _("Started by people"),
    }


def filter_counts(connection_id: int) -> dict[str, int]:
    """How many runs each filter leaves, in one statement."""
    wanted = {name or "all": Count("pk", filter=where or None) for name, where in _FILTERS.items()}
    found = Run.objects.filter(connection_id=connection_id).aggregate(**wanted)
    return {name: int(found[name or "all"]) for name in _FILTERS}


def run_ids(connection_id: int, chosen: str, offset: int) -> list[object]:
    """The ids of one page, newest first."""
    return list(
        Run.objects.filter(_FILTERS[chosen], connection_id=connection_id)
        .order_by("-started_at", "-id")
        .values_list("run_id", flat=True)[offset : offset + PAGE_SIZE]
    )


def run_rows(runs: Sequence[RunLine]) -> list[RunRow]:
    return [_run_row(run) for run in runs]


def _run_row(run: RunLine) -> RunRow:
    tone, icon, outcome = _outcome(run)
    return RunRow(
        id=str(run.run_id),
        started=moment(run.started_at),
        by=_started_by(run),
        kind=_kind(run.reason),
        tone=tone,
        icon=icon,
        outcome=outcome,
        cause_note=_(cause_text(run.stopped_by).title)
        if run.stopped_by and run.stopped_by != run.cause
        else "",
        attempts=run.attempts,
        requests=run.requests,
        requests_failed=run.requests_failed,
        new=run.rows_new,
        changed=run.rows_changed,
        closed=run.rows_closed,
        received=size(run.bytes_received),
        duration=duration(run.duration_seconds),
        sealed=run.sealed_months,
        is_running=run.is_running,
    )


def _outcome(run: RunLine) -> tuple[str, str, str]:
    title = _(cause_text(run.cause).title) if run.cause else ""
    match run.outcome:
        case "running":
            return "run", "sync", pgettext("run", "Running")
        case "stopped":
            stops = cause_text(run.cause).stops
            return ("stop", "stop", title) if stops else ("wait", "clock", title)
        case "replaced":
            return "off", "off", _("Replaced by a newer run")
    if run.cause:
        return "warn", "warning", title
    return "ok", "check", _("Completed")


def _started_by(run: RunLine) -> str:
    if run.started_by_name:
        return run.started_by_name
    return {
        "person": _("A person"),
        "opening": _("Opened page"),
        "schedule": _("The schedule"),
        "command": _("A command"),
    }.get(run.via, _("The schedule"))


def _kind(reason: str) -> str:
    return {
        "first": _("First fetch"),
        "full": _("Everything anew"),
        "prove": _("Proof"),
        "old_years": _("Proof of older years"),
        "looking": _("Fetch now"),
        "routine": _("Routine"),
    }.get(reason, _("Routine"))


def request_row(line: RequestLine) -> RequestRow:
    """A line with its answer in words; the status as the system gave it."""
    failure = {
        "timed_out": _("No answer in time"),
        "unreachable": _("No contact"),
        "cut": _("The line was cut"),
        "unreadable": _("Unreadable answer"),
        "too_large": _("Too much at once"),
    }.get(line.failure, line.failure)
    answer = " ".join(str(part) for part in (line.status, failure) if part)
    is_well = not line.failure and line.status is not None and line.status < 400
    return RequestRow(
        at=moment(line.at),
        purpose={
            "sync": pgettext("request", "Fetching"),
            "key_check": _("Key check"),
            "test": _("Test data"),
            "document": _("Voucher document"),
        }.get(line.purpose, line.purpose),
        method=line.method,
        path=line.path,
        query=line.query,
        tone="ok" if is_well else "stop",
        icon="check" if is_well else "stop",
        answer=answer or "–",
        rows=line.rows,
        received=size(line.bytes_received),
        milliseconds=line.duration_ms,
        attempt=line.attempt,
    )


def size(number: int) -> str:
    """`812 B`, `64 kB`, `1,4 MB`."""
    if number < 1000:
        return f"{number}{NO_BREAK_SPACE}B"
    if number < 1_000_000:
        return f"{format_count(round(number / 1000))}{NO_BREAK_SPACE}kB"
    tenths = round(number / 100_000)
    return f"{format_count(tenths // 10)},{tenths % 10}{NO_BREAK_SPACE}MB"


def duration(seconds: float) -> str:
    """`0,8 s`, `42 s`, `3 min 5 s`."""
    if seconds < 10:
        tenths = round(seconds * 10)
        return f"{tenths // 10},{tenths % 10}{NO_BREAK_SPACE}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{NO_BREAK_SPACE}s"
    return f"{whole // 60}{NO_BREAK_SPACE}min {whole % 60}{NO_BREAK_SPACE}s"
