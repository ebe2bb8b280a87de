"""Where a request comes from, as far as the proxies in front are trusted to tell."""

from __future__ import annotations

from allauth.core.internal.httpkit import get_client_ip
from django.http import HttpRequest


def network_address(request: HttpRequest) -> str:
    """The person's address, empty where it is unknown."""
    return get_client_ip(request) or ""
