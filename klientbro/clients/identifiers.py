"""Reads a typed identifier, and keeps it: orgnr in the open, a personal number sealed."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Client, Connection
from klientbro.domain.identifier import (
    Identifier,
    IdentifierKind,
    IdentifierProblem,
    IdentifierProblemCode,
    parse_identifier,
)
from klientbro.tenants.envelopes import Envelopes


def read_identifier(text: str) -> Identifier | None:
    """The typed identifier, None for an empty field. RefusedError says what is wrong with it."""
    found = parse_identifier(
        text, accept_synthetic=settings.ENVIRONMENT.accept_synthetic_ids, accept_2032=True
    )
    if isinstance(found, IdentifierProblem):
        raise RefusedError(problem_text(found.code), field="identifier", code=found.code.value)
    return found


def problem_text(code: IdentifierProblemCode) -> str:
    """The reason and the cure, without repeating what was typed."""
    match code:
        case IdentifierProblemCode.NOT_DIGITS:
            return _("Organisation number must be digits only. Remove the other characters.")
        case IdentifierProblemCode.LENGTH:
            return _("An organisation number has 9 digits and a personal number 11. Count again.")
        case IdentifierProblemCode.ORGNR_CHECKSUM:
            return _("The organisation number has a wrong check digit. Look for a typing error.")
        case IdentifierProblemCode.NATIONAL_ID_CHECKSUM:
            return _("The personal number has wrong check digits. Look for a typing error.")
        case IdentifierProblemCode.NATIONAL_ID_DATE:
            return _("The personal number begins with a date that does not exist.")
        case IdentifierProblemCode.NATIONAL_ID_SERIES:
            return _("The personal number's individual digits do not fit its year.")
        case IdentifierProblemCode.SYNTHETIC:
            return _("This is a test number. Against the real PowerOffice Go only real ones work.")


@dataclass(frozen=True, slots=True)
class StoredIdentifier:
    """An identifier as it stands in the database."""

    kind: str | None
    orgnr: str | None
    national_id_sealed: bytes | None
    digest: bytes | None

    @classmethod
    def of(cls, identifier: Identifier | None, envelopes: Envelopes) -> StoredIdentifier:
        if identifier is None:
            return cls(None, None, None, None)
        digest = envelopes.equality_hash("identifier", identifier.digits)
        if identifier.is_person:
            sealed = envelopes.seal("national_id", identifier.digits)
            return cls(identifier.kind.value, None, sealed, digest)
        return cls(identifier.kind.value, identifier.digits, None, digest)

    def put_on(self, record: Connection | Client) -> None:
        record.identifier_kind = self.kind
        record.orgnr = self.orgnr
        record.national_id_sealed = self.national_id_sealed
        record.identifier_hash = self.digest


def identifier_of(record: Connection | Client, envelopes: Envelopes) -> Identifier | None:
    """The identifier back from the database, a personal number out of its envelope."""
    if record.orgnr:
        return Identifier(IdentifierKind.ORGNR, record.orgnr)
    if record.national_id_sealed:
        digits = envelopes.open("national_id", bytes(record.national_id_sealed))
        return Identifier(IdentifierKind.NATIONAL_ID, digits)
    return None
