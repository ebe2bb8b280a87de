"""What happens when somebody has read more than a person does: a page, the log, a letter.

The entry is made once for each limit and window, however often it is asked again, and letters once
an hour. Both are for the firm that was being read: another firm of the same person is told nothing.
"""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime
from math import ceil
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klientbro.audit.services import note
from klientbro.lib.dates import format_date, format_time, oslo_date
from klientbro.operations.models import Digest
from klientbro.operations.reading_limits import DAY, HOUR, MINUTE, Limit, Stop, What
from klientbro.shell.toasts import toast
from klientbro.tenants.models import Membership, User
from klientbro.tenants.network import network_address
from klientbro.tenants.permissions import Role
from klientbro.tenants.services import Place

logger = logging.getLogger(__name__)
TOO_MANY = 429
ACTION, KIND = "reading_stopped", "tenants_membership"
WINDOWS = {MINUTE: "minute", HOUR: "hour", DAY: "day"}


def stopped(request: HttpRequest, stop: Stop, now: float) -> HttpResponse:
    """The answer to one page or file too many."""
    user, place = request.user, request.place  # type: ignore[attr-defined]
    seconds = max(1, ceil(stop.until - now))
    until = datetime.fromtimestamp(stop.until, UTC)
    # of all who ask at once, on all machines, one gets to tell
    if isinstance(user, User) and cache.add(f"told {stop.key(int(user.pk or 0))}", 1, DAY):
        _tell(request, user, place, stop, until)
    if request.headers.get("HX-Request") == "true":
        text = _("%(what)s It opens again at %(time)s.") % {
            "what": said(stop.limit),
            "time": format_time(until),
        }
        response = toast(HttpResponse(status=TOO_MANY), text, "warning")
    else:
        context = {
            "what": said(stop.limit),
            "is_files": stop.limit.what is What.DOWNLOADS,
            "opens_at": until,
            "administrators": [(one.name or one.email, one.email) for one in _administrators()],
        }
        response = render(request, "operations/reading_stopped.html", context, status=TOO_MANY)
    response["Retry-After"] = str(seconds)
    return response


def said(limit: Limit) -> str:
    """The limit as a sentence to the person, in the language in force."""
    within = {MINUTE: _("in a minute"), HOUR: _("in an hour"), DAY: _("in a day")}[limit.seconds]
    if limit.what is What.DOWNLOADS:
        text = ngettext(
            "You have fetched more than %(most)s file %(within)s.",
            "You have fetched more than %(most)s files %(within)s.",
            limit.most,
        )
    else:
        text = ngettext(
            "You have opened more than %(most)s page %(within)s.",
            "You have opened more than %(most)s pages %(within)s.",
            limit.most,
        )
    return text % {"most": limit.most, "within": within}


def _tell(request: HttpRequest, user: User, place: Place, stop: Stop, until: datetime) -> None:
    limit = stop.limit
    logger.warning(
        "user %s of firm %s is stopped: more than %s %s in %s seconds",
        user.pk, place.firm.id, limit.most, limit.what, limit.seconds,
    )  # fmt: skip
    told: dict[str, object] = {
        "reading": str(limit.what),
        "limit": limit.most,
        "window": WINDOWS[limit.seconds],
    }
    with transaction.atomic():
        note(ACTION, KIND, place.member_id, told=told)
        if not cache.add(f"letter read:{limit.what}:{user.pk}:{place.firm.id}", 1, HOUR):
            return  # they know: somebody who goes on for an hour fills no mailbox
        with translation.override(settings.LANGUAGE_CODE):
            for administrator in _administrators():
                _write(administrator, user, place, limit, until, network_address(request))


def _write(
    administrator: User, user: User, place: Place, limit: Limit, until: datetime, address: str
) -> None:
    public = settings.ENVIRONMENT.public_url.rstrip("/")
    now, who = timezone.now(), user.name or user.email
    body = render_to_string(
        "operations/reading_stopped.txt",
        {
            "name": administrator.name or administrator.email,
            "who": who,
            "email": user.email,
            "firm": place.firm.name,
            "address": address,
            "at": _moment(now),
            "until": _moment(until),
            "most": limit.most,
            "is_files": limit.what is What.DOWNLOADS,
            "window": WINDOWS[limit.seconds],
            "log": public + reverse("operations:log"),
            "members": public + reverse("identity:members"),
            "brand": settings.BRAND,
        },
    )
    subject = _("%(brand)s: %(who)s has read unusually much") % {
        "brand": settings.BRAND,
        "who": who,
    }
    Digest.objects.create(
        firm=place.firm,
        user=administrator,
        message_id=f"<{uuid.uuid4()}@{urlsplit(public).hostname or 'localhost'}>",
        subject=" ".join(subject.split())[:200],
        body=body,
        created_at=now,
    )


def _administrators() -> list[User]:
    with transaction.atomic():
        found = Membership.current.filter(role=Role.ADMINISTRATOR).select_related("user")
        return sorted((one.user for one in found), key=lambda one: one.name or one.email)


def _moment(value: datetime) -> str:
    return _("%(date)s at %(time)s") % {
        "date": format_date(oslo_date(value)),
        "time": format_time(value),
    }
