"""The trial balance as it is shown: narrowed by a search, with marks where it differs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from klientbro.domain.accounts import UNDISPOSED_HEADING, AccountId
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Period
from klientbro.domain.trial_balance import Figures, Row, TrialBalance


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A line of the page. The derived line has no account."""

    account_id: AccountId | None
    number: str
    name: str
    opening: Decimal | None
    movement: Decimal | None
    closing: Decimal | None
    last_year: Decimal | None
    differs: bool
    late_query: str = ""  # the way to what came late on the account, where something did

    @property
    def is_derived(self) -> bool:
        return self.account_id is None


@dataclass(frozen=True, slots=True)
class ShownSection:
    heading: str
    total_heading: str
    rows: tuple[ShownRow, ...]
    total: ShownRow


@dataclass(frozen=True, slots=True)
class ShownSheet:
    """All sections; `total` sums what is shown, zero when that is everything."""

    sections: tuple[ShownSection, ...]
    total: ShownRow
    accounts: int
    is_narrowed: bool


def shown_sheet(
    sheet: TrialBalance,
    differing: Collection[AccountId],
    search: str,
    late: Collection[AccountId] = (),
) -> ShownSheet:
    """The lines to show. A search keeps accounts by number or name and sums only those.

    late: accounts that something has changed after locking in the period.
    """
    wanted = search.casefold()
    sections = []
    for section in sheet.sections:
        rows = [row for row in section.rows if _matches(row, wanted)]
        if not rows:
            continue
        total = section.total if not wanted else _sum(rows, section.total)
        sections.append(
            ShownSection(
                heading=_(section.group.heading),
                total_heading=_(section.group.total_heading),
                rows=tuple(_row(row, differing, late, sheet.period) for row in rows),
                total=_figures("", "", total),
            )
        )
    kept = [row for section in sheet.sections for row in section.rows if _matches(row, wanted)]
    total = sheet.total if not wanted else _sum(kept, sheet.total)
    return ShownSheet(
        sections=tuple(sections),
        total=_figures("", _("Total"), total),
        accounts=sum(1 for row in kept if row.account is not None),
        is_narrowed=bool(wanted),
    )


def _matches(row: Row, wanted: str) -> bool:
    if not wanted:
        return True
    if row.account is None:
        return wanted in _(UNDISPOSED_HEADING).casefold()
    return row.account.number.startswith(wanted) or wanted in row.account.name.casefold()


def _row(
    row: Row, differing: Collection[AccountId], late: Collection[AccountId], period: Period
) -> ShownRow:
    if row.account is None:
        return _figures("", _(UNDISPOSED_HEADING), row.figures)
    account = row.account
    shown = _figures(account.number, account.name, row.figures, account.id, account.id in differing)
    if account.id not in late:
        return shown
    asked = {"konto": account.id, "fra": period.first.key, "til": period.last.key}
    return replace(shown, late_query="?" + urlencode(asked))


def _figures(
    number: str,
    name: str,
    figures: Figures,
    account_id: AccountId | None = None,
    differs: bool = False,
) -> ShownRow:
    return ShownRow(
        account_id=account_id,
        number=number,
        name=name,
        opening=figures.opening,
        movement=figures.movement,
        closing=figures.closing,
        last_year=figures.last_year,
        differs=differs,
    )


def _sum(rows: list[Row], known: Figures) -> Figures:
    """The sum of the rows in each column that is known."""

    def column(name: str) -> Decimal | None:
        if getattr(known, name) is None:
            return None
        return sum((getattr(row.figures, name) or ZERO for row in rows), ZERO)

    return Figures(column("opening"), column("closing"), column("last_year"))
