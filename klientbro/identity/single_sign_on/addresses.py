"""E-mail addresses and domains, compared in one written form only."""

from __future__ import annotations

import re

import idna

LONGEST_EMAIL = 254
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
# A–Z alone: Unicode's own lower case would make a k of the Kelvin sign.
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}

# Where anybody can get an address: these can be no firm's.
EVERYBODYS = frozenset(
    {
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.no", "live.com",
        "live.no", "msn.com", "yahoo.com", "yahoo.no", "icloud.com", "me.com", "proton.me",
        "protonmail.com", "online.no", "getmail.no", "lyse.net", "altibox.no", "broadpark.no",
    }
)  # fmt: skip


def domain_of(text: str) -> str | None:
    """The domain as the DNS writes it, lower case; None when it cannot be one.

    «Bøe.no» is xn--be-lka.no; a letter that only looks like another gives another domain.
    """
    lowered = text.translate(_LOWER)
    try:
        written = lowered if lowered.isascii() else idna.encode(lowered, strict=True).decode()
    except (idna.IDNAError, UnicodeError):
        return None
    labels = written.split(".")
    if len(labels) < 2 or len(written) > 253 or labels[-1].isdigit():
        return None
    if not all(len(label) <= 63 and _LABEL.fullmatch(label) for label in labels):
        return None
    return written


def in_both_forms(email: str) -> list[str]:
    """The address with its domain as the DNS writes it, and as people do: users may have either."""
    local, _at, domain = email.rpartition("@")
    try:
        return list(dict.fromkeys([email, f"{local}@{idna.decode(domain)}"]))
    except (idna.IDNAError, UnicodeError):
        return [email]


def split_email(text: object) -> tuple[str, str] | None:
    """The address in small letters, and its domain; None for what is no plain address."""
    if not isinstance(text, str) or len(text) > LONGEST_EMAIL:
        return None
    local, at, typed = text.rpartition("@")
    domain = domain_of(typed)
    if not at or domain is None or not _LOCAL.fullmatch(local):
        return None
    return f"{local.translate(_LOWER)}@{domain}", domain
