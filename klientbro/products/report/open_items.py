"""Both sides' open items on a day, aged, with the snapshot they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from klientbro.domain.reporting.ageing import Ageing, Band, PartyAge, Side, ageing
from klientbro.ledger.queries.reporting import OpenSnapshot, aged_items
from klientbro.lib.dates import parse_typed_date
from klientbro.products.report.charts import stacked
from klientbro.products.report.rows import whole_cells
from klientbro.products.report.sheet import ReportSheet
from klientbro.products.report.texts import band_words

MOST_PARTIES = 100
BANDS = tuple(Band)


@dataclass(frozen=True, slots=True)
class ShownSide:
    """One side's ageing with the snapshot it rests on; None of both where nothing was fetched."""

    side: Side
    heading: str
    party: str
    snapshot: OpenSnapshot | None
    ageing: Ageing | None
    chart: SafeString
    bands: tuple[tuple[str, str, object], ...]

    @property
    def parties(self) -> Sequence[tuple[PartyAge, SafeString]]:
        """Each party with its cells."""
        if self.ageing is None:
            return ()
        return [
            (
                party,
                whole_cells([party.bands[band] for band in BANDS])
                + whole_cells((party.total,), "strong"),
            )
            for party in self.ageing.parties[:MOST_PARTIES]
        ]

    @property
    def left_out(self) -> int:
        return max(0, len(self.ageing.parties) - MOST_PARTIES) if self.ageing else 0


def wanted_day(sheet: ReportSheet, typed: str) -> date:
    """The day asked for, else the month's last day; never one that has not come."""
    day = parse_typed_date(typed) if typed else None
    return min(day or sheet.month.last_day, sheet.today)


def side_on(side: Side, snapshots: Sequence[OpenSnapshot], day: date) -> ShownSide:
    """The side as it was on the newest day that was fetched, on or before the day."""
    found = next((one for one in snapshots if one.side == side.value and one.as_of <= day), None)
    heading = _("Customers") if side is Side.CUSTOMER else _("Suppliers")
    party = _("Customer") if side is Side.CUSTOMER else _("Supplier")
    if found is None:
        return ShownSide(side, heading, party, None, None, SafeString(""), ())
    aged = ageing(aged_items(found.id), side, found.as_of)
    bands = tuple((band_words(band), f"rp-b-{band}", aged.bands[band]) for band in BANDS)
    chart = stacked(
        [(name, css, aged.bands[band]) for band, (name, css, _a) in zip(BANDS, bands, strict=True)],
        _("%(side)s by how long it is overdue") % {"side": heading},
    )
    return ShownSide(side, heading, party, found, aged, chart, bands)
