"""Everything that changes integrations and connections. Each runs in one transaction.

The database's constraints have the last word: of two simultaneous presses one wins, and the other
gets the same sentence as if it had come later. Nothing here talks to an accounting system; sync
does, and its answer comes as a KeyCheck.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.identifiers import StoredIdentifier, identifier_of, read_identifier
from klientbro.clients.models import Client, Connection, Integration, KeyCheck
from klientbro.domain.identifier import Identifier, IdentifierProblem, parse_identifier
from klientbro.lib.sorting import norwegian_sort_key
from klientbro.tenants.context import current_firm
from klientbro.tenants.envelopes import Envelopes
from klientbro.tenants.services import firm_envelopes

CLIENT_KEY = "client_key"
NAME_MAX = 300
KEY_MAX = 400


@dataclass(frozen=True, slots=True)
class Typed:
    """The dialog's three fields, read and checked as far as they can be without the source."""

    identifier: Identifier | None
    name: str
    key: str  # '' on Endre: the stored key stays

    def __repr__(self) -> str:
        return f"Typed({self.name!r})"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One connection that a bulk action left alone, and why."""

    connection: Connection
    reason: str


def create_integration(system: str) -> tuple[Integration, bool]:
    """The firm's integration with a system, and whether it is new. Pressed twice, the same one."""
    with transaction.atomic():
        return Integration.objects.get_or_create(firm_id=_firm(), system=system)


def read_typed(identifier: str, name: str, key: str, *, key_required: bool = True) -> Typed:
    """The typed fields. RefusedError names the first field that cannot be used, why, and the cure."""
    clean_name = " ".join(name.split())
    if not clean_name:
        raise RefusedError(_("Client name is missing. Type the client's name."), field="name")
    if len(clean_name) > NAME_MAX:
        raise RefusedError(_("The client name is too long. Shorten it."), field="name")
    clean_key = "".join(key.split())
    if key_required and not clean_key:
        raise RefusedError(
            _("The client key is missing. Copy it from the accounting system and paste it here."),
            field="key",
        )
    if len(clean_key) > KEY_MAX:
        raise RefusedError(
            _("This is too long for a client key. Copy only the key itself."), field="key"
        )
    return Typed(read_identifier(identifier), clean_name, clean_key)


def begin_key_check(
    integration: Integration,
    key: str,
    *,
    user_id: int | None = None,
    connection: Connection | None = None,
) -> KeyCheck:
    """A question to the source about a typed key, or the stored one when `key` is empty.

    The caller queues the job in the same transaction. A key that another connection has is
    refused before the source is asked (P-40).
    """
    envelopes = firm_envelopes()
    if key:
        refuse_used_key(envelopes, key, except_for=connection)
    elif connection is None or not connection.key_sealed:
        raise RefusedError(_("There is no key to check. Paste one in with Edit."), field="key")
    return KeyCheck.objects.create(
        firm_id=_firm(),
        integration=integration,
        connection=connection,
        key_sealed=envelopes.seal(CLIENT_KEY, key) if key else None,
        created_by_id=user_id,
    )


def refuse_used_key(envelopes: Envelopes, key: str, *, except_for: Connection | None) -> None:
    """P-40: the same key twice in a firm is refused with the name of the client that has it."""
    holder = (
        Connection.objects.filter(
            key_hash=envelopes.equality_hash(CLIENT_KEY, key), deleted_at=None
        )
        .exclude(pk=except_for.pk if except_for else None)
        .first()
    )
    if holder is not None:
        raise RefusedError(
            _("%(name)s already has this key. Copy the key of the right client.")
            % {"name": holder.name},
            field="key",
            code="key_used",
        )


def checked_key(check: KeyCheck, envelopes: Envelopes) -> str:
    """The key a check was about, '' when it asked about the stored one."""
    if check.key_sealed is None:
        return ""
    return envelopes.open(CLIENT_KEY, bytes(check.key_sealed))


def source_identifier(check: KeyCheck, envelopes: Envelopes) -> Identifier | None:
    """The identifier the source gave for the key's company, None when it has none that is valid."""
    if check.source_identifier_sealed is None:
        return None
    text = envelopes.open("source_identifier", bytes(check.source_identifier_sealed))
    found = parse_identifier(text, accept_synthetic=True, accept_2032=True)
    return None if isinstance(found, IdentifierProblem) else found


def refuse_mismatch(
    typed: Identifier | None, check: KeyCheck, envelopes: Envelopes, *, confirmed: bool
) -> None:
    """The source's company must be the typed one; a source without a number needs a person's word."""
    theirs = source_identifier(check, envelopes)
    if typed is None:
        return
    if theirs is None:
        if not confirmed:
            raise RefusedError(
                _("The accounting system has no organisation number for %(company)s. Confirm.")
                % {"company": check.source_name},
                code="confirm_identifier",
            )
        return
    if theirs.digits != typed.digits:
        raise RefusedError(
            _("The key belongs to %(company)s (%(theirs)s), not to %(typed)s.")
            % {
                "company": check.source_name,
                "theirs": theirs.display,
                "typed": typed.display,
            },
            field="identifier",
            code="identifier_differs",
        )


def add_connection(
    integration: Integration,
    typed: Typed,
    check: KeyCheck | None,
    *,
    confirmed: bool = False,
) -> Connection:
    """A new, inactive connection. `check` None: saved without asking, and ApiAktiv stays off."""
    envelopes = firm_envelopes()
    refuse_used_key(envelopes, typed.key, except_for=None)
    if check is not None and _answered(check):
        refuse_mismatch(typed.identifier, check, envelopes, confirmed=confirmed)
    connection = Connection(
        firm_id=_firm(),
        integration=integration,
        name=typed.name,
        sort_key=norwegian_sort_key(typed.name),
        identifier_confirmed=confirmed,
        key_sealed=envelopes.seal(CLIENT_KEY, typed.key),
        key_hash=envelopes.equality_hash(CLIENT_KEY, typed.key),
    )
    _identify(connection, typed.identifier, envelopes)
    _apply_check(connection, check)
    _save(connection)
    _end_check(check)
    return connection


def edit_connection(
    connection: Connection,
    typed: Typed,
    check: KeyCheck | None,
    *,
    confirmed: bool = False,
) -> Connection:
    """Changes name, identifier and key. A blank key keeps the stored one; history stays (P-45, P-46)."""
    envelopes = firm_envelopes()
    with transaction.atomic():
        connection = _locked(connection)
        before = identifier_of(connection, envelopes)
        changes_identifier = (before.digits if before else None) != (
            typed.identifier.digits if typed.identifier else None
        )
        if connection.is_active and changes_identifier:
            raise RefusedError(
                _("%(name)s is active. Deactivate it before changing the organisation number.")
                % {"name": connection.name},
                field="identifier",
                code="active",
            )
        if check is not None and _answered(check) and (typed.key or changes_identifier):
            refuse_mismatch(typed.identifier, check, envelopes, confirmed=confirmed)
        _refuse_other_company(connection, check)
        connection.name = typed.name
        connection.sort_key = norwegian_sort_key(typed.name)
        if changes_identifier:
            _identify(connection, typed.identifier, envelopes)
            connection.identifier_confirmed = confirmed
        if typed.key:
            refuse_used_key(envelopes, typed.key, except_for=connection)
            connection.key_sealed = envelopes.seal(CLIENT_KEY, typed.key)
            connection.key_hash = envelopes.equality_hash(CLIENT_KEY, typed.key)
            connection.api_active = False
            connection.key_checked_at = None
            connection.key_check_cause = ""
        _apply_check(connection, check)
        _save(connection)
        _end_check(check)
        return connection


def apply_key_check(connection: Connection, check: KeyCheck) -> Connection:
    """The answer about a stored key: ApiAktiv and its time."""
    with transaction.atomic():
        connection = _locked(connection)
        _apply_check(connection, check)
        _save(connection)
        _end_check(check)
        return connection


def activate(connection: Connection) -> bool:
    """Chooses the client for the products; False when it was active already.

    RefusedError without identifier (P-56), with one that an active client has (P-57), with a key
    that has not been checked or lacks access.
    """
    with transaction.atomic():
        connection = _locked(connection)
        if connection.is_active:
            return False
        if reason := why_not_active(connection):
            raise RefusedError(reason, code="not_eligible")
        connection.is_active = True
        connection.activated_at = timezone.now()
        try:
            with transaction.atomic():
                connection.save(update_fields=["is_active", "activated_at"])
        except IntegrityError as error:
            raise RefusedError(_same_identifier_text(connection), code="duplicate") from error
        return True


def why_not_active(connection: Connection) -> str:
    """Why a connection cannot be activated now, '' when it can."""
    if connection.identifier_hash is None or connection.client_id is None:
        return _(
            "%(name)s has neither organisation number nor personal number. Add it with Edit."
        ) % {"name": connection.name}
    if connection.key_sealed is None:
        return _("%(name)s has no key. Paste one in with Edit.") % {"name": connection.name}
    if connection.missing_rights:
        return _(
            "%(name)s: the key lacks access to %(rights)s. Turn it on in the accounting system "
            "and check the key again."
        ) % {"name": connection.name, "rights": ", ".join(connection.missing_rights)}
    if not connection.api_active:
        if connection.key_check_cause:
            return _(
                "%(name)s: the key was rejected. Make a new one and paste it in with Edit."
            ) % {"name": connection.name}
        return _("%(name)s: the key has not been checked yet. Check the key, then activate.") % {
            "name": connection.name
        }
    if holder := _active_with_same(connection):
        return _duplicate_text(connection, holder)
    return ""


def deactivate(connection: Connection) -> bool:
    """Stops further fetching; what has been delivered stays. False when it was inactive already."""
    with transaction.atomic():
        connection = _locked(connection)
        if not connection.is_active:
            return False
        connection.is_active = False
        connection.deactivated_at = timezone.now()
        connection.save(update_fields=["is_active", "deactivated_at"])
        return True


def activate_all(integration: Integration) -> tuple[list[Connection], list[Refusal]]:
    """Activates every eligible client and says why of the rest (P-60).

    Of inactive clients that share an identifier none is picked in silence: all are listed.
    """
    inactive = list(
        Connection.objects.filter(integration=integration, deleted_at=None, is_active=False)
        .select_related("client")
        .order_by("sort_key", "id")
    )
    shared = Counter(bytes(one.identifier_hash) for one in inactive if one.identifier_hash)
    activated: list[Connection] = []
    refused: list[Refusal] = []
    for connection in inactive:
        digest = bytes(connection.identifier_hash) if connection.identifier_hash else b""
        if digest and shared[digest] > 1:
            refused.append(
                Refusal(
                    connection,
                    _("Several inactive clients have the same number. Activate the right one."),
                )
            )
            continue
        try:
            if activate(connection):
                activated.append(connection)
        except RefusedError as error:
            refused.append(Refusal(connection, str(error)))
    return activated, refused


def deactivate_all(integration: Integration) -> list[Connection]:
    """Sets every client inactive; pressed twice, the second changes nothing (P-61)."""
    active = Connection.objects.filter(integration=integration, deleted_at=None, is_active=True)
    return [
        connection for connection in active.order_by("sort_key", "id") if deactivate(connection)
    ]


def delete_connection(connection: Connection) -> None:
    """Slett: deactivates and destroys the key. The client, its books and the work on them stay."""
    with transaction.atomic():
        connection = _locked(connection)
        deactivate(connection)
        connection.refresh_from_db()
        connection.key_sealed = None
        connection.key_hash = None
        connection.api_active = False
        connection.deleted_at = timezone.now()
        connection.save()
        KeyCheck.objects.filter(connection=connection).update(key_sealed=None)


def delete_integration(integration: Integration) -> list[Connection]:
    """Slett system: every client deactivated and removed, all keys destroyed. Returns them.

    The integration's row stays under a retired name, since the removed connections' history
    refers to it; the firm may make a new one of the same system.
    """
    with transaction.atomic():
        integration = Integration.objects.select_for_update().get(pk=integration.pk)
        removed = list(Connection.objects.filter(integration=integration, deleted_at=None))
        for connection in removed:
            delete_connection(connection)
        KeyCheck.objects.filter(integration=integration).delete()
        if Connection.objects.filter(integration=integration).exists():
            integration.retired_system = integration.system
            integration.system = f"-{integration.public_id.hex[:30]}"
            integration.save()
        else:
            integration.delete()
        return removed


def _firm() -> UUID:
    firm_id = current_firm()
    if firm_id is None:
        raise RefusedError(_("You do not belong to a firm yet. Ask an administrator."))
    return firm_id


def _locked(connection: Connection) -> Connection:
    found = (
        Connection.objects.select_for_update(of=("self",))
        .select_related("integration", "client")
        .filter(pk=connection.pk, deleted_at=None)
        .first()
    )
    if found is None:
        raise RefusedError(_("The client has been deleted. Load the page again."), code="gone")
    return found


def _identify(connection: Connection, identifier: Identifier | None, envelopes: Envelopes) -> None:
    """Puts the identifier on the connection, with its lasting client found or made."""
    stored = StoredIdentifier.of(identifier, envelopes)
    stored.put_on(connection)
    if identifier is None or stored.digest is None:
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


def _answered(check: KeyCheck) -> bool:
    return check.outcome in (KeyCheck.Outcome.WORKS, KeyCheck.Outcome.MISSING_RIGHTS)


def _apply_check(connection: Connection, check: KeyCheck | None) -> None:
    """ApiAktiv from the last key check (P-44, reading a)."""
    if check is None or check.state != KeyCheck.State.DONE:
        return
    if check.outcome == KeyCheck.Outcome.UNREACHABLE:
        return  # says nothing about the key: the last answer stands
    connection.api_active = check.outcome == KeyCheck.Outcome.WORKS
    connection.key_checked_at = check.finished_at
    connection.key_check_cause = {
        KeyCheck.Outcome.REJECTED: "key_rejected",
        KeyCheck.Outcome.MISSING_RIGHTS: "rights_missing",
        KeyCheck.Outcome.FAILED: "internal",
    }.get(KeyCheck.Outcome(check.outcome), "")
    connection.missing_rights = check.missing_rights
    if _answered(check):
        connection.source_company_id = check.source_company_id
        connection.source_name = check.source_name


def _refuse_other_company(connection: Connection, check: KeyCheck | None) -> None:
    """A new key for the same connection must open the same company: its books are already here."""
    if (
        check is not None
        and _answered(check)
        and connection.source_company_id
        and check.source_company_id
        and check.source_company_id != connection.source_company_id
    ):
        raise RefusedError(
            _("The key opens %(company)s, but this client's books come from %(known)s.")
            % {"company": check.source_name, "known": connection.source_name},
            field="key",
            code="other_company",
        )


def _end_check(check: KeyCheck | None) -> None:
    """The typed key has served: it now stands on the connection or nowhere."""
    if check is not None:
        KeyCheck.objects.filter(pk=check.pk).update(key_sealed=None)


def _save(connection: Connection) -> None:
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError as error:
        if "one_connection_per_key" in str(error):
            raise RefusedError(
                _("Another client has just got this key. Copy the key of the right client."),
                field="key",
                code="key_used",
            ) from None
        raise RefusedError(_same_identifier_text(connection), field="identifier") from None


def _active_with_same(connection: Connection) -> Connection | None:
    return (
        Connection.objects.filter(identifier_hash=connection.identifier_hash, is_active=True)
        .exclude(pk=connection.pk)
        .first()
    )


def _same_identifier_text(connection: Connection) -> str:
    holder = _active_with_same(connection)
    return _duplicate_text(connection, holder)


def _duplicate_text(connection: Connection, holder: Connection | None) -> str:
    return _(
        "%(name)s has the same number as %(holder)s, which is active. Deactivate that one first."
    ) % {"name": connection.name, "holder": holder.name if holder else _("another client")}
