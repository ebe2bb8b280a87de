"""The root of every error Klientbro raises on purpose, grouped by what the caller should do.

KlientbroError
  ConfigurationError             a person must change a setting; the text says which and how
  LedgerError                    the books do not hold together
    UnbalancedVoucherError       a voucher's lines do not sum to zero
    ClosedPeriodError            a change falls in a period that is locked or sealed
    UnknownAccountError          a figure stands on an account we have no record of
  MoneyError                     an amount is not exact kroner and øre (klientbro.domain.money)
  ConnectorError                 an accounting system failed (tree in klientbro.connectors.errors)
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal


class KlientbroError(Exception):
    """Anything Klientbro raises on purpose."""


class ConfigurationError(KlientbroError):
    """A setting is missing or wrong; the message names it and says what to do."""


class LedgerError(KlientbroError):
    """The books do not hold together."""


class UnbalancedVoucherError(LedgerError):
    """The lines of a voucher leave `difference` instead of zero."""

    def __init__(self, voucher: str, difference: Decimal) -> None:
        super().__init__(f"Voucher {voucher} does not balance: its lines sum to {difference}")
        self.voucher = voucher
        self.difference = difference

    def __reduce__(self) -> tuple[type[UnbalancedVoucherError], tuple[str, Decimal]]:
        # Exception would pickle its message as the only argument, which this signature refuses.
        return type(self), (self.voucher, self.difference)


class ClosedPeriodError(LedgerError):
    """A change dated `on` falls in a period closed up to and including `closed_until`."""

    def __init__(self, on: date, closed_until: date) -> None:
        super().__init__(f"{on.isoformat()} is in a closed period (until {closed_until})")
        self.on = on
        self.closed_until = closed_until

    def __reduce__(self) -> tuple[type[ClosedPeriodError], tuple[date, date]]:
        return type(self), (self.on, self.closed_until)


class UnknownAccountError(LedgerError):
    """Amounts stand on accounts that are not in the chart of accounts."""

    def __init__(self, account_ids: tuple[str, ...]) -> None:
        super().__init__(f"No record of account {', '.join(account_ids)}")
        self.account_ids = account_ids

    def __reduce__(self) -> tuple[type[UnknownAccountError], tuple[tuple[str, ...]]]:
        return type(self), (self.account_ids,)
