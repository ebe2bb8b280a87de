"""The firm's single sign-on, for its administrator: provider, domains, test, on and off."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.identity.single_sign_on import managing
from klientbro.identity.single_sign_on.domains import RECORD, claim, drop
from klientbro.identity.single_sign_on.flow import callback_address
from klientbro.identity.single_sign_on.models import SignOnDomain, SignOnLink, SignOnProvider
from klientbro.practice.pages import REFUSED, lead_on, product_view
from klientbro.tenants.permissions import ROLES, Role

PAGE = "identity:sign_on_settings"


@never_cache
@require_safe
@product_view
def settings_page(request: HttpRequest) -> HttpResponse:
    """How the firm's own sign-in service is set up, and whether it is in use."""
    return _page(request)


@require_POST
@product_view
def save(request: HttpRequest) -> HttpResponseBase:
    """Keeps the provider. What changes whom we ask must be tested anew."""
    typed = _typed(request)
    has_secret = managing.current_provider() is not None
    problems = managing.problems_with(typed, has_secret=has_secret)
    if problems:
        return _page(request, typed=typed, problems=problems)
    found = managing.save(typed)
    said = _("Saved.") if found.tested_at else _("Saved. Test the connection now.")
    return lead_on(request, reverse(PAGE), said)


@require_POST
@transaction.non_atomic_requests
@product_view
def test(request: HttpRequest) -> HttpResponseBase:
    """Asks the provider; nothing of ours is held while it thinks."""
    with transaction.atomic():
        found = managing.current_provider()
        client = managing.client_of(found) if found else None
    if found is None or client is None:
        raise Http404
    try:
        managing.test_connection(found, client)
    except RefusedError as error:
        with transaction.atomic():
            return _page(request, refused=str(error))
    said = _("The service answers, knows Klientbro, and signs with keys that can be checked.")
    return lead_on(request, reverse(PAGE), said)


@require_POST
@product_view
def turn(request: HttpRequest) -> HttpResponseBase:
    """On or off, and whether passwords still open the firm."""
    wanted = request.POST.get("use", "")
    try:
        found = managing.turn(on=wanted in ("on", "only"), only=wanted == "only")
    except RefusedError as error:
        return _page(request, refused=str(error))
    if found.is_only:
        said = _("Single sign-on is the only way in for the firm's addresses.")
    elif found.is_enabled:
        said = _("Single sign-on is on. Passwords still work.")
    else:
        said = _("Single sign-on is off. Whoever came in by it must sign in another way.")
    return lead_on(request, reverse(PAGE), said)


@require_POST
@product_view
def remove(request: HttpRequest) -> HttpResponseBase:
    """Forgets the provider and its secret."""
    managing.remove()
    return lead_on(request, reverse(PAGE), _("The sign-in service is removed."))


@require_POST
@product_view
def add_domain(request: HttpRequest) -> HttpResponseBase:
    """The firm says that a domain is its own; the operator approves."""
    try:
        found = claim(request.POST.get("domain", "")[:300])
    except RefusedError as error:
        return _page(request, refused=str(error))
    said = _("%(domain)s is noted. It counts when whoever runs Klientbro has approved it.")
    return lead_on(request, reverse(PAGE), said % {"domain": found.domain})


@require_POST
@product_view
def drop_domain(request: HttpRequest, domain_id: UUID) -> HttpResponseBase:
    """The firm gives a domain up."""
    found = drop(domain_id)
    if found is None:
        raise Http404
    said = _("%(domain)s is removed. Addresses there no longer come in this way.")
    return lead_on(request, reverse(PAGE), said % {"domain": found.domain})


@require_POST
@product_view
def release(request: HttpRequest, link_id: int) -> HttpResponseBase:
    """A person's account at the provider is no longer theirs; the next sign-in is a first one."""
    found = SignOnLink.objects.select_related("user").filter(pk=link_id).first()
    if found is None:
        raise Http404
    found.delete()
    said = _("%(name)s is released, and is known anew by the address at the next sign-in.")
    return lead_on(request, reverse(PAGE), said % {"name": str(found.user)})


def _typed(request: HttpRequest) -> managing.Typed:
    sent = request.POST
    role = sent.get("new_role", Role.READER.value)
    return managing.Typed(
        issuer=sent.get("issuer", "").strip(),
        oidc_client=sent.get("client_id", "").strip(),
        client_secret=sent.get("client_secret", "").strip(),
        makes_users=sent.get("makes_users") == "on",
        new_role=role,
        new_has_all_clients=sent.get("new_has_all_clients") == "on",
        factor=sent.get("factor", SignOnProvider.Factor.TOLD.value),
        factor_levels=" ".join(sent.get("factor_levels", "").split()),
        vouches_for_addresses=sent.get("vouches") == "on",
    )


def _page(
    request: HttpRequest,
    *,
    typed: managing.Typed | None = None,
    problems: dict[str, str] | None = None,
    refused: str = "",
) -> HttpResponse:
    provider = managing.current_provider()
    shown = typed or provider
    context: dict[str, Any] = {
        "provider": provider,
        "shown": shown,
        "problems": problems or {},
        "refused": refused,
        "domains": list(SignOnDomain.objects.order_by("domain")),
        "links": list(SignOnLink.objects.select_related("user").order_by("user__email")),
        "record": RECORD,
        "callback": callback_address(current_firm_id()),
        "roles": [(role.value, _(ROLES[role].name)) for role in managing.NEW_ROLES],
        "chosen_role": shown.new_role if shown else Role.READER.value,
    }
    status = REFUSED if problems or refused else 200
    return render(request, "identity/sign_on/settings.html", context, status=status)
