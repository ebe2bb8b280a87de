"""Filters and sort marks of the client table as links: the address holds the state."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from klientbro.portal.queries import FILTERS, SORTS, Counts, ListQuery


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter: its word, its number and its address."""

    label: str
    count: int
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class SortLink:
    """A column's sort mark: how it stands, and the address that changes it."""

    direction: str  # ascending, descending, none: aria-sort
    url: str


def chips(address: str, query: ListQuery, counted: Counts) -> list[Chip]:
    """The filters, with the counters of the whole integration."""
    labels = {
        "": pgettext("filter", "All"),
        "aktive": pgettext("filter", "Active"),
        "inaktive": pgettext("filter", "Inactive"),
        "stoppet": pgettext("filter", "Stopped"),
        "ikke-avstemt": _("Not reconciled"),
        "henter": _("Being fetched"),
    }
    return [
        Chip(
            labels[name],
            counted.of_filter(name),
            _url(address, query, chosen=name),
            name == query.chosen,
        )
        for name in FILTERS
    ]


def sort_links(address: str, query: ListQuery) -> dict[str, SortLink]:
    """Each sortable column; pressing the one in force reverses it (P-34)."""
    links = {}
    for name in SORTS:
        is_current = name == query.sort
        direction = "none"
        if is_current:
            direction = "descending" if query.descending else "ascending"
        wanted = f"-{name}" if is_current and not query.descending else name
        links[name] = SortLink(direction, _url(address, query, sort=wanted))
    return links


def _url(
    address: str, query: ListQuery, *, chosen: str | None = None, sort: str | None = None
) -> str:
    kept = {
        "q": query.search,
        "vis": query.chosen if chosen is None else chosen,
        "sorter": sort if sort is not None else ("-" if query.descending else "") + query.sort,
    }
    if kept["sorter"] == "navn":
        kept["sorter"] = ""
    given = {name: value for name, value in kept.items() if value}
    return f"{address}?{urlencode(given)}" if given else address
