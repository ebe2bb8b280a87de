"""A trial balance as it stood to our knowledge, arranged beside today's."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from klientbro.domain.accounts import UNDISPOSED_HEADING, Account, AccountGroup, account_sort_key
from klientbro.domain.money import ZERO
from klientbro.domain.trial_balance import Figures, Row, TrialBalance

NOTHING = Figures(ZERO, ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A line as it stood then and as it stands now. The derived line has no account."""

    account: Account | None
    name: str
    opening: Decimal | None
    movement: Decimal | None
    closing: Decimal | None
    today: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """What has come since: today less then."""
        if self.closing is None or self.today is None:
            return None
        return self.today - self.closing


@dataclass(frozen=True, slots=True)
class ComparedSection:
    heading: str
    rows: tuple[ComparedRow, ...]


def compared_sections(then: TrialBalance, today: TrialBalance) -> tuple[ComparedSection, ...]:
    """Every line that has a figure on either side, in the order of the trial balance.

    Numbers and names are those of then; an account that had no figures then has today's.
    """
    now = {row.account.id: row for row in today.rows if row.account is not None}
    known = {row.account.id for row in then.rows if row.account is not None}
    lines: dict[AccountGroup, list[ComparedRow]] = {group: [] for group in AccountGroup}
    for row in then.rows:
        if row.account is not None:
            lines[row.account.group].append(_compared(row, now.get(row.account.id), row.account))
    for id_, row in now.items():
        if id_ not in known and row.account is not None:
            lines[row.account.group].append(_compared(None, row, row.account))
    for group in lines.values():
        group.sort(key=_place)
    derived = _undisposed(then, today)
    if derived is not None:
        lines[AccountGroup.EQUITY_AND_LIABILITIES].append(derived)
    return tuple(
        ComparedSection(_(group.heading), tuple(rows)) for group, rows in lines.items() if rows
    )


def _compared(then: Row | None, now: Row | None, account: Account) -> ComparedRow:
    figures = then.figures if then is not None else NOTHING
    closing = now.figures.closing if now is not None else ZERO
    return ComparedRow(
        account, account.name, figures.opening, figures.movement, figures.closing, closing
    )


def _undisposed(then: TrialBalance, today: TrialBalance) -> ComparedRow | None:
    if then.undisposed.is_zero and today.undisposed.is_zero:
        return None
    figures = then.undisposed
    return ComparedRow(
        None,
        _(UNDISPOSED_HEADING),
        figures.opening,
        figures.movement,
        figures.closing,
        today.undisposed.closing,
    )


def _place(row: ComparedRow) -> tuple[str, str]:
    if row.account is None:
        return "", ""
    return account_sort_key(row.account.number), row.account.id
