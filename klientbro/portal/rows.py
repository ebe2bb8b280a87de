"""One row of the client table as a person reads it: words, notes, times, and where to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klientbro.clients.identifiers import identifier_of
from klientbro.clients.models import Connection
from klientbro.clients.rights import rights_in_words, rights_names
from klientbro.clients.services import why_not_activated_note
from klientbro.connectors.contract import Kind
from klientbro.connectors.registry import connectors
from klientbro.domain.identifier import Identifier, IdentifierKind
from klientbro.domain.periods import Month
from klientbro.lib.dates import format_date, format_time, to_oslo
from klientbro.lib.numbers import NO_BREAK_SPACE, format_count
from klientbro.portal.actions import action_of, action_words
from klientbro.shell.markup import fill
from klientbro.sync.services import ConnectionState, cause_text, connection_states
from klientbro.tenants.permissions import Act
from klientbro.tenants.services import firm_envelopes

_BEGIN = mark_safe('<span class="kb-word">')
_END = mark_safe("</span>")
BUSY_STATES = ("running", "never", "waiting")


@dataclass(frozen=True, slots=True)
class Note:
    """The small line under a status: the cause and, as a link, the one action that cures it."""

    text: str
    action: str = ""  # of klientbro.portal.actions
    action_text: str = ""
    title: str = ""  # the accounting system's own names of missing rights


@dataclass(frozen=True, slots=True)
class Row:
    """What the template shows of one connection."""

    id: str
    name: str
    number: str  # orgnr or a masked personal number; '' without
    is_active: bool
    api_active: bool
    api_title: str
    tone: str
    icon: str
    word: str
    percent: int | None
    note: Note
    fetched: str
    fetched_note: str
    agent: str  # «Agent sist sett …», only for systems that have one
    seal: str  # sealed, unsealed, open; '' before there is any month
    sealed: SafeString
    address: str
    books: str
    is_busy: bool
    actions: SafeString


def rows_of(connection_ids: Sequence[int], acts: frozenset[Act]) -> list[Row]:
    """The rows in the order of the ids, with the buttons of who may do these acts.

    Two statements, three where a person is among them.
    """
    found = Connection.objects.select_related("integration", "client").in_bulk(list(connection_ids))
    states = connection_states(found)
    envelopes = None
    if any(one.identifier_kind == IdentifierKind.NATIONAL_ID for one in found.values()):
        envelopes = firm_envelopes()
    rows = []
    addresses, actions = _Addresses(), _Actions(acts)
    for key in connection_ids:
        if key not in found:
            continue
        connection = found[key]
        identifier = None
        if connection.orgnr:
            identifier = Identifier(IdentifierKind.ORGNR, connection.orgnr)
        elif envelopes is not None:
            identifier = identifier_of(connection, envelopes)
        rows.append(
            _row(connection, states.get(key, ConnectionState()), identifier, addresses, actions)
        )
    return rows


class _Addresses:
    """Addresses by string: working out fifty times eight takes longer than the SQL."""

    NOTHING = "00000000-0000-0000-0000-000000000000"

    def __init__(self) -> None:
        self.books = reverse("books:trial_balance", args=[self.NOTHING])
        self.of_system: dict[str, str] = {}

    def of(self, connection: Connection) -> tuple[str, str]:
        system = connection.integration.system
        if system not in self.of_system:
            self.of_system[system] = reverse("portal:integration", args=[system])
        own = f"{self.of_system[system]}{connection.public_id}/"
        if connection.client is None:
            return own, ""
        return own, self.books.replace(self.NOTHING, str(connection.client.public_id))


class _Actions:
    """A row's buttons: the template is rendered once for each state, the address put in by string.

    Fifty rows of eight buttons and a menu through the template take longer than all the rest.
    """

    ID, ADDRESS = "00000000-0000-0000-0000-000000000001", "/address-of-the-row/"

    def __init__(self, acts: frozenset[Act]) -> None:
        self.acts = acts
        self.of_state: dict[bool, str] = {}

    def of(self, connection: Connection, address: str) -> SafeString:
        is_active = connection.is_active
        if is_active not in self.of_state:
            context = {
                "is_active": is_active,
                "id": self.ID,
                "address": self.ADDRESS,
                "brand": settings.BRAND,
                "may": {act.name.lower(): True for act in self.acts},
            }
            self.of_state[is_active] = render_to_string("portal/parts/row_actions.html", context)
        made = self.of_state[is_active].replace(self.ADDRESS, address)
        return mark_safe(made.replace(self.ID, str(connection.public_id)))  # noqa: S308 a UUID and our own address # nosec B703


def _row(
    connection: Connection,
    state: ConnectionState,
    identifier: Identifier | None,
    addresses: _Addresses,
    actions: _Actions,
) -> Row:
    own, books = addresses.of(connection)
    tone, icon, word = _status(connection, state)
    return Row(
        id=str(connection.public_id),
        name=connection.name,
        number=identifier.display.replace(" ", NO_BREAK_SPACE) if identifier else "",
        is_active=connection.is_active,
        api_active=connection.api_active,
        api_title=api_title(connection),
        tone=tone,
        icon=icon,
        word=word,
        percent=state.percent if state.state == "running" else None,
        note=_note(connection, state),
        fetched=_("now") if state.state == "running" else when(state.last_success_at),
        fetched_note=_fetched_note(state),
        agent=_agent(connection),
        seal=_seal(state),
        sealed=_sealed(state),
        address=own,
        books=books,
        is_busy=state.state == "running"
        or (state.state in BUSY_STATES and not state.cause and connection.is_active),
        actions=actions.of(connection, own),
    )


def api_title(connection: Connection) -> str:
    """When the key was last tried, and what it said (P-44)."""
    if connection.key_checked_at is None:
        return _("The key has not been checked")
    values = {"when": moment(connection.key_checked_at)}
    if connection.api_active:
        return _("The key works. Checked %(when)s") % values
    if connection.key_check_cause == "rights_missing":
        return _("The key lacks access. Checked %(when)s") % values
    if connection.key_check_cause == "wrong_company":
        return _("The key belongs to another company. Checked %(when)s") % values
    return _("The key does not work. Checked %(when)s") % values


def _status(connection: Connection, state: ConnectionState) -> tuple[str, str, str]:
    """Tone, icon and word of the status."""
    match state.state:
        case "running":
            if not state.units_total:
                return "run", "sync", _("Fetching")
            return "run", "sync", _("Fetching %(percent)s %%") % {"percent": state.percent}
        case "updated":
            return "ok", "check", _("Updated")
        case "differs":
            return "warn", "warning", _("Updated, not reconciled")
        case "stopped":
            return "stop", "stop", _("Stopped: %(why)s") % {"why": _small(_cause_title(state))}
        case "waiting" if state.cause:
            return "off", "clock", _cause_title(state)
        case "waiting" if state.queue_position and state.queue_position > 1:
            position = format_count(state.queue_position)
            return "off", "clock", _("In line as no. %(position)s") % {"position": position}
        case "waiting" | "never":
            return "off", "clock", _("In line")
    if connection.recheck_at is not None and not connection.api_active:
        return "off", "clock", _(cause_text("not_yet").title)
    if connection.key_check_cause and not connection.api_active:
        return "stop", "stop", _("Inactive: %(why)s") % {"why": _small(_key_title(connection))}
    return "off", "off", _("Inactive")


def _cause_title(state: ConnectionState) -> str:
    return _(cause_text(state.cause).title)


def _key_title(connection: Connection) -> str:
    return _(cause_text(connection.key_check_cause).title)


def _small(sentence: str) -> str:
    """The sentence inside another one: without its capital."""
    return sentence[:1].lower() + sentence[1:]


def _note(connection: Connection, state: ConnectionState) -> Note:
    """What to know beside the word, and the one thing to do."""
    if state.state == "running":
        return Note(_progress(state))
    if state.state == "inactive":
        hindrance, cure = why_not_activated_note(connection)
        if not hindrance and connection.recheck_at is not None:
            hindrance = _("The key is tried again at %(time)s.") % {
                "time": format_time(connection.recheck_at)
            }
        title = rights_names(connection.missing_rights)
        return Note(hindrance, cure, action_words(cure), title)
    action = action_of(state.cause)
    if state.cause == "differs":
        months = ", ".join(month_name(month) for month in state.months_differing[:3])
        parts = [_("%(months)s differs.") % {"months": months[:1].upper() + months[1:]}]
        if state.next_at and state.next_at > timezone.now():
            parts.append(_("Is read anew at %(time)s.") % {"time": format_time(state.next_at)})
        text = " ".join(parts) if months else parts[-1]
        return Note(text, action, action_words(action))
    if not state.cause:
        return Note("")
    cause = cause_text(state.cause)
    parts = [_("Since %(when)s.") % {"when": when(state.since)}] if state.since else []
    if cause.stops:
        parts.append(filled(_(cause.explanation), state.cause_detail))
    elif state.next_at and state.next_at > timezone.now():
        parts.append(_("Is tried again at %(time)s.") % {"time": format_time(state.next_at)})
    rights = state.cause_detail.get("rights")
    title = rights_names(map(str, rights)) if isinstance(rights, list) else ""
    return Note(" ".join(parts), action, action_words(action), title)


class _Words(dict[str, str]):
    """A text whose detail was not stored still reads: the brace becomes an ellipsis."""

    def __missing__(self, key: str) -> str:
        return "…"


def filled(text: str, detail: Mapping[str, object]) -> str:
    """The cause's own figures in its text."""
    words = {name: _readable(one) for name, one in detail.items()}
    rights = detail.get("rights")
    if isinstance(rights, list):
        words["rights"] = rights_in_words(map(str, rights))
    return text.format_map(_Words(words))


def _readable(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_readable(one) for one in value)
    if isinstance(value, int):
        return format_count(value)
    return _(str(value)) if value else ""


def _progress(state: ConnectionState) -> str:
    """`18 400 of 31 200 postings`, or what has come so far, or the parts before there are any."""
    parts = []
    total = state.postings_total or 0
    if total > state.postings_done:
        parts.append(
            _("%(done)s of %(total)s postings")
            % {"done": format_count(state.postings_done), "total": format_count(total)}
        )
    elif state.postings_done:
        parts.append(
            ngettext("%(count)s posting", "%(count)s postings", state.postings_done)
            % {"count": format_count(state.postings_done)}
        )
    if state.units_total and not state.postings_done:
        parts.append(
            _("%(done)s of %(total)s parts")
            % {"done": state.units_done, "total": state.units_total}
        )
    return ", ".join(parts)


def _time_left(state: ConnectionState) -> str:
    """`about 2 min left`; nothing while there is little to reckon from."""
    seconds = state.seconds_left
    if seconds is None or state.units_done < 2:
        return ""
    if seconds < 60:
        return _("about %(seconds)s s left") % {"seconds": seconds}
    return _("about %(minutes)s min left") % {"minutes": round(seconds / 60)}


def _counts(state: ConnectionState) -> str:
    """What the last run brought, in words, or how long this one takes; '' before there was one."""
    if state.state == "running":
        return _time_left(state)
    if state.last_success_at is None:
        return ""
    parts = []
    if state.rows_new:
        parts.append(_("%(count)s new") % {"count": format_count(state.rows_new)})
    if state.rows_changed:
        parts.append(_("%(count)s changed") % {"count": format_count(state.rows_changed)})
    if state.rows_closed:
        parts.append(_("%(count)s removed") % {"count": format_count(state.rows_closed)})
    return ", ".join(parts) or _("nothing new")


def _fetched_note(state: ConnectionState) -> str:
    """What the last run brought; where a later try failed, when that was («sist forsøkt»)."""
    tried, fetched = state.last_attempt_at, state.last_success_at
    if state.cause and state.state != "running" and tried and (not fetched or tried > fetched):
        return _("tried %(when)s") % {"when": when(tried)}
    return _counts(state)


def _agent(connection: Connection) -> str:
    """When the program on the customer's machine last answered; '' for systems on the web."""
    known = connectors().get(connection.integration.system)
    if known is None or known.kind is not Kind.AGENT:
        return ""
    seen = connection.integration.agent_seen_at
    if seen is None:
        return _("The agent has not been seen yet")
    return _("Agent last seen %(when)s") % {"when": when(seen)}


def _seal(state: ConnectionState) -> str:
    if not state.total_months:
        return ""
    if state.months_differing:
        return "unsealed"
    return "sealed" if state.sealed_months == state.total_months else "open"


def _sealed(state: ConnectionState) -> SafeString:
    """`34 of 36 months`; the word alone can be left out where there is little room."""
    return fill(
        _("{sealed} of {total} {begin}months{end}"),
        sealed=state.sealed_months,
        total=state.total_months,
        begin=_BEGIN,
        end=_END,
    )


def month_name(day: date) -> str:
    """`oktober 2026`."""
    month = Month.of(day)
    return f"{_(month.name).lower()} {month.year}"


def moment(value: datetime) -> str:
    """`18.11.2026 kl. 14:02`."""
    local = to_oslo(value)
    return _("%(date)s at %(time)s") % {
        "date": format_date(local.date()),
        "time": format_time(value),
    }


def when(value: datetime | None) -> str:
    """As short as it can be understood: `14:02` today, `17.11. 22:14` this year, else the date."""
    if value is None:
        return "–"
    local, today = to_oslo(value), timezone.localdate()
    if local.date() == today:
        return format_time(value)
    if local.year == today.year:
        return f"{local.day:02}.{local.month:02}.{NO_BREAK_SPACE}{format_time(value)}"
    return format_date(local.date())
