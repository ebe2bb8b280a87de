"""Stands before every page: a person without a firm, or short of what their firm asks, goes no on.

No question to the database: FirmMiddleware has asked already. Once a minute the session's row is
told that its person is here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

# What htmx asks by the clock, with nobody at the keyboard, does not keep a session alive (kb.js).
UNATTENDED = "KB-Unattended"
SET_UP = "mfa_index"

# Pages that hold nothing of any firm, and those with which a second factor is set up. Everything
# else waits; a test tries every address.
ALWAYS = frozenset(
    {
        "account_change_password",
        "account_login",
        "account_logout",
        "account_inactive",
        "account_reauthenticate",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "account_set_password",
        "account_signup",
        "identity:accept",
        "identity:choose_firm",
        "identity:end_other_sessions",
        "identity:end_session",
        "identity:sessions",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_authenticate",
        "mfa_deactivate_totp",
        "mfa_download_recovery_codes",
        "mfa_edit_webauthn",
        "mfa_generate_recovery_codes",
        "mfa_index",
        "mfa_list_webauthn",
        "mfa_login_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_remove_webauthn",
        "mfa_view_recovery_codes",
        "one_time_link",
        "operations:causes",
        "operations:metrics",
        "operations:ready",
        "shell:health",
        "shell:help",
        "shell:help_local",
        "shell:help_system",
        "shell:preferences",
        "shell:robots",
        "shell:set_language",
    }
)


class GateMiddleware:
    """After FirmMiddleware, whose answer it reads."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and UNATTENDED not in request.headers:
            request.session.note_seen()  # type: ignore[attr-defined]  # our own store
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if not request.user.is_authenticated or match is None or match.view_name in ALWAYS:
            return None
        place = request.place  # type: ignore[attr-defined]
        if place is None:
            return render(request, "identity/no_firm.html", status=403)
        if place.lacks_second_factor:
            if request.headers.get("HX-Request") == "true":
                return HttpResponseClientRedirect(redirect(SET_UP).url)
            return redirect(SET_UP)
        return None
