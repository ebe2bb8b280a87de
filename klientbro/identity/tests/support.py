"""What the tests of identity share: a second firm, more people, and letters that were sent."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail
from django.test import Client as DjangoBrowser
from django.utils import timezone

from klientbro.identity.tasks import send_letters_now
from klientbro.tenants.models import Firm, User
from klientbro.tenants.services import add_user, create_firm

PASSWORD = "blå elg i motvind 47"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def person(firm: Firm, email: str, name: str = "") -> User:
    """A user of the firm with a password."""
    user, _path = add_user(firm.id, email, name)
    user.set_password(PASSWORD)
    user.save()
    return user


def minutes_later(browser: Any, minutes: int = 6) -> Any:
    """As if so long had passed since the browser's person showed who they are."""
    session = browser.session
    for record in session.get("account_authentication_methods", []):
        record["at"] -= minutes * 60
    if "way_in" in session:
        session["way_in"] = session["way_in"] | {"at": session["way_in"]["at"] - minutes * 60}
    session.modified = True
    session.save()
    return browser


def browser_of(user: User) -> Any:
    """A browser of their own, signed in."""
    browser = DjangoBrowser()
    browser.force_login(user, backend=BACKEND)
    return browser


def signed_in_with_password(email: str, password: str = PASSWORD) -> Any:
    """A browser that has been through the sign-in page."""
    browser = DjangoBrowser()
    answer = browser.post("/konto/logg-inn/", {"login": email, "password": password})
    assert answer.status_code == 302, answer.content
    return browser


def other_firm(name: str = "Granli Økonomi AS") -> Firm:
    """A firm beside the first."""
    return create_firm(name)


def letters() -> list[Any]:
    """The letters the worker sends now."""
    mail.outbox.clear()
    send_letters_now(timezone.now())
    return list(mail.outbox)


def link_in(letter: Any) -> str:
    """The path of the address that stands in the letter."""
    found = re.search(r"https?://[^/\s]+(/\S+)", letter.body)
    assert found is not None
    return found[1]
