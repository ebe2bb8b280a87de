"""Rows of Avstemming's tables as HTML, put together in Python: through templates they cost more
time than all the figures in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.template import defaultfilters
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klientbro.clients.models import Client
from klientbro.domain.periods import Month
from klientbro.products.reconciliation.models import SignOff
from klientbro.products.reconciliation.sheet import Line
from klientbro.products.reconciliation.texts import StateWords, method_names
from klientbro.shell.addresses import address
from klientbro.shell.icons import icon
from klientbro.shell.markup import escaped, fill
from klientbro.shell.templatetags.kb import MISSING, amount, amount_signed, status, zero

_ACCOUNT = """<tr><td class="tick" data-m="hide"><input class="ds-input" type="checkbox" \
name="account" value="{id}|{mark}" data-tick aria-label="{choose}"></td>\
<td class="acct tnum" data-m="hide">{number}</td>\
<td data-m="main"><a class="main" href="{address}"><span class="rc-no">{number} </span>{name}</a>\
<small>{method}{notes}{unusual}{attachments}</small></td>\
<td class="num {closing_zero}" data-label="{l_balance}">{closing}</td>\
<td class="num {documented_zero}" data-label="{l_documented}">{documented}</td>\
<td class="num {difference_css}" data-label="{l_difference}">{difference}</td>\
<td data-label="{l_status}">{status}</td><td data-label="{l_prepared}">{prepared}</td>\
<td data-label="{l_reviewed}">{reviewed}</td></tr>
"""
_NOBODY = SafeString('<span class="muted">–</span>')
_BY = """<span class="rc-signed">{who} <span class="tnum">{day}</span></span>"""
_PERSON = """<span class="kb-av" title="{name}" aria-hidden="true">{initials}</span>\
<span class="ds-sr-only">{name}</span>"""


def account_rows(
    rows: Iterable[tuple[Line, StateWords, str]],
    client: Client,
    month: Month,
    unusual: Mapping[str, str],
) -> SafeString:
    """The accounts of a month, with the words of each one's state and the mark of its figures.

    unusual: by account id, what sets its month apart from those before.
    """
    words = {
        "l_balance": _("Balance"),
        "l_documented": _("Documented"),
        "l_difference": _("Difference"),
        "l_status": _("Status"),
        "l_prepared": _("Prepared"),
        "l_reviewed": _("Reviewed"),
    }
    labels = {name: SafeString(escaped(text)) for name, text in words.items()}  # nosec B703
    methods, choose = method_names(), _("Choose %(number)s %(name)s")
    made = []
    for line, state, mark in rows:
        account = line.account
        named = {"number": account.number, "name": account.name}
        made.append(
            fill(
                _ACCOUNT,
                id=account.id,
                mark=mark,
                choose=choose % named,
                address=address("reconciliation:account", client.public_id, month.key, account.id),
                method=methods.get(line.plan.method.value, line.plan.method.value),
                notes=_notes(line),
                unusual=_unusual(unusual.get(account.id)),
                attachments=_attached() if line.documentation.attachments else "",
                closing=amount(line.closing),
                closing_zero=zero(line.closing),
                documented=amount(line.truth.amount),
                documented_zero=zero(line.truth.amount),
                difference=_difference(line.difference),
                difference_css="rc-diff" if line.difference else zero(line.difference),
                status=status(state.tone, state.text, state.icon),
                prepared=_signature(line.prepared),
                reviewed=_signature(line.reviewed),
                **named,
                **labels,
            )
        )
    return SafeString("".join(made))  # every part of it is escaped # nosec B703


def _difference(found: Decimal | None) -> str:
    if found is None:
        return MISSING
    return amount_signed(found) if found else amount(found)


def _notes(line: Line) -> str:
    count = line.documentation.open_notes
    if not count:
        return ""
    words = ngettext("%(counter)s note to resolve", "%(counter)s notes to resolve", count)
    return f" · {words % {'counter': count}}"


def _unusual(words: str | None) -> SafeString:
    return fill(' · <span class="rc-unusual">{}</span>', words) if words else SafeString("")


def _attached() -> SafeString:
    return fill(' {}<span class="ds-sr-only">{}</span>', icon("attachment"), _("has attachments"))


def _signature(signature: SignOff | None) -> SafeString:
    """Who signed and when; a signature no person gave has the mark of the machine."""
    if signature is None:
        return _NOBODY
    if signature.is_automatic:
        who = fill('<span class="kb-av" aria-hidden="true">{}</span>', icon("sync"))
    else:
        by = signature.by
        who = fill(_PERSON, name=by, initials=by.initials if by else "")
    return fill(_BY, who=who, day=defaultfilters.date(signature.at, "d.m."))
