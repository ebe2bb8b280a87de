"""Adds, changes and deletes a connection: the rows of the portal."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.identifiers import StoredIdentifier, identifier_of
from klientbro.clients.models import Client, Connection, Integration, KeyCheck
from klientbro.clients.services.activation import deactivate
from klientbro.clients.services.checks import (
    CLIENT_KEY,
    is_answered,
    put_answer,
    refuse_mismatch,
    refuse_other_company,
    refuse_used_key,
    use_up,
)
from klientbro.clients.services.rows import current_firm_id, locked, save
from klientbro.clients.services.typed import Typed
from klientbro.domain.identifier import Identifier
from klientbro.tenants.envelopes import Envelopes
from klientbro.tenants.services import firm_envelopes


def add_connection(
    integration: Integration,
    typed: Typed,
    check: KeyCheck | None,
    *,
    confirmed: bool = False,
) -> Connection:
    """A new, inactive connection (P-37). Without an answer it is saved with ApiAktiv off."""
    envelopes = firm_envelopes()
    with transaction.atomic():
        refuse_used_key(envelopes, typed.key, except_for=None)
        if check is not None and is_answered(check):
            refuse_mismatch(typed.identifier, check, envelopes, confirmed=confirmed)
        connection = Connection(
            firm_id=current_firm_id(),
            integration=integration,
            name=typed.name,
            sort_key=typed.sort_key,
            identifier_confirmed=confirmed,
            key_sealed=envelopes.seal(CLIENT_KEY, typed.key),
            key_hash=envelopes.equality_hash(CLIENT_KEY, typed.key),
            key_set_at=timezone.now(),
        )
        _identify(connection, typed.identifier, envelopes)
        _choose(connection, typed)
        put_answer(connection, check)
        save(connection)
        use_up(check)
        return connection


def edit_connection(
    connection: Connection,
    typed: Typed,
    check: KeyCheck | None,
    *,
    confirmed: bool = False,
) -> Connection:
    """Changes name, identifier and key. A blank key keeps the stored one; history stays (P-45).

    The number of an active client cannot be changed (P-46). What the source has not answered for
    switches ApiAktiv off until the key is checked again.
    """
    envelopes = firm_envelopes()
    with transaction.atomic():
        connection = locked(connection)
        new_number = needs_new_number(connection, typed, envelopes)
        if connection.is_active and new_number:
            raise RefusedError(
                _("%(name)s is active. Deactivate it before changing the organisation number.")
                % {"name": connection.name},
                field="identifier",
                code="active",
            )
        if check is not None and is_answered(check) and (typed.key or new_number):
            refuse_mismatch(typed.identifier, check, envelopes, confirmed=confirmed)
        refuse_other_company(connection, check)
        connection.name, connection.sort_key = typed.name, typed.sort_key
        _choose(connection, typed)
        former_client = connection.client
        if new_number:
            _identify(connection, typed.identifier, envelopes)
            connection.identifier_confirmed = confirmed
        if typed.key:
            refuse_used_key(envelopes, typed.key, except_for=connection)
            connection.key_sealed = envelopes.seal(CLIENT_KEY, typed.key)
            connection.key_hash = envelopes.equality_hash(CLIENT_KEY, typed.key)
            connection.key_set_at = timezone.now()
        if typed.key or new_number:
            connection.api_active = False
            connection.key_checked_at = None
            connection.key_check_cause = ""
            connection.missing_rights = []
            connection.recheck_at = None
        put_answer(connection, check)
        connection.identifier_confirmed = connection.identifier_confirmed or confirmed
        save(connection)
        _name_client(connection)
        if former_client is not None and former_client.pk != connection.client_id:
            _forget_unused(former_client)
        use_up(check)
        return connection


def _choose(connection: Connection, typed: Typed) -> None:
    """«Flere valg», where the dialog had them."""
    if typed.choices is not None:
        connection.fetch_from = typed.choices.fetch_from
        connection.year_start_month = typed.choices.year_start_month


def needs_new_number(connection: Connection, typed: Typed, envelopes: Envelopes) -> bool:
    """Whether the typed identifier is another than the stored one."""
    before = identifier_of(connection, envelopes)
    return (before.digits if before else "") != typed.digits


def delete_connection(connection: Connection) -> None:
    """Slett: deactivates and destroys the key. The client, its books and the work on them stay."""
    with transaction.atomic():
        connection = locked(connection)
        deactivate(connection)
        connection.refresh_from_db()
        connection.key_sealed = None
        connection.key_hash = None
        connection.api_active = False
        connection.recheck_at = None
        connection.deleted_at = timezone.now()
        connection.save()
        KeyCheck.objects.filter(connection=connection).update(key_sealed=None)
        if connection.client is not None and connection.activated_at is None:
            _forget_unused(connection.client)


def _identify(connection: Connection, identifier: Identifier | None, envelopes: Envelopes) -> None:
    """Puts the identifier on the connection, with its lasting client found or made."""
    stored = StoredIdentifier.of(identifier, envelopes)
    stored.put_on(connection)
    if identifier is None or stored.digest is None or stored.kind is None:
        connection.client = None
        return
    client, _made = Client.objects.get_or_create(
        firm_id=connection.firm_id,
        identifier_hash=stored.digest,
        defaults={
            "name": connection.name,
            "sort_key": connection.sort_key,
            "identifier_kind": stored.kind,
            "orgnr": stored.orgnr,
            "national_id_sealed": stored.national_id_sealed,
        },
    )
    connection.client = client


def _name_client(connection: Connection) -> None:
    """The client is called what the connection that supplies its books is called."""
    client = connection.client
    if client is None or client.name == connection.name:
        return
    others = Connection.objects.filter(client=client, deleted_at=None).exclude(pk=connection.pk)
    if connection.is_active or not others.exists():
        client.name, client.sort_key = connection.name, connection.sort_key
        client.save(update_fields=["name", "sort_key"])


def _forget_unused(client: Client) -> None:
    """A client that only a mistyped number made; one with books or another connection stays."""
    known_by = Connection.objects.filter(client=client)
    if known_by.filter(Q(deleted_at=None) | Q(activated_at__isnull=False)).exists():
        return
    try:
        with transaction.atomic():
            known_by.update(client=None)
            client.delete()
    except IntegrityError:
        return  # something else refers to it: it is a client with work after all
