"""Reads what a person typed into a filter; what cannot be read is left out and named."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from django.http import QueryDict

from klientbro.ledger.rows import PostingFilter, VoucherFilter
from klientbro.lib.dates import parse_typed_moment
from klientbro.lib.numbers import parse_typed_number

LONGEST_TEXT = 100
_VOUCHER_NO = re.compile(r"[0-9]{1,18}", re.ASCII)


def typed_text(asked: QueryDict, name: str) -> str:
    """The text without what a database refuses, and never longer than a name."""
    text = "".join(char for char in asked.get(name, "") if char.isprintable())
    return " ".join(text.split())[:LONGEST_TEXT]


def page_number(asked: QueryDict) -> int:
    """The page of a list, 1 where it says nothing sensible."""
    text = asked.get("side", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def voucher_number(text: str) -> int | None:
    """A voucher number, None when the text is not one."""
    return int(text) if _VOUCHER_NO.fullmatch(text) else None


def posting_filter(asked: QueryDict) -> PostingFilter:
    """`q`, `minst`, `hoyst`, `bilag`, `avdeling` and `prosjekt` of the address."""
    text = typed_text(asked, "q")
    return PostingFilter(
        text=text,
        number=_positive(text),
        smallest=_positive(typed_text(asked, "minst")),
        largest=_positive(typed_text(asked, "hoyst")),
        voucher_no=voucher_number(typed_text(asked, "bilag")),
        department=typed_text(asked, "avdeling"),
        project=typed_text(asked, "prosjekt"),
    )


def unread_fields(asked: QueryDict) -> frozenset[str]:
    """The fields that hold something that cannot be read, to be marked where they were typed."""
    readers = {"minst": _positive, "hoyst": _positive, "bilag": voucher_number}
    typed = {name: typed_text(asked, name) for name in readers}
    return frozenset(name for name, text in typed.items() if text and readers[name](text) is None)


def typed_moment(asked: QueryDict, name: str) -> datetime | None:
    """A moment of the address, None where it says none that can be read."""
    return parse_typed_moment(typed_text(asked, name))


def voucher_filter(asked: QueryDict) -> VoucherFilter:
    """`q` and `type` of the address; a text of digits only is a voucher number."""
    text = typed_text(asked, "q")
    number = voucher_number(text)
    return VoucherFilter(
        text="" if number is not None else text,
        number=number,
        type=typed_text(asked, "type"),
    )


def _positive(text: str) -> Decimal | None:
    """An amount without its sign: people look for 1 250, whichever side it stands on."""
    number = parse_typed_number(text)
    return abs(number) if number is not None else None
