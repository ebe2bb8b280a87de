"""Rows of Rapport's list of clients as HTML, put together in Python: fifty of them make a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from klientbro.clients.models import Client
from klientbro.domain.periods import Month
from klientbro.domain.reporting.comparing import Change
from klientbro.products.report.texts import percent_text
from klientbro.shell.addresses import address
from klientbro.shell.icons import seal
from klientbro.shell.markup import escaped, fill
from klientbro.shell.templatetags.kb import MISSING, kroner, moment

_ROW = """<tr><td data-m="main"><a class="main" href="{address}?til={month}">{name}</a>{stopped}\
</td><td class="num" data-m="full" data-label="{l_result}">{result}</td>\
<td class="num muted" data-m="full" data-label="{l_last}">{last}</td>\
<td class="num" data-m="full" data-label="{l_change}">{change}</td>\
<td class="num" data-m="full" data-label="%">{percent}</td>\
<td data-m="full" data-label="{l_state}"><span class="sealed">{seal} {state}</span></td>\
<td data-m="full" data-label="{l_pack}">{pack}</td></tr>
"""
_NO_PACK = SafeString('<span class="muted">–</span>')


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client with its result of the year so far; None where it is not known."""

    client: Client
    is_active: bool
    stopped_at: datetime | None
    result: Decimal | None
    last_year: Decimal | None
    tone: str
    state: str
    pack_id: UUID | None
    is_published: bool


def client_rows(rows: Iterable[ClientRow], month: Month) -> SafeString:
    """The clients of a page, each leading to its report."""
    labels = {
        "l_result": escaped(_("Result so far")),
        "l_last": escaped(_("Last year")),
        "l_change": escaped(_("Change")),
        "l_state": escaped(_("Against the source")),
        "l_pack": escaped(_("Report pack")),
    }
    made = []
    for row in rows:
        change = Change.between(row.result, row.last_year)
        made.append(
            _ROW.format(
                address=escaped(address("report:result", row.client.public_id)),
                month=month.key,
                name=escaped(row.client.name),
                stopped="" if row.is_active else _stopped(row.stopped_at),
                result=kroner(row.result),
                last=kroner(row.last_year),
                change=MISSING if change.amount is None else kroner(change.amount),
                percent=escaped(percent_text(change.percent)),
                seal=seal(row.tone),
                state=escaped(row.state),
                pack=_pack(row),
                **labels,
            )
        )
    return SafeString("".join(made))  # every part of it is escaped # nosec B703


def _stopped(when: datetime | None) -> SafeString:
    return fill("<small>{}</small>", _("Not updated since %(when)s") % {"when": moment(when)})


def _pack(row: ClientRow) -> SafeString:
    if row.pack_id is None:
        return _NO_PACK
    return fill(
        '<a href="{}">{}</a>',
        address("report:pack", row.client.public_id, row.pack_id),
        _("Published") if row.is_published else _("Draft"),
    )
