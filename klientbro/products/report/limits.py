"""A firm's limits for key figures: read, checked and saved, each change upon what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.reporting.limits import STANDARD, Limits, contradict
from klientbro.lib.numbers import parse_typed_number
from klientbro.products.report.models import FigureLimits
from klientbro.products.report.texts import figure_name
from klientbro.tenants.models import User

LARGEST = Decimal(10) ** 12


def firm_limits() -> tuple[Mapping[str, Limits], int]:
    """The firm's limits with their version; the standard ones until somebody sets others."""
    held = FigureLimits.objects.first()
    if held is None:
        return STANDARD, 0
    return (
        {code: Limits(_amount(good), _amount(bad)) for code, (good, bad) in held.limits.items()},
        held.version,
    )


def save_limits(typed: Mapping[str, tuple[str, str]], *, seen: int, by: User) -> None:
    """Saves every figure's limits as typed. RefusedError when one cannot be, by its field."""
    limits = {}
    for code, (good, bad) in typed.items():
        kept = Limits(_read(code, "good", good), _read(code, "bad", bad))
        if contradict(code, kept):
            raise RefusedError(
                _("%(figure)s: the two limits stand the wrong way round. Swap them.")
                % {"figure": figure_name(code)},
                field=f"{code}-good",
            )
        if kept:
            limits[code] = [_text(kept.good), _text(kept.bad)]
    values = {
        "limits": limits,
        "version": seen + 1,
        "changed_at": timezone.now(),
        "changed_by": by,
    }
    try:
        with transaction.atomic():
            if seen:
                changed = FigureLimits.objects.filter(version=seen).update(**values)
            else:
                FigureLimits.objects.create(firm_id=current_firm_id(), **values)
                changed = 1
    except IntegrityError as error:
        if "figure_limits_of_firm" not in str(error):
            raise
        changed = 0
    if not changed:
        raise RefusedError(
            _("Somebody else has changed the limits since you loaded the page."), code="stale"
        )


def _read(code: str, which: str, typed: str) -> Decimal | None:
    if not typed.strip():
        return None
    amount = parse_typed_number(typed)
    if amount is None or abs(amount) > LARGEST:
        raise RefusedError(
            _("%(figure)s: write the limit as a number, as 1,5 or 30, or leave it empty.")
            % {"figure": figure_name(code)},
            field=f"{code}-{which}",
        )
    return amount


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.normalize():f}"
