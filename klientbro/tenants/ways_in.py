"""Which of a person's firms the way they came in opens.

Who came in by a firm's own provider is vouched for by that firm alone: its provider must not be
able to open another firm. And a firm that asks for single sign-on is not opened by a password; its
administrators come in without it by a recovery code or the operator's link, so that a provider
that fails or was set up wrongly locks no firm out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import idna

from klientbro.tenants.permissions import Role
from klientbro.tenants.services import Place

SESSION_WAY = "way_in"
SINGLE_SIGN_ON = "single_sign_on"
RECOVERY = "recovery"


def opened(places: Sequence[Place], way: Mapping[str, Any] | None, email: str) -> list[Place]:
    """Of the person's places those that a session opens; `way` is what its sign-in noted."""
    domain = domain_of_address(email)
    kind = (way or {}).get("kind", "")
    if way is not None and kind == SINGLE_SIGN_ON:
        return [_through_provider(place, way) for place in places if _vouches(place, way)]
    return [
        place
        for place in places
        if domain not in place.firm.sign_on_only_for
        or (kind == RECOVERY and place.role == Role.ADMINISTRATOR.value)
    ]


def domain_of_address(email: str) -> str:
    """As a firm's domains are kept, which is as the DNS writes them: «bøe.no» is xn--be-lka.no.

    In whichever letters somebody was invited, their address is in the domain that mail goes to.
    """
    domain = email.rpartition("@")[2].lower()
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return domain


def counts_as_factor(factor: str, *, is_told: bool) -> bool:
    """Whether coming in by the provider meets the firm's demand for a second factor."""
    return factor == "always" or (factor == "told" and is_told)


def _vouches(place: Place, way: Mapping[str, Any]) -> bool:
    """Only the provider as it was at sign-in: turned off or changed, its sessions open nothing."""
    firm = place.firm
    return (str(firm.id), str(firm.sign_on)) == (way["firm"], way["configuration"])


def _through_provider(place: Place, way: Mapping[str, Any]) -> Place:
    if not counts_as_factor(place.firm.sign_on_factor, is_told=bool(way.get("factor"))):
        return place
    return dataclasses.replace(place, lacks_second_factor=False)
