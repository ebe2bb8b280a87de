"""What a person lets a tool know: asked once, remembered, changed and withdrawn by the person.

Remembered for person, tool and scopes. A tool is a confidential client that an administrator has
registered, so it is known who asks; a tool that is removed and registered anew is another one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from uuid import UUID

from allauth.idp.oidc.models import Client, Token
from django.db import transaction
from django.utils import timezone

from klientbro.clients.services.rows import current_firm_id
from klientbro.identity.openid_provider.models import ToolConsent
from klientbro.identity.openid_provider.tools import SCOPES

# Without it there is no sign-in: whoever does not want to tell this says no.
ALWAYS = "openid"


def consent_of(user_id: int, tool: Client) -> ToolConsent | None:
    """What the person has answered the tool in the current firm; None: nothing yet."""
    return ToolConsent.objects.filter(user_id=user_id, tool=tool).first()


def consents_of(user_id: int) -> Sequence[ToolConsent]:
    """The person's answers in the current firm, by the tools' names."""
    rows = ToolConsent.objects.filter(user_id=user_id).select_related("tool")
    return list(rows.order_by("tool__name", "tool_id"))


def give(user_id: int, tool: Client, asked: Iterable[str], granted: Iterable[str]) -> ToolConsent:
    """Remembers the answer in the place of the one before, whose codes and tokens are over.

    One statement, so of two answers at once the later stands.
    """
    wanted = {*asked}
    told = {ALWAYS, *granted} & wanted
    row = ToolConsent(
        firm_id=current_firm_id(),
        public_id=uuid.uuid4(),
        user_id=user_id,
        tool=tool,
        asked=_in_order(wanted),
        granted=_in_order(told),
        given_at=timezone.now(),
    )
    with transaction.atomic():
        ToolConsent.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["firm", "user", "tool"],
            update_fields=["public_id", "asked", "granted", "given_at"],
        )
        _end_tokens(user_id, tool.pk)
    return row


def withdraw(user_id: int, tool_id: str) -> str | None:
    """The tool learns nothing more of the person. Its name; None where nothing was agreed."""
    with transaction.atomic():
        row = (
            ToolConsent.objects.select_for_update(of=("self",))
            .select_related("tool")
            .filter(user_id=user_id, tool_id=tool_id)
            .first()
        )
        if row is None:
            return None
        row.delete()
        _end_tokens(user_id, tool_id)
        return str(row.tool.name)


def stands(public_id: str) -> bool:
    """Whether the answer that a code or a token was given out under is still the person's."""
    return ToolConsent.objects.filter(public_id=UUID(public_id)).exists()


def _end_tokens(user_id: int, tool_id: str) -> None:
    Token.objects.filter(user_id=user_id, client_id=tool_id).delete()


def _in_order(scopes: set[str]) -> str:
    return " ".join(one for one in SCOPES if one in scopes)
