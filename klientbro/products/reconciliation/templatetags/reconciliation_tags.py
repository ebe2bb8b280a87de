"""Filters of Avstemming's pages: words for codes, and the share of a progress bar."""

from __future__ import annotations

from django import template

from klientbro.products.reconciliation.texts import frequency_names, method_names

register = template.Library()
TWENTIETHS = 20


@register.filter
def method_name(code: str) -> str:
    """A method in words."""
    return method_names().get(code, code)


@register.filter
def frequency_name(code: str) -> str:
    """A frequency in words."""
    return frequency_names().get(code, code)


@register.filter
def share(number: int, whole: int) -> int:
    """How many twentieths of the whole, at least one: the bar's widths are classes."""
    return max(1, round(TWENTIETHS * number / whole)) if whole else 0
