"""Letters about somebody's ways to sign in: what was changed when, from where, and what to do.

They are written in the transaction of the change and sent by the worker, so a mail server that is
slow or gone holds nobody up and no letter is lost.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.identity.invitations import ask_for_letters
from klientbro.identity.models import SignInLetter
from klientbro.tenants.models import User
from klientbro.tenants.network import network_address

NEW = timedelta(hours=1)  # whoever is just setting up their sign-in need not be told of it
KEPT = timedelta(days=3)  # a mail server that is gone for longer: by then it is no news


class News(StrEnum):
    """What the letter tells of, and what the row says."""

    PASSWORD = "password"  # noqa: S105 a word for what was changed
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    CODES = "codes"
    ADDRESS_ASKED = "address_asked"
    ADDRESS_TAKEN = "address_taken"
    ADDRESS_CHANGED = "address_changed"


_SIGNALS = {
    News.PASSWORD: (password_changed, password_set, password_reset),
    News.FACTOR_ADDED: (authenticator_added,),
    News.FACTOR_REMOVED: (authenticator_removed,),
    News.CODES: (authenticator_reset,),
}
_listeners: list[Any] = []  # signals hold them weakly


def connect() -> None:
    """Listens, once a process."""
    for act, signals in _SIGNALS.items():
        _listeners.append(_telling(act))
        for number, signal in enumerate(signals):
            signal.connect(_listeners[-1], dispatch_uid=f"klientbro.identity.{act}.{number}")


def _telling(act: News) -> Any:
    def told(request: HttpRequest | None = None, user: User | None = None, **_more: Any) -> None:
        if user is not None and timezone.now() - user.date_joined > NEW:
            write_to(user, act, network_address(request) if request is not None else "")

    return told


def write_to(user: User, act: News, network: str, *, to: str = "") -> None:
    """A letter to the person, or to another address of theirs. It waits for the worker."""
    with transaction.atomic():
        SignInLetter.objects.create(
            user=user, act=act, to=to, address=network[:64], at=timezone.now()
        )
        ask_for_letters()


def delete_old(now: datetime) -> None:
    """What no mail server took in three days."""
    SignInLetter.objects.filter(at__lt=now - KEPT).delete()


def words_of(act: News) -> tuple[str, str]:
    """The subject, and what has happened."""
    return {
        News.PASSWORD: (_("your password is new"), _("Your password was changed")),
        News.FACTOR_ADDED: (
            _("a new way to sign in"),
            _("A passkey or an app was added to your sign-in"),
        ),
        News.FACTOR_REMOVED: (
            _("a way to sign in was removed"),
            _("A passkey or an app was removed from your sign-in"),
        ),
        News.CODES: (_("new recovery codes"), _("Your recovery codes were made anew")),
        News.ADDRESS_ASKED: (_("is this your address?"), ""),
        News.ADDRESS_TAKEN: (_("you have this address already"), ""),
        News.ADDRESS_CHANGED: (
            _("you have a new address"),
            _("The e-mail address you sign in with was changed to another"),
        ),
    }[act]
