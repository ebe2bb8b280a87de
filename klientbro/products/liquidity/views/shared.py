"""What Likviditet's views share: the client's forecast from one landing, reading forms, saving."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.domain.money import LARGEST_AMOUNT
from klientbro.domain.national_id import hide_national_ids
from klientbro.lib.dates import parse_typed_date
from klientbro.lib.numbers import parse_typed_number
from klientbro.lib.typed_text import one_line
from klientbro.practice.books.access import ClientPage, read_client
from klientbro.practice.books.views.shared import WAITING, show
from klientbro.products.liquidity.keeping import write_standing
from klientbro.products.liquidity.making import Made, make

TAB = "liquidity"
Row = TypeVar("Row", bound=models.Model)
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)


def made_of(client_id: UUID) -> tuple[ClientPage, Made | None]:
    """The client and its forecast, all read from one landing. None before there are books."""

    def read(page: ClientPage) -> tuple[ClientPage, Made | None]:
        if not page.is_usable:
            return page, None
        return page, make(page.client.pk, page.usable_books(), page.today)

    return read_client(client_id, read)


def page_and_made(client_id: UUID) -> tuple[ClientPage, Made]:
    """The same for a page that needs figures; 404 before there are any."""
    page, made = made_of(client_id)
    if made is None:
        raise Http404
    return page, made


def waiting(request: HttpRequest, page: ClientPage) -> HttpResponse:
    """The progress of the copying, in the place of figures."""
    return show(request, page, TAB, WAITING, {})


def keep_up(client_id: UUID) -> None:
    """The list's figures after something was changed."""
    page, made = made_of(client_id)
    if made is not None and page.books is not None:
        write_standing(page.client, page.books, made)


def forecast_address(page: ClientPage) -> str:
    return reverse("liquidity:forecast", args=[page.client.public_id])


def typed_amount(typed: QueryDict, name: str, *, what: str) -> Decimal:
    """An amount of a form. RefusedError when it cannot be read."""
    number = parse_typed_number(typed.get(name, "").strip())
    if number is None or number != round(number, 2) or abs(number) > LARGEST_AMOUNT:
        raise RefusedError(
            _("%(what)s cannot be read. Write it as 1 250,50.") % {"what": what}, field=name
        )
    return round(number, 2)


def optional_amount(typed: QueryDict, name: str, *, what: str) -> Decimal | None:
    """The same, None where nothing is written."""
    return typed_amount(typed, name, what=what) if typed.get(name, "").strip() else None


def typed_day(typed: QueryDict, name: str, *, what: str) -> date:
    """A day of a form. RefusedError when it cannot be read."""
    day = parse_typed_date(typed.get(name, ""))
    if day is None or not EARLIEST <= day <= LATEST:
        raise RefusedError(
            _("%(what)s is not a day. Write it as 31.12.2026.") % {"what": what}, field=name
        )
    return day


def optional_day(typed: QueryDict, name: str, *, what: str) -> date | None:
    """The same, None where nothing is written."""
    return typed_day(typed, name, what=what) if typed.get(name, "").strip() else None


def typed_whole(typed: QueryDict, name: str, least: int, most: int, *, what: str) -> int:
    """A whole number between two, of a form."""
    text = typed.get(name, "").strip().replace("\N{MINUS SIGN}", "-")
    digits = text.removeprefix("-")
    number = int(text) if digits.isascii() and digits.isdigit() and len(digits) < 7 else None
    if number is None or not least <= number <= most:
        raise RefusedError(
            _("%(what)s is a whole number from %(least)s to %(most)s.")
            % {"what": what, "least": least, "most": most},
            field=name,
        )
    return number


def optional_whole(typed: QueryDict, name: str, least: int, most: int, *, what: str) -> int | None:
    """The same, None where nothing is written."""
    return typed_whole(typed, name, least, most, what=what) if typed.get(name, "").strip() else None


def typed_text(typed: QueryDict, name: str, longest: int, *, what: str) -> str:
    """A text that must be there, of a form."""
    text = hide_national_ids(one_line(typed.get(name, "")))
    if not text:
        raise RefusedError(_("%(what)s is missing.") % {"what": what}, field=name)
    return text[:longest]


def typed_version(typed: QueryDict) -> int:
    text = typed.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def save_version(
    kind: type[Row], row_id: int, version: int, values: dict[str, Any], *, delete: bool = False
) -> None:
    """Changes (or deletes) the row only as it was when the form was shown; RefusedError else."""
    with transaction.atomic():
        held = kind._default_manager.filter(pk=row_id, version=version)
        changed = held.delete()[0] if delete else held.update(**values, version=version + 1)
    if not changed:
        raise RefusedError(
            _("Somebody else has changed this meanwhile. Look at it anew, and change it again.")
        )


def stamp(person: Any) -> dict[str, Any]:
    """Who changed something, and when."""
    return {"changed_by": person, "changed_at": timezone.now()}
