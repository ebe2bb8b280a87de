"""The registered name of an organisation number, from Enhetsregisteret where that is set up. P-38.

A help and nothing more: whatever goes wrong, the answer is that no name was found, within a second
and a half, and the person types it. Only the number is sent, and never a personal one.
"""

from __future__ import annotations

import logging

import httpx
import msgspec
from django.conf import settings

from klientbro.clients.errors import RefusedError
from klientbro.clients.identifiers import read_identifier
from klientbro.clients.services.typed import NAME_MAX, read_name
from klientbro.lib import outgoing
from klientbro.lib.outgoing import Peers

logger = logging.getLogger(__name__)
TIMEOUT_SECONDS = 1.5
LONGEST_ANSWER = 200_000
# A company is registered as itself; a branch of it stands in a list of its own.
LISTS = ("enheter", "underenheter")


class _Unit(msgspec.Struct):
    navn: str = ""


def is_set_up() -> bool:
    return bool(settings.ENVIRONMENT.enhetsregisteret_url)


def registered_name(typed: str) -> str:
    """The name, '' when it is not known, the number is not a company's, or nobody answers."""
    if not is_set_up():
        return ""
    try:
        identifier = read_identifier(typed)
    except RefusedError:
        return ""
    if identifier is None or identifier.is_person:
        return ""
    try:
        peers = Peers.at(settings.ENVIRONMENT.enhetsregisteret_url)
        with outgoing.client(peers, timeout=TIMEOUT_SECONDS) as client:
            for kind in LISTS:
                if name := _ask(client, kind, identifier.digits):
                    return name
    except (httpx.HTTPError, ValueError) as error:
        logger.info("Enhetsregisteret gave no name: %s", type(error).__name__)
    return ""


def _ask(client: httpx.Client, kind: str, digits: str) -> str:
    base = settings.ENVIRONMENT.enhetsregisteret_url
    with client.stream("GET", f"{base}/{kind}/{digits}") as answer:
        if answer.status_code != 200:
            return ""
        content = bytearray()
        for piece in answer.iter_bytes():
            content += piece
            if len(content) > LONGEST_ANSWER:
                return ""
    name = msgspec.json.decode(bytes(content), type=_Unit).navn
    try:
        return read_name(name)[:NAME_MAX]
    except RefusedError:
        return ""
