"""Makes firms and users, and one-time sign-in links."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from klientbro.tenants.context import firm_set
from klientbro.tenants.envelopes import new_keys
from klientbro.tenants.keys import add_key, firm_envelopes
from klientbro.tenants.models import Firm, Membership, SignInLink, User
from klientbro.tenants.permissions import Act, acts_of, is_always_for_all_clients

__all__ = [
    "Place",
    "add_user",
    "all_firms",
    "create_firm",
    "ensure_first_user",
    "firm_envelopes",
    "found_firm",
    "places_of_user",
    "sign_in_path",
    "use_sign_in_link",
]

LINK_LIFETIME = timedelta(hours=24)
FIRST_FIRM = "Regnskapsbyrået"
FIRST_EMAIL = "admin@klientbro.example"


def found_firm(name: str) -> Firm:
    """A firm for work: everybody in it has a second factor, until its administrator says no."""
    return create_firm(name, requires_second_factor=True)


def create_firm(name: str, *, requires_second_factor: bool = False) -> Firm:
    """A new firm with its own keys, in one transaction. The product calls `found_firm`."""
    firm_id = uuid.uuid4()
    keys = new_keys(firm_id, settings.ENVIRONMENT.secret_keys)
    with firm_set(firm_id), transaction.atomic():
        firm = Firm.objects.create(
            id=firm_id, name=name, requires_second_factor=requires_second_factor
        )
        for key in keys:
            add_key(firm_id, key)
        return firm


def add_user(firm_id: UUID, email: str, name: str = "") -> tuple[User, str]:
    """A user of the firm, made when missing, and a one-time sign-in address path for them."""
    with firm_set(firm_id), transaction.atomic():
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            user = User.objects.create_user(email.strip(), name=name)
        Membership.objects.get_or_create(firm_id=firm_id, user=user)
        return user, sign_in_path(user)


def sign_in_path(user: User) -> str:
    """A path that signs the user in once, within a day. Only its hash is stored."""
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(
        user=user, token_hash=_hash(token), expires_at=timezone.now() + LINK_LIFETIME
    )
    return f"/inn/{token}/"


def use_sign_in_link(token: str) -> User | None:
    """The link's user, once: of two presses at the same time one wins."""
    with transaction.atomic():
        link = (
            SignInLink.objects.select_for_update()
            .filter(token_hash=_hash(token), used_at=None, expires_at__gt=timezone.now())
            .select_related("user")
            .first()
        )
        if link is None or not link.user.is_active:
            return None
        link.used_at = timezone.now()
        link.save(update_fields=["used_at"])
        return link.user


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


OWN_COLUMNS = 4  # of a place; the firm's follow
# A passkey or an app of codes is a second factor; recovery codes alone are none.
_PLACES = """
select set_config('klientbro.user', %s, true);
select m.id, m.role, m.has_all_clients, f.requires_second_factor and not exists (
  select from mfa_authenticator a where a.user_id = m.user_id and a.type <> 'recovery_codes'
), {columns} from tenants_firm f join tenants_membership m on m.firm_id = f.id
where m.user_id = %s and m.disabled_at is null order by f.created_at, f.id;
select set_config('klientbro.user', '', true)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a user may work: the firm, as what, for whom, and whether it asks for more sign-in."""

    firm: Firm
    member_id: int
    role: str
    has_all_clients: bool
    lacks_second_factor: bool

    @property
    def acts(self) -> frozenset[Act]:
        """What the person may do there."""
        return acts_of(self.role, has_all_clients=self.has_all_clients)


def places_of_user(user_id: int) -> list[Place]:
    """The firms a user may work in. Runs before a firm is known, behind the user's own policy.

    Every page begins with this, so its three statements go to the database together.
    """
    fields = Firm._meta.concrete_fields
    columns = ", ".join(f"f.{field.column}" for field in fields)
    with transaction.atomic(), connection.cursor() as cursor:
        # rule sql: the columns of Django's own model
        cursor.execute(_PLACES.format(columns=columns), [str(user_id), user_id])
        cursor.nextset()
        rows = cursor.fetchall()
    names = [field.attname for field in fields]
    return [_place(row, names) for row in rows]


def _place(row: Sequence[Any], firm_fields: Sequence[str]) -> Place:
    member_id, role, has_all_clients, lacks_factor = row[:OWN_COLUMNS]
    return Place(
        Firm.from_db("default", firm_fields, row[OWN_COLUMNS:]),
        member_id,
        role,
        has_all_clients or is_always_for_all_clients(role),
        lacks_factor,
    )


def all_firms() -> list[tuple[UUID, str]]:
    """Ids and names of every firm, for the operator's commands only."""
    return [(row[0], str(row[1])) for row in _of_every_firm()]


def firms_without_second_factor() -> list[str]:
    """Names of the firms that a stolen password opens, for the operator's commands only."""
    return [str(name) for _id, name, is_required in _of_every_firm() if not is_required]


def _of_every_firm() -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select set_config('klientbro.operator', 'list firms', true)")
        cursor.execute(
            "select id, name, requires_second_factor from tenants_firm order by created_at, id"
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.execute("select set_config('klientbro.operator', '', true)")
        return rows


def ensure_first_user(*, is_trial: bool = False) -> str | None:
    """On the first run: a firm and its administrator. The path of a one-time link until used.

    Returns None once somebody has signed in. Safe to run from two processes at once. A trial, with
    invented books on one's own machine, asks for no second factor.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('klientbro first user'))")
        firms = all_firms()
        if not firms:
            firm = create_firm(FIRST_FIRM) if is_trial else found_firm(FIRST_FIRM)
            return add_user(firm.id, FIRST_EMAIL, "Administrator")[1]
    if User.objects.filter(last_login__isnull=False).exists():
        return None
    user = User.objects.order_by("id").first()
    return sign_in_path(user) if user else None
