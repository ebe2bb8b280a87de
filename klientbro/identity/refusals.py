"""What is shown to whoever may not do it: what it asks for, which roles may, and whom to ask."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from klientbro.identity.members import ADMINISTRATOR
from klientbro.lib.sorting import norwegian_sort_key
from klientbro.practice.permissions import ActRefusedError, acts_in
from klientbro.shell.toasts import toast
from klientbro.tenants.models import Membership
from klientbro.tenants.permissions import OF_ALL_CLIENTS, ROLES, Act, rights_of, roles_with


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same for every address and id of the same act: it tells nothing of what stands there."""
    acts = exception.acts if isinstance(exception, ActRefusedError) else ()
    place = getattr(request, "place", None)
    people = _administrators() if place is not None else []
    rights = rights_of(place.role) if place is not None else None
    has_all_clients = place is None or place.has_all_clients
    asks_for_all = bool(rights and not has_all_clients and rights.acts & set(acts))
    context = {
        "acts": [_(act.value) for act in Act if act in acts],
        "roles": [_(ROLES[role].name) for role in roles_with(acts)],
        "own_role": _(rights.name) if rights else "",
        "asks_for_all_clients": asks_for_all and OF_ALL_CLIENTS & set(acts),
        "administrators": people,
        "has_members_page": Act.MANAGE_MEMBERS in acts_in(request),
    }
    if request.headers.get("HX-Request") == "true":
        names = ", ".join(name for name, _email in people)
        text = _("Your role does not allow this. Ask %(names)s.") % {"names": names}
        return toast(HttpResponse(status=403), text, "danger")
    return render(request, "identity/refused.html", context, status=403)


def _administrators() -> list[tuple[str, str]]:
    """Names and addresses of the firm's administrators. The view's transaction never began."""
    with transaction.atomic():
        found = Membership.current.filter(role=ADMINISTRATOR).values_list(
            "user__name", "user__email"
        )
        return sorted(
            ((name or email, email) for name, email in found),
            key=lambda one: norwegian_sort_key(one[0]),
        )
