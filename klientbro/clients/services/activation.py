"""Chooses clients for the products, and leaves them out again. P-55 to P-64."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Connection, Integration
from klientbro.clients.rights import rights_in_words
from klientbro.clients.services.checks import FAILED, REJECTED, WRONG_COMPANY
from klientbro.clients.services.rows import (
    active_with_same_number,
    duplicate,
    duplicate_text,
    locked,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One connection that a bulk action left alone, and why."""

    connection: Connection
    reason: str


def activate(connection: Connection) -> bool:
    """Chooses the client for the products; False when it was active already.

    RefusedError without identifier (P-56), with one that an active client has (P-57), with a key
    that has not been checked or lacks access.
    """
    with transaction.atomic():
        connection = locked(connection)
        if connection.is_active:
            return False
        if reason := why_not_active(connection):
            raise RefusedError(reason, code="not_eligible")
        connection.is_active = True
        connection.activated_at = timezone.now()
        try:
            with transaction.atomic():
                connection.save(update_fields=["is_active", "activated_at"])
        except IntegrityError as error:
            raise duplicate(connection) from error
        return True


def why_not_active(connection: Connection) -> str:
    """Why a connection cannot be activated now, '' when it can."""
    if reason := _own_hindrance(connection):
        return reason
    holder = active_with_same_number(connection)
    return duplicate_text(connection.name, holder.name) if holder else ""


def _own_hindrance(connection: Connection) -> str:
    """What stands in the way on the connection itself, whatever others are active."""
    name = {"name": connection.name}
    if connection.identifier_hash is None or connection.client_id is None:
        return (
            _("%(name)s has neither organisation number nor personal number. Add it with Edit.")
            % name
        )
    if connection.key_sealed is None:
        return _("%(name)s has no key. Paste one in with Edit.") % name
    if connection.missing_rights:
        rights = rights_in_words(connection.missing_rights)
        return _(
            "%(name)s: the key lacks access to %(rights)s. Turn it on in the accounting system "
            "and check the key again."
        ) % {"name": connection.name, "rights": rights}
    if connection.api_active:
        return ""
    if connection.key_check_cause == REJECTED:
        return (
            _("%(name)s: the key is rejected. Make a new one and paste it in with Repair.") % name
        )
    if connection.key_check_cause == WRONG_COMPANY:
        return (
            _("%(name)s: the key belongs to another company. Paste in the right one with Repair.")
            % name
        )
    if connection.key_check_cause == FAILED:
        return _("%(name)s: the check of the key failed on our side. Check it again.") % name
    return _("%(name)s: the key has not been checked yet. Check the key, then activate.") % name


def why_not_activated_note(connection: Connection) -> tuple[str, str]:
    """The same hindrance as a short line on the client's own row, and the action that cures it."""
    if connection.identifier_hash is None:
        return _("Lacks orgnr or personal number."), "edit"
    if connection.missing_rights:
        rights = rights_in_words(connection.missing_rights)
        return _("Turn on %(rights)s in the accounting system.") % {"rights": rights}, "recheck"
    if connection.api_active:
        return "", ""
    if connection.key_check_cause in (REJECTED, WRONG_COMPANY):
        return _("Paste in a new key."), "repair"
    if connection.recheck_at is not None:
        return "", "recheck"
    return _("The key has not been checked."), "recheck"


def deactivate(connection: Connection) -> bool:
    """Stops further fetching; what has been delivered stays. False when it was inactive already."""
    with transaction.atomic():
        connection = locked(connection)
        if not connection.is_active:
            return False
        connection.is_active = False
        connection.deactivated_at = timezone.now()
        connection.save(update_fields=["is_active", "deactivated_at"])
        return True


def activate_all(integration: Integration) -> tuple[list[Connection], list[Refusal]]:
    """Activates every eligible client and says why of the rest (P-60).

    Of inactive clients that share an identifier none is picked in silence: all are listed.
    """
    with transaction.atomic():
        inactive = list(
            Connection.objects.select_for_update(of=("self",))
            .filter(integration=integration, deleted_at=None, is_active=False)
            .select_related("client")
            .order_by("id")
        )
        inactive.sort(key=lambda one: (one.sort_key, one.pk))
        eligible, refused = _sorted_out(inactive)
        return _activate_together(eligible, refused), refused


def _sorted_out(inactive: Sequence[Connection]) -> tuple[list[Connection], list[Refusal]]:
    shared = Counter(bytes(one.identifier_hash) for one in inactive if one.identifier_hash)
    holders = {
        bytes(digest): name
        for digest, name in Connection.objects.filter(is_active=True).values_list(
            "identifier_hash", "name"
        )
        if digest is not None
    }
    eligible: list[Connection] = []
    refused: list[Refusal] = []
    for connection in inactive:
        digest = bytes(connection.identifier_hash or b"")
        reason = _own_hindrance(connection)
        if not reason and digest in holders:
            reason = duplicate_text(connection.name, holders[digest])
        if not reason and shared[digest] > 1:
            reason = _(
                "%(name)s: several inactive clients have this number. Activate the right one."
            ) % {"name": connection.name}
        if reason:
            refused.append(Refusal(connection, reason))
        else:
            eligible.append(connection)
    return eligible, refused


def _activate_together(eligible: list[Connection], refused: list[Refusal]) -> list[Connection]:
    """All in one statement; one by one only when somebody has just activated a double."""
    now = timezone.now()
    try:
        with transaction.atomic():
            Connection.objects.filter(pk__in=[one.pk for one in eligible]).update(
                is_active=True, activated_at=now
            )
        for connection in eligible:
            connection.is_active, connection.activated_at = True, now
        return eligible
    except IntegrityError:
        activated = []
        for connection in eligible:
            try:
                if activate(connection):
                    connection.is_active, connection.activated_at = True, now
                    activated.append(connection)
            except RefusedError as error:
                refused.append(Refusal(connection, str(error)))
        return activated


def deactivate_all(integration: Integration) -> list[Connection]:
    """Sets every client inactive; pressed twice, the second changes nothing (P-61)."""
    with transaction.atomic():
        active = list(
            Connection.objects.select_for_update(of=("self",))
            .filter(integration=integration, deleted_at=None, is_active=True)
            .order_by("id")
        )
        now = timezone.now()
        Connection.objects.filter(pk__in=[one.pk for one in active]).update(
            is_active=False, deactivated_at=now
        )
        for connection in active:
            connection.is_active, connection.deactivated_at = False, now
        return sorted(active, key=lambda one: (one.sort_key, one.pk))
