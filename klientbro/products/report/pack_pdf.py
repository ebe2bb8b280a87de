"""A report pack as PDF, set by typst: PDF/A-2b, made from the pack's content and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import typst

from klientbro.domain.orgnr import format_orgnr
from klientbro.domain.reporting.frozen import amount_from
from klientbro.lib.dates import format_date, oslo_date
from klientbro.lib.numbers import format_nok

TEMPLATE = Path(__file__).with_name("print") / "pack.typ"
PDF_TYPE = "application/pdf"
MISSING = "–"


def pack_pdf(content: Mapping[str, Any], made_at: datetime, digest: str = "") -> bytes:
    """The file. Texts go in as data, so nothing in them is taken for markup. digest '': a draft."""
    return typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"data": json.dumps(_said(content, made_at, digest), ensure_ascii=False)},
        ignore_system_fonts=True,
        pdf_standards="a-2b",
        timestamp=int(made_at.timestamp()),
    )


def _said(content: Mapping[str, Any], made_at: datetime, digest: str) -> dict[str, Any]:
    words = content["words"]
    parts = content["parts"]
    return {
        "lang": content["language"],
        "title": content["title"],
        "firm": content["firm"],
        "client": content["client"],
        "period": content["period"],
        "day": format_date(oslo_date(made_at)),
        "is_draft": not digest,
        "edition": str(content.get("edition", "")),
        "digest": f"{digest[:4]}…{digest[-4:]}" if digest else "",
        "words": words,
        "sealed": content["is_sealed"],
        "seal": content["seal"],
        "facts": [
            (
                words["organisation_number"],
                format_orgnr(content["orgnr"]) if content["orgnr"] else MISSING,
            ),
            (words["period"], content["period"]),
            (words["as_of"], content["as_of"]),
            (words["source"], content["system"] or MISSING),
        ],
        "highlights": [
            (one["name"], one["shown"], f"{words['last_year'].lower()} {one['last_year']}")
            for one in content["figures"]
            if one["code"] in _HIGHLIGHTS
        ],
        "names": content["part_names"],
        "texts": {part: _paragraphs(text) for part, text in content["texts"].items()},
        "parts": parts,
        "result": _statement(content["result"]),
        "balance": _statement(content["balance"]),
        "figures": [
            (one["name"], one["shown"], one["last_year"], one["formula"])
            for one in content["figures"]
        ],
        "chart": _chart(content["chart"]),
        "ageing": [_side(one) for one in content["ageing"]],
    }


_HIGHLIGHTS = frozenset(
    {"operating_margin", "contribution_margin", "current_ratio", "equity_ratio"}
)


def _paragraphs(text: str) -> list[str]:
    """The text's paragraphs, and line breaks within them kept."""
    return [part.strip() for part in text.replace("\r", "").split("\n\n") if part.strip()]


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    is_compared = bool(statement["compared"])
    return {
        "headings": statement["headings"],
        "notes": statement["notes"],
        "compared": is_compared,
        "rows": [
            {
                "name": line["name"],
                "is_sum": line["is_sum"],
                "level": line["level"],
                "cells": [kroner(text) for text in line["amounts"]],
                "change": kroner(line["change"][0], signed=True) if is_compared else "",
                "percent": percent(line["change"][1]) if is_compared else "",
            }
            for line in statement["lines"]
            if line["is_shown"]
        ],
    }


def kroner(text: str | None, *, signed: bool = False) -> str:
    """Whole kroner; a missing amount is a dash."""
    amount = amount_from(text)
    return MISSING if amount is None else format_nok(amount, decimals=0, signed=signed)


def percent(text: str | None) -> str:
    return MISSING if text is None else f"{format_nok(Decimal(text), decimals=1, signed=True)} %"


def _chart(points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Heights as shares of the largest, so that typst only draws."""
    amounts = [
        amount
        for point in points
        for name in ("income", "last_income", "result")
        if (amount := amount_from(point[name])) is not None
    ]
    high = max([Decimal(1), *amounts])
    low = min([Decimal(0), *amounts])
    step = _step((high - low) / 4)
    # Decimal's // cuts towards nought, and a bar would then stand above its own scale
    top = (high / step).to_integral_value(ROUND_CEILING) * step
    bottom = (low / step).to_integral_value(ROUND_FLOOR) * step
    span = top - bottom
    marks = []
    mark = bottom
    while mark <= top:
        marks.append((float((mark - bottom) / span), format_nok(mark / 1000, decimals=0)))
        mark += step

    def share(text: str | None) -> float | None:
        amount = amount_from(text)
        return None if amount is None else float((amount - bottom) / span)

    return {
        "zero": float(-bottom / span),
        "marks": marks,
        "points": [
            {
                "label": point["label"],
                "income": share(point["income"]),
                "before": share(point["last_income"]),
                "result": share(point["result"]),
            }
            for point in points
        ],
    }


def _step(rough: Decimal) -> Decimal:
    """A round step of at least so much, and of at least a thousand kroner."""
    magnitude = Decimal(10) ** max(rough.adjusted(), 3)
    return next(
        magnitude * one
        for one in (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
        if magnitude * one >= rough
    )


def _side(side: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": side["name"],
        "day": side["day"],
        "bands": [(name, kroner(text)) for name, text in side["bands"] if amount_from(text)],
        "total": kroner(side["total"]),
        "parties": [
            (one["name"], kroner(one["overdue"]), kroner(one["total"])) for one in side["parties"]
        ],
    }
