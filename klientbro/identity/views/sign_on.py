"""Signing in at the firm's own provider: the address typed, the way there, and the way back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.core.internal.ratelimit import consume
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from klientbro.audit.services import note_in
from klientbro.identity.recency import came_through_provider
from klientbro.identity.single_sign_on.addresses import split_email
from klientbro.identity.single_sign_on.domains import firm_of
from klientbro.identity.single_sign_on.errors import SignOnRefusedError, words_for
from klientbro.identity.single_sign_on.flow import Client, begin, finish, take_pending
from klientbro.identity.single_sign_on.managing import client_of
from klientbro.identity.single_sign_on.models import SignOnProvider
from klientbro.identity.single_sign_on.people import person_of, told_of_factors
from klientbro.identity.single_sign_on.stages import REFUSED, WAY
from klientbro.identity.single_sign_on.tokens import shown_at
from klientbro.practice.pages import person
from klientbro.tenants.context import acting_as, firm_set
from klientbro.tenants.models import Firm
from klientbro.tenants.network import network_address
from klientbro.tenants.ways_in import SESSION_WAY, SINGLE_SIGN_ON, counts_as_factor

UNUSABLE, TOO_MANY = 422, 429
# Strangers may come here: a try costs the provider a request, and the firm a line of its log. A
# whole office may come from one address in the morning.
RATES = {"sign_on": "300/m/ip", "sign_on_noted": "30/h/ip"}


@never_cache
@require_http_methods(["GET", "POST"])
@transaction.non_atomic_requests
def sign_on(request: HttpRequest) -> HttpResponse:
    """GET asks for the address; POST shows where the firm's people sign in, and leads there."""
    onward = _onward(request)
    context: dict[str, Any] = {"onward": onward}
    if request.method == "GET":
        return render(request, "identity/sign_on/address.html", context)
    typed = request.POST.get("email", "").strip()[:300]
    context |= {"typed": typed}
    if not _is_within_limit(request):
        context["refused"] = _("Too many tries from here. Try again in a minute.")
        return render(request, "identity/sign_on/address.html", context, status=TOO_MANY)
    split = split_email(typed)
    firm_id = firm_of(split[1]) if split else None
    provider = _provider_of(firm_id) if firm_id else None
    if split is None:
        context["refused"] = _("E-mail address: write it as kari@firma.no.")
    elif provider is None:
        context["refused"] = _(
            "No firm has turned on single sign-on for addresses at %(domain)s. Sign in with your "
            "password."
        ) % {"domain": split[1]}
    if split is None or firm_id is None or provider is None:
        return render(request, "identity/sign_on/address.html", context, status=UNUSABLE)
    query = {name: value for name, value in (("next", onward), ("e", split[0])) if value}
    context["leads_to"] = f"{reverse('identity:sign_on_start', args=[firm_id])}?{urlencode(query)}"
    context["service"] = provider.issuer
    # a page, not a redirect: the security policy lets no form be led on to another site
    return render(request, "identity/sign_on/leaving.html", context)


@never_cache
@require_http_methods(["GET"])
@transaction.non_atomic_requests
def start(request: HttpRequest, firm_id: UUID) -> HttpResponse:
    """Off to the provider of the firm; also the address for a bookmark or a start page."""
    found = _provider_of(firm_id)
    if found is None:
        raise Http404
    if not _is_within_limit(request):
        return _refused(request, "too_many", TOO_MANY)
    split = split_email(request.GET.get("e", ""))
    try:
        hint, anew = split[0] if split else "", request.GET.get("anew") == "1"
        address = begin(request, found, _onward(request), hint, anew=anew)
    except SignOnRefusedError as error:
        return _refused(request, error.reason)
    return HttpResponseRedirect(address)


@never_cache
@require_safe
@login_required
def again(request: HttpRequest) -> HttpResponse:
    """Asks whoever came by their firm's provider to show there once more who they are.

    A page, not a redirect: a form may have led here, and forms are led to no other site.
    """
    onward = _onward(request)
    if not came_through_provider(request):
        query = urlencode({"next": onward})
        return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{query}")
    methods = get_adapter().get_reauthentication_methods(request.user)
    firm_id = request.session[SESSION_WAY]["firm"]
    query = urlencode({"anew": "1", "next": onward, "e": person(request).email})
    places = request.places  # type: ignore[attr-defined]  # of FirmMiddleware
    context = {
        "leads_to": f"{reverse('identity:sign_on_start', args=[firm_id])}?{query}",
        "place": next((one for one in places if str(one.firm.id) == firm_id), None),
        "others": [
            one | {"url": f"{one['url']}?{urlencode({'next': onward})}"} for one in methods[1:]
        ],
    }
    return render(request, "identity/sign_on/again.html", context)


@never_cache
@require_http_methods(["GET"])
@transaction.non_atomic_requests
def back(request: HttpRequest, firm_id: UUID) -> HttpResponse:
    """Back from the provider: who it is, and in. What cannot be trusted is refused and noted."""
    if not _is_within_limit(request):
        return _refused(request, "too_many", TOO_MANY)
    try:
        asked = take_pending(request)
    except SignOnRefusedError as error:
        return _refused(request, error.reason)  # anybody can come here: not worth a line of the log
    try:
        client = _provider_of(firm_id)
        if client is None:
            raise SignOnRefusedError("off")
        claims = finish(request, client, asked)
        acting = acting_as(None, address=network_address(request))
        with acting, firm_set(firm_id), transaction.atomic():
            provider = _enabled(firm_id, client)
            user = person_of(provider, claims)
    except SignOnRefusedError as error:
        _note_refused(request, firm_id, error)
        return _refused(request, error.reason)
    is_told = told_of_factors(provider, claims)
    way = {
        "kind": SINGLE_SIGN_ON,
        "firm": str(firm_id),
        "configuration": str(client.configuration),
        "factor": is_told,
        "at": shown_at(claims),
        "meets_factor": counts_as_factor(provider.factor, is_told=is_told),
    }
    login = Login(user=user, redirect_url=asked["onward"] or "/", signal_kwargs={WAY: way})
    answer: HttpResponse = perform_login(request, login)
    return answer


def _provider_of(firm_id: UUID) -> Client | None:
    """The firm's provider, when it is on."""
    with firm_set(firm_id), transaction.atomic():
        found = SignOnProvider.objects.filter(firm_id=firm_id, is_enabled=True).first()
        return client_of(found) if found else None


def _enabled(firm_id: UUID, client: Client) -> SignOnProvider:
    """The same provider still, and still on, after the minute the sign-in took."""
    found = SignOnProvider.objects.filter(
        firm_id=firm_id, is_enabled=True, configuration=client.configuration
    ).first()
    if found is None:
        raise SignOnRefusedError("off")
    return found


def _is_within_limit(request: HttpRequest, action: str = "sign_on") -> bool:
    used = consume(request, app="klientbro", action=action, config=RATES, limit_get=True)
    return used is not None


def _onward(request: HttpRequest) -> str:
    """Where the person wanted to go; only within Klientbro."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


def _refused(request: HttpRequest, reason: str, status: int = REFUSED) -> HttpResponse:
    what, cure = words_for(reason)
    context = {"what": what, "cure": cure, "reason": reason}
    return render(request, "identity/sign_on/refused.html", context, status=status)


def _note_refused(request: HttpRequest, firm_id: UUID, error: SignOnRefusedError) -> None:
    if not _is_within_limit(request, "sign_on_noted"):
        return
    with firm_set(firm_id), transaction.atomic():
        if not Firm.objects.filter(pk=firm_id).exists():
            return
    told = {"reason": error.reason, "detail": error.detail}
    with acting_as(None, address=network_address(request)):
        note_in(firm_id, "sign_on_refused", "identity_signonprovider", told)
