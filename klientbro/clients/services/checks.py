"""A question to the source about a key, and what its answer does to a connection."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.identifiers import identifier_of
from klientbro.clients.models import Connection, Integration, KeyCheck
from klientbro.clients.services.rows import current_firm_id, locked, save
from klientbro.domain.identifier import Identifier, IdentifierProblem, parse_identifier
from klientbro.tenants.envelopes import Envelopes
from klientbro.tenants.services import firm_envelopes

CLIENT_KEY = "client_key"
SOURCE_IDENTIFIER = "source_identifier"
ANSWERED = (KeyCheck.Outcome.WORKS, KeyCheck.Outcome.MISSING_RIGHTS)

# Why ApiAktiv is off, as kept on the connection. The first two are also causes of a sync.
REJECTED = "key_rejected"
RIGHTS = "rights_missing"
WRONG_COMPANY = "wrong_company"
FAILED = "internal"
_CAUSES = {
    KeyCheck.Outcome.REJECTED: REJECTED,
    KeyCheck.Outcome.MISSING_RIGHTS: RIGHTS,
    KeyCheck.Outcome.FAILED: FAILED,
}


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
        firm_id=current_firm_id(),
        integration=integration,
        connection=connection,
        key_sealed=envelopes.seal(CLIENT_KEY, key) if key else None,
        created_by_id=user_id,
    )


def refuse_used_key(envelopes: Envelopes, key: str, *, except_for: Connection | None) -> None:
    """P-40: the same key twice in a firm is refused with the name of the client that has it."""
    digest = envelopes.equality_hash(CLIENT_KEY, key)
    holder = Connection.objects.filter(key_hash=digest, deleted_at=None).first()
    if holder is not None and (except_for is None or holder.pk != except_for.pk):
        raise RefusedError(
            _("%(name)s already has this key. Copy the key of the right client.")
            % {"name": holder.name},
            field="key",
            code="key_used",
        )


def checked_key(check: KeyCheck, envelopes: Envelopes) -> str:
    """The key a check was about, '' when it asked about the stored one or has been used up."""
    if check.key_sealed is None:
        return ""
    return envelopes.open(CLIENT_KEY, bytes(check.key_sealed))


def source_identifier(check: KeyCheck, envelopes: Envelopes) -> Identifier | None:
    """The identifier the source gave for the key's company, None when it has none that is valid."""
    if check.source_identifier_sealed is None:
        return None
    text = envelopes.open(SOURCE_IDENTIFIER, bytes(check.source_identifier_sealed))
    found = parse_identifier(text, accept_synthetic=True, accept_2032=True)
    return None if isinstance(found, IdentifierProblem) else found


def is_answered(check: KeyCheck | None) -> bool:
    """Whether the source has said which company the key opens."""
    return check is not None and check.outcome in ANSWERED


def refuse_mismatch(
    typed: Identifier | None, check: KeyCheck, envelopes: Envelopes, *, confirmed: bool
) -> None:
    """The source's company must be the typed one; without a number there, a person confirms."""
    if typed is None:
        return
    theirs = source_identifier(check, envelopes)
    if theirs is None:
        if not confirmed:
            raise RefusedError(
                _(
                    "The accounting system has no valid organisation number for %(company)s. "
                    "Confirm that the key belongs to %(typed)s."
                )
                % {"company": check.source_name, "typed": typed.display},
                code="confirm_identifier",
            )
        return
    if theirs.digits != typed.digits:
        raise RefusedError(
            _("The key belongs to %(company)s (%(theirs)s), not to %(typed)s.")
            % {"company": check.source_name, "theirs": theirs.display, "typed": typed.display},
            field="identifier",
            code="identifier_differs",
        )


def refuse_other_company(connection: Connection, check: KeyCheck | None) -> None:
    """A key for a connection with books must open the same company: its books are already here."""
    if (
        check is not None
        and is_answered(check)
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


def apply_key_check(
    connection: Connection, check: KeyCheck, *, confirmed: bool = False
) -> Connection:
    """The answer about a stored key: ApiAktiv, its time and its cause.

    RefusedError with code `confirm_identifier` when the source has no number and nobody has
    confirmed. A company that is not the typed one is kept as the cause, and ApiAktiv is off.
    """
    envelopes = firm_envelopes()
    with transaction.atomic():
        connection = locked(connection)
        cause = ""
        if is_answered(check):
            try:
                refuse_other_company(connection, check)
                refuse_mismatch(
                    identifier_of(connection, envelopes),
                    check,
                    envelopes,
                    confirmed=confirmed or connection.identifier_confirmed,
                )
            except RefusedError as error:
                if error.code == "confirm_identifier":
                    raise
                cause = WRONG_COMPANY
        put_answer(connection, check, cause=cause)
        connection.identifier_confirmed = connection.identifier_confirmed or confirmed
        save(connection)
        use_up(check)
        return connection


def put_answer(connection: Connection, check: KeyCheck | None, *, cause: str = "") -> None:
    """ApiAktiv from the last key check (P-44, reading a). Unreachable says nothing of the key."""
    if check is None or check.state != KeyCheck.State.DONE:
        return
    if check.outcome == KeyCheck.Outcome.UNREACHABLE:
        return
    connection.recheck_at = None
    connection.api_active = check.outcome == KeyCheck.Outcome.WORKS and not cause
    connection.key_checked_at = check.finished_at
    connection.key_check_cause = cause or _CAUSES.get(KeyCheck.Outcome(check.outcome), "")
    connection.missing_rights = check.missing_rights
    if is_answered(check) and not cause:
        connection.source_company_id = check.source_company_id
        connection.source_name = check.source_name


def use_up(check: KeyCheck | None) -> None:
    """The typed key has served: it now stands on the connection or nowhere."""
    if check is not None:
        KeyCheck.objects.filter(pk=check.pk).update(key_sealed=None)
