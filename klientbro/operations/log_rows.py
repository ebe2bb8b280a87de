"""The audit log as rows to read: filtered, the newest first, a page at a time by number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext as _

from klientbro.audit.models import Entry
from klientbro.clients.models import Client
from klientbro.operations.log_words import (
    ACTS,
    KINDS,
    NOTHING,
    act_word,
    field_word,
    is_told,
    kind_word,
    value_word,
)
from klientbro.tenants.models import Membership, User

PAGE = 50
MOST_CLIENTS_FOUND = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person wants to see. Empty means everything."""

    person: str = ""  # a user's id, or `job` and `command` for what no person did
    kind: str = ""
    act: str = ""
    client: str = ""  # part of a name
    first: date | None = None
    last: date | None = None
    before: int | None = None  # only entries with lower numbers: the next page
    problems: tuple[str, ...] = ()

    @property
    def is_narrowed(self) -> bool:
        return any((self.person, self.kind, self.act, self.client, self.first, self.last))


@dataclass(frozen=True, slots=True)
class Change:
    """One column of an entry."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class LogRow:
    """One entry, in words."""

    number: int
    at: datetime
    who: str
    address: str
    kind: str
    act: str
    client: str
    changes: tuple[Change, ...]


def asked_in(given: QueryDict) -> Asked:
    """The filter as the address has it; a day that is none is told of, not guessed."""
    problems: list[str] = []

    def day(name: str, label: str) -> date | None:
        text = given.get(name, "").strip()
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            problems.append(
                _("%(field)s must be a day, for example 2026-11-23.") % {"field": label}
            )
            return None

    first, last = day("fra", _("From")), day("til", _("To"))
    if first and last and first > last:
        problems.append(_("From is later than To. Swap them."))
    before = given.get("eldre", "")
    return Asked(
        person=given.get("person", "")[:20],
        kind=given.get("hva", "") if given.get("hva", "") in KINDS else "",
        act=given.get("handling", "") if given.get("handling", "") in ACTS else "",
        client=given.get("klient", "").strip()[:100],
        first=first,
        last=last,
        before=int(before) if before.isdecimal() and len(before) < 12 else None,
        problems=tuple(problems),
    )


def entries(asked: Asked) -> QuerySet[Entry]:
    """The entries asked for, the newest first."""
    found = Entry.objects.order_by("-number")
    if asked.person in ("job", "command"):
        found = found.filter(user_id=None, way=asked.person)
    elif asked.person.isdecimal():
        found = found.filter(user_id=int(asked.person))
    if asked.kind:
        found = found.filter(kind=asked.kind)
    if asked.act:
        found = found.filter(action=asked.act)
    if asked.client:
        named = Client.objects.filter(name__icontains=asked.client).values("pk")
        found = found.filter(
            Q(client_id__in=list(named.values_list("pk", flat=True)[:MOST_CLIENTS_FOUND]))
            | Q(kind="clients_client", before__name__icontains=asked.client)
        )
    zone = get_current_timezone()
    if asked.first:
        found = found.filter(at__gte=datetime.combine(asked.first, time.min, zone))
    if asked.last:
        found = found.filter(at__lte=datetime.combine(asked.last, time.max, zone))
    if asked.before is not None:
        found = found.filter(number__lt=asked.before)
    return found


def page_of(asked: Asked, people: dict[int, str]) -> tuple[list[LogRow], int | None]:
    """A page of rows, and the number that the next page begins below; None at the end."""
    found = list(entries(asked)[: PAGE + 1])
    rows = list(rows_of(found[:PAGE], people))
    return rows, found[PAGE - 1].number if len(found) > PAGE else None


def rows_of(found: list[Entry], people: dict[int, str]) -> Iterator[LogRow]:
    """In words. One statement more, however many entries there are."""
    wanted = {entry.client_id for entry in found if entry.client_id is not None}
    clients = dict(Client.objects.filter(pk__in=wanted).values_list("pk", "name"))
    for entry in found:
        yield LogRow(
            number=entry.number,
            at=localtime(entry.at),
            who=_who(entry, people),
            address=entry.address,
            kind=kind_word(entry.kind),
            act=act_word(entry.action),
            client=clients.get(entry.client_id or 0, "") or _name_then(entry),
            changes=tuple(_changes(entry, people)),
        )


def names_of_people() -> dict[int, str]:
    """Everybody who has or has had access to the firm, by user id."""
    members = Membership.objects.select_related("user").order_by("user__name", "user__email")
    return {member.user_id: _name(member.user) for member in members}


def _name(user: User) -> str:
    return user.name or user.email


def _who(entry: Entry, people: dict[int, str]) -> str:
    if entry.user_id is not None:
        return people.get(entry.user_id, _("somebody who has left"))
    return _("Command line") if entry.way == "command" else "Klientbro"


def _name_then(entry: Entry) -> str:
    """A client that is gone: its name stands in the entry that took it away."""
    if entry.client_id is None:
        return ""
    name = entry.before.get("name") if entry.kind == "clients_client" else ""
    return str(name or _("a client that is deleted"))


def _changes(entry: Entry, people: dict[int, str]) -> Iterator[Change]:
    columns: dict[str, Any] = {**entry.before, **entry.after}
    for column in columns:
        if is_told(column):
            was, now = (
                value_word(entry.kind, column, side.get(column), people)
                for side in (entry.before, entry.after)
            )
            if (was, now) != (NOTHING, NOTHING):  # made with the column empty
                yield Change(field_word(column), was, now)
