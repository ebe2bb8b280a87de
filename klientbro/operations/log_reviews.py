"""The monthly access review: who looked at personal numbers and at what, signed when looked at.

What is signed is kept with the end of the chain of that moment, so that a log written anew
afterwards no longer fits what was signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.timezone import get_current_timezone, localdate
from django.utils.translation import gettext as _

from klientbro.audit.models import Entry, Head, Review
from klientbro.audit.services import note
from klientbro.domain.periods import Month
from klientbro.operations.log_rows import LogRow, names_of_people, rows_of
from klientbro.tenants.context import current_firm

MONTHS_BACK = 12
MOST_SHOWN = 1_000
FAILED = "sign_in_failed"
LOOKED_AT = ("reveal", "reveal_stopped", FAILED, "reading_stopped")


@dataclass(frozen=True, slots=True)
class MonthOfReview:
    """A month, how many reveals and tries to sign in it had, and its signature if there is one."""

    first: date
    reveals: int
    failed: int  # tries: an entry tells of all that came from one place in a minute
    is_over: bool
    signed_by: str = ""
    signed_at: datetime | None = None
    remark: str = ""

    @property
    def key(self) -> str:
        """`2026-11`, for addresses."""
        return Month.of(self.first).key


@dataclass(frozen=True, slots=True)
class MonthInFull:
    """A month to look through."""

    month: MonthOfReview
    rows: tuple[LogRow, ...]
    more: int  # how many are not shown


def months_to_review() -> list[MonthOfReview]:
    """The present month and those before it that have something in the log, the newest first."""
    oldest = Entry.objects.order_by("number").values_list("at", flat=True).first()
    if oldest is None:
        return []
    month, first = Month.of(localdate()), Month.of(localdate(oldest))
    back = min(first.months_until(month), MONTHS_BACK)
    return _told([month.plus(-each).first_day for each in range(back + 1)], names_of_people())


def reveals_of(first: date) -> MonthInFull:
    """One month with its reveals and failed sign-ins, the oldest first."""
    found = _of_month(first).order_by("number")
    people = names_of_people()
    rows = tuple(rows_of(list(found[:MOST_SHOWN]), people))
    (month,) = _told([first], people)
    return MonthInFull(month, rows, found.count() - len(rows) if len(rows) >= MOST_SHOWN else 0)


def sign(first: date, user_id: int, remark: str) -> str:
    """Signs an ended month; gives why not, when it cannot be."""
    if _end(first) > _now():
        return _("The month is not over. Sign it when it has ended.")
    head, firm_id = Head.objects.first(), current_firm()
    if firm_id is None:
        raise RuntimeError("a review is a firm's: no firm is set")
    try:
        with transaction.atomic():
            Review.objects.create(
                firm_id=firm_id,
                month=first,
                signed_by_id=user_id,
                signed_at=_now(),
                reveals=_of_month(first).filter(action="reveal").count(),
                remark=remark.strip(),
                head_number=head.number if head else 0,
                head_hash=bytes(head.hash) if head else b"",
            )
            note("signed", "audit_review", f"{first:%Y-%m}", told={"month": f"{first:%Y-%m}"})
    except IntegrityError:
        return _("Somebody has signed the month already.")
    return ""


def _told(months: list[date], people: dict[int, str]) -> list[MonthOfReview]:
    """With counts and signatures, in two statements."""
    signed = {review.month: review for review in Review.objects.filter(month__in=months)}
    counted: dict[tuple[date, str], int] = {}
    if months:
        span = Entry.objects.filter(
            action__in=LOOKED_AT, at__gte=_start(min(months)), at__lt=_end(max(months))
        )
        for at, action, after in span.values_list("at", "action", "after"):
            place = (localdate(at).replace(day=1), action)
            counted[place] = counted.get(place, 0) + (_tries(after) if action == FAILED else 1)
    now = _now()
    return [
        MonthOfReview(
            first=month,
            reveals=counted.get((month, "reveal"), 0),
            failed=counted.get((month, FAILED), 0),
            is_over=_end(month) <= now,
            signed_by=people.get(signed[month].signed_by_id, _("somebody who has left"))
            if month in signed
            else "",
            signed_at=signed[month].signed_at if month in signed else None,
            remark=signed[month].remark if month in signed else "",
        )
        for month in months
    ]


def _tries(after: Mapping[str, object]) -> int:
    """How many tries an entry tells of."""
    tries = after.get("tries", 1)
    return tries if isinstance(tries, int) else 1


def _of_month(first: date) -> QuerySet[Entry]:
    return Entry.objects.filter(action__in=LOOKED_AT, at__gte=_start(first), at__lt=_end(first))


def _start(first: date) -> datetime:
    return datetime.combine(first, time.min, get_current_timezone())


def _end(first: date) -> datetime:
    return _start(Month.of(first).next().first_day)


def _now() -> datetime:
    return timezone.now()
