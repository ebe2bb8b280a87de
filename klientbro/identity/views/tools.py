"""The firm's tools that sign in by Klientbro, for its administrator."""

from __future__ import annotations

from typing import Any

from allauth.idp.oidc.models import Client
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.identity.openid_provider import keys, tools
from klientbro.identity.openid_provider.adapter import issuer_of
from klientbro.practice.pages import REFUSED, lead_on, product_view


@never_cache
@require_safe
@product_view
def tools_page(request: HttpRequest) -> HttpResponse:
    """Which tools may ask Klientbro who somebody is."""
    return _page(request)


@never_cache
@require_POST
@product_view
def register(request: HttpRequest) -> HttpResponseBase:
    """A new tool; its secret is on this answer and nowhere else."""
    name, addresses = request.POST.get("name", ""), request.POST.get("addresses", "")
    try:
        made = tools.register(name, addresses)
    except RefusedError as error:
        return _page(request, refused=str(error), name=name, addresses=addresses)
    return _page(request, made=made)


@never_cache
@require_POST
@product_view
def new_secret(request: HttpRequest, tool_id: str) -> HttpResponseBase:
    """Another secret in the old one's place."""
    return _page(request, made=tools.new_secret(_tool_or_404(tool_id)))


@require_POST
@product_view
def remove(request: HttpRequest, tool_id: str) -> HttpResponseBase:
    """The tool may ask no more."""
    tool = _tool_or_404(tool_id)
    tools.remove(tool)
    said = _("%(name)s can no longer ask who somebody is.") % {"name": tool.name}
    return lead_on(request, reverse("identity:tools"), said)


@require_POST
@product_view
def new_key(request: HttpRequest) -> HttpResponseBase:
    """Another key signs; tools are told of the old one until what it signed is over."""
    _has_key_or_404()
    keys.follow_key()
    said = _("A new key signs from now on.")
    return lead_on(request, reverse("identity:tools"), said)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@product_view
def key_leaked(request: HttpRequest) -> HttpResponseBase:
    """Asks first; then the old keys are gone at once."""
    _has_key_or_404()
    if request.method != "POST":
        return render(request, "identity/tools/leaked.html")
    keys.replace_leaked_key()
    said = _("The old key is gone, and a new one signs.")
    return lead_on(request, reverse("identity:tools"), said)


def _has_key_or_404() -> None:
    """A firm without tools is no issuer."""
    if not keys.known_keys():
        raise Http404


def _tool_or_404(tool_id: str) -> Client:
    tool = tools.find_tool(tool_id)
    if tool is None:
        raise Http404
    return tool


def _page(request: HttpRequest, **more: Any) -> HttpResponse:
    context = {
        "tools": tools.tools(),
        "keys": keys.known_keys(),
        "issuer": issuer_of(current_firm_id()),
        **more,
    }
    status = REFUSED if more.get("refused") else 200
    return render(request, "identity/tools/tools.html", context, status=status)
