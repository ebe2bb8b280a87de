"""What a browser says of itself, in words a person knows it by."""

from __future__ import annotations

# The first that fits: most browsers also call themselves by older ones' names.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi", "Vivaldi"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser_of(agent: str) -> str:
    """«Chrome»; empty where it does not say."""
    return next((name for sign, name in _BROWSERS if sign in agent), "")


def system_of(agent: str) -> str:
    """«Windows»; empty where it does not say."""
    return next((name for sign, name in _SYSTEMS if sign in agent), "")
