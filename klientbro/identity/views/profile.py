"""A person's own name and e-mail address."""

from __future__ import annotations

from allauth.core.internal.ratelimit import consume
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from klientbro.clients.errors import RefusedError
from klientbro.identity.profile import ask_for_address, asked_by, rename, take_address
from klientbro.identity.recency import shown_lately
from klientbro.practice.pages import lead_on, person
from klientbro.tenants.network import network_address

RATE = {"new_address": "5/h/user,20/d/user"}
WRONG, OVER = 422, 404


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def profile_page(request: HttpRequest) -> HttpResponseBase:
    """GET shows both forms; POST saves the name."""
    if request.method == "GET":
        return _page(request)
    typed = request.POST.get("name", "")
    try:
        rename(person(request), typed)
    except RefusedError as refused:
        return _page(request, refused, name=typed)
    return lead_on(request, reverse("identity:profile"), _("Your name is saved."))


@require_http_methods(["GET", "POST"])
@login_required
@shown_lately
def change_address(request: HttpRequest) -> HttpResponseBase:
    """Has a link sent to the new address. The answer is the same whoever has it."""
    if request.method == "GET":  # back from the firm's provider, which brings nothing along
        return lead_on(request, reverse("identity:profile"))
    user, typed = person(request), request.POST.get("email", "")
    network = network_address(request)
    try:
        if not consume(
            request, app="klientbro.identity", action="new_address", config=RATE, user=user
        ):
            raise RefusedError(_("That was many letters. Try again in an hour."), field="email")
        new = ask_for_address(user, typed, network)
    except RefusedError as refused:
        return _page(request, refused, email=typed)
    said = _("A link is on its way to %(email)s. Open it within a day, signed in as now.")
    return lead_on(request, reverse("identity:profile"), said % {"email": new})


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def confirm_address(request: HttpRequest, token: str) -> HttpResponseBase:
    """GET tells what the link would do, so that a mail scanner does nothing; POST does it."""
    asked = asked_by(token, person(request), timezone.now())
    if asked is not None and request.method == "POST":
        if take_address(asked, network_address(request)):
            said = _("You sign in with %(email)s from now on.") % {"email": asked.new}
            return lead_on(request, reverse("identity:profile"), said)
        asked = None
    status = OVER if asked is None else 200
    return render(request, "identity/new_address.html", {"asked": asked}, status=status)


def _page(request: HttpRequest, refused: RefusedError | None = None, **typed: str) -> HttpResponse:
    errors = {refused.field or "name": str(refused)} if refused is not None else {}
    context = {"name": person(request).name, "email": "", "errors": errors} | typed
    status = WRONG if refused is not None else 200
    return render(request, "identity/profile.html", context, status=status)
