"""Key figures: each with its formula and the amounts it is made of beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from klientbro.domain.key_figures import KeyFigure, Unit
from klientbro.domain.reporting.limits import Judgement, Limits, judge
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.views.shared import show
from klientbro.products.report.figures import FigureRow, figure_rows, highlights
from klientbro.products.report.limits import firm_limits
from klientbro.products.report.sheet import ReportSheet
from klientbro.products.report.texts import (
    figure_name,
    figure_value,
    formula,
    input_name,
    judgement_words,
    limit_words,
    no_value_words,
    source_words,
)
from klientbro.products.report.views.shared import TAB, frame, sheet_page


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A key figure in words."""

    name: str
    value: str
    last_year: str
    formula: str
    source: str
    inputs: tuple[tuple[str, object], ...]
    why: str
    is_better: bool | None
    judgement: str
    tone: str
    limits: str


_TONES = {Judgement.GOOD: "ok", Judgement.WATCH: "warn", Judgement.BAD: "stop"}


@require_GET
@sheet_page
def figures_page(request: HttpRequest, page: ClientPage, sheet: ReportSheet) -> HttpResponse:
    """Every key figure of the year so far, with last year's."""
    rows = figure_rows(sheet)
    limits, version = firm_limits()
    context = frame(request, sheet, "figures") | {
        "rows": [shown(row, limits) for row in rows],
        "highlights": [shown(row, limits) for row in highlights(rows)],
        "is_standard": version == 0,
    }
    return show(request, page, TAB, "report/figures.html", context)


def shown(row: FigureRow, limits: Mapping[str, Limits]) -> ShownFigure:
    """The figure with what the firm counts it as."""
    now = row.now
    held = limits.get(now.code)
    judgement = judge(now.code, now.value, held)
    return ShownFigure(
        name=figure_name(now.code),
        value=figure_value(now),
        last_year=figure_value(row.before),
        formula=formula(now),
        source=source_words(now.source),
        inputs=tuple((input_name(name), amount) for name, amount in now.inputs),
        why=no_value_words(now),
        is_better=_is_better(now, row.before),
        judgement=judgement_words(judgement) if judgement else "",
        tone=_TONES[judgement] if judgement else "",
        limits=limit_words(now, held) if held else "",
    )


def _is_better(now: KeyFigure, before: KeyFigure) -> bool | None:
    """Whether it moved the good way; nobody can say for days and debt ratio alone."""
    if now.value is None or before.value is None or now.value == before.value:
        return None
    if now.unit is Unit.DAYS or now.code == "debt_ratio":
        return None
    return now.value > before.value
