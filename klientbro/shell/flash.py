"""Where messages wait for the next page: in a cookie, or the session where they are long."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class PrefixedCookieStorage(CookieStorage):
    """Django's own, under a name that a browser takes from this host alone."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.cookie_name = f"{settings.COOKIE_PREFIX}klientbro_messages"


class MessageStorage(FallbackStorage):
    """The cookie first: a message costs no statement then."""

    storage_classes = (PrefixedCookieStorage, SessionStorage)
