"""The firm's limits for key figures."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.domain.key_figures import FigureInputs, Unit, key_figures
from klientbro.domain.reporting.limits import LOW_IS_GOOD
from klientbro.practice.pages import REFUSED, lead_on, person, product_view
from klientbro.products.report.limits import firm_limits, save_limits
from klientbro.products.report.texts import figure_name, formula
from klientbro.products.report.views.packs import number_of

Typed = Mapping[str, tuple[str, str]]


@require_GET
@product_view
def limits_page(request: HttpRequest) -> HttpResponse:
    """Good and bad of every key figure."""
    return _shown(request)


@require_POST
@product_view
def keep_limits(request: HttpRequest) -> HttpResponse:
    """Saves them for every client of the firm."""
    typed = {
        one.code: (
            request.POST.get(f"{one.code}-good", ""),
            request.POST.get(f"{one.code}-bad", ""),
        )
        for one in key_figures(FigureInputs())
    }
    try:
        save_limits(typed, seen=number_of(request, "seen"), by=person(request))
    except RefusedError as error:
        return _shown(request, typed=typed, problem=error)
    return lead_on(request, reverse("report:limits"), _("The limits are saved."))


def _shown(
    request: HttpRequest, *, typed: Typed | None = None, problem: RefusedError | None = None
) -> HttpResponse:
    limits, version = firm_limits()
    rows = []
    for one in key_figures(FigureInputs()):
        held = limits.get(one.code)
        shown = typed[one.code] if typed else (_text(held and held.good), _text(held and held.bad))
        rows.append(
            {
                "code": one.code,
                "name": figure_name(one.code),
                "formula": formula(one),
                "unit": _unit_words(one.unit),
                "is_low_good": one.code in LOW_IS_GOOD,
                "good": shown[0],
                "bad": shown[1],
                "is_wrong": problem is not None and problem.field.startswith(f"{one.code}-"),
            }
        )
    context = {
        "rows": rows,
        "seen": request.POST.get("seen") if typed else version,
        "is_standard": version == 0,
        "problem": str(problem) if problem else "",
    }
    return render(request, "report/limits.html", context, status=REFUSED if problem else 200)


def _text(amount: object) -> str:
    """As a person types it: `1,5`."""
    return "" if amount is None else str(amount).replace(".", ",")


def _unit_words(unit: Unit) -> str:
    return {
        Unit.PERCENT: "%",
        Unit.DAYS: _("days"),
        Unit.AMOUNT: _("kroner"),
        Unit.RATIO: _("times"),
    }[unit]
