"""A firm's own texts for report packs: kept under a name, changed upon what was seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.reporting.columns import Comparison
from klientbro.products.report.models import Pack, PackTemplate
from klientbro.products.report.names import checked_name
from klientbro.products.report.pack_content import PARTS
from klientbro.products.report.packs import checked_against, checked_texts
from klientbro.tenants.models import User

MOST_TEMPLATES = 100


def templates() -> list[PackTemplate]:
    """The firm's templates by name."""
    return list(PackTemplate.objects.select_related("changed_by").order_by("name")[:MOST_TEMPLATES])


def template_of(template_id: UUID) -> PackTemplate:
    """The firm's template; 404 for another's."""
    found = PackTemplate.objects.filter(public_id=template_id).select_related("changed_by").first()
    if found is None:
        raise Http404
    return found


def make_template(name: str, *, by: User, like: Pack | None = None) -> PackTemplate:
    """A template of a name no other has: empty, or with what a pack's makers have written."""
    try:
        with transaction.atomic():
            return PackTemplate.objects.create(
                firm_id=current_firm_id(),
                name=checked_name(name),
                against=like.against if like else Comparison.LAST_YEAR,
                texts=like.texts if like else {},
                parts=like.parts if like else list(PARTS),
                changed_by=by,
            )
    except IntegrityError as error:
        raise _taken(error) from None


def change_template(
    template: PackTemplate,
    *,
    name: str,
    against: str,
    parts: Collection[str],
    texts: Mapping[str, str],
    seen: int,
    by: User,
) -> None:
    """Saves what was written upon version `seen`. RefusedError when another has written since."""
    try:
        with transaction.atomic():
            changed = PackTemplate.objects.filter(pk=template.pk, version=seen).update(
                name=checked_name(name),
                against=checked_against(against),
                parts=[part for part in PARTS if part in parts],
                texts=checked_texts(texts),
                version=seen + 1,
                changed_at=timezone.now(),
                changed_by=by,
            )
    except IntegrityError as error:
        raise _taken(error) from None
    if not changed:
        raise RefusedError(
            _(
                "Somebody else has changed the template since you loaded the page. Your text "
                "stands below and is not saved; see theirs in a new window, and save again."
            ),
            code="stale",
        )


def delete_template(template: PackTemplate) -> None:
    """Takes it away; packs made from it hold their own texts."""
    PackTemplate.objects.filter(pk=template.pk).delete()


def _taken(error: IntegrityError) -> Exception:
    if "pack_template_name" in str(error):
        return RefusedError(
            _("Another template has this name. Choose another name."), field="name", code="taken"
        )
    return error
