"""Report packs: the list, the draft, publishing, and the editions as they were sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.domain.national_id import hide_national_ids
from klientbro.domain.periods import Month
from klientbro.domain.reporting.columns import Comparison
from klientbro.domain.reporting.frozen import Moved
from klientbro.ledger.queries import in_one_landing
from klientbro.ledger.queries.reporting import moved_since
from klientbro.ledger.rows import BooksState
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.exports import EXCEL, EXCEL_TYPE
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import REFUSED, lead_on, month_name, person, uuids_of
from klientbro.products.report.budgets import budget_for
from klientbro.products.report.models import Pack, PackTemplate, Published
from klientbro.products.report.pack_content import (
    PARTS,
    PackChoices,
    figures_mark,
    name_of,
    pack_content,
    part_words,
)
from klientbro.products.report.pack_excel import pack_excel
from klientbro.products.report.pack_pdf import PDF_TYPE, kroner, pack_pdf, percent
from klientbro.products.report.pack_templates import templates
from klientbro.products.report.pack_words import example, has_words, offered
from klientbro.products.report.packs import (
    checked_against,
    choices_of,
    editions_of,
    make_pack,
    moved_figures,
    pack_of,
    publish,
    remove_pack,
    write_pack,
)
from klientbro.products.report.sheet import ReportSheet, chosen_month, report_sheet, year_for
from klientbro.products.report.texts import comparison_words
from klientbro.products.report.views.shared import (
    TAB,
    books_action,
    books_page,
    frame,
    refused,
    sheet_page,
)
from klientbro.tenants.models import Firm

PDF = "pdf"
MOST_MOVED = 30
_SEEN_FIGURES = "figures"


@require_GET
@sheet_page
def packs_page(request: HttpRequest, page: ClientPage, sheet: ReportSheet) -> HttpResponse:
    """The client's packs, newest month first."""
    context = frame(request, sheet, "packs") | {
        "packs": _listed(page, sheet.state),
        "suggested": _("Report %(month)s") % {"month": month_name(sheet.month)},
        "templates": templates(),
    }
    return show(request, page, TAB, "report/packs.html", context)


@require_POST
@books_action
def new_pack(request: HttpRequest, page: ClientPage, state: BooksState) -> HttpResponse:
    """A draft for the month."""
    month = chosen_month(state, request.POST.get("til", ""), page.today)
    try:
        made = make_pack(
            page.client.pk,
            month,
            request.POST.get("title", ""),
            by=person(request),
            like=_chosen_template(request),
        )
    except RefusedError as error:
        address = reverse("report:packs", args=[page.client.public_id])
        return refused(request, f"{address}?{urlencode({'til': month.key})}", error)
    return lead_on(request, reverse("report:pack", args=[page.client.public_id, made.public_id]))


@require_GET
@books_page
def pack_page(
    request: HttpRequest, page: ClientPage, state: BooksState, pack_id: UUID
) -> HttpResponse:
    """The pack: its texts, its figures now, its editions, and what has moved since."""
    return _shown(request, page, state, pack_of(page.client.pk, pack_id))


@require_POST
@books_action
def save_pack(
    request: HttpRequest, page: ClientPage, state: BooksState, pack_id: UUID
) -> HttpResponse:
    """Saves title, parts and texts."""
    pack = pack_of(page.client.pk, pack_id)
    typed = typed_of(request)
    try:
        write_pack(
            pack,
            title=typed.title,
            against=typed.against,
            parts=typed.parts,
            texts=typed.texts,
            seen=number_of(request, "seen"),
            by=person(request),
        )
    except RefusedError as error:
        return _shown(request, page, state, pack, typed=typed, problem=error, status=REFUSED)
    address = reverse("report:pack", args=[page.client.public_id, pack.public_id])
    return lead_on(request, address, _("The pack is saved."))


@require_POST
@books_action
def publish_pack(
    request: HttpRequest, page: ClientPage, state: BooksState, pack_id: UUID
) -> HttpResponse:
    """Freezes the pack as it stands: figures, texts and PDF."""
    pack = pack_of(page.client.pk, pack_id)
    address = reverse("report:pack", args=[page.client.public_id, pack.public_id])
    # every figure from between the same two landings; read again where one came in between
    sheet, content = in_one_landing(state.connection_id, lambda: _content(page, state, pack))
    try:
        made = publish(
            pack,
            content,
            connection_id=sheet.state.connection_id,
            seen_version=number_of(request, "seen"),
            seen_figures=request.POST.get(_SEEN_FIGURES, ""),
            by=person(request),
        )
    except RefusedError as error:
        return refused(request, address, error)
    text = _("Edition %(edition)s is published. It stays as it is, whatever happens in the books.")
    return lead_on(request, address, text % {"edition": made.edition})


@require_POST
@books_action
def delete_pack(
    request: HttpRequest, page: ClientPage, state: BooksState, pack_id: UUID
) -> HttpResponse:
    """Takes a draft away that was never published."""
    pack = pack_of(page.client.pk, pack_id)
    address = reverse("report:packs", args=[page.client.public_id])
    try:
        remove_pack(pack)
    except RefusedError as error:
        own = reverse("report:pack", args=[page.client.public_id, pack.public_id])
        return refused(request, own, error)
    query = urlencode({"til": Month.of(pack.month).key})
    return lead_on(request, f"{address}?{query}", _("The draft is deleted."))


@require_GET
@books_page
def draft_file(
    request: HttpRequest, page: ClientPage, state: BooksState, pack_id: UUID, kind: str
) -> HttpResponse:
    """The pack as it would be today; the PDF says that it is a draft."""
    if kind not in (PDF, EXCEL):
        raise Http404
    pack = pack_of(page.client.pk, pack_id)
    _sheet, content = _content(page, state, pack)
    body = pack_pdf(content, timezone.now()) if kind == PDF else pack_excel(content)
    return _file(body, kind, content, _("draft"))


@require_GET
@books_page
def edition_file(
    request: HttpRequest,
    page: ClientPage,
    state: BooksState,
    pack_id: UUID,
    edition: int,
    kind: str,
) -> HttpResponse:
    """An edition as it was sent: the PDF itself as it was made, byte for byte."""
    if kind not in (PDF, EXCEL):
        raise Http404
    pack = pack_of(page.client.pk, pack_id)
    found = Published.objects.filter(pack=pack, edition=min(edition, 2**31 - 1)).first()
    if found is None:
        raise Http404
    body = bytes(found.pdf) if kind == PDF else pack_excel(found.content)
    return _file(body, kind, found.content, f"{_('edition')}-{found.edition}")


def _file(body: bytes, kind: str, content: dict[str, Any], which: str) -> HttpResponse:
    response = HttpResponse(body, content_type=PDF_TYPE if kind == PDF else EXCEL_TYPE)
    client = "-".join("".join(c if c.isalnum() else " " for c in content["client"]).lower().split())
    name = f"{_('report')}-{client[:60]}-{content['month']}-{which}.{kind}"
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["Cache-Control"] = "no-store"
    return response


def _content(
    page: ClientPage, state: BooksState, pack: Pack, choices: PackChoices | None = None
) -> tuple[ReportSheet, dict[str, Any]]:
    """The pack's figures as the ledger says now."""
    month = Month.of(pack.month)
    chosen = choices or choices_of(pack)
    budget = (
        budget_for(page.client.pk, year_for(state, month)).amounts
        if chosen.against is Comparison.BUDGET
        else {}
    )
    sheet = report_sheet(page.client.pk, state, month, page.today, list(budget))
    firm = Firm.objects.get(pk=page.client.firm_id).name
    return sheet, pack_content(page, sheet, chosen, budget, firm)


def _shown(
    request: HttpRequest,
    page: ClientPage,
    state: BooksState,
    pack: Pack,
    *,
    typed: PackChoices | None = None,
    problem: RefusedError | None = None,
    status: int = 200,
) -> HttpResponse:
    sheet, content = _content(page, state, pack)
    editions = editions_of(pack)
    newest = editions[0] if editions else None
    moved = moved_figures(newest, content) if newest else ()
    choices = typed or choices_of(pack)
    written_since = newest is not None and newest.pack_version != pack.version
    read = content["texts"] if typed is None else {}
    context = form_of(choices, read) | frame(request, sheet, "packs")
    context |= {
        "pack": pack,
        "offered": list(offered()),
        "example": example(),
        "unknown": [f"{{{name}}}" for name in content["unknown"]] if typed is None else [],
        "not_known": [name for name, amount in content["text_figures"] if amount is None],
        "problem": str(problem) if problem else "",
        "seen": request.POST.get("seen") if typed else pack.version,
        "figures_mark": figures_mark(content),
        "editions": editions,
        "newest": newest,
        "written_since": written_since,
        "can_publish": newest is None or written_since or bool(moved),
        "moved": [_moved_row(one, newest, content) for one in moved[:MOST_MOVED] if newest],
        "moved_count": len(moved),
        "preview": _preview(content),
        "headings": content["result"]["headings"],
        "notes": content["result"]["notes"],
        "compared": bool(content["result"]["compared"]),
        "is_sealed": content["is_sealed"],
        "month_name": month_name(Month.of(pack.month)),
    }
    return show(request, page, TAB, "report/pack.html", context, status=status)


def _preview(content: dict[str, Any]) -> list[tuple[str, str, list[str], str, str]]:
    """The statement as it would be published now, whole kroner."""
    is_compared = bool(content["result"]["compared"])
    return [
        (
            line["name"],
            f"sum rp-l{line['level']}" if line["is_sum"] else "rp-leaf",
            [kroner(text) for text in line["amounts"]],
            kroner(line["change"][0], signed=True) if is_compared else "",
            percent(line["change"][1]) if is_compared else "",
        )
        for line in content["result"]["lines"]
        if line["is_shown"]
    ]


def _moved_row(one: Moved, newest: Published, content: dict[str, Any]) -> tuple[str, Moved]:
    """In the edition's words; an account that is new since in today's."""
    name = name_of(newest.content, one.key)
    return (name or name_of(content, one.key), one)


def _listed(page: ClientPage, state: BooksState) -> list[dict[str, Any]]:
    """Each pack with its newest edition and whether the ledger has moved since."""
    packs = list(
        Pack.objects.filter(client=page.client, removed_at=None)
        .select_related("changed_by")
        .order_by("-month", "-pk")[:60]
    )
    newest: dict[int, Published] = {}
    for one in (
        Published.objects.filter(pack__in=packs)
        .select_related("by")
        .defer("pdf", "content")
        .order_by("edition")
    ):
        newest[one.pack_id] = one
    months = {pack.pk: Month.of(pack.month) for pack in packs}
    moved = moved_since(
        state.connection_id,
        [
            (one.pack_id, one.landing, months[one.pack_id])
            for one in newest.values()
            if one.connection_id == state.connection_id
        ],
    )
    return [
        {
            "pack": pack,
            "month": month_name(months[pack.pk]),
            "newest": newest.get(pack.pk),
            "has_moved": pack.pk in moved,
            # another connection supplies the books now: only the pack's own page can tell
            "is_unknown": pack.pk in newest
            and newest[pack.pk].connection_id != state.connection_id,
        }
        for pack in packs
    ]


def _chosen_template(request: HttpRequest) -> PackTemplate | None:
    """The template a new pack begins with; None for none, or one that somebody has deleted."""
    chosen = uuids_of([request.POST.get("template", "")])
    return PackTemplate.objects.filter(public_id__in=chosen).first() if chosen else None


def form_of(choices: PackChoices, read: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the form of a pack or a template shows. read: the texts as the client reads them."""
    return {
        "title": choices.title,
        "against": choices.against,
        "comparisons": [
            (one.value, comparison_words(one)) for one in (Comparison.LAST_YEAR, Comparison.BUDGET)
        ],
        "parts": [
            {
                "key": part,
                "name": part_words(part),
                "text": choices.texts.get(part, ""),
                "filled": (read or {}).get(part, "")
                if has_words(choices.texts.get(part, ""))
                else "",
                "is_shown": part in choices.parts,
            }
            for part in PARTS
        ],
    }


def typed_of(request: HttpRequest) -> PackChoices:
    """What a person has typed in such a form."""
    return PackChoices(
        request.POST.get("title", ""),
        checked_against(request.POST.get("against", "")),
        [part for part in PARTS if request.POST.get(f"part-{part}")],
        {
            part: hide_national_ids(request.POST.get(f"text-{part}", "").replace("\x00", ""))
            for part in PARTS
        },
    )


def number_of(request: HttpRequest, name: str) -> int:
    """A number of a form; minus one for anything else, which is no version."""
    typed = request.POST.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else -1
