"""How a client's forecast is made: the limit, wages, tax, overdue items, habits, bank accounts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.domain.liquidity.items import Overdue
from klientbro.ledger.queries.cash import bank_accounts, party_names
from klientbro.practice.books.access import ClientPage, client_page, read_client
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import REFUSED, lead_on, person, product_view
from klientbro.products.liquidity.choosing import settings_of
from klientbro.products.liquidity.codec import habits_from_json
from klientbro.products.liquidity.gathering import chosen_bank, start_of
from klientbro.products.liquidity.models import CustomerHabit, Learned, Settings
from klientbro.products.liquidity.texts import overdue_name
from klientbro.products.liquidity.views.shared import (
    TAB,
    keep_up,
    optional_amount,
    optional_whole,
    save_version,
    stamp,
    typed_amount,
    typed_version,
    typed_whole,
    waiting,
)

MOST_HABITS = 50


@require_http_methods(["GET", "POST"])
@product_view
def settings_page(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Shows and saves the settings. Two people at once: the second is told."""

    def read(page: ClientPage) -> HttpResponse:
        if not page.is_usable:
            return waiting(request, page)
        return _page(request, page, None)

    if request.method != "POST":
        return read_client(client_id, read)
    page = client_page(client_id)
    try:
        _save(request, page)
    except RefusedError as error:
        return _page(request, page, error)
    keep_up(client_id)
    address = reverse("liquidity:settings", args=[client_id])
    return lead_on(request, address, _("The settings have been saved."))


@require_POST
@product_view
def set_habit(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Sets how late a customer pays; empty takes it back to what is learned."""
    client = client_page(client_id).client
    back = reverse("liquidity:settings", args=[client_id]) + "#vaner"
    typed = request.POST
    party = typed.get("party", "").strip()[:50]
    try:
        if not party:
            raise RefusedError(_("Write the customer's number."), field="party")
        days = optional_whole(typed, "days", -14, 180, what=_("Days late"))
        held = CustomerHabit.objects.filter(client_id=client.pk, party=party).first()
        if held is not None:
            values = {"days": days, "changed_by": person(request)}
            save_version(CustomerHabit, held.pk, typed_version(typed), values, delete=days is None)
        elif days is not None:
            _row, is_new = CustomerHabit.objects.get_or_create(
                client_id=client.pk,
                party=party,
                defaults={"firm_id": client.firm_id, "days": days, "changed_by": person(request)},
            )
            if not is_new:
                raise RefusedError(_("Somebody else has just set it. Look at it anew."))
    except RefusedError as error:
        return lead_on(request, back, str(error), level=30)
    keep_up(client_id)
    return lead_on(request, back, _("The habit has been saved."))


def _page(request: HttpRequest, page: ClientPage, error: RefusedError | None) -> HttpResponse:
    books = page.usable_books()
    own = settings_of(page.client.pk)
    accounts = bank_accounts(books.connection_id, start_of(books, page.today))
    counted = {one.id for one in chosen_bank(accounts, own.bank_accounts)}
    learned = Learned.objects.filter(client_id=page.client.pk).first()
    habits = habits_from_json(learned.habits) if learned else {}
    typed_habits = {
        one.party: one for one in CustomerHabit.objects.filter(client_id=page.client.pk)
    }
    parties = sorted({*typed_habits, *(party for party in habits if party)})
    names = party_names(books.connection_id, parties)
    by_cases = sorted(
        parties,
        key=lambda party: (
            party not in typed_habits,
            -(habits[party].cases if party in habits else 0),
            party,
        ),
    )
    context = {
        "part": "settings",
        "own": own,
        "version": own.version,
        "shown": _typed(request.POST) if error else _stored(own),
        "error": error,
        "accounts": [(one, one.id in counted) for one in accounts],
        "overdues": [(each.value, overdue_name(each)) for each in Overdue],
        "habits": [
            (party, names.get(party, ""), habits.get(party), typed_habits.get(party))
            for party in by_cases[:MOST_HABITS]
        ],
        "hidden_habits": max(0, len(by_cases) - MOST_HABITS),
        "all_habit": habits.get(""),
        "is_learned": learned is not None,
    }
    status = REFUSED if error else 200
    return show(request, page, TAB, "liquidity/settings.html", context, status=status)


def _save(request: HttpRequest, page: ClientPage) -> None:
    typed = request.POST
    values = _read(typed) | stamp(person(request))
    books = page.usable_books()
    accounts = bank_accounts(books.connection_id, page.today)
    known = {one.id for one in accounts}
    wanted = [each for each in typed.getlist("account") if each in known]
    if not wanted:
        raise RefusedError(_("Choose at least one bank account."), field="account")
    # what everybody has is not a choice: a bank account that comes later then counts by itself
    usual = {one.id for one in chosen_bank(accounts, [])}
    values["bank_accounts"] = [] if set(wanted) == usual else sorted(wanted)
    held = Settings.objects.filter(client_id=page.client.pk).first()
    if held is not None:
        save_version(Settings, held.pk, typed_version(typed), values)
        return
    if typed_version(typed):
        raise RefusedError(_("Somebody else has changed this meanwhile. Look at it anew."))
    try:
        with transaction.atomic():
            Settings.objects.create(
                firm_id=page.client.firm_id, client_id=page.client.pk, version=1, **values
            )
    except IntegrityError:
        raise RefusedError(
            _("Somebody else has changed this meanwhile. Look at it anew.")
        ) from None


def _read(typed: QueryDict) -> dict[str, Any]:
    overdue = typed.get("overdue", "")
    if overdue not in set(Overdue):
        raise RefusedError(_("Choose what becomes of overdue items."), field="overdue")
    gross = optional_amount(typed, "monthly_gross", what=_("Gross wages a month"))
    tax = optional_amount(typed, "assessed_tax", what=_("Assessed tax"))
    if gross is not None and gross <= 0:
        raise RefusedError(
            _("Gross wages a month are above 0. Leave it empty to follow the history."),
            field="monthly_gross",
        )
    if tax is not None and tax < 0:
        raise RefusedError(_("Assessed tax is 0 or more."), field="assessed_tax")
    return {
        "limit": typed_amount(typed, "limit", what=_("The limit")),
        "pay_day": optional_whole(typed, "pay_day", 1, 31, what=_("The pay day")),
        "monthly_gross": gross,
        "has_no_payroll": typed.get("has_no_payroll") == "1",
        "assessed_tax": tax,
        "overdue": overdue,
        "spread_days": typed_whole(typed, "spread_days", 1, 120, what=_("Days to spread over")),
        "doubtful_after": typed_whole(
            typed, "doubtful_after", 30, 3000, what=_("Days before an item is doubtful")
        ),
        "with_estimates": typed.get("with_estimates") == "1",
    }


def _stored(own: Settings) -> dict[str, Any]:
    return {
        "limit": own.limit,
        "pay_day": own.pay_day or "",
        "monthly_gross": own.monthly_gross,
        "has_no_payroll": own.has_no_payroll,
        "assessed_tax": own.assessed_tax,
        "overdue": own.overdue,
        "spread_days": own.spread_days,
        "doubtful_after": own.doubtful_after,
        "with_estimates": own.with_estimates,
    }


def _typed(typed: QueryDict) -> dict[str, Any]:
    found: dict[str, Any] = {name: typed.get(name, "") for name in typed}
    found["has_no_payroll"] = typed.get("has_no_payroll") == "1"
    found["with_estimates"] = typed.get("with_estimates") == "1"
    return found
