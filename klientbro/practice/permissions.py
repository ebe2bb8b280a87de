"""May this person? Asked of the one table (tenants/permissions.py), by what the gate cannot know.

The gate has asked already for what the address needs. Here is asked for what stands inside a form,
and for which buttons are shown. Which firm, and which clients, the database has settled before.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from klientbro.tenants.permissions import Act

__all__ = ["Act", "ActRefusedError", "acts_in", "may", "require"]


class ActRefusedError(PermissionDenied):
    """The person may do none of the acts; the page says who may (identity/refusals.py)."""

    def __init__(self, acts: Iterable[Act]) -> None:
        super().__init__("the role does not allow it")
        self.acts = tuple(acts)


def acts_in(request: HttpRequest) -> frozenset[Act]:
    """What the signed-in person may do in the firm they work in now."""
    place = getattr(request, "place", None)
    return place.acts if place is not None else frozenset()


def may(request: HttpRequest, act: Act) -> bool:
    """Whether the signed-in person may do it."""
    return act in acts_in(request)


def require(request: HttpRequest, act: Act) -> None:
    """ActRefusedError for a person who may not do it."""
    if not may(request, act):
        raise ActRefusedError((act,))
