"""Who of the firm it is that came back from the provider.

Known by issuer and subject. The first time, by an address the provider vouches for in a domain
that is proved the firm's, and only for somebody who belongs to this firm: another firm's user is
never joined to it by an address alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from klientbro.identity.invitations import join, open_invitations
from klientbro.identity.members import lock_firm
from klientbro.identity.single_sign_on.addresses import in_both_forms, split_email
from klientbro.identity.single_sign_on.domains import approved_domains
from klientbro.identity.single_sign_on.errors import SignOnRefusedError
from klientbro.identity.single_sign_on.models import SignOnLink, SignOnProvider
from klientbro.tenants.models import Membership, User

LONGEST_NAME = 200
# One issuer for the whole world: `hd` alone tells a firm's account from a private one that was
# made with an address of the firm.
GOOGLE = "https://accounts.google.com"
# RFC 8176: more than one factor was used.
MANY_FACTORS = "mfa"


def person_of(provider: SignOnProvider, claims: Mapping[str, Any]) -> User:
    """The user, made or linked where the firm lets it. Runs in the firm, in one transaction."""
    email = vouched_email(provider, claims)
    with transaction.atomic():
        user = _linked(provider, str(claims["sub"]))
        if user is None:
            lock_firm()
            user = _linked(provider, str(claims["sub"])) or _first_time(provider, claims, email)
        _check_open(provider, user)
        return user


def vouched_email(provider: SignOnProvider, claims: Mapping[str, Any]) -> str:
    """The address, when the provider vouches for it and its domain is proved the firm's."""
    if not claims.get("email"):
        raise SignOnRefusedError("email_missing")
    split = split_email(claims["email"])
    if split is None:
        raise SignOnRefusedError("foreign_domain", "form")
    email, domain = split
    domains = approved_domains()
    if domain not in domains:
        raise SignOnRefusedError("foreign_domain", domain)
    verified = claims.get("email_verified")
    is_vouched = verified is True or verified == "true"
    if not is_vouched and not (verified is None and provider.vouches_for_addresses):
        raise SignOnRefusedError("email_unverified")
    if provider.issuer == GOOGLE and claims.get("hd") not in domains:
        raise SignOnRefusedError("foreign_domain", "hd")
    return email


def told_of_factors(provider: SignOnProvider, claims: Mapping[str, Any]) -> bool:
    """Whether the token says that more than a password was used."""
    methods = claims.get("amr")
    if isinstance(methods, list) and MANY_FACTORS in methods:
        return True
    level = claims.get("acr")
    return isinstance(level, str) and level in provider.factor_levels.split()


def _linked(provider: SignOnProvider, subject: str) -> User | None:
    found = (
        SignOnLink.objects.filter(issuer=provider.issuer, subject=subject)
        .select_related("user")
        .first()
    )
    return found.user if found else None


def _first_time(provider: SignOnProvider, claims: Mapping[str, Any], email: str) -> User:
    user = User.objects.filter(email__in=in_both_forms(email)).first()
    member = Membership.objects.filter(user=user).first() if user else None
    if user is not None and member is None:
        # they join by the letter this firm sends them, which proves more than an address
        raise SignOnRefusedError("elsewhere")
    if user is not None and SignOnLink.objects.filter(issuer=provider.issuer, user=user).exists():
        raise SignOnRefusedError("other_subject")
    if user is None:
        user = _made(provider, claims, email)
    SignOnLink.objects.create(
        firm_id=provider.firm_id, issuer=provider.issuer, subject=str(claims["sub"]), user=user
    )
    return user


def _made(provider: SignOnProvider, claims: Mapping[str, Any], email: str) -> User:
    """A new person: as they were invited, or as the firm says new ones are."""
    asked = open_invitations().filter(email__in=in_both_forms(email))
    invitation = asked.filter(expires_at__gt=timezone.now()).first()
    if invitation is None and not provider.makes_users:
        raise SignOnRefusedError("unknown_person")
    name = claims.get("name")
    name = " ".join(name.split())[:LONGEST_NAME] if isinstance(name, str) else ""
    try:
        with transaction.atomic():
            user = User.objects.create_user(invitation.email if invitation else email, name=name)
    except IntegrityError as error:
        raise SignOnRefusedError("elsewhere") from error
    if invitation is not None:
        join(invitation, user)
    else:
        Membership.objects.create(
            firm_id=provider.firm_id,
            user=user,
            role=provider.new_role,
            has_all_clients=provider.new_has_all_clients,
        )
    return user


def _check_open(provider: SignOnProvider, user: User) -> None:
    if not Membership.current.filter(firm_id=provider.firm_id, user=user).exists():
        raise SignOnRefusedError("closed")
