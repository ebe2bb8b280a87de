"""The icons, drawn inline on a 16 × 16 grid with lines of 1.5, and the mark of the brand."""

# ruff: noqa: E501 - a drawing is one line, however long

from __future__ import annotations

from functools import cache

from django.utils.safestring import SafeString, mark_safe

from klientbro.shell.markup import fill

_RING = '<circle cx="8" cy="8" r="6"/>'

# What stands between <svg> and </svg>. Ours alone, never from a user, so it is safe as it is.
_DRAWINGS: dict[str, str] = {
    # pages
    "overview": '<rect x="2" y="2.5" width="12" height="11" rx="1.5"/><path d="M2 6.5h12M6 6.5v7"/>',
    "reconciliation": '<path d="M2 8.5l3 3 6-7M8 11.5l6-7"/>',
    "report": '<path d="M2.5 13.5h11M4.5 11V8M8 11V3.5M11.5 11V6"/>',
    "liquidity": '<path d="M1.5 10c2 0 2-4 4.5-4s2.5 4 4.5 4 2-6 4-6"/>',
    "plug": '<path d="M6 2v3M10 2v3M4 5h8v2.5a4 4 0 0 1-8 0zM8 11.5V14"/>',
    "gauge": '<path d="M2.5 12a6 6 0 1 1 11 0M8 9.5l2.5-3"/>',
    "clients": '<path d="M2.5 13.5V4.5l5-2v11M7.5 6.5h6v7h-11M10 9h1M10 11.2h1M4.7 6.5h.6M4.7 9h.6"/>',
    "help": _RING + '<path d="M6.2 6.4a1.9 1.9 0 1 1 2.6 1.8c-.6.2-.8.6-.8 1.2M8 11.3v.1"/>',
    # state of a row
    "check": _RING + '<path d="M5.3 8.2l1.9 1.9 3.5-4"/>',
    "sync": '<path d="M13.5 8A5.5 5.5 0 1 1 11.5 3.8M11.5 1.5v2.5H9"/>',
    "clock": _RING + '<path d="M8 4.5V8l2.3 1.5"/>',
    "warning": '<path d="M8 2.2L14.5 13.5h-13zM8 6.5v3M8 11.5v.1"/>',
    "stop": '<path d="M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5zM8 5v3.5M8 10.8v.1"/>',
    "off": '<circle cx="8" cy="8" r="5.5"/><path d="M5.5 8h5"/>',
    "pause": _RING + '<path d="M6.5 6v4M9.5 6v4"/>',
    "info": _RING + '<path d="M8 7.3v3.7M8 5v.1"/>',
    "lock": '<rect x="3.5" y="7" width="9" height="6.5" rx="1.2"/><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>',
    "reversed": '<path d="M5.5 3L2.5 6l3 3M2.5 6H10a3.5 3.5 0 0 1 0 7H6"/>',
    # actions
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "edit": '<path d="M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3z"/>',
    "trash": '<path d="M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 9h5.8l.6-9"/>',
    "send": '<path d="M14 2.5L2.5 7l4.5 2 2 4.5zM7 9l3.5-3.5"/>',
    "clean": '<path d="M3 4.5h10M3 8h7M3 11.5h4M11 11l3 3M14 11l-3 3"/>',
    "play": '<path d="M5 3.2v9.6l7.5-4.8z"/>',
    "download": '<path d="M8 2.5v7.5M5 7l3 3 3-3M3 13.5h10"/>',
    "upload": '<path d="M8 10V2.5M5 5.5l3-3 3 3M3 13.5h10"/>',
    "open": '<path d="M9.5 3H13v3.5M13 3L7 9M11 9.5V13H3V5h3.5"/>',
    "attachment": '<path d="M12.5 7.5l-5 5a3 3 0 0 1-4.2-4.2l5.5-5.5a2 2 0 0 1 2.8 2.8L6.2 11"/>',
    "document": '<path d="M4 2h5l3 3v9H4zM9 2v3h3M6 8.5h4M6 11h4"/>',
    "eye": '<path d="M1.5 8S3.9 3.8 8 3.8 14.5 8 14.5 8 12.1 12.2 8 12.2 1.5 8 1.5 8z"/><circle cx="8" cy="8" r="1.9"/>',
    "copy": '<rect x="5.5" y="5.5" width="8" height="8" rx="1.2"/><path d="M3.5 10.5h-1v-8h8v1"/>',
    "key": '<circle cx="5" cy="8" r="2.7"/><path d="M7.7 8H14M11.5 8v2.5M14 8v2"/>',
    "filter": '<path d="M2.5 4h11M4.5 8h7M6.5 12h3"/>',
    "calendar": '<rect x="2.5" y="3.5" width="11" height="10" rx="1.2"/><path d="M2.5 6.8h11M5.5 2v3M10.5 2v3"/>',
    # the shell's own
    "search": '<circle cx="7" cy="7" r="4.5"/><path d="M10.5 10.5L14 14"/>',
    "menu": '<path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11"/>',
    "more": '<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.5"/>',
    "left": '<path d="M9.5 4l-4 4 4 4"/>',
    "right": '<path d="M6.5 4l4 4-4 4"/>',
    "down": '<path d="M4 6.5l4 4 4-4"/>',
    "up": '<path d="M4 9.5l4-4 4 4"/>',
    "close": '<path d="M4 4l8 8M12 4l-8 8"/>',
    "sun": '<circle cx="8" cy="8" r="2.8"/><path d="M8 1.8v1.4M8 12.8v1.4M1.8 8h1.4M12.8 8h1.4M3.6 3.6l1 1M11.4 11.4l1 1M3.6 12.4l1-1M11.4 4.6l1-1"/>',
    "moon": '<path d="M13 9.8A5.6 5.6 0 0 1 6.2 3 5.6 5.6 0 1 0 13 9.8z"/>',
    "screen": '<rect x="2" y="3" width="12" height="8" rx="1.2"/><path d="M6 13.5h4M8 11v2.5"/>',
    "globe": _RING + '<path d="M2 8h12M8 2c2 2 2.4 4 2.4 6S10 12 8 14c-2-2-2.4-4-2.4-6S6 4 8 2z"/>',
    "person": '<circle cx="8" cy="5.5" r="2.7"/><path d="M2.8 13.8c.6-2.6 2.7-4 5.2-4s4.6 1.4 5.2 4"/>',
    "people": '<circle cx="6" cy="5.5" r="2.4"/><path d="M1.5 13.5c.5-2.4 2.3-3.7 4.5-3.7s4 1.3 4.5 3.7M10.5 3.4a2.4 2.4 0 0 1 0 4.2M12 10.2c1.4.5 2.3 1.6 2.6 3.3"/>',
    "shield": '<path d="M8 1.8l5 1.9v4c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6v-4z"/>',
    "sign-out": '<path d="M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6"/>',
    "keyboard": '<rect x="1.5" y="4" width="13" height="8" rx="1.2"/><path d="M4 6.7h.1M6.6 6.7h.1M9.2 6.7h.1M11.8 6.7h.1M5 9.5h6"/>',
}
NAMES = frozenset(_DRAWINGS)

BRAND_MARK = mark_safe(
    '<svg viewBox="0 0 22 22" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" aria-hidden="true"><path d="M2 15.5C5 5.5 17 5.5 20 15.5M2 15.5h18'
    'M7.5 9.5v6M14.5 9.5v6"/></svg>'
)

# The seal: an equals sign in a ring.
_SEALS = {
    "sealed": '<path class="eq" d="M5.25 6.5h5.5M5.25 9.5h5.5"/>',
    "unsealed": '<path class="eq" d="M5.25 6.5h5.5M5.25 9.5h5.5M10 4.5l-4 7"/>',
    "open": "",
    "none": "",
}
_SEAL_RADIUS = {"none": "2"}
_SILENT = mark_safe('aria-hidden="true"')


@cache
def icon(name: str) -> SafeString:
    """A drawing beside a word, silent to screen readers. KeyError when unknown."""
    return fill(
        '<svg class="i" viewBox="0 0 16 16" aria-hidden="true">{}</svg>',
        mark_safe(_DRAWINGS[name]),  # noqa: S308 a drawing of our own # nosec B703
    )


def seal(state: str, label: str = "", size: str = "") -> SafeString:
    """The seal in one of its states. With `label` it speaks for itself; else words stand beside."""
    inside = _SEALS[state]
    return fill(
        '<svg class="seal{}" data-s="{}" viewBox="0 0 16 16" {}>{}{}</svg>',
        " lg" if size == "lg" else "",
        state,
        fill('role="img" aria-label="{}"', label) if label else _SILENT,
        fill('<circle class="ring" cx="8" cy="8" r="{}"/>', _SEAL_RADIUS.get(state, "6.5")),
        mark_safe(inside),  # noqa: S308 a drawing of our own # nosec B703
    )
