"""Many clients at once: paste or choose a file, see each row's verdict, then save. P-72.

Between the preview and the yes the rows lie sealed in the session: the keys never go back to the
browser, and nothing stands among the clients before somebody has pressed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Integration
from klientbro.clients.services.importing import (
    MOST_CHARACTERS,
    ImportRow,
    judge,
    read_rows,
    save_rows,
)
from klientbro.lib.errors import ConfigurationError
from klientbro.portal.views.shared import (
    REFUSED,
    find_integration,
    list_address,
    portal_view,
    system_name,
    system_title,
)
from klientbro.sync.rechecks import queue_recheck
from klientbro.tenants.services import firm_envelopes

SEALED = "client_import"  # the field of the envelope


@portal_view
@require_http_methods(["GET", "POST"])
def import_clients(request: HttpRequest, system: str) -> HttpResponse:
    """The empty form, the preview, or what was saved."""
    integration = find_integration(system)
    if request.method == "GET":
        return _show(request, integration)
    if "confirm" in request.POST:
        return _save(request, integration)
    try:
        rows = read_rows(_given(request))
    except RefusedError as error:
        return _show(request, integration, error=str(error), status=REFUSED)
    judged = judge(rows)
    _keep(request, integration, judged)
    return _show(request, integration, rows=judged)


def _given(request: HttpRequest) -> str:
    """The file if one was chosen, else what was pasted."""
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("rows", "")
    if file.size is None or file.size > MOST_CHARACTERS * 4:
        raise RefusedError(_("The file is too large. Import it in smaller parts."))
    content = file.read()
    if content[:2] == b"PK":
        raise RefusedError(
            _("This is an Excel workbook. Copy its rows and paste them, or save it as CSV.")
        )
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return str(content.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise RefusedError(_("The file is not text. Save it as CSV in UTF-8."))


def _save(request: HttpRequest, integration: Integration) -> HttpResponse:
    """Saves what was previewed, once: a second press finds nothing left to save."""
    rows = _kept(request, integration)
    if rows is None:
        text = _("There is nothing to save any more. Paste the rows again.")
        return _show(request, integration, error=text, status=REFUSED)
    with transaction.atomic():
        added, left_out = save_rows(integration, rows)
        for connection in added:
            queue_recheck(connection, at_once=True)
    text = ngettext(
        "%(count)s client was added. Its key is being checked.",
        "%(count)s clients were added. Their keys are being checked.",
        len(added),
    ) % {"count": len(added)}
    if not left_out:
        messages.success(request, text)
        return HttpResponseRedirect(list_address(request, integration))
    return _show(request, integration, rows=left_out, saved=text)


def _session_key(integration: Integration) -> str:
    return f"import:{integration.public_id}"


def _keep(request: HttpRequest, integration: Integration, rows: Sequence[ImportRow]) -> None:
    usable = [(one.line, one.name, one.identifier, one.key) for one in rows if one.can_be_saved]
    sealed = firm_envelopes().seal(SEALED, json.dumps(usable))
    request.session[_session_key(integration)] = base64.b64encode(sealed).decode()


def _kept(request: HttpRequest, integration: Integration) -> list[ImportRow] | None:
    text = request.session.pop(_session_key(integration), None)
    if text is None:
        return None
    try:
        opened = json.loads(firm_envelopes().open(SEALED, base64.b64decode(text)))
    except ConfigurationError:  # another firm is chosen now: its rows are not ours to save
        return None
    return [ImportRow(int(line), name, number, key) for line, name, number, key in opened]


def _show(
    request: HttpRequest,
    integration: Integration,
    *,
    rows: Sequence[ImportRow] = (),
    error: str = "",
    saved: str = "",
    status: int = 200,
) -> HttpResponse:
    ready = sum(one.can_be_saved for one in rows)
    context = {
        "title": system_title(integration.system),
        "system_name": system_name(integration.system),
        "back": list_address(request, integration),
        "address": reverse("portal:import", args=[integration.system]),
        "rows": rows,
        "ready": ready,
        "wrong": len(rows) - ready,
        "error": error,
        "saved": saved,
    }
    return render(request, "portal/import.html", context, status=status)
