"""Names that a firm gives its groups and templates."""

from __future__ import annotations

from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.domain.national_id import hide_national_ids
from klientbro.lib.typed_text import one_line

MOST_NAME = 100


def checked_name(name: str) -> str:
    """The name as it is kept. RefusedError when it is empty or too long."""
    kept = hide_national_ids(one_line(name))
    if not kept or len(kept) > MOST_NAME:
        raise RefusedError(_("Write a name of at most 100 characters."), field="name")
    return kept
