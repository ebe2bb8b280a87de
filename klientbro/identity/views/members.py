"""The page of the firm's users, for its administrator."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from klientbro.clients.errors import RefusedError
from klientbro.identity.choosing import CHOSEN, choice_context, read_choice
from klientbro.identity.invitation_lines import MOST, read_invitees
from klientbro.identity.invitations import (
    invite,
    open_invitations,
    problems_with,
    send_again,
    withdraw,
)
from klientbro.identity.members import (
    change_member,
    clients_of_member,
    disable_member,
    enable_member,
    find_member,
    members,
    require_second_factor,
)
from klientbro.practice.pages import REFUSED, lead_on, person, product_view, uuids_of

LONGEST_LIST = 20_000


@never_cache
@require_safe
@product_view
def members_page(request: HttpRequest) -> HttpResponse:
    """Everybody of the firm, the invitations that are open, and what sign-in must be."""
    context = {
        "members": members(),
        "invitations": open_invitations().select_related("invited_by").order_by("-asked_at"),
        "now": timezone.now(),
        "me": person(request).pk,
    }
    return render(request, "identity/members.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@product_view
def invite_page(request: HttpRequest) -> HttpResponseBase:
    """Up to fifty people at a time; nothing is sent while a single line is wrong."""
    if request.method == "GET":
        context = {"most": MOST} | choice_context("", has_all_clients=True, chosen=())
        return render(request, "identity/invite.html", context)
    text = request.POST.get("people", "")[:LONGEST_LIST]
    invitees, problems = read_invitees(text)
    problems = sorted([*problems, *problems_with(invitees)], key=lambda one: one.line)
    refused = ""
    if not problems and not invitees:
        refused = _("The list is empty. Write at least one e-mail address.")
    if not problems and not refused:
        try:
            count = invite(invitees, read_choice(request), person(request))
        except RefusedError as error:
            refused = str(error)
        else:
            said = ngettext(
                "%(count)s invitation is on its way.", "%(count)s invitations are on their way.",
                count,
            ) % {"count": count}  # fmt: skip
            return lead_on(request, reverse("identity:members"), said)
    context = {"text": text, "problems": problems, "refused": refused, "most": MOST}
    context |= _typed_choice(request)
    return render(request, "identity/invite.html", context, status=REFUSED)


@never_cache
@require_http_methods(["GET", "POST"])
@product_view
def member_page(request: HttpRequest, member_id: UUID) -> HttpResponseBase:
    """What somebody is in the firm, and for which clients; saved, it holds at once."""
    member = find_member(member_id)
    if member is None:
        raise Http404
    chosen, responsible = clients_of_member(member)
    context = choice_context(member.role, member.has_all_clients, chosen, responsible)
    refused = ""
    if request.method == "POST":
        try:
            change_member(member_id, read_choice(request), person(request).pk)
        except RefusedError as error:
            refused = str(error)
            context = _typed_choice(request, responsible)
        else:
            said = _("The role and clients of %(name)s are saved.") % {"name": str(member.user)}
            return lead_on(request, reverse("identity:members"), said)
    context |= {"member": member, "refused": refused}
    status = REFUSED if refused else 200
    return render(request, "identity/member.html", context, status=status)


def _typed_choice(request: HttpRequest, responsible: Collection[int] = ()) -> dict[str, Any]:
    """The choice as it was sent, to be put right."""
    asked = request.POST
    return choice_context(
        asked.get("role", ""),
        asked.get("clients") != CHOSEN,
        set(uuids_of(asked.getlist("client"))),
        responsible,
    )


@require_POST
@product_view
def resend_invitation(request: HttpRequest, invitation_id: UUID) -> HttpResponseBase:
    """A new letter with a new link; the old link ends."""
    found = send_again(invitation_id)
    if found is None:
        raise Http404
    said = _("A new invitation to %(email)s is on its way. The old link no longer works.")
    return lead_on(request, reverse("identity:members"), said % {"email": found.email})


@require_POST
@product_view
def withdraw_invitation(request: HttpRequest, invitation_id: UUID) -> HttpResponseBase:
    """The link no longer works."""
    found = withdraw(invitation_id)
    if found is None:
        raise Http404
    said = _("The invitation to %(email)s is withdrawn. Its link no longer works.")
    return lead_on(request, reverse("identity:members"), said % {"email": found.email})


@never_cache
@require_http_methods(["GET", "POST"])
@product_view
def close_access(request: HttpRequest, member_id: UUID) -> HttpResponseBase:
    """Asks first; then the person is out everywhere from their next request on."""
    member = find_member(member_id)
    if member is None:
        raise Http404
    refused = ""
    if request.method == "POST":
        try:
            disable_member(member_id, person(request).pk)
        except RefusedError as error:
            refused = str(error)
        else:
            said = _("%(name)s no longer has access, and is signed out everywhere.")
            return lead_on(request, reverse("identity:members"), said % {"name": str(member.user)})
    return render(
        request,
        "identity/close_access.html",
        {"member": member, "refused": refused},
        status=REFUSED if refused else 200,
    )


@require_POST
@product_view
def open_access(request: HttpRequest, member_id: UUID) -> HttpResponseBase:
    """Lets the person in again."""
    if find_member(member_id) is None:
        raise Http404
    member = enable_member(member_id)
    said = _("%(name)s has access again.") % {"name": str(member.user)}
    return lead_on(request, reverse("identity:members"), said)


@require_POST
@product_view
def sign_in_rules(request: HttpRequest) -> HttpResponseBase:
    """Whether everybody of the firm must have a second factor; asks before it lets go of it."""
    is_required = request.POST.get("second_factor") == "on"
    firm = request.firm  # type: ignore[attr-defined]  # of FirmMiddleware
    if firm.requires_second_factor and not is_required and "sure" not in request.POST:
        return render(request, "identity/factor_off.html")
    require_second_factor(is_required)
    said = (
        _("From now on everybody must set up a second factor before they can go on.")
        if is_required
        else _("A second factor is now each person's own choice.")
    )
    return lead_on(request, reverse("identity:members"), said, messages.SUCCESS)
