"""Who belongs to the firm: the list, and taking somebody's access away and giving it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import AssignedClient, Client
from klientbro.clients.services.assigned import choose_clients
from klientbro.clients.services.rows import current_firm_id
from klientbro.identity.choosing import Choice
from klientbro.identity.ending import end_sessions
from klientbro.lib.sorting import norwegian_sort_key
from klientbro.tenants.models import Firm, Membership
from klientbro.tenants.permissions import Role, rights_of

ADMINISTRATOR = Role.ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Member:
    """One line of the page of members."""

    public_id: UUID
    user_id: int
    name: str
    email: str
    role: str
    clients: int | None  # how many one works for; None: all
    last_login: datetime | None
    has_second_factor: bool
    disabled_at: datetime | None


def members() -> Sequence[Member]:
    """Everybody of the current firm, those who may work first, then by name. Four statements."""
    rows = list(Membership.objects.select_related("user"))
    with_factor = set(
        Authenticator.objects.filter(user_id__in=[row.user_id for row in rows])
        .exclude(type=Authenticator.Type.RECOVERY_CODES)
        .values_list("user_id", flat=True)
    )
    clients = _clients_of_members()
    found = [
        Member(
            row.public_id,
            row.user_id,
            row.user.name,
            row.user.email,
            str(_(rights.name)) if (rights := rights_of(row.role)) else row.role,
            None if row.has_all_clients else len(clients.get(row.user_id, ())),
            row.user.last_login,
            row.user_id in with_factor,
            row.disabled_at,
        )
        for row in rows
    ]
    return sorted(
        found,
        key=lambda one: (one.disabled_at is not None, norwegian_sort_key(one.name or one.email)),
    )


def find_member(public_id: UUID) -> Membership | None:
    """A member of the current firm; None for another firm's."""
    return Membership.objects.select_related("user").filter(public_id=public_id).first()


def disable_member(public_id: UUID, by: int) -> Membership:
    """No access from the next request on, wherever they are signed in. Twice changes nothing.

    The firm's row is locked first: of two administrators who disable each other at the same moment
    the second finds that the first has been faster, and is refused.
    """
    with transaction.atomic():
        lock_firm()
        member = _found(public_id)
        if member.user_id == by:
            raise RefusedError(
                _("You cannot close your own access. Ask another administrator to do it.")
            )
        refuse_to_others(by)
        if member.disabled_at is None:
            refuse_without_administrator(member)
            member.disabled_at = timezone.now()
            member.save(update_fields=["disabled_at"])
            # now and not at every press: whoever works elsewhere is thrown out there too
            end_sessions(member.user_id)
        return member


def change_member(public_id: UUID, choice: Choice, by: int) -> Membership:
    """A new role and its clients, from the member's next request on. Twice changes nothing.

    The firm's row is locked first, as when access is closed: of two administrators who give each
    other a lesser role at the same moment the second is no administrator any more, and is refused.
    """
    with transaction.atomic():
        lock_firm()
        member = _found(public_id)
        refuse_to_others(by)
        if choice.role != ADMINISTRATOR:
            refuse_without_administrator(member)
        member.role, member.has_all_clients = choice.role, choice.has_all_clients
        member.save(update_fields=["role", "has_all_clients"])
        choose_clients(member, choice.client_ids)
        return member


def clients_of_member(member: Membership) -> tuple[set[UUID], set[int]]:
    """The clients chosen for the member, and the ids of those they are responsible for."""
    chosen = AssignedClient.objects.filter(membership=member)
    responsible = Client.objects.filter(facts__responsible_id=member.user_id)
    return (
        set(chosen.values_list("client__public_id", flat=True)),
        set(responsible.values_list("pk", flat=True)),
    )


def _clients_of_members() -> dict[int, set[int]]:
    """By person, the clients chosen for them and those they are responsible for."""
    found: dict[int, set[int]] = {}
    chosen = AssignedClient.objects.filter(membership__has_all_clients=False)
    for user_id, client_id in chosen.values_list("membership__user_id", "client_id"):
        found.setdefault(user_id, set()).add(client_id)
    responsible = Client.objects.filter(facts__responsible__isnull=False)
    for user_id, client_id in responsible.values_list("facts__responsible_id", "pk"):
        found.setdefault(user_id, set()).add(client_id)
    return found


def enable_member(public_id: UUID) -> Membership:
    """Lets the member in again, as what they were."""
    with transaction.atomic():
        lock_firm()
        member = _found(public_id)
        member.disabled_at = None
        member.save(update_fields=["disabled_at"])
        return member


def require_second_factor(is_required: bool) -> None:
    """Whether everybody of the firm must set up a second factor before anything else."""
    Firm.objects.filter(pk=current_firm_id()).update(requires_second_factor=is_required)


def lock_firm() -> Firm:
    """Whoever changes who belongs to the firm waits for whoever does so already."""
    return Firm.objects.select_for_update().get(pk=current_firm_id())


def refuse_to_others(by: int) -> None:
    """Whoever was an administrator when the page was loaded may be none any more."""
    if not Membership.current.filter(user_id=by, role=ADMINISTRATOR).exists():
        raise RefusedError(
            _("You are no longer an administrator of this firm, so nothing was changed.")
        )


def refuse_without_administrator(leaving: Membership) -> None:
    """A firm without an administrator could never let anybody in again."""
    others = Membership.current.filter(role=ADMINISTRATOR).exclude(pk=leaving.pk)
    if leaving.role == ADMINISTRATOR and not others.exists():
        raise RefusedError(
            _("The firm must have an administrator. Make somebody else administrator first."),
            code="last_administrator",
        )


def _found(public_id: UUID) -> Membership:
    member = find_member(public_id)
    if member is None:
        raise RefusedError(_("This person no longer belongs to the firm. Load the page again."))
    return member
