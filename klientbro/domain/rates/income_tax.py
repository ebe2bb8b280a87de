"""Income tax of companies, and the days on which instalments of advance tax fall due, by year.

Source: norwegian-accounting.md §12 [S-55][S-58][S-59]; skattebetalingsloven § 10-20. The reference
asks that the instalments of persons be verified: calendars of accountants for 2025 and later have
15 June as the second, where pages from before 2019 have 15 May and 15 November.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from klientbro.domain.rates.tables import DatedTable

MonthDay = tuple[int, int]

COMPANY_TAX: DatedTable[Decimal] = DatedTable(
    "company tax rate",
    ((date(2018, 1, 1), Decimal("0.23")), (date(2019, 1, 1), Decimal("0.22"))),
    checked_until=date(2026, 12, 31),
    source="norwegian-accounting.md §12",
)
# Asked by the first day of the income year.
PERSON_INSTALMENTS: DatedTable[tuple[MonthDay, ...]] = DatedTable(
    "due date of advance tax for persons",
    (
        (date(2009, 1, 1), ((3, 15), (5, 15), (9, 15), (11, 15))),
        (date(2019, 1, 1), ((3, 15), (6, 15), (9, 15), (12, 15))),
    ),
    checked_until=None,
    source="skattebetalingsloven § 10-20 (1)",
)
# In the year after the income year.
COMPANY_INSTALMENTS: DatedTable[tuple[MonthDay, ...]] = DatedTable(
    "due date of advance tax for companies",
    ((date(2009, 1, 1), ((2, 15), (4, 15))),),
    checked_until=None,
    source="skattebetalingsloven § 10-20 (3)",
)
# No advance tax is issued below this.
SMALLEST_ADVANCE_TAX = Decimal(2_000)
