"""A row of Oversikt as HTML, put together in Python: fifty of them through templates cost as much
time as everything else of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klientbro.domain.periods import Month
from klientbro.products.overview.rows import Row
from klientbro.shell.markup import address_pattern, escaped, fill
from klientbro.shell.templatetags.kb import status, when

NOTHING = mark_safe('<span class="muted">–</span>')
_ROW = """<tr>
<td class="tick" data-m="hide"><input class="ds-input" type="checkbox" name="client" \
value="{id}" data-tick aria-label="{choose}"></td>
<td data-m="main"><a class="main" href="{address}?maned={month}">{name}</a>{note}</td>
<td data-label="{l_payroll}">{payroll}</td>
<td data-label="{l_taxes}">{taxes}</td>
<td data-label="{l_vat}">{vat}</td>
<td data-label="{l_reconciliation}" class="tnum">{reconciliation}</td>
<td data-label="{l_report}">{report}</td>
<td data-label="{l_tasks}" class="tnum">{tasks}</td>
<td data-m="full"><ol class="strip" aria-label="{l_strip}">{strip}</ol></td>
<td data-label="{l_fetched}" class="tnum">{fetched}</td>
<td data-label="{l_responsible}">{responsible}</td>
</tr>
"""


def rows_html(rows: Iterable[Row], month: Month) -> SafeString:
    """The rows of one group, in the language in force."""
    words = {
        "l_payroll": _("A-melding"),
        "l_taxes": _("Tax and employer's tax"),
        "l_vat": _("VAT"),
        "l_reconciliation": _("Reconciliation"),
        "l_report": _("Report"),
        "l_tasks": _("Tasks"),
        "l_strip": _("Reconciled with the source, month by month"),
        "l_fetched": _("Last fetched"),
        "l_responsible": _("Responsible"),
        "month": month.key,
    }
    words = {name: SafeString(escaped(text)) for name, text in words.items()}  # nosec B703
    choose, reviewed = _("Choose %(name)s"), _("Accounts reviewed")
    return mark_safe(  # noqa: S308 every part is escaped # nosec B703
        "".join(_row(row, words, choose, reviewed) for row in rows)
    )


def _row(row: Row, words: Mapping[str, str], choose: str, reviewed: str) -> SafeString:
    client, responsible = row.client, row.responsible
    before, after = address_pattern("overview:card")
    return fill(
        _ROW,
        id=client.public_id,
        choose=choose % {"name": client.name},
        address=f"{before}{client.public_id}{after}",
        name=client.name,
        note=fill("<small>{}</small>", row.note) if row.note else "",
        reconciliation=_reconciliation(row, reviewed),
        tasks=_tasks(row),
        strip=row.strip or "",
        fetched=when(row.state.last_success_at),
        responsible=fill(
            '<span class="kb-av" title="{0}" aria-hidden="true">{1}</span>'
            '<span class="ds-sr-only">{0}</span>',
            responsible,
            responsible.initials,
        )
        if responsible
        else NOTHING,
        **{name: cell.html for name, cell in row.cells.items()},
        **words,
    )


def _reconciliation(row: Row, reviewed: str) -> SafeString:
    counts = row.reconciliation
    if counts is None or not counts.to_do:
        return NOTHING
    return fill(
        '<span class="ov-prog"><progress class="kb-prog" value="{}" max="100" aria-label="{}">'
        "</progress>{}/{}</span>",
        row.reconciled_share,
        reviewed,
        counts.reviewed,
        counts.to_do,
    )


def _tasks(row: Row) -> SafeString | str:
    late = row.tasks_overdue
    if late:
        words = ngettext("%(counter)s overdue", "%(counter)s overdue", late) % {"counter": late}
        return status("stop", words)
    return str(row.tasks_open) if row.tasks_open else NOTHING
