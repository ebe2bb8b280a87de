"""The rail's pages. Only pages that exist are listed; a new one is one line here."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as pgettext


@dataclass(frozen=True, slots=True)
class Place:
    """One page of the rail; everything whose address begins with it counts as being there."""

    address: str
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
            Place("/oversikt/", _("Overview"), "overview"),
            Place("/avstemming/", _("Reconciliation"), "reconciliation"),
            Place("/rapport/", pgettext("product", "Report"), "report"),
            Place("/likviditet/", _("Liquidity"), "liquidity"),
            Place("/klienter/", _("Clients"), "clients"),
        ),
    ),
    Group(
        _("Sources"),
        (
            Place("/integrasjoner/", _("Integrations"), "plug"),
            Place("/integrasjoner/kapasitet/", _("Capacity"), "gauge"),
        ),
    ),
    Group(
        pgettext("accounting firm", "Firm"),
        (
            Place("/brukere/", _("Users"), "people"),
            Place("/logg/", pgettext("audit", "Log"), "shield"),
        ),
    ),
    Group("", (Place("/hjelp/", _("Help"), "help"),)),
)
