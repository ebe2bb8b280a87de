"""The firm's provider as its administrator sets it up, tests it and turns it on."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.identity.members import lock_firm
from klientbro.identity.single_sign_on import provider as providers
from klientbro.identity.single_sign_on.domains import approved_domains
from klientbro.identity.single_sign_on.errors import SignOnRefusedError
from klientbro.identity.single_sign_on.fetching import is_usable_address
from klientbro.identity.single_sign_on.flow import Client, ask_for_tokens
from klientbro.identity.single_sign_on.models import SignOnLink, SignOnProvider
from klientbro.identity.single_sign_on.tokens import ALGORITHMS, Header, find_key
from klientbro.tenants.models import Membership
from klientbro.tenants.permissions import ROLES, Role
from klientbro.tenants.services import firm_envelopes

SECRET_FIELD = "sign_on_secret"  # noqa: S105 a field's name
LONGEST_SECRET = 1_000
# Everybody who comes in anew becomes one of these: nobody is made an administrator unseen.
NEW_ROLES = tuple(role for role in ROLES if role is not Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Typed:
    """What an administrator typed. An empty secret keeps the one there is."""

    issuer: str
    oidc_client: str
    client_secret: str
    makes_users: bool
    new_role: str
    new_has_all_clients: bool
    factor: str
    factor_levels: str
    vouches_for_addresses: bool


def current_provider() -> SignOnProvider | None:
    """The current firm's provider."""
    return SignOnProvider.objects.filter(firm_id=current_firm_id()).first()


def client_of(provider: SignOnProvider) -> Client:
    """The provider with its secret open. Inside the firm."""
    secret = firm_envelopes().open(SECRET_FIELD, bytes(provider.client_secret_sealed))
    return Client(
        provider.firm_id,
        provider.configuration,
        provider.issuer,
        provider.oidc_client,
        secret,
    )


def problems_with(typed: Typed, *, has_secret: bool) -> dict[str, str]:
    """What cannot be used: the field, and the reason with its cure."""
    problems: dict[str, str] = {}
    if not is_usable_address(typed.issuer, with_query=False):
        problems["issuer"] = _(
            "Write the whole address as the service shows it, beginning with https://."
        )
    elif any(part in typed.issuer.split("/") for part in ("common", "organizations", "consumers")):
        problems["issuer"] = _(
            "This address stands for everybody's accounts. Write the one with your own tenant's id."
        )
    if not typed.oidc_client or len(typed.oidc_client) > 300 or not typed.oidc_client.isprintable():
        problems["client_id"] = _("Write the client id that the service gave Klientbro.")
    if not typed.client_secret and not has_secret:
        problems["client_secret"] = _("Write the client secret that the service gave Klientbro.")
    elif len(typed.client_secret) > LONGEST_SECRET:
        problems["client_secret"] = _("The secret can have 1,000 characters.")
    if typed.new_role not in {role.value for role in NEW_ROLES}:
        problems["new_role"] = _("Choose a role from the list.")
    if typed.factor not in SignOnProvider.Factor.values:
        problems["factor"] = _("Choose one from the list.")
    if len(typed.factor_levels) > 300:
        problems["factor_levels"] = _("The list can have 300 characters.")
    return problems


def save(typed: Typed) -> SignOnProvider:
    """Keeps it. With another issuer, client or secret it is off until it has been tested anew."""
    with transaction.atomic():
        lock_firm()
        found = current_provider() or SignOnProvider(firm_id=current_firm_id())
        is_changed = (
            found.pk is None
            or bool(typed.client_secret)
            or (found.issuer, found.oidc_client) != (typed.issuer, typed.oidc_client)
        )
        if is_changed:
            if found.issuer != typed.issuer:
                SignOnLink.objects.exclude(issuer=typed.issuer).delete()
            found.configuration = uuid.uuid4()
            found.tested_at = None
            found.is_enabled = found.is_only = False
        if typed.client_secret:
            found.client_secret_sealed = firm_envelopes().seal(SECRET_FIELD, typed.client_secret)
        found.issuer, found.oidc_client = typed.issuer, typed.oidc_client
        found.makes_users, found.new_role = typed.makes_users, typed.new_role
        found.new_has_all_clients = typed.new_has_all_clients
        found.factor, found.factor_levels = typed.factor, typed.factor_levels
        found.vouches_for_addresses = typed.vouches_for_addresses
        found.save()
        return found


def test_connection(provider: SignOnProvider, client: Client) -> None:
    """Asks the provider everything that can be asked without a person; RefusedError says what.

    A made-up code tells whether the client and its secret are known: a provider that knows them
    complains of the code alone.
    """
    providers.forget(client.configuration)
    try:
        metadata = providers.metadata_of(client.issuer, client.configuration)
        keys = providers.fetch_keys(metadata)
        usable = any(
            find_key(Header(algorithm, key.get("kid")), [key])
            for algorithm in ALGORITHMS
            for key in keys
        )
        if not usable:
            raise SignOnRefusedError("keys")
        made_up, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        status, found = ask_for_tokens(client, metadata, made_up, verifier)
    except SignOnRefusedError as error:
        raise RefusedError(_words_for_test(error)) from error
    answered = str(found.get("error", ""))
    if status == 401 or answered in ("invalid_client", "unauthorized_client"):
        raise RefusedError(
            _(
                "Client id or client secret: the service does not know them. Copy both from the "
                "service again, and check that the secret has not run out."
            )
        )
    with transaction.atomic():
        SignOnProvider.objects.filter(pk=provider.pk, configuration=client.configuration).update(
            tested_at=timezone.now()
        )


def turn(*, on: bool, only: bool) -> SignOnProvider:
    """Turns single sign-on on or off, and whether passwords still open the firm."""
    with transaction.atomic():
        lock_firm()
        found = current_provider()
        if found is None:
            raise RefusedError(_("Write issuer and client first."))
        if on and found.tested_at is None:
            raise RefusedError(_("Test the connection first. It must answer before it is used."))
        if on and not approved_domains():
            raise RefusedError(
                _("Add a domain first, and have it approved by whoever runs Klientbro.")
            )
        if on and only and not found.is_only:
            _refuse_untried(found)
        found.is_enabled, found.is_only = on, on and only
        found.save(update_fields=["is_enabled", "is_only", "changed_at"])
        return found


def remove() -> None:
    """Forgets the provider and whom it let in; who came in by it is out."""
    with transaction.atomic():
        lock_firm()
        SignOnProvider.objects.all().delete()
        SignOnLink.objects.all().delete()


def _refuse_untried(provider: SignOnProvider) -> None:
    """Who shuts the other door must have come through this one."""
    administrators = Membership.current.filter(role=Role.ADMINISTRATOR).values("user_id")
    if not SignOnLink.objects.filter(issuer=provider.issuer, user_id__in=administrators).exists():
        raise RefusedError(
            _(
                "Only single sign-on: no administrator has come in this way yet. Turn single "
                "sign-on on, sign in by it yourself, and then turn passwords off."
            )
        )


def _words_for_test(error: SignOnRefusedError) -> str:
    words = {
        "issuer_differs": _(
            "Issuer: the service calls itself %(detail)s. Write exactly that, if it is yours."
        ),
        "endpoint": _("Issuer: the service gives an address that cannot be used (%(detail)s)."),
        "cannot": _("The service cannot do what is needed (%(detail)s). Ask its supplier."),
        "unlisted": _(
            "Issuer: %(detail)s. Ask whoever runs Klientbro to add the host to "
            "KLIENTBRO_SIGN_ON_HOSTS."
        ),
        "keys": _("The service shows no key that its answers could be checked with."),
    }
    unreachable = _(
        "Issuer: nothing there answers as a sign-in service (%(detail)s). Check the address, and "
        "that the service can be reached from where Klientbro runs."
    )
    return words.get(error.reason, unreachable) % {"detail": error.detail or error.reason}
