"""A scenario: its changes typed, tried together, refused when they contradict each other, kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from klientbro.clients.errors import RefusedError
from klientbro.domain.liquidity.lines import CashLine, LeftOutReason, SourceKind
from klientbro.domain.liquidity.scenarios import (
    LEAST_PERCENT,
    MOST_DAYS,
    MOST_PERCENT,
    Change,
    ChangeKind,
    contradictions,
)
from klientbro.domain.national_id import hide_national_ids
from klientbro.lib.dates import format_date
from klientbro.lib.numbers import format_nok
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import REFUSED, lead_on, person, product_view
from klientbro.products.liquidity.choosing import change_to_json, changes_of
from klientbro.products.liquidity.making import Made
from klientbro.products.liquidity.models import Scenario
from klientbro.products.liquidity.scenario_texts import problem_words
from klientbro.products.liquidity.texts import line_title
from klientbro.products.liquidity.views.shared import (
    TAB,
    forecast_address,
    optional_amount,
    optional_whole,
    page_and_made,
    save_version,
    stamp,
    typed_amount,
    typed_day,
    typed_text,
    typed_version,
    typed_whole,
)

MOST_CHANGES = 20
MOST_LINES = 300
SPARE = 2


@require_http_methods(["GET", "POST"])
@product_view
def new_scenario(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Makes a scenario."""
    return _form(request, client_id, None)


@require_http_methods(["GET", "POST"])
@product_view
def edit_scenario(request: HttpRequest, client_id: UUID, scenario_id: UUID) -> HttpResponse:
    """Changes or takes away a scenario. Two people at once: the second is told."""
    return _form(request, client_id, scenario_id)


def _form(request: HttpRequest, client_id: UUID, scenario_id: UUID | None) -> HttpResponse:
    page, made = page_and_made(client_id)
    held = None
    if scenario_id is not None:
        held = next((one for one in made.held.scenarios if one.public_id == scenario_id), None)
        if held is None:
            raise Http404
    errors: list[str] = []
    field = ""
    if request.method == "POST":
        try:
            saved, text = _save(request, page.client, made, held)
        except RefusedError as refused:
            errors, field = str(refused).split("\n"), refused.field
        else:
            address = forecast_address(page)
            end = f"?scenario={saved.public_id}" if saved is not None else ""
            return lead_on(request, address + end, text)
    context = {
        "part": "forecast",
        "held": held,
        "errors": errors,
        "field": field,
        "version": held.version if held else 0,
        "shown": _typed(request.POST) if errors else _stored(held),
        "lines": _choices(made),
        "parties": _parties(made),
    }
    status = REFUSED if errors else 200
    return show(request, page, TAB, "liquidity/scenario_form.html", context, status=status)


def _save(
    request: HttpRequest, client: Any, made: Made, held: Scenario | None
) -> tuple[Scenario | None, str]:
    typed = request.POST
    if held is not None and typed.get("step") == "delete":
        save_version(Scenario, held.pk, typed_version(typed), {}, delete=True)
        return None, _("The scenario «%(name)s» has been taken away.") % {"name": held.name}
    name = typed_text(typed, "name", 100, what=_("The name"))
    changes = read_changes(typed)
    base = made.base
    found = contradictions(changes, base.lines, base.left_out, base.start, base.until)
    if found:
        said = dict.fromkeys(problem_words(one.problem) for one in found)
        raise RefusedError("\n".join(said), field="changes")
    values = {"name": name, "changes": [change_to_json(each) for each in changes]}
    values |= stamp(person(request))
    if held is None:
        held = Scenario.objects.create(firm_id=client.firm_id, client_id=client.pk, **values)
    else:
        save_version(Scenario, held.pk, typed_version(typed), values)
    return held, _("The scenario «%(name)s» has been saved.") % {"name": name}


def read_changes(typed: QueryDict) -> list[Change]:
    """The changes of a form, in its order. RefusedError when one cannot be read."""
    found: list[Change] = []
    days = optional_whole(typed, "later", 1, MOST_DAYS, what=_("The delay in days"))
    if days is not None:
        found.append(Change(ChangeKind.LATER, days=days))
    percent = optional_amount(typed, "revenue", what=_("The change in new sales"))
    if percent:
        if not LEAST_PERCENT <= percent <= MOST_PERCENT:
            raise RefusedError(
                _("New sales can change from −100 to 1000 per cent, and not by 0."),
                field="revenue",
            )
        found.append(Change(ChangeKind.REVENUE, percent=percent))
    for at, party in enumerate(typed.getlist("party")[:MOST_CHANGES]):
        own = _row(typed, at, party_days="days")
        if party.strip():
            number = typed_whole(own, "days", 1, MOST_DAYS, what=_("The delay in days"))
            found.append(Change(ChangeKind.LATER, party=party.strip()[:50], days=number))
    for at, line in enumerate(typed.getlist("line")[:MOST_CHANGES]):
        own = _row(typed, at, line_what="what", line_day="day")
        if not line:
            continue
        kind = own.get("what", "")
        if kind not in (ChangeKind.OUT, ChangeKind.MOVE, ChangeKind.IN):
            raise RefusedError(_("Choose what becomes of each line."), field="line")
        needs_day = kind != ChangeKind.OUT
        day = typed_day(own, "day", what=_("The line's new day")) if needs_day else None
        found.append(Change(ChangeKind(kind), line=line[:200], day=day))
    for at, title in enumerate(typed.getlist("extra_title")[:MOST_CHANGES]):
        own = _row(typed, at, extra_amount="amount", extra_day="day")
        if not title.strip() and not own.get("amount", "").strip():
            continue
        found.append(
            Change(
                ChangeKind.ONE_OFF,
                title=hide_national_ids(" ".join(title.split()))[:100],
                amount=typed_amount(own, "amount", what=_("The one-off amount")),
                day=typed_day(own, "day", what=_("The one-off day")),
            )
        )
    return found


def _row(typed: QueryDict, at: int, **names: str) -> QueryDict:
    """One row of the form's repeated fields, under plain names."""
    row = QueryDict(mutable=True)
    for source, name in names.items():
        held = typed.getlist(source)
        row[name] = held[at] if at < len(held) else ""
    return row


def _choices(made: Made) -> list[tuple[str, str]]:
    """Lines that can be changed, and what can be counted after all: the nearest first."""
    lines = [
        (line.key, _line_words(line))
        for line in made.base.lines
        if line.source.kind is not SourceKind.SCENARIO
    ][:MOST_LINES]
    left = [
        (one.key, f"{one.title or one.account}, {format_nok(one.amount)} ({_('not counted')})")
        for one in made.base.left_out
        if one.reason in (LeftOutReason.DOUBTFUL, LeftOutReason.BEYOND)
    ]
    return [*lines, *left]


def _line_words(line: CashLine) -> str:
    return f"{format_date(line.day)} {line_title(line)}, {format_nok(line.amount)}"


def _parties(made: Made) -> list[tuple[str, str]]:
    found = {
        line.party: line.title
        for line in made.base.lines
        if line.party and line.key.startswith("customer:")
    }
    return sorted(found.items(), key=lambda one: one[1].lower())


def _stored(held: Scenario | None) -> dict[str, Any]:
    changes = changes_of(held.changes) if held is not None else ()

    def of(*kinds: ChangeKind) -> list[Change]:
        return [each for each in changes if each.kind in kinds]

    later = next((each.days for each in of(ChangeKind.LATER) if not each.party), "")
    revenue = next((each.percent for each in of(ChangeKind.REVENUE)), None)
    return {
        "name": held.name if held else "",
        "later": later,
        "revenue": "" if revenue is None else str(revenue.normalize()).replace(".", ","),
        "parties": [
            *((each.party, each.days) for each in of(ChangeKind.LATER) if each.party),
            ("", ""),
        ],
        "lines": [
            *(
                (each.line, each.kind.value, format_date(each.day) if each.day else "")
                for each in of(ChangeKind.OUT, ChangeKind.MOVE, ChangeKind.IN)
            ),
            *[("", "move", "")] * SPARE,
        ],
        "extras": [
            *(
                (
                    each.title,
                    format_nok(each.amount) if each.amount is not None else "",
                    format_date(each.day) if each.day else "",
                )
                for each in of(ChangeKind.ONE_OFF)
            ),
            *[("", "", "")] * SPARE,
        ],
    }


def _typed(typed: QueryDict) -> dict[str, Any]:
    def column(name: str) -> list[str]:
        return typed.getlist(name)[:MOST_CHANGES]

    return {
        "name": typed.get("name", ""),
        "later": typed.get("later", ""),
        "revenue": typed.get("revenue", ""),
        "parties": list(zip(column("party"), column("party_days"), strict=False)),
        "lines": list(zip(column("line"), column("line_what"), column("line_day"), strict=False)),
        "extras": list(
            zip(column("extra_title"), column("extra_amount"), column("extra_day"), strict=False)
        ),
    }
