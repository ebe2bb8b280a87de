"""Charts drawn by the server as SVG: bars with a line, and stacked bars. A table stands beside.

Colours are classes of the style sheet, so that they follow light and dark; shapes differ too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from klientbro.lib.numbers import format_nok

_WIDTH, _HEIGHT = 420, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 4, 10, 22
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_THOUSAND = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Bars:
    """A series of bars, one for each label; None draws nothing."""

    name: str
    css: str
    values: Sequence[Decimal | None]


@dataclass(frozen=True, slots=True)
class _Scale:
    low: Decimal
    high: Decimal
    step: Decimal

    def y(self, value: Decimal) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(_HEIGHT - _BOTTOM - float(share) * (_HEIGHT - _TOP - _BOTTOM), 1)


def bars_and_line(
    labels: Sequence[str], bars: Sequence[Bars], line: Bars | None, title: str
) -> SafeString:
    """Bars side by side for each label, and a line over them; amounts in thousands."""
    every = [value for series in (*bars, *([line] if line else [])) for value in series.values]
    scale = _scale([value for value in every if value is not None])
    band = (_WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    width = min(11.0, band * 0.72 / max(1, len(bars)))
    parts = [_grid(scale), _labels(labels, band)]
    zero = scale.y(Decimal(0))
    for number, series in enumerate(bars):
        offset = (number - len(bars) / 2) * (width + 1)
        parts.append(
            format_html_join(
                "",
                '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"/>',
                (
                    (
                        series.css,
                        round(_LEFT + band * (at + 0.5) + offset, 1),
                        round(min(zero, scale.y(value)), 1),
                        round(width, 1),
                        round(max(0.5, abs(scale.y(value) - zero)), 1),
                    )
                    for at, value in enumerate(series.values)
                    if value is not None
                ),
            )
        )
    if line is not None:
        parts.append(_line(line, band, scale))
    return _svg(parts, title)


def stacked(values: Sequence[tuple[str, str, Decimal]], title: str) -> SafeString:
    """One bar across, parted by what each value is of the whole; negative ones are left out."""
    shown = [(name, css, value) for name, css, value in values if value > 0]
    total = sum((value for _name, _css, value in shown), Decimal(0))
    if not total:
        return SafeString("")
    parts = []
    at = 0.0
    for name, css, value in shown:
        width = float(value / total) * 100
        parts.append((css, round(at, 2), round(max(0.4, width - 0.3), 2), name, _thousands(value)))
        at += width
    return format_html(
        '<svg class="rp-stack" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>',
        title,
        format_html_join(
            "",
            '<rect class="{}" x="{}" y="0" width="{}" height="6"><title>{}: {}</title></rect>',
            parts,
        ),
    )


def _line(line: Bars, band: float, scale: _Scale) -> SafeString:
    """A line through the known points; it stops where one is missing."""
    points = [
        (round(_LEFT + band * (at + 0.5), 1), scale.y(value))
        for at, value in enumerate(line.values)
        if value is not None
    ]
    runs: list[list[str]] = [[]]
    for at, value in enumerate(line.values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{round(_LEFT + band * (at + 0.5), 1)},{scale.y(value)}")
    return format_html(
        "{}{}",
        format_html_join(
            "",
            '<polyline class="{}" points="{}"/>',
            ((line.css, " ".join(run)) for run in runs if len(run) > 1),
        ),
        format_html_join(
            "",
            '<circle class="{}" cx="{}" cy="{}" r="3"/>',
            ((line.css, x, y) for x, y in points),
        ),
    )


def _grid(scale: _Scale) -> SafeString:
    marks = []
    value = scale.low
    while value <= scale.high:
        marks.append(value)
        value += scale.step
    return format_html_join(
        "",
        '<path class="rp-axis{}" d="M{} {}H{}"/><text class="rp-tick" x="{}" y="{}">{}</text>',
        (
            (
                " rp-zero" if value == 0 else "",
                _LEFT,
                scale.y(value),
                _WIDTH - _RIGHT,
                _LEFT - 8,
                scale.y(value) + 4,
                _thousands(value),
            )
            for value in marks
        ),
    )


def _labels(labels: Sequence[str], band: float) -> SafeString:
    return format_html_join(
        "",
        '<text class="rp-label" x="{}" y="{}">{}</text>',
        (
            (round(_LEFT + band * (at + 0.5), 1), _HEIGHT - 6, label)
            for at, label in enumerate(labels)
        ),
    )


def _svg(parts: Sequence[SafeString], title: str) -> SafeString:
    return format_html(
        '<svg class="rp-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        _WIDTH,
        _HEIGHT,
        title,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _scale(values: Sequence[Decimal]) -> _Scale:
    """Round marks that hold every value and nought; at most six of them."""
    low, high = min([Decimal(0), *values]), max([Decimal(0), *values])
    if low == high:
        high = _THOUSAND
    rough = (high - low) / 4
    magnitude = Decimal(10) ** rough.adjusted()
    step = next(magnitude * one for one in _STEPS if magnitude * one >= rough)
    return _Scale(
        -((-low / step).to_integral_value(ROUND_CEILING)) * step,
        (high / step).to_integral_value(ROUND_CEILING) * step,
        step,
    )


def _thousands(value: Decimal) -> str:
    """In thousands, as few decimals as tell the marks apart."""
    thousands = value / _THOUSAND
    return format_nok(thousands, decimals=0 if thousands == thousands.to_integral_value() else 1)
