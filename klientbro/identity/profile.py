"""A person's own name and address: the address changes once a link in a letter to it is opened.

Whoever reads the letter must also be signed in as the person, so nobody is talked into giving a
stranger's account their address. Whether an address is taken is told to nobody but its mailbox.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from klientbro.audit.services import note_in
from klientbro.clients.errors import RefusedError
from klientbro.identity.invitation_lines import LONGEST_EMAIL, LONGEST_NAME
from klientbro.identity.notices import News, write_to
from klientbro.lib.errors import KlientbroError
from klientbro.tenants.envelopes import open_personal, seal_personal
from klientbro.tenants.keys import secret_keys
from klientbro.tenants.models import User
from klientbro.tenants.services import places_of_user
from klientbro.tenants.ways_in import domain_of_address

PURPOSE = "new address"
LIFETIME = timedelta(hours=24)
LONGEST_TOKEN = 2_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for which address in the place of which; `until` in seconds since 1970."""

    user: int
    old: str
    new: str
    until: int


def rename(user: User, typed: str) -> None:
    """RefusedError names the field when it is empty or too long."""
    name = " ".join(typed.split())
    if not name:
        raise RefusedError(_("Write your name."), field="name")
    if len(name) > LONGEST_NAME:
        raise RefusedError(_("A name can have 200 characters. Write a shorter one."), field="name")
    with transaction.atomic():
        user.name = name
        user.save(update_fields=["name"])
        _noted(user, "renamed", {"name": name})


def ask_for_address(user: User, typed: str, network: str) -> str:
    """Has a letter with a link written to the address, in lower case. Nothing is changed yet."""
    new = typed.strip().lower()
    try:
        validate_email(new)
    except ValidationError as error:
        raise RefusedError(
            _("This is not an e-mail address. Write it as kari@firma.no."), field="email"
        ) from error
    if len(new) > LONGEST_EMAIL:
        raise RefusedError(_("An address can have 254 characters."), field="email")
    if new == user.email:
        raise RefusedError(_("That is your address already."), field="email")
    if _is_a_providers(user, new):
        raise RefusedError(
            _(
                "Your firm's sign-in service says which address you have. "
                "Ask your administrator to change it there."
            ),
            field="email",
        )
    is_taken = User.objects.filter(email=new).exists()
    write_to(user, News.ADDRESS_TAKEN if is_taken else News.ADDRESS_ASKED, network, to=new)
    return new


def _is_a_providers(user: User, new: str) -> bool:
    """A firm that takes its people in by its provider alone must not be got round by an address."""
    domains = {domain_of_address(address) for address in (user.email, new)}
    return any(domains & set(place.firm.sign_on_only_for) for place in places_of_user(user.pk))


def token_of(user: User, new: str, now: datetime) -> str:
    """What stands in the link: sealed, so that no address stands in anybody's log."""
    asked = Asked(user.pk, user.email, new, int((now + LIFETIME).timestamp()))
    sealed = seal_personal(PURPOSE, json.dumps(asdict(asked)), secret_keys())
    return base64.urlsafe_b64encode(sealed.encode()).decode()


def asked_by(token: str, user: User, now: datetime) -> Asked | None:
    """What the link asks for; None when it is over, altered, somebody else's or used."""
    try:
        sealed = base64.urlsafe_b64decode(token[:LONGEST_TOKEN]).decode()
        keys = secret_keys([sealed.partition(":")[0]])
        asked = Asked(**json.loads(open_personal(PURPOSE, sealed, keys)))
    except (ValueError, TypeError, binascii.Error, InvalidTag, KlientbroError):
        return None
    is_open = now.timestamp() < asked.until
    return asked if is_open and (asked.user, asked.old) == (user.pk, user.email) else None


def take_address(asked: Asked, network: str) -> bool:
    """The new address from now on, and a letter to the old one. False when it is over or taken."""
    try:
        with transaction.atomic():
            user = User.objects.select_for_update().get(pk=asked.user)
            if user.email != asked.old or _is_a_providers(user, asked.new):
                return False
            user.email = asked.new
            user.save(update_fields=["email"])
            write_to(user, News.ADDRESS_CHANGED, network, to=asked.old)
            _noted(user, "address_changed", {"email": asked.new})
    except IntegrityError:
        return False
    return True


def _noted(user: User, act: str, told: dict[str, object]) -> None:
    for place in places_of_user(user.pk):
        note_in(place.firm.id, act, "tenants_user", told)
