"""Filters of Likviditet's templates: what a form shows, plain coordinates, shares."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django import template
from django.utils.safestring import SafeString, mark_safe

from klientbro.lib.dates import format_date
from klientbro.lib.numbers import format_nok

register = template.Library()


@register.filter
def plain(number: float) -> str:
    """A coordinate with a point, whatever the reader's language."""
    return f"{number:g}"


@register.filter
def below(number: float) -> str:
    """The foot of a text that stands level with the line."""
    return f"{number + 4:g}"


@register.filter
def above(number: float) -> str:
    """The foot of a text that stands on the line."""
    return f"{number - 5:g}"


@register.filter
def form_amount(value: object) -> str:
    """An amount as a form shows it; what was typed stays as it was typed."""
    return format_nok(value) if isinstance(value, Decimal) else str(value or "")


@register.filter
def form_day(value: object) -> str:
    """A day as a form shows it; what was typed stays as it was typed."""
    return format_date(value) if isinstance(value, date) else str(value or "")


@register.filter
def iso_day(text: str) -> str:
    """A stored day as it is read: 31.12.2026."""
    return format_date(date.fromisoformat(text))


@register.filter
def text_amount(text: str) -> str:
    """A stored amount as it is read."""
    return format_nok(Decimal(text), signed=True)


@register.filter
def percent_of(share: Decimal) -> str:
    """0.5 as «50 %»."""
    return f"{round(share * 100)} %"


@register.filter
def among(value: str, choices: Iterable[tuple[str, str]]) -> bool:
    """Whether a list of choices has the value."""
    return any(key == value for key, _words in choices)


@register.simple_tag
def invalid(error: object, field: str) -> SafeString:
    """Marks the field the error is about, and leads a screen reader to its text."""
    if error is None or getattr(error, "field", "") != field:
        return mark_safe("")
    return mark_safe(' aria-invalid="true" aria-describedby="form-error"')
