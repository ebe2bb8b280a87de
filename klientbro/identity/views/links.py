"""The links that let somebody in: the operator's one-time link, and an invitation to a firm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from klientbro.identity.invitations import accept, find_invitation
from klientbro.identity.single_sign_on.stages import WAY
from klientbro.tenants.middleware import work_in
from klientbro.tenants.models import User
from klientbro.tenants.services import use_sign_in_link
from klientbro.tenants.ways_in import RECOVERY

TAKEN = 409


@never_cache
@require_http_methods(["GET", "POST"])
def one_time_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button, so that a mail scanner does not use the link up; POST signs in."""
    if request.method == "GET":
        return render(request, "identity/one_time_link.html")
    user = use_sign_in_link(token)
    if user is None:
        messages.error(
            request,
            _("This link has been used or is too old. Ask for a new one: klientbro user create."),
        )
        return redirect("account_login")
    # the operator's word opens a firm for its administrator also where its provider fails
    return sign_in(request, user, {"kind": RECOVERY})


@never_cache
@require_http_methods(["GET", "POST"])
@transaction.non_atomic_requests
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """GET tells who invites to what; POST joins, and signs in whoever has never been here.

    Joining is a transaction of its own, in the firm joined, whichever the person works in now.
    """
    found = find_invitation(token)
    if found is None:
        return render(request, "identity/invitation_over.html", status=404)
    signed_in = request.user if isinstance(request.user, User) else None
    if signed_in is not None and signed_in.email != found.email:
        context = {"invitation": found, "signed_in": signed_in}
        return render(request, "identity/invitation_for_other.html", context, status=TAKEN)
    if request.method == "GET":
        return render(request, "identity/invitation.html", {"invitation": found})
    accepted = accept(token)
    if accepted is None:
        return render(request, "identity/invitation_over.html", status=404)
    welcome = _("You now belong to %(firm)s.") % {"firm": found.firm.name}
    if signed_in is not None:
        work_in(request, accepted.firm_id)
        messages.success(request, welcome)
        return redirect("/")
    if not accepted.is_new:
        # the letter proves the address; whoever has a password or a passkey still shows it
        messages.success(request, welcome + " " + _("Sign in as you usually do."))
        return redirect("account_login")
    response = sign_in(request, accepted.user)
    work_in(request, accepted.firm_id)
    return response


def sign_in(request: HttpRequest, user: User, way: Mapping[str, Any] | None = None) -> HttpResponse:
    """Signs in by a link, past no second factor: who has one is asked for it as always."""
    onward = "/" if user.has_usable_password() else reverse("account_set_password")
    response: HttpResponse = perform_login(
        request, Login(user=user, redirect_url=onward, signal_kwargs={WAY: way} if way else None)
    )
    return response
