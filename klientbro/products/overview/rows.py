"""A page of Oversikt as it is shown: each client's cells, with words and tones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klientbro.domain.client_facts import VatFrequency
from klientbro.domain.deadlines import DeadlineKind
from klientbro.domain.periods import Month, month_range
from klientbro.ledger.queries.drafts import waiting_until
from klientbro.ledger.queries.many import ClientBooks, books_of_clients, month_states, year_start
from klientbro.ledger.queries.sql import fetch_all
from klientbro.ledger.rows import MonthState
from klientbro.practice.assignments.tables import DONE, TaskState
from klientbro.practice.books.texts import connection_tone, connection_words, seal_tone
from klientbro.products.overview.listing import SOON, Group, Listed
from klientbro.products.reconciliation.progress import Counts, progress_of
from klientbro.shell.markup import fill
from klientbro.shell.templatetags.kb import day, seal, status
from klientbro.sync.services import ConnectionState, connection_states
from klientbro.tenants.models import User

VAT = (DeadlineKind.VAT_RETURN.value, DeadlineKind.VAT_REVERSE_CHARGE.value)
PAYROLL = (DeadlineKind.A_MELDING.value,)
TAXES = (DeadlineKind.EMPLOYERS_TAX.value, DeadlineKind.WITHHELD_TAX.value)
REPORT = ("report",)
COLUMNS = {"payroll": PAYROLL, "taxes": TAXES, "vat": VAT, "report": REPORT}


@dataclass(frozen=True, slots=True)
class Cell:
    """One duty of one client in the month: a word with a tone, or the day it is due."""

    tone: str = ""
    text: str = ""
    due: date | None = None
    icon: str = ""
    waiting: int = 0  # vouchers not posted yet that may belong to what is due

    @property
    def html(self) -> SafeString:
        """As the list shows it. Two hundred of them make a page, so no template is asked."""
        shown = self._shown()
        if not self.waiting:
            return shown
        words = ngettext("%(count)s not posted", "%(count)s not posted", self.waiting)
        return fill('{}<small class="ov-wait">{}</small>', shown, words % {"count": self.waiting})

    def _shown(self) -> SafeString:
        due = f"{self.due.day:02}.{self.due.month:02}." if self.due else ""
        if self.tone:
            shown = status(self.tone, self.text, "check" if self.tone == "off" else "")
            if not due:
                return shown
            return fill('{} <small class="tnum">{}</small>', shown, due)
        if due:
            return fill('<span class="tnum muted">{}</span>', due)
        return fill('<span class="muted">{}</span>', self.text)


_FACTS = """
select client_id, has_payroll, vat_frequency from clients_clientfacts
where client_id = any(%(clients)s::bigint[])
"""
_TASKS = """
select client_id, kind, state, due_date, period_first, period_last from practice_task
where client_id = any(%(clients)s::bigint[])
  and (period_first <= %(last)s and period_last >= %(first)s
       or state <> all(%(done)s::text[]) and due_date <= %(soon)s)
"""


class Told(NamedTuple):
    """What has been told of a client's duties; None and '' where nobody has."""

    has_payroll: bool | None
    vat_frequency: str


class Duty(NamedTuple):
    """What a page needs of a task; a thousand of them make one."""

    client_id: int
    kind: str
    state: str
    due_date: date
    period_first: date
    period_last: date


@dataclass(slots=True)
class Row:
    """A line of Oversikt."""

    client: Listed
    state: ConnectionState
    books: ClientBooks | None
    reconciliation: Counts | None
    responsible: User | None
    note: str = ""
    cells: dict[str, Cell] = field(default_factory=dict)
    tasks_open: int = 0
    tasks_overdue: int = 0
    strip: SafeString | None = None
    has_told_duties: bool = True  # VAT and payroll are told, even as «none»

    @property
    def words(self) -> str:
        return connection_words(self.state)

    @property
    def tone(self) -> str:
        return connection_tone(self.state)

    @property
    def reconciled_share(self) -> int:
        counts = self.reconciliation
        return round(100 * counts.reviewed / counts.to_do) if counts and counts.to_do else 0


def rows_of(listed: Sequence[Listed], month: Month, today: date) -> list[Row]:
    """The rows of a page. Eight statements, whatever the page's size."""
    if not listed:
        return []
    client_ids = [each.client_id for each in listed]
    books = books_of_clients(client_ids)
    connection_ids = [each.connection_id for each in books.values()]
    states = connection_states(connection_ids)
    progress = progress_of(client_ids, month.first_day)
    people = {
        user.pk: user
        for user in User.objects.filter(
            pk__in={each.responsible_id for each in listed if each.responsible_id}
        )
    }
    facts = {
        client_id: Told(*told) for client_id, *told in fetch_all(_FACTS, {"clients": client_ids})
    }
    year = {each.client_id: _year_of(month, books.get(each.client_id)) for each in listed}
    proved = month_states(
        connection_ids,
        min((first for first, _last in year.values()), default=month),
        max((last for _first, last in year.values()), default=month),
    )
    strips = _Strips(proved)
    tasks: dict[int, list[Duty]] = defaultdict(list)
    for task in _tasks(client_ids, month, today):
        tasks[task.client_id].append(task)
    waiting = waiting_until(
        {
            held.connection_id: last
            for client_id, held in books.items()
            if (last := open_term_end(tasks[client_id], month, today)) is not None
        }
    )
    shown = []
    for each in listed:
        held = books.get(each.client_id)
        row = Row(
            client=each,
            state=states.get(held.connection_id, ConnectionState()) if held else ConnectionState(),
            books=held,
            reconciliation=progress.get(each.client_id),
            responsible=people.get(each.responsible_id or 0),
        )
        mine = tasks[each.client_id]
        told = facts.get(each.client_id)
        row.has_told_duties = bool(told and told.vat_frequency and told.has_payroll is not None)
        duties = no_duty(told)
        row.cells = {
            name: cell(mine, kinds, month, today, duties.get(name, "–"))
            for name, kinds in COLUMNS.items()
        }
        if held is not None and held.connection_id in waiting:
            row.cells["vat"] = replace(row.cells["vat"], waiting=waiting[held.connection_id])
        unfinished = [task for task in mine if task.state not in DONE]
        row.tasks_open = len([task for task in unfinished if task.due_date >= today])
        row.tasks_overdue = len([task for task in unfinished if task.due_date < today])
        row.strip = strips.html(held, year[each.client_id], today)
        row.note = _note(row, today)
        shown.append(row)
    return shown


def no_duty(facts: Told | None) -> dict[str, str]:
    """Columns that the client's facts free it from, in words. Not told is not freed."""
    if facts is None:
        return {}
    freed: dict[str, str] = {}
    if facts.has_payroll is False:
        freed |= {"payroll": _("No payroll"), "taxes": _("No payroll")}
    if facts.vat_frequency == VatFrequency.NOT_REGISTERED:
        freed["vat"] = _("No duty")
    return freed


def open_term_end(tasks: Sequence[Duty], month: Month, today: date) -> date | None:
    """The last day of the VAT terms that the list shows as overdue or to be done; None when none
    is. What is not posted yet is asked for on VAT day."""
    ends = [
        task.period_last
        for task in tasks
        if task.kind in VAT
        and task.state not in DONE
        and (
            task.due_date < today
            or (task.period_first <= month.last_day and task.period_last >= month.first_day)
        )
    ]
    return max(ends, default=None)


def cell(
    tasks: Sequence[Duty], kinds: Sequence[str], month: Month, today: date, otherwise: str = "–"
) -> Cell:
    """The duty of the month: what is overdue first, else what concerns the month itself."""
    of_kind = [task for task in tasks if task.kind in kinds]
    late = [task for task in of_kind if task.due_date < today and task.state not in DONE]
    if late:
        days = (today - min(task.due_date for task in late)).days
        return Cell(
            "stop", ngettext("%(days)s day over", "%(days)s days over", days) % {"days": days}
        )
    concerned = [
        task
        for task in of_kind
        if task.period_first <= month.last_day and task.period_last >= month.first_day
    ]
    if not concerned:
        return Cell(text=otherwise)
    open_ones = [task for task in concerned if task.state not in DONE]
    if not open_ones:
        if all(task.state == TaskState.NOT_APPLICABLE for task in concerned):
            return Cell(text=_("Not applicable"))
        return Cell("off", _("Done"), icon="ok")
    first = min(open_ones, key=lambda task: task.due_date)
    if first.state == TaskState.FOLLOW_UP:
        return Cell("warn", _("Follow-up"), first.due_date)
    if first.state == TaskState.IN_PROGRESS:
        return Cell("run", _("In progress"), first.due_date)
    return Cell(due=first.due_date)


def _tasks(client_ids: Sequence[int], month: Month, today: date) -> list[Duty]:
    """Those of the month, and everything unfinished that is overdue or soon due."""
    asked = {
        "clients": client_ids,
        "first": month.first_day,
        "last": month.last_day,
        "done": [state.value for state in DONE],
        "soon": today + SOON,
    }
    return [Duty._make(values) for values in fetch_all(_TASKS, asked)]


def _year_of(month: Month, books: ClientBooks | None) -> tuple[Month, Month]:
    first = books.year_start(month) if books else year_start(month)
    return first, first.plus(11)


class _Strips:
    """The year's seals of each client, drawn once for all that stand alike."""

    def __init__(self, proved: Mapping[int, Mapping[Month, MonthState]]) -> None:
        self._proved = proved
        self._drawn: dict[tuple[tuple[Month, str], ...], SafeString] = {}
        self._months: dict[tuple[Month, Month], tuple[Month, ...]] = {}
        self._words = {
            "sealed": _("%(month)s: reconciled with the source"),
            "unsealed": _("%(month)s: differs from the source"),
            "open": _("%(month)s: not reconciled yet"),
            "none": _("%(month)s: no figures yet"),
        }

    def html(self, books: ClientBooks | None, year: tuple[Month, Month], today: date) -> SafeString:
        """Twelve marks of a list, each with words for a screen reader."""
        known = self._proved.get(books.connection_id, {}) if books else {}
        marks = []
        if year not in self._months:
            self._months[year] = tuple(month_range(*year))
        for month in self._months[year]:
            state = known.get(month, MonthState.UNPROVED)
            if state is MonthState.UNPROVED and (
                books is None or month.first_day > today or not books.is_usable
            ):
                state = MonthState.MISSING
            marks.append((month, seal_tone(state)))
        key = tuple(marks)
        if key not in self._drawn:
            drawn = (
                fill("<li>{}</li>", seal(tone, self._words[tone] % {"month": _(month.name)}))
                for month, tone in key
            )
            self._drawn[key] = SafeString("".join(drawn))  # every part of it is escaped # nosec B703
        return self._drawn[key]


def _note(row: Row, today: date) -> str:
    """The one thing to know first, under the client's name."""
    books = row.books
    if books is None:
        return _("No accounting system is connected.")
    if not books.is_active:
        since = day(books.as_of) if books.as_of else day(books.stopped_at)
        return _("Deactivated, not updated since %(day)s.") % {"day": since}
    if row.state.cause:
        return row.words
    if not books.is_usable:
        return _("First fetching is under way.")
    if row.client.suspended:
        count = row.client.suspended
        return ngettext(
            "%(count)s sign-off is suspended.", "%(count)s sign-offs are suspended.", count
        ) % {"count": count}
    if row.client.group is Group.DIFFERS:
        return _("Figures differ from the source.")
    if not row.has_told_duties:
        return _("Facts are missing")
    return ""


def grouped(rows: Sequence[Row]) -> list[tuple[Group, list[Row]]]:
    """The page's rows under their headings, in order."""
    found: dict[Group, list[Row]] = {}
    for row in rows:
        found.setdefault(row.client.group, []).append(row)
    return list(found.items())
