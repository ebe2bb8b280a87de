"""Report packs: made, written, published once and for all, published again as a new edition.

A publication is bound to the figures its maker saw: when the ledger moved in between, it is told
and nothing is sent. Two who write at once: the second is told, and what they typed is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.national_id import hide_national_ids
from klientbro.domain.periods import Month
from klientbro.domain.reporting.columns import Comparison
from klientbro.domain.reporting.frozen import Moved, content_hash, moved_since
from klientbro.lib.typed_text import one_line
from klientbro.products.report.models import Pack, PackTemplate, Published
from klientbro.products.report.pack_content import (
    PARTS,
    TEXT_FIGURES,
    PackChoices,
    blank,
    figures_mark,
    figures_of,
)
from klientbro.products.report.pack_pdf import pack_pdf
from klientbro.tenants.models import User

MOST_TEXT = 8_000
MOST_TITLE = 120


def choices_of(pack: Pack | PackTemplate) -> PackChoices:
    """What the makers of a pack or a template chose."""
    title = pack.name if isinstance(pack, PackTemplate) else pack.title
    return PackChoices(title, checked_against(pack.against), pack.parts, pack.texts)


def make_pack(
    client_id: int, month: Month, title: str, *, by: User, like: PackTemplate | None = None
) -> Pack:
    """A draft for the month, with a template's texts and choices where one is chosen."""
    return Pack.objects.create(
        firm_id=current_firm_id(),
        client_id=client_id,
        month=month.first_day,
        title=_checked_title(title),
        against=like.against if like else Comparison.LAST_YEAR,
        texts=like.texts if like else {},
        parts=like.parts if like else list(PARTS),
        changed_by=by,
    )


def pack_of(client_id: int, pack_id: UUID) -> Pack:
    """The client's pack; 404 for another's."""
    found = (
        Pack.objects.filter(client_id=client_id, public_id=pack_id, removed_at=None)
        .select_related("changed_by")
        .first()
    )
    if found is None:
        raise Http404
    return found


def write_pack(
    pack: Pack,
    *,
    title: str,
    against: str,
    parts: Collection[str],
    texts: Mapping[str, str],
    seen: int,
    by: User,
) -> Pack:
    """Saves what was written upon version `seen`. RefusedError when another has written since."""
    kept = checked_texts(texts)
    changed = Pack.objects.filter(pk=pack.pk, version=seen, removed_at=None).update(
        title=_checked_title(title),
        against=checked_against(against),
        parts=[part for part in PARTS if part in parts],
        texts=kept,
        version=seen + 1,
        changed_at=timezone.now(),
        changed_by=by,
    )
    if not changed:
        raise RefusedError(
            _(
                "Somebody else has written in this pack since you loaded the page. Your text "
                "stands below and is not saved; see theirs in a new window, and save again."
            ),
            code="stale",
        )
    pack.refresh_from_db()
    return pack


def remove_pack(pack: Pack) -> None:
    """Takes a draft away. RefusedError once it has been published: what was sent is kept."""
    with transaction.atomic():
        held = Pack.objects.select_for_update().get(pk=pack.pk)
        if held.published.exists():
            raise RefusedError(
                _("The pack has been published and is kept. Publish a new edition instead.")
            )
        held.removed_at = timezone.now()
        held.save(update_fields=["removed_at"])


def publish(
    pack: Pack,
    content: dict[str, Any],
    *,
    connection_id: int,
    seen_version: int,
    seen_figures: str,
    by: User,
) -> Published:
    """Freezes the content with its PDF as the pack's next edition.

    RefusedError when the texts or the figures are not those the person saw. Pressed twice, the
    second press is told that it has been published.
    """
    if not any(part in content["parts"] for part in PARTS):
        raise RefusedError(_("Choose at least one part of the report."))
    if content["unknown"]:
        raise RefusedError(
            _("Nothing is called %(names)s. Change it in the text, or take the braces away.")
            % {"names": ", ".join(f"{{{name}}}" for name in content["unknown"])},
            field="text",
        )
    if figures_mark(content) != seen_figures:
        raise RefusedError(
            _(
                "The figures have changed since you loaded the page. Look at them, and publish "
                "again."
            ),
            code="moved",
        )
    try:
        with transaction.atomic():
            held = Pack.objects.select_for_update().get(pk=pack.pk)
            if held.version != seen_version:
                raise RefusedError(
                    _("Somebody else has written in this pack since you loaded the page."),
                    code="stale",
                )
            newest = held.published.aggregate(newest=Max("edition"))["newest"] or 0
            if newest and held.published.filter(pack_version=held.version).exists():
                standing = held.published.get(edition=newest)
                if figures_of(standing.content) == figures_of(content):
                    raise RefusedError(_("This has been published already."), code="published")
            content = content | {"edition": newest + 1}
            digest = content_hash(content)
            at = timezone.now()
            pdf = pack_pdf(content, at, digest)
            return Published.objects.create(
                firm_id=held.firm_id,
                pack=held,
                edition=newest + 1,
                pack_version=held.version,
                content=content,
                sha256=digest,
                pdf=pdf,
                pdf_sha256=hashlib.sha256(pdf).hexdigest(),
                connection_id=connection_id,
                landing=content["landing"],
                by=by,
            )
    except IntegrityError as error:
        if "published_once" in str(error):
            raise RefusedError(
                _("Somebody else has just published this pack."), code="published"
            ) from None
        raise


def editions_of(pack: Pack) -> list[Published]:
    """The pack's editions, newest first, without their PDF."""
    return list(
        Published.objects.filter(pack=pack).select_related("by").defer("pdf").order_by("-edition")
    )


def moved_figures(published: Published, now: Mapping[str, Any]) -> Sequence[Moved]:
    """What the ledger says otherwise today than the edition does. Key figures follow the rest."""
    frozen, current = dict(figures_of(published.content)), dict(figures_of(now))
    in_texts = [key for key in frozen if key.startswith(TEXT_FIGURES) and key in current]
    texts = [Moved(key, frozen[key], current[key]) for key in in_texts]
    for key in sorted(frozen.keys() - current.keys()):
        current[key] = blank(now, key)
    for key in sorted(current.keys() - frozen.keys()):
        frozen[key] = blank(published.content, key)
    moved = moved_since(frozen, current)
    lines = [one for one in moved if not one.key.startswith(("figures/", TEXT_FIGURES))]
    # a text may name what no line of the pack shows, as last year beside a budget
    return lines or [one for one in texts if one.before != one.now]


def checked_against(against: str) -> Comparison:
    """What a pack may be held against; last year for anything else."""
    return Comparison.BUDGET if against == Comparison.BUDGET else Comparison.LAST_YEAR


def checked_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of the pack's parts that hold anything. RefusedError for one too long."""
    kept = {part: text.strip() for part, text in texts.items() if part in PARTS and text.strip()}
    too_long = next((part for part, text in kept.items() if len(text) > MOST_TEXT), None)
    if too_long is not None:
        raise RefusedError(
            _("The text is longer than %(most)s characters. Shorten it.") % {"most": MOST_TEXT},
            field=too_long,
        )
    return kept


def _checked_title(title: str) -> str:
    kept = hide_national_ids(one_line(title))
    if not kept:
        raise RefusedError(_("Write a title."), field="title")
    if len(kept) > MOST_TITLE:
        raise RefusedError(
            _("The title is longer than %(most)s characters. Shorten it.") % {"most": MOST_TITLE},
            field="title",
        )
    return kept
