"""What every template knows: brand, light or dark, languages, and the rail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from klientbro.shell.icons import BRAND_MARK
from klientbro.shell.navigation import GROUPS, Place, groups_for
from klientbro.shell.preferences import SCHEMES, color_scheme, has_letter_keys


def shell(request: HttpRequest) -> dict[str, Any]:
    """Asks the database nothing, so that error pages can use it too."""
    place = getattr(request, "place", None)
    acts = place.acts if place is not None else frozenset()
    return {
        "brand": settings.BRAND,
        "brand_mark": BRAND_MARK,
        "color_scheme": color_scheme(request),
        "color_schemes": SCHEMES,
        "has_letter_keys": has_letter_keys(request),
        "languages": settings.LANGUAGES,
        "navigation": [
            (group.heading, [(place, _is_here(request, place)) for place in group.places])
            for group in groups_for(acts)
        ],
        "may": {act.name.lower(): True for act in acts},
        "sign_in_address": _sign_in_address(),
        "firm": getattr(request, "firm", None),
        "places": getattr(request, "places", ()),
    }


def _is_here(request: HttpRequest, place: Place) -> bool:
    """Whether the page belongs to the place: to the nearest one, where one lies within another."""
    here = [
        each.address
        for group in GROUPS
        for each in group.places
        if request.path.startswith(each.address)
    ]
    return place.address == max(here, key=len, default=None)


def _sign_in_address() -> str:
    try:
        return reverse(settings.LOGIN_URL)
    except NoReverseMatch:  # an address table without sign-in, as in a test
        return ""
