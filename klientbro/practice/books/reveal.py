"""Shows a client's personal number to whoever says what for: noted first, and not too often."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from klientbro.audit.models import Entry
from klientbro.audit.services import note
from klientbro.clients.errors import RefusedError
from klientbro.clients.identifiers import identifier_of
from klientbro.clients.models import Client
from klientbro.domain.national_id import hide_national_ids
from klientbro.tenants.models import User
from klientbro.tenants.services import firm_envelopes

KIND = "clients_client"
REVEALED, STOPPED = "reveal", "reveal_stopped"
# More than an accountant's busiest hour, less than it takes to copy out a firm's clients.
MOST_AN_HOUR = 20
SHOWN_SECONDS = 30
LONGEST_REASON = 200


class Purpose(StrEnum):
    """What a number may be needed for; kept in the log by its code."""

    REPORTING = "reporting"
    REGISTER = "register"
    CUSTOMER_CONTROL = "customer_control"
    CORRECTION = "correction"
    INQUIRY = "inquiry"
    OTHER = "other"


PURPOSES: dict[str, Any] = {
    Purpose.REPORTING: gettext_lazy("Tax return or other reporting"),
    Purpose.REGISTER: gettext_lazy("Registration in a public register"),
    Purpose.CUSTOMER_CONTROL: gettext_lazy("Customer due diligence (anti-money laundering)"),
    Purpose.CORRECTION: gettext_lazy("Checking or correcting the number"),
    Purpose.INQUIRY: gettext_lazy("Inquiry from the client or an authority"),
    Purpose.OTHER: gettext_lazy("Something else"),
}


class TooOftenError(RefusedError):
    """The person has seen as many numbers as an hour gives."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person said it is for."""

    purpose: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Revealed:
    """The number in the open. It shows in no log: only a page asks for `digits`."""

    digits: str = field(repr=False)

    @property
    def parted(self) -> str:
        """`018190 12345`, as people read it out."""
        return f"{self.digits[:6]} {self.digits[6:]}"


def read_asked(purpose: str, reason: str) -> Asked:
    """The form. RefusedError says what is missing; a number in the reason is masked."""
    if purpose not in PURPOSES:
        raise RefusedError(_("Choose what you need the personal number for."), field="purpose")
    reason = hide_national_ids(" ".join(reason.split()))[:LONGEST_REASON]
    if purpose == Purpose.OTHER and len(reason) < 5:
        raise RefusedError(
            _("Write in a few words what you need the personal number for."), field="reason"
        )
    return Asked(purpose, reason)


def reveal(client: Client, person: User, asked: Asked) -> Revealed:
    """The number, with an entry in the log in the same transaction: none is shown without.

    TooOftenError after so many in an hour; RefusedError where the client has none.
    """
    identifier = identifier_of(client, firm_envelopes())
    if identifier is None or not identifier.is_person:
        raise RefusedError(_("The client has no personal number."), code="none")
    told: dict[str, object] = {"purpose": asked.purpose}
    if asked.reason:
        told["reason"] = asked.reason
    with transaction.atomic():
        is_allowed = _may_have_another(person)
        action = REVEALED if is_allowed else STOPPED
        note(action, KIND, client.public_id, client_id=client.pk, told=told)
    if not is_allowed:  # outside, so that the entry about it stays
        raise TooOftenError(
            _(
                "You have seen %(most)s personal numbers in the last hour. Wait a while, or ask "
                "an administrator."
            )
            % {"most": MOST_AN_HOUR},
            code="too_often",
        )
    return Revealed(identifier.digits)


def _may_have_another(person: User) -> bool:
    """Counted in the log itself; of two presses at once one waits for the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 7))", [f"reveal {person.pk}"]
        )
    since = timezone.now() - timedelta(hours=1)
    seen = Entry.objects.filter(user_id=person.pk, action=REVEALED, at__gt=since)
    return seen.count() < MOST_AN_HOUR
