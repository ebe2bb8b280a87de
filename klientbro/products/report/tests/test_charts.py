"""Charts drawn by the server, on the page and in the PDF: nothing stands outside its scale."""

from __future__ import annotations

import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from klientbro.products.report.charts import Bars, bars_and_line, stacked
from klientbro.products.report.pack_pdf import _chart

amounts = st.one_of(
    st.none(), st.integers(-(10**9), 10**9).map(lambda ore: Decimal(ore).scaleb(-2))
)
series = st.lists(amounts, min_size=1, max_size=12)


@given(series)
def test_every_bar_and_point_lies_inside_the_drawing(values) -> None:
    labels = ["jan"] * len(values)
    drawn = bars_and_line(labels, [Bars("a", "rp-now", values)], Bars("b", "rp-result", values), "")

    for y, height in re.findall(
        r'<rect [^>]* y="([-0-9.]+)" width="[0-9.]+" height="([0-9.]+)"', drawn
    ):
        assert float(y) >= 0
        assert float(y) + float(height) <= 231
    points = re.findall(r'cy="([-0-9.]+)"', drawn)
    assert len(points) == sum(value is not None for value in values)
    assert all(0 <= float(y) <= 230 for y in points)


@given(series)
def test_every_share_in_the_pdf_lies_between_the_marks(values) -> None:
    text = [None if value is None else f"{value:f}" for value in values]
    found = _chart(
        [{"label": "jan", "income": one, "last_income": None, "result": one} for one in text]
    )

    assert 2 <= len(found["marks"]) <= 8
    assert 0 <= found["zero"] <= 1
    for point in found["points"]:
        assert point["before"] is None
        assert point["income"] is None or 0 <= point["income"] <= 1


def test_month_that_is_not_known_breaks_the_line_and_has_no_bar() -> None:
    values = [Decimal(1000), None, Decimal(2000), Decimal(3000)]

    drawn = bars_and_line(
        ["a", "b", "c", "d"], [Bars("x", "rp-now", values)], Bars("y", "rp-result", values), ""
    )

    assert drawn.count("<rect") == 3
    assert drawn.count("<polyline") == 1


def test_names_in_a_chart_are_no_markup() -> None:
    drawn = stacked([("<b>Kunde</b>", "rp-now", Decimal(5))], "<i>Tittel</i>")

    assert "<b>" not in drawn
    assert "<i>" not in drawn
    assert stacked([("a", "b", Decimal(-1))], "") == ""
