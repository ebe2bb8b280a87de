"""The part of a form that says as what somebody works, and for which clients."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Client
from klientbro.practice.pages import uuids_of
from klientbro.shell.markup import fill
from klientbro.shell.templatetags.kb import orgnr
from klientbro.tenants.permissions import ROLES, Role, is_always_for_all_clients

ALL, CHOSEN = "alle", "valgte"
_BOX = (
    '<li data-words="{words}"><label class="id-check"><input class="ds-input" type="checkbox" '
    'name="client" value="{id}"{checked}><span>{name}</span>{note}</label></li>'
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was typed: the role, and the clients where it is not for all of them."""

    role: Role
    has_all_clients: bool
    client_ids: tuple[UUID, ...] = ()


def read_choice(request: HttpRequest) -> Choice:
    """The form's choice. RefusedError names the field for one that is none."""
    typed = request.POST.get("role", "")
    role = next((each for each in Role if each == typed), None)
    if role is None:
        raise RefusedError(_("Choose a role."), field="role")
    if is_always_for_all_clients(role):
        return Choice(role, has_all_clients=True)
    scope = request.POST.get("clients", "")
    if scope not in (ALL, CHOSEN):
        raise RefusedError(_("Choose all clients or some of them."), field="clients")
    if scope == ALL:
        return Choice(role, has_all_clients=True)
    return Choice(role, False, tuple(uuids_of(request.POST.getlist("client"))))


def choice_context(
    role: str, has_all_clients: bool, chosen: Collection[UUID], also: Collection[int] = ()
) -> dict[str, Any]:
    """What the part shows. also: clients one works for anyway, being responsible for them."""
    return {
        "roles": [
            (one.value, _(rights.name), _(rights.description), rights.may_be_for_chosen_clients)
            for one, rights in ROLES.items()
        ],
        "role": role,
        "has_all_clients": has_all_clients,
        "boxes": _boxes(chosen, also),
        "chosen_count": len(chosen),
    }


def _boxes(chosen: Collection[UUID], also: Collection[int]) -> SafeString:
    """A box for each of the firm's clients; a template would take longer to fill a thousand."""
    responsible = fill("<small>{text}</small>", text=_("responsible"))
    rows = Client.objects.order_by("sort_key", "pk").values_list("pk", "public_id", "name", "orgnr")
    boxes = (
        fill(
            _BOX,
            words=f"{name} {number or ''}".lower(),
            id=public_id,
            checked=" checked" if public_id in chosen else "",
            name=name,
            note=responsible if pk in also else fill("<small>{n}</small>", n=orgnr(number)),
        )
        for pk, public_id, name, number in rows
    )
    return SafeString("".join(boxes))  # every part of it is escaped # nosec B703
