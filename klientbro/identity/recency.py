"""When the person of a session last showed who they are, and asking for it again.

Five minutes (allauth's ACCOUNT_REAUTHENTICATION_TIMEOUT) count from the latest proof of any kind:
sign-in, password, code, passkey, or the firm's provider. Whoever came in by a provider shows it
there again; their own password is not asked for, as they may have none.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows import reauthentication
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.internal.httpkit import serialize_request
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from klientbro.tenants.ways_in import SESSION_WAY, SINGLE_SIGN_ON

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
# What lets somebody in, which a request that waits in the session's row must not bring there.
_KEPT_OUT = {"HTTP_COOKIE", "CSRF_COOKIE", "HTTP_X_CSRFTOKEN", "HTTP_AUTHORIZATION"}


def came_through_provider(request: HttpRequest) -> bool:
    """Whether one firm alone vouches for the person in this session."""
    way = request.session.get(SESSION_WAY)
    return way is not None and way["kind"] == SINGLE_SIGN_ON


def has_shown_lately(request: HttpRequest) -> bool:
    """Whether the person has shown who they are within five minutes."""
    moments = [record["at"] for record in get_authentication_records(request, request.user)]
    if came_through_provider(request):
        moments.append(request.session[SESSION_WAY].get("at", 0))
    return bool(time.time() - max(moments, default=0) < app_settings.REAUTHENTICATION_TIMEOUT)


def shown_lately(view: View[P]) -> View[P]:
    """Asks again who it is, and then goes on with what was asked for."""

    @wraps(view)
    def asking(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated and not has_shown_lately(request):
            if not get_adapter().get_reauthentication_methods(request.user):
                return redirect("account_set_password")  # came by a link, and has nothing to show
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return asking


def shown_lately_to_provider(view: View[P]) -> View[P]:
    """The same for what else only a provider's people could do without being asked."""
    asking = shown_lately(view)

    @wraps(view)
    def chosen(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        is_theirs = request.user.is_authenticated and came_through_provider(request)
        return (asking if is_theirs else view)(request, *args, **kwargs)

    return chosen


def without_what_lets_in(request: HttpRequest) -> str:
    """The request as allauth keeps it in the session while it asks, without cookies and tokens."""
    asked: dict[str, Any] = json.loads(serialize_request(request))
    asked["META"] = {name: value for name, value in asked["META"].items() if name not in _KEPT_OUT}
    return json.dumps(asked)


def keep_requests_so() -> None:
    """In the place where allauth would keep them whole; it has no setting for it."""
    reauthentication.serialize_request = without_what_lets_in
