"""Files that document an account's balance: taken in, fetched, taken away and put back.

Kept sealed under the firm's key, in the database like everything else, and never replaced: another
content is another file. One that was taken away is marked, with who and when.
"""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.national_id import hide_national_ids
from klientbro.domain.periods import Month
from klientbro.lib.file_kinds import FileKind, ending_of, kind_of
from klientbro.products.reconciliation.closing import refuse_when_closed
from klientbro.products.reconciliation.models import Attachment
from klientbro.tenants.models import User
from klientbro.tenants.services import firm_envelopes

MOST_BYTES = 15_000_000
MOST_FILES = 40  # of one account in one month
NAME_LENGTH = 200
SEALED_AS = "attachment"
FIELD = "files"
# What a name may not hold: control characters, and those that turn the direction of the text.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def attach(
    client_id: int, account_id: str, month: Month, name: str, content: bytes, *, by: User
) -> bool:
    """Takes a file in; False when the very same one lies there already. RefusedError says why not.

    Two at once, or twice: one row, by its SHA-256.
    """
    name, kind = _checked(name, content)
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        refuse_when_closed(client_id, month)
        standing = Attachment.objects.filter(
            client_id=client_id, account_id=account_id, month=month.first_day, removed_at=None
        )
        if standing.filter(sha256=digest).exists():
            return False
        if standing.count() >= MOST_FILES:
            raise RefusedError(
                _("There are %(most)s files already. Put several together in one PDF.")
                % {"most": MOST_FILES},
                field=FIELD,
            )
        try:
            with transaction.atomic():
                Attachment.objects.create(
                    firm_id=current_firm_id(),
                    client_id=client_id,
                    account_id=account_id,
                    month=month.first_day,
                    name=name,
                    content_type=kind.content_type,
                    size=len(content),
                    sha256=digest,
                    content_sealed=firm_envelopes().seal_bytes(SEALED_AS, content),
                    added_by=by,
                )
        except IntegrityError as error:
            if "attached_once" not in str(error):
                raise
            return False
    return True


def refuse_size(name: str, size: int) -> None:
    """RefusedError for a file too large to be read at all."""
    if size > MOST_BYTES:
        raise RefusedError(
            _("«%(name)s» is too large. A file may be at most %(most)s MB.")
            % {"name": _shown(name), "most": MOST_BYTES // 1_000_000},
            field=FIELD,
        )


def take_away(client_id: int, attachment_id: UUID, *, by: User) -> bool:
    """Marks a file as taken away; False when it was already, or is not there."""
    with transaction.atomic():
        found = _locked(client_id, attachment_id)
        if found is None or found.removed_at is not None:
            return False
        refuse_when_closed(client_id, Month.of(found.month))
        found.removed_at, found.removed_by = timezone.now(), by
        found.save(update_fields=["removed_at", "removed_by"])
    return True


def put_back(client_id: int, attachment_id: UUID) -> bool:
    """Undoes the taking away; False when the file lies there, or the same one was added since."""
    with transaction.atomic():
        found = _locked(client_id, attachment_id)
        if found is None or found.removed_at is None:
            return False
        refuse_when_closed(client_id, Month.of(found.month))
        found.removed_at = found.removed_by = None
        try:
            with transaction.atomic():
                found.save(update_fields=["removed_at", "removed_by"])
        except IntegrityError as error:
            if "attached_once" not in str(error):
                raise
            return False
    return True


def content_of(attachment: Attachment) -> bytes:
    """The file as it was taken in."""
    return firm_envelopes().open_bytes(SEALED_AS, bytes(attachment.content_sealed))


def _locked(client_id: int, attachment_id: UUID) -> Attachment | None:
    return (
        Attachment.objects.select_for_update()
        .defer("content_sealed")
        .filter(client_id=client_id, public_id=attachment_id)
        .first()
    )


def _checked(name: str, content: bytes) -> tuple[str, FileKind]:
    """The name as it is kept, and the kind the content is of."""
    shown = _shown(name)
    if hide_national_ids(shown) != shown:
        raise RefusedError(
            _("The file's name holds a personal number. Give it another name and choose it again."),
            field=FIELD,
        )
    refuse_size(name, len(content))
    if not content:
        raise RefusedError(
            _("«%(name)s» is empty. Save it anew from the program it comes from.")
            % {"name": shown},
            field=FIELD,
        )
    kind = kind_of(content)
    if kind is None:
        raise RefusedError(
            _(
                "«%(name)s» is not of a kind that is kept here. Use PDF, a picture (PNG, JPEG, "
                "TIFF), Excel or Word without macros, CSV, XML or plain text."
            )
            % {"name": shown},
            field=FIELD,
        )
    if not ending_of(shown):
        shown = f"{shown}.{kind.endings[0]}"
    if not kind.fits(shown):
        raise RefusedError(
            _("«%(name)s» is %(kind)s inside, which its name does not say. Save it anew as that.")
            % {"name": shown, "kind": kind.title},
            field=FIELD,
        )
    return shown, kind


def _shown(name: str) -> str:
    """A name without folders and unseen characters, short enough, its ending kept."""
    bare = _UNSEEN.sub("", name.replace("\\", "/").rpartition("/")[2]).strip().strip(".")
    ending = ending_of(bare)
    stem = bare[: -len(ending) - 1] if ending else bare
    kept = stem[: NAME_LENGTH - len(ending) - 1].strip() or _("file")
    return f"{kept}.{ending}" if ending else kept
