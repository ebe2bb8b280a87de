"""What allauth's OpenID provider asks us: issuer, keys, and what a tool is told of a person.

Everything happens inside the firm whose id stands in the address (`views.py`), behind its wall.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from allauth.core import context
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client, PrivateKey
from django.conf import settings

from klientbro.identity.openid_provider.keys import KEPT, opened_keys
from klientbro.tenants.models import Membership, User


def issuer_of(firm_id: UUID) -> str:
    """The firm's own issuer: what one firm signs means nothing to another's tools."""
    return f"{str(settings.ENVIRONMENT.public_url).rstrip('/')}/oidc/{firm_id}"


class ToolAdapter(DefaultOIDCAdapter):  # type: ignore[misc]  # allauth ships no types
    """The firm of the address speaks."""

    def get_issuer(self) -> str:
        return issuer_of(context.request.resolver_match.kwargs["firm_id"])

    def list_private_keys(self, **_wanted: Any) -> list[PrivateKey]:
        return [
            PrivateKey(
                pem=pem,
                issued_at=row.created_at,
                expires_at=row.retired_at + KEPT if row.retired_at else None,
            )
            for row, pem in opened_keys()
        ]

    def get_signing_key(self) -> PrivateKey:
        """Never one that is retired, whatever the clocks say."""
        return next(key for key in self.list_private_keys() if key.expires_at is None)

    def get_user_sub(self, client: Client, user: User) -> str:
        """The membership's own id: it says nothing of the person's other firms."""
        return str(Membership.current.get(user=user).public_id)

    def get_user_by_sub(self, client: Client, sub: str) -> User | None:
        found = Membership.current.select_related("user").filter(public_id=sub).first()
        return found.user if found else None

    def get_claims(
        self,
        purpose: str,
        user: User,
        client: Client,
        scopes: Iterable[str],
        email: str | None = None,
        **_more: Any,
    ) -> dict[str, Any]:
        """Who it is, for which firm and as what; name and address where the tool asks for them."""
        member = Membership.current.select_related("firm").get(user=user)
        claims: dict[str, Any] = {
            "sub": str(member.public_id),
            "firm": str(member.firm_id),
            "firm_name": member.firm.name,
            "role": member.role,
        }
        if "email" in scopes:
            # the invitation's letter, or the firm's own provider, has proved it
            claims |= {"email": user.email, "email_verified": True}
        if "profile" in scopes:
            claims["name"] = user.name
        return claims
