"""Attachments of an account in a month: adding, fetching, taking away, putting back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Client
from klientbro.practice.pages import lead_on, person, product_view, read_month
from klientbro.products.reconciliation.attachments import (
    FIELD,
    MOST_FILES,
    attach,
    content_of,
    put_back,
    refuse_size,
    take_away,
)
from klientbro.products.reconciliation.models import Attachment
from klientbro.products.reconciliation.views.bank import AccountRead, read_account
from klientbro.products.reconciliation.views.shared import keep_progress, refused


@require_POST
@product_view
def add_files(request: HttpRequest, client_id: UUID, month: str, account_id: str) -> HttpResponse:
    """Takes the chosen files in, each by itself: what is refused keeps no other one out."""
    found = read_account(client_id, month, account_id)
    address = _address(client_id, month, account_id)
    files = request.FILES.getlist(FIELD)[:MOST_FILES]
    if not files:
        return refused(request, address, RefusedError(_("Choose a file first."), field=FIELD))
    added, there, errors = 0, 0, []
    for each in files:
        try:
            refuse_size(each.name or "", each.size or 0)
            is_new = attach(
                found.page.client.pk,
                account_id,
                found.month,
                each.name or "",
                each.read(),
                by=person(request),
            )
        except RefusedError as error:
            errors.append(str(error))
        else:
            added, there = added + is_new, there + (not is_new)
    if added:
        _recount(found, client_id)
    if errors:
        if added:
            messages.success(request, _added(added))
        return refused(request, address, RefusedError(" ".join(errors), field=FIELD))
    if not added:
        return lead_on(request, address, _("The file lies here already."), messages.INFO)
    return lead_on(request, address, _added(added))


@require_POST
@product_view
def remove_file(request: HttpRequest, client_id: UUID, month: str, account_id: str) -> HttpResponse:
    """Takes a file away, or puts one back that was."""
    found = read_account(client_id, month, account_id)
    address = _address(client_id, month, account_id)
    try:
        chosen = UUID(request.POST.get("attachment", ""))
    except ValueError:
        raise Http404 from None
    is_back = request.POST.get("action") == "restore"
    try:
        if is_back:
            is_done = put_back(found.page.client.pk, chosen)
        else:
            is_done = take_away(found.page.client.pk, chosen, by=person(request))
    except RefusedError as error:
        return refused(request, address, error)
    if not is_done:
        return lead_on(request, address)
    _recount(found, client_id)
    text = (
        _("The file has been put back.")
        if is_back
        else _("The file has been taken away. It can be put back under the list.")
    )
    return lead_on(request, address, text)


@require_GET
@product_view
def fetch_file(
    request: HttpRequest, client_id: UUID, month: str, attachment_id: UUID, account_id: str
) -> HttpResponse:
    """The file as it was taken in, always saved and never shown within the portal."""
    chosen = read_month(month)
    client = get_object_or_404(Client, public_id=client_id)
    found = get_object_or_404(
        Attachment,
        client=client,
        month=chosen.first_day,
        account_id=account_id,
        public_id=attachment_id,
    )
    response = HttpResponse(content_of(found), content_type=found.content_type)
    response["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    response["Cache-Control"] = "no-store"
    return response


def _recount(found: AccountRead, client_id: UUID) -> None:
    """A file moves the month's counts only by suspending a signature."""
    if found.line.prepared is not None:
        keep_progress(client_id, found.month)


def _address(client_id: UUID, month: str, account_id: str) -> str:
    return reverse("reconciliation:account", args=[client_id, month, account_id])


def _added(count: int) -> str:
    return ngettext(
        "%(count)s file has been attached.", "%(count)s files have been attached.", count
    ) % {"count": count}
