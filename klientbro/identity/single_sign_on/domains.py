"""Which firm a domain belongs to: claimed by the firm, proved and approved by the operator.

A claim alone does nothing, and does not stop anybody else from claiming. Approved, a domain is
one firm's: the database refuses a second.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.audit.services import note
from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.identity.single_sign_on.addresses import EVERYBODYS, domain_of
from klientbro.identity.single_sign_on.models import SignOnDomain, SignOnProvider
from klientbro.lib.errors import ConfigurationError
from klientbro.tenants.context import acting_as, firm_set
from klientbro.tenants.services import all_firms

MOST_DOMAINS = 50
RECORD = "_klientbro"


@dataclass(frozen=True, slots=True)
class Claim:
    """One firm's claim, for the operator's list."""

    firm_id: UUID
    firm: str
    domain: str
    proof: str
    approved_at: datetime | None


def firm_of(domain: str) -> UUID | None:
    """The firm that the domain is approved for. Runs before a firm is known."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select set_config('klientbro.sign_in_domain', %s, true)", [domain])
        cursor.execute(
            "select firm_id from identity_signondomain "
            "where domain = %s and approved_at is not null",
            [domain],
        )
        row = cursor.fetchone()
        cursor.execute("select set_config('klientbro.sign_in_domain', '', true)")
    return row[0] if row else None


def approved_domains() -> set[str]:
    """The current firm's proved domains."""
    found = SignOnDomain.objects.filter(approved_at__isnull=False)
    return set(found.values_list("domain", flat=True))


def claim(typed: str) -> SignOnDomain:
    """Notes that the current firm says the domain is its own. Twice changes nothing."""
    domain = domain_of(typed.strip().removeprefix("@"))
    if domain is None:
        raise RefusedError(
            _("Domain: this is not a domain. Write what stands after @, such as furulund.no.")
        )
    if domain in EVERYBODYS:
        raise RefusedError(
            _("Domain: anybody can have an address at %(domain)s, so it can be no firm's own.")
            % {"domain": domain}
        )
    if SignOnDomain.objects.count() >= MOST_DOMAINS:
        raise RefusedError(_("Domain: a firm can have 50 domains. Remove one first."))
    found, _is_new = SignOnDomain.objects.get_or_create(
        firm_id=current_firm_id(),
        domain=domain,
        defaults={"proof": f"klientbro-domain={secrets.token_hex(16)}"},
    )
    return found


def drop(public_id: UUID) -> SignOnDomain | None:
    """The firm gives the domain up: nobody comes in with an address there any more."""
    found = SignOnDomain.objects.filter(public_id=public_id).first()
    if found is None:
        return None
    found.delete()
    if not approved_domains():
        SignOnProvider.objects.filter(is_enabled=True).update(is_enabled=False, is_only=False)
    return found


def claims() -> Iterator[Claim]:
    """Every firm's claims, for the operator."""
    for firm_id, name in all_firms():
        with firm_set(firm_id), transaction.atomic():
            rows: Sequence[SignOnDomain] = list(SignOnDomain.objects.order_by("domain"))
        for row in rows:
            yield Claim(firm_id, name, row.domain, row.proof, row.approved_at)


def approve(domain: str, firm: str | None) -> Claim:
    """The operator has seen the proof. ConfigurationError when it cannot be the firm's."""
    found = _only_claim(domain, firm)
    with acting_as(None, way="command"), firm_set(found.firm_id):
        try:
            with transaction.atomic():
                SignOnDomain.objects.filter(domain=found.domain, approved_at=None).update(
                    approved_at=timezone.now()
                )
                note("domain_approved", "identity_signondomain", told={"domain": found.domain})
        except IntegrityError as error:
            raise ConfigurationError(
                f"{found.domain} is approved for another firm already; `klientbro sign-on list` "
                "shows which. Withdraw it there first if it has changed hands."
            ) from error
    return found


def withdraw(domain: str, firm: str | None) -> Claim:
    """The domain is no longer the firm's; who came in by it is out from the next sign-in on."""
    found = _only_claim(domain, firm)
    with acting_as(None, way="command"), firm_set(found.firm_id), transaction.atomic():
        SignOnDomain.objects.filter(domain=found.domain).update(approved_at=None)
        if not approved_domains():
            SignOnProvider.objects.filter(is_enabled=True).update(is_enabled=False, is_only=False)
        note("domain_withdrawn", "identity_signondomain", told={"domain": found.domain})
    return found


def _only_claim(typed: str, firm: str | None) -> Claim:
    domain = domain_of(typed.strip()) or ""
    found = [
        one
        for one in claims()
        if one.domain == domain and (firm is None or one.firm.casefold() == firm.casefold())
    ]
    if not found:
        raise ConfigurationError(
            f"No firm claims {typed}. Its administrator adds it under «Single sign-on» first."
        )
    if len(found) > 1:
        firms = ", ".join(sorted(one.firm for one in found))
        raise ConfigurationError(f"Several firms claim {domain}; choose one with --firm: {firms}")
    return found[0]
