"""Browsers that somebody has signed in from before: guesses made elsewhere do not shut them out.

Wrong passwords are counted for each account, wherever they come from, so a stranger could keep the
account's owner out by guessing wrong for ever. A browser in which the owner has signed in holds a
signed word of it, and its tries are counted by themselves. The word lets nobody in.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

SALT = "klientbro.known-device"
LIFETIME_SECONDS = 180 * 86_400
# Tries from a browser that its owner has signed in from: nobody else can use these up.
KNOWN_DEVICE_RATES = {"login_failed": "5/5m/key,20/h/key,50/d/key"}
MOST_PEOPLE = 5  # of one browser; whoever has not been here for longest is forgotten


@dataclass(frozen=True, slots=True)
class Device:
    """A browser's own number, and hashes of the addresses that have come in from it."""

    number: str
    people: tuple[str, ...]


def cookie_name() -> str:
    """As the other cookies are named."""
    return f"{settings.COOKIE_PREFIX}klientbro_known"


def device_of(request: HttpRequest) -> Device | None:
    """What the browser's signed word says; None without one, or with a made-up one."""
    try:
        told = signing.loads(
            request.COOKIES.get(cookie_name(), ""), salt=SALT, max_age=LIFETIME_SECONDS
        )
        return Device(str(told["n"]), tuple(str(one) for one in told["p"]))
    except (signing.BadSignature, KeyError, TypeError):
        return None


def known_number(request: HttpRequest, email: str) -> str | None:
    """The browser's number, when the owner of the address has come in from it."""
    device = device_of(request)
    return device.number if device and _hash(email) in device.people else None


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """The browser is known for this address from now on."""
    device = device_of(request) or Device(secrets.token_urlsafe(16), ())
    others = [one for one in device.people if one != _hash(email)]
    people = [_hash(email), *others][:MOST_PEOPLE]
    response.set_cookie(
        cookie_name(),
        signing.dumps({"n": device.number, "p": people}, salt=SALT),
        max_age=LIFETIME_SECONDS,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def _hash(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]
