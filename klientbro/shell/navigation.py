"""The rail's entries, declared once. An entry whose page does not exist in this build is left out."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from klientbro.sync.causes import Cause, cause_text
from klientbro.sync.models import State


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the rail: where it leads is a URL name, since the shell knows no product."""

    label: str | Promise
    icon: str
    url_name: str


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as one page shows it. `count` is how many things there want attention."""

    label: str | Promise
    icon: str
    url: str
    is_current: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the rail with its links."""

    label: str | Promise
    links: tuple[Link, ...]


INTEGRATIONS = "portal:integrations"
SECTIONS: tuple[tuple[str | Promise, tuple[Entry, ...]], ...] = (
    (
        _("Tools"),
        (
            Entry(_("Overview"), "overview", "overview:start"),
            Entry(_("Clients"), "clients", "books:clients"),
            Entry(_("Reconciliation"), "reconciliation", "reconciliation:start"),
            Entry(_("Report"), "report", "reporting:start"),
            Entry(_("Liquidity"), "liquidity", "liquidity:start"),
        ),
    ),
    (_("Sources"), (Entry(_("Integrations"), "plug", INTEGRATIONS),)),
)
STOPPING = tuple(cause.value for cause in Cause if cause_text(cause).stops)


def sections(path: str) -> list[Section]:
    """The rail for a page at `path`; empty headings are left out."""
    shown = []
    for label, entries in SECTIONS:
        links = tuple(link for entry in entries if (link := _link(entry, path)))
        if links:
            shown.append(Section(label, links))
    return shown


def _link(entry: Entry, path: str) -> Link | None:
    url = _reverse(entry.url_name)
    if url is None:
        return None
    count = stopped_connections() if entry.url_name == INTEGRATIONS else 0
    return Link(entry.label, entry.icon, url, path.startswith(url), count)


def stopped_connections() -> int:
    """How many active connections of the firm a person must do something about."""
    return State.objects.filter(
        connection__is_active=True, connection__deleted_at=None, cause__in=STOPPING
    ).count()


def client_url(public_id: object) -> str:
    """A client's page, '' where this build has none."""
    return _reverse("books:summary", public_id) or ""


def _reverse(name: str, *arguments: object) -> str | None:
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return None
