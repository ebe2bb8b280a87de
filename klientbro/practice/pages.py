"""What the products' views share: the signed-in person of a firm, choices, and leading on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from klientbro.domain.periods import Month
from klientbro.tenants.context import current_firm
from klientbro.tenants.models import User
from klientbro.tenants.plans import kept_plans

View = Callable[..., HttpResponseBase]
REFUSED = 422


def plans_for(request: HttpRequest) -> AbstractContextManager[None]:
    """A page asks the same few questions for every client: their plans are kept."""
    return kept_plans() if request.method in ("GET", "HEAD") else nullcontext()


def product_view(view: View) -> View:
    """For a signed-in person of a firm. What their role may do the gate has asked by now."""

    @wraps(view)
    def wrapped(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        if current_firm() is None:
            raise Http404
        with plans_for(request):
            return view(request, **arguments)

    return login_required(wrapped)


def person(request: HttpRequest) -> User:
    """The signed-in person."""
    user = request.user
    if not isinstance(user, User):
        raise Http404
    return user


def read_month(key: str) -> Month:
    """The month of an address; 404 when it is not one."""
    try:
        return Month.parse(key)
    except ValueError:
        raise Http404 from None


def month_name(month: Month) -> str:
    """«oktober 2026»."""
    return f"{_(month.name)} {month.year}"


def month_choices(back: int, ahead: int = 0) -> list[tuple[str, str]]:
    """The months of a list to choose from, the newest first: its key, and the month in words."""
    latest = Month.of(timezone.localdate())
    months = (latest.plus(step) for step in range(ahead, -back - 1, -1))
    return [(month.key, month_name(month)) for month in months]


def person_id(people: Iterable[User], typed: str) -> int | None:
    """Who of the people was chosen in a form; None for nobody, or for somebody not among them."""
    return next((each.pk for each in people if str(each.pk) == typed), None)


def uuids_of(texts: Iterable[str]) -> list[UUID]:
    """The ids among what a form sent; what is no id is passed over, as one that does not exist."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def lead_on(
    request: HttpRequest, address: str, text: str = "", level: int = messages.SUCCESS
) -> HttpResponse:
    """Leads on to a page, which says what has happened."""
    if text:
        messages.add_message(request, level, text)
    if request.headers.get("HX-Request") == "true":
        return HttpResponseClientRedirect(address)
    return HttpResponseRedirect(address)
