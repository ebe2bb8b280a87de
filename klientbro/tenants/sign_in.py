"""How people get in: allauth's adapter (no open sign-up) and the one-time link."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from klientbro.tenants.services import use_sign_in_link


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Users are made by a firm, never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """A new password is chosen on the way in: go on to the work."""
        return "/"


@never_cache
@require_http_methods(["GET", "POST"])
def one_time_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button, so that a mail scanner does not use the link up; POST signs in."""
    if request.method == "GET":
        return render(request, "tenants/one_time_link.html")
    user = use_sign_in_link(token)
    if user is None:
        messages.error(
            request,
            _("This link has been used or is too old. Ask for a new one: klientbro user create."),
        )
        return redirect("account_login")
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return redirect("account_set_password" if not user.has_usable_password() else "/")
