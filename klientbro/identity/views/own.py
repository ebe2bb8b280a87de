"""What everybody decides for themselves: the firm they work in now, and their sessions."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from klientbro.identity.ending import end_session, end_sessions, has_session, sessions_of
from klientbro.identity.recency import shown_lately
from klientbro.practice.pages import lead_on, person
from klientbro.tenants.middleware import work_in


@require_POST
@login_required
def choose_firm(request: HttpRequest) -> HttpResponseBase:
    """The firm of this session from now on; 404 for one the person does not belong to."""
    wanted = request.POST.get("firm", "")
    places = request.places  # type: ignore[attr-defined]  # of FirmMiddleware
    if wanted not in {str(place.firm.id) for place in places}:
        raise Http404
    work_in(request, UUID(wanted))
    return lead_on(request, "/")


@never_cache
@require_safe
@login_required
def sessions_page(request: HttpRequest) -> HttpResponse:
    """Where the person is signed in, and which of them this is."""
    found = sessions_of(person(request).pk, request.session.session_key)
    return render(request, "identity/sessions.html", {"sessions": found})


@require_http_methods(["GET", "POST"])
@login_required
def end_one(request: HttpRequest, session_id: UUID) -> HttpResponseBase:
    """Signs one browser out; 404 for somebody else's, before anything is asked."""
    if not has_session(person(request).pk, session_id):
        raise Http404
    return _end_one(request, session_id)


@shown_lately
def _end_one(request: HttpRequest, session_id: UUID) -> HttpResponseBase:
    if request.method == "GET":
        return _press_again(request)
    if not end_session(person(request).pk, session_id):
        raise Http404
    return lead_on(request, reverse("identity:sessions"), _("That session has ended."))


@require_http_methods(["GET", "POST"])
@login_required
@shown_lately
def end_others(request: HttpRequest) -> HttpResponseBase:
    """Signs out every browser but this one."""
    if request.method == "GET":
        return _press_again(request)
    count = end_sessions(person(request).pk, but=request.session.session_key)
    said = ngettext("%(count)s session has ended.", "%(count)s sessions have ended.", count)
    return lead_on(request, reverse("identity:sessions"), said % {"count": count})


def _press_again(request: HttpRequest) -> HttpResponseBase:
    """Back from the firm's provider, which brings along nothing that was asked before."""
    said = _("You have confirmed that it is you. Now press once more on what you want to end.")
    return lead_on(request, reverse("identity:sessions"), said, messages.INFO)
