"""«Kjøringer» and «Forespørsler» of one connection: what was done, by whom, and what came of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from klientbro.clients.models import Connection
from klientbro.lib.dates import format_date, oslo_date
from klientbro.portal.chips import Chip
from klientbro.portal.queries import ListQuery
from klientbro.portal.rows import rows_of, when
from klientbro.portal.run_rows import (
    LINES,
    PAGE_SIZE,
    chosen_filter,
    filter_counts,
    filter_words,
    request_row,
    run_ids,
    run_rows,
)
from klientbro.portal.views.shared import (
    find_connection,
    list_address,
    portal_view,
    system_name,
    system_title,
)
from klientbro.practice.permissions import acts_in
from klientbro.shell.paging import PARAMETER, pages_around
from klientbro.sync.requests import request_lines, run_of, runs_among
from klientbro.sync.services import ConnectionState, connection_states


@portal_view
@require_GET
def runs_page(request: HttpRequest, system: str, connection_id: UUID) -> HttpResponse:
    """The runs, newest first, fifty at a time. A fixed number of statements."""
    connection = find_connection(system, connection_id)
    chosen = chosen_filter(request.GET.get("vis", ""))
    counted = filter_counts(connection.pk)
    pages = pages_around(
        request.GET, _number(request.GET.get(PARAMETER, "")) or 1, counted[chosen], PAGE_SIZE
    )
    ids = [one for one in run_ids(connection.pk, chosen, pages.offset) if isinstance(one, UUID)]
    address = _address("runs", connection)
    words = filter_words()
    context = _about(request, connection) | {
        "runs": run_rows(runs_among(connection.pk, ids)),
        "pages": pages,
        "chips": [
            Chip(
                words[name],
                counted[name],
                f"{address}?vis={name}" if name else address,
                name == chosen,
            )
            for name in words
        ],
        "tab": "runs",
        "is_filtered": bool(chosen),
    }
    return render(request, "portal/runs.html", context)


@portal_view
@require_GET
def requests_page(request: HttpRequest, system: str, connection_id: UUID) -> HttpResponse:
    """Every request that was sent to the accounting system for this client, newest first."""
    connection = find_connection(system, connection_id)
    query = ListQuery.read(request.GET)
    text = "" if query.is_personal_number else query.search
    failed_only = request.GET.get("feil") == "1"
    run_id = _uuid(request.GET.get("kjoring", ""))
    before_id = _number(request.GET.get("eldre", ""))
    lines = request_lines(
        connection.pk,
        run_id=run_id,
        text=text,
        failed_only=failed_only,
        before_id=before_id,
        limit=LINES + 1,
    )
    kept = {"q": text, "feil": "1" if failed_only else "", "kjoring": str(run_id or "")}
    given = {name: value for name, value in kept.items() if value}
    address = _address("requests", connection)
    older = ""
    if len(lines) > LINES:
        lines = lines[:LINES]
        older = f"{address}?{urlencode(given | {'eldre': lines[-1].pk})}"
    run = run_of(connection.pk, run_id) if run_id is not None else None
    context = _about(request, connection) | {
        "lines": [request_row(line) for line in lines],
        "text": text,
        "failed_only": failed_only,
        "run": run_rows([run])[0] if run is not None else None,
        "address": address,
        "is_filtered": bool(given),
        "is_older": before_id is not None,
        "newest": f"{address}?{urlencode(given)}" if given else address,
        "older": older,
        "tab": "requests",
    }
    return render(request, "portal/requests.html", context)


def _about(request: HttpRequest, connection: Connection) -> dict[str, Any]:
    """The head both pages share: who, how it stands, last tried apart from last fetched."""
    state = connection_states([connection.pk]).get(connection.pk, ConnectionState())
    [row] = rows_of([connection.pk], acts_in(request))
    system = connection.integration.system
    is_due = connection.is_active and state.next_at is not None
    return {
        "connection": connection,
        "row": row,
        "title": system_title(system),
        "system_name": system_name(system),
        "back": list_address(request, connection.integration),
        "runs_address": _address("runs", connection),
        "requests_address": _address("requests", connection),
        "last_success": when(state.last_success_at),
        "last_attempt": when(state.last_attempt_at),
        "next_at": _next(state) if is_due else "",
        "history": _history(state) if connection.is_active else "",
        "is_history_held": state.history_held_at is not None,
    }


def _history(state: ConnectionState) -> str:
    """How the older years stand, in words; nothing when all of them are here."""
    if state.stage not in ("new", "history"):
        return ""
    begins = format_date(state.covered_from) if state.covered_from else ""
    if state.history_held_at is not None:
        held = format_date(oslo_date(state.history_held_at))
        if not begins:
            return _("On hold since %(held)s.") % {"held": held}
        values = {"held": held, "begins": begins}
        return _("On hold since %(held)s. The books are here from %(begins)s.") % values
    if not begins:
        return _("They follow when this year has been fetched.")
    return _("Being fetched. The books are here from %(begins)s so far.") % {"begins": begins}


def _next(state: ConnectionState) -> str:
    if state.next_at is None or state.next_at <= timezone.now():
        return _("now")
    return when(state.next_at)


def _address(name: str, connection: Connection) -> str:
    return reverse(f"portal:{name}", args=[connection.integration.system, connection.public_id])


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
