"""Closing a client's month for changes, and opening it again with a reason."""

from __future__ import annotations

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.periods import Month
from klientbro.products.reconciliation.models import ClosedPeriod
from klientbro.tenants.models import User


def closed_period(client_id: int, month: Month) -> ClosedPeriod | None:
    """The closing that stands for the month."""
    return (
        ClosedPeriod.objects.filter(client_id=client_id, month=month.first_day, reopened_at=None)
        .select_related("closed_by")
        .first()
    )


def refuse_when_closed(client_id: int, month: Month) -> None:
    """RefusedError when the month is closed. Takes the month's lock, so that nobody closes it
    before the caller's transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock_shared(hashtextextended(%s, 11))",
            [f"{client_id} {month.key}"],
        )
    if closed_period(client_id, month) is not None:
        raise RefusedError(
            _("The month is closed. Open it again to change anything."), code="closed"
        )


def close_period(client_id: int, month: Month, *, by: User) -> None:
    """Closes the month; closing it again changes nothing."""
    with transaction.atomic():
        _lock(client_id, month)
        if closed_period(client_id, month) is not None:
            return
        try:
            with transaction.atomic():
                ClosedPeriod.objects.create(
                    firm_id=current_firm_id(),
                    client_id=client_id,
                    month=month.first_day,
                    closed_by=by,
                )
        except IntegrityError:
            return


def reopen_period(client_id: int, month: Month, reason: str, *, by: User) -> None:
    """Opens the month again; the reason stays in the history."""
    if not reason.strip():
        raise RefusedError(_("Write why the month is opened again."), field="reason")
    with transaction.atomic():
        _lock(client_id, month)
        ClosedPeriod.objects.filter(
            client_id=client_id, month=month.first_day, reopened_at=None
        ).update(reopened_at=timezone.now(), reopened_by=by, reason=reason.strip())


def _lock(client_id: int, month: Month) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 11))", [f"{client_id} {month.key}"]
        )
