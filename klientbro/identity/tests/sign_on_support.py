"""What the tests of single sign-on share: a firm with a provider that is on, and a browser."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db import transaction
from django.test import Client as DjangoBrowser
from django.utils import timezone

from klientbro.identity.single_sign_on import managing
from klientbro.identity.single_sign_on.domains import claim
from klientbro.identity.single_sign_on.models import SignOnDomain, SignOnProvider
from klientbro.identity.tests.forging import CLIENT_ID, CLIENT_SECRET, Provider
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm

TYPED = managing.Typed(
    issuer="",
    oidc_client=CLIENT_ID,
    client_secret=CLIENT_SECRET,
    makes_users=False,
    new_role="reader",
    new_has_all_clients=False,
    factor="told",
    factor_levels="",
    vouches_for_addresses=False,
)
DOMAIN = "furulund.example"


def set_up(
    firm: Firm, issuer: str, *, domain: str = DOMAIN, is_only: bool = False, **typed: Any
) -> SignOnProvider:
    """A provider that is tested and on, and one approved domain."""
    with firm_set(firm.id), transaction.atomic():
        managing.save(dataclasses.replace(TYPED, issuer=issuer, **typed))
        claim(domain)
        SignOnDomain.objects.update(approved_at=timezone.now())
        SignOnProvider.objects.update(tested_at=timezone.now(), is_enabled=True, is_only=is_only)
        found = managing.current_provider()
    assert found is not None
    return found


def change(firm: Firm, **values: Any) -> None:
    """The provider's row as it would be after an administrator's press."""
    with firm_set(firm.id), transaction.atomic():
        SignOnProvider.objects.update(**values)


def begun(browser: Any, firm: Firm, **query: str) -> Mapping[str, str]:
    """What our question to the provider was."""
    answer = browser.get(f"/konto/enkel/{firm.id}/", query)
    assert answer.status_code == 302, answer.content
    asked = parse_qs(urlsplit(answer["location"]).query)
    return {name: values[0] for name, values in asked.items()}


def come_back(browser: Any, firm: Firm, state: str, **query: Any) -> Any:
    """The provider has sent the browser back to us."""
    sent = {"code": "a-code", "state": state} | query
    return browser.get(f"/konto/enkel/{firm.id}/tilbake/", sent)


def signed_in_by(provider: Provider, firm: Firm, browser: Any = None, **claims: Any) -> Any:
    """Through the whole sign-in with an honest token, but for these claims."""
    browser = browser or DjangoBrowser()
    asked = begun(browser, firm)
    honest = provider.honest(asked["nonce"]) | claims
    provider.answers.token = provider.sign(
        {name: value for name, value in honest.items() if value is not None}
    )
    browser.answer = come_back(browser, firm, asked["state"])
    return browser
