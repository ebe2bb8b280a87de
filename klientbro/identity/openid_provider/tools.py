"""The firm's tools: registered by an administrator, who sees the secret once."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from allauth.idp.oidc.models import Client, Token
from django.db import transaction
from django.utils.translation import gettext as _

from klientbro.audit.services import note
from klientbro.clients.errors import RefusedError
from klientbro.domain.national_id import hide_national_ids
from klientbro.identity.members import lock_firm
from klientbro.identity.openid_provider.keys import ensure_key

SCOPES = ["openid", "email", "profile"]
MOST_TOOLS, MOST_ADDRESSES, LONGEST_NAME, LONGEST_ADDRESS = 50, 10, 100, 500
KIND = "allauth_idp_oidc_client"


@dataclass(frozen=True, slots=True)
class Registered:
    """What the tool is told, once. Only a hash of the secret is kept."""

    tool_id: str
    name: str
    secret: str


def tools() -> Sequence[Client]:
    """The firm's tools by name."""
    return list(Client.objects.order_by("name", "id"))


def find_tool(tool_id: str) -> Client | None:
    """A tool of the current firm; None for another firm's."""
    return Client.objects.filter(pk=tool_id).first()


def register(name: str, typed_addresses: str) -> Registered:
    """A new tool. RefusedError names the field that cannot be used."""
    name = hide_national_ids(" ".join(name.split()))
    if not name or len(name) > LONGEST_NAME:
        raise RefusedError(_("Name: write what the tool is called, with at most 100 letters."))
    addresses = typed_addresses.split()
    if not addresses or len(addresses) > MOST_ADDRESSES:
        raise RefusedError(
            _("Redirect addresses: write one to ten, each on a line of its own, from the tool.")
        )
    for address in addresses:
        if not _is_usable(address):
            raise RefusedError(
                _("Redirect addresses: %(address)s cannot be used. It must begin with https://.")
                % {"address": address[:100]}
            )
    with transaction.atomic():
        lock_firm()
        if Client.objects.count() >= MOST_TOOLS:
            raise RefusedError(_("A firm can have 50 tools. Remove one first."))
        ensure_key()
        secret = secrets.token_urlsafe(32)
        # allauth does not ask: openid_provider/consent.py has the person's answer by then
        tool = Client(id=uuid.uuid4().hex, name=name, skip_consent=True)
        tool.set_secret(secret)
        tool.set_scopes(SCOPES)
        tool.set_redirect_uris(addresses)
        tool.save()
        note("tool_registered", KIND, tool.pk, told={"name": name, "addresses": addresses})
        return Registered(tool.pk, name, secret)


def new_secret(tool: Client) -> Registered:
    """Another secret; with the old one nothing is given out any more."""
    with transaction.atomic():
        secret = secrets.token_urlsafe(32)
        tool.set_secret(secret)
        tool.save(update_fields=["secret"])
        Token.objects.filter(client=tool).delete()
        note("tool_secret", KIND, tool.pk, told={"name": tool.name})
        return Registered(tool.pk, tool.name, secret)


def remove(tool: Client) -> None:
    """The tool and what was given out to it."""
    with transaction.atomic():
        note("tool_removed", KIND, tool.pk, told={"name": tool.name})
        tool.delete()


def _is_usable(address: str) -> bool:
    """TLS, or the person's own machine; exactly one place, so neither wildcard nor fragment."""
    if len(address) > LONGEST_ADDRESS or not address.isascii() or not address.isprintable():
        return False
    try:
        parts = urlsplit(address)
        _port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.fragment or "@" in parts.netloc or "*" in address:
        return False
    is_loopback = parts.hostname in ("127.0.0.1", "::1", "localhost")
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback)
