"""The rail's pages, and which of them a role sees. A new page is one line here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as pgettext

from klientbro.tenants.permissions import Act, Open, allows, need_of


@dataclass(frozen=True, slots=True)
class Place:
    """One page of the rail; everything whose address begins with it counts as being there.

    name: the address's own, by which the table of permissions knows it.
    """

    address: str
    name: str
    label: str | Promise
    icon: str


@dataclass(frozen=True, slots=True)
class Group:
    """Pages under one heading; an empty heading is a group without one."""

    heading: str | Promise
    places: tuple[Place, ...]


GROUPS = (
    Group(
        _("Tools"),
        (
            Place("/oversikt/", "overview:list", _("Overview"), "overview"),
            Place("/avstemming/", "reconciliation:clients", _("Reconciliation"), "reconciliation"),
            Place("/rapport/", "report:clients", pgettext("product", "Report"), "report"),
            Place("/likviditet/", "liquidity:clients", _("Liquidity"), "liquidity"),
            Place("/klienter/", "books:clients", _("Clients"), "clients"),
        ),
    ),
    Group(
        _("Sources"),
        (
            Place("/integrasjoner/", "portal:integrations", _("Integrations"), "plug"),
            Place("/integrasjoner/kapasitet/", "portal:capacity", _("Capacity"), "gauge"),
        ),
    ),
    Group(
        pgettext("accounting firm", "Firm"),
        (
            Place("/brukere/", "identity:members", _("Users"), "people"),
            Place("/logg/", "operations:log", pgettext("audit", "Log"), "shield"),
        ),
    ),
    Group("", (Place("/hjelp/", "shell:help", _("Help"), "help"),)),
)


@lru_cache
def groups_for(acts: frozenset[Act]) -> tuple[Group, ...]:
    """The rail of who may do these acts: pages that would refuse them are not listed."""
    shown = (
        Group(group.heading, tuple(each for each in group.places if _is_shown(each, acts)))
        for group in GROUPS
    )
    return tuple(group for group in shown if group.places)


def _is_shown(place: Place, acts: frozenset[Act]) -> bool:
    need = need_of(place.name)
    return need is Open.ANYBODY or (need is not None and bool(acts) and allows(acts, need))
