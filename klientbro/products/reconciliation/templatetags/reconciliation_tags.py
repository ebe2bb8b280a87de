"""Filters of Avstemming's pages: words for codes, and the share of a progress bar."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString

from klientbro.ledger.queries.reconciling import MonthPosting
from klientbro.products.reconciliation import item_html
from klientbro.products.reconciliation.subledgers import ShownDifference
from klientbro.products.reconciliation.texts import frequency_names, method_names
from klientbro.shell.markup import Options

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


@register.simple_tag(takes_context=True)
def posting_rows(context: Context, postings: Iterable[MonthPosting]) -> SafeString:
    """The postings of an account's month, each opening to its voucher."""
    return item_html.posting_rows(postings, context["client"].public_id)


@register.simple_tag(takes_context=True)
def difference_rows(
    context: Context, rows: Iterable[tuple[ShownDifference, str, str]]
) -> SafeString:
    """What parts an account from its open items, on the account's page."""
    return item_html.Differences(
        client_id=context["client"].public_id,
        listed=context["listed"],
        is_closed=context["is_closed"],
    ).html(rows)


@register.simple_tag
def chosen(options: Options, line: object, field: str) -> SafeString:
    """A list's choices with the line's own chosen; a spare line, None, has none."""
    value = getattr(line, field, None)
    return options.chosen("" if value is None else value)


@register.filter
def share(number: int, whole: int) -> int:
    """How many twentieths of the whole, at least one: the bar's widths are classes."""
    return max(1, round(TWENTIETHS * number / whole)) if whole else 0
