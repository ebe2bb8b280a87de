"""What can be wrong with a change to the books.

BooksError
  UnbalancedVoucherError   the lines do not sum to zero
  PeriodLockedError        on or before the lock date (409)
  ConflictError            in use, taken, or not possible in this state (409)
    AlreadyReversedError
  NotFoundError            no such account, voucher, row or entry (404)
  InvalidLineError         a line that the real system would refuse to validate (400)
"""

from __future__ import annotations


class BooksError(Exception):
    """A change was refused; nothing was changed."""

    def __init__(self, english: str, norwegian: str) -> None:
        super().__init__(english)
        self.norwegian = norwegian


class UnbalancedVoucherError(BooksError):
    """The lines of a voucher do not sum to zero."""


class PeriodLockedError(BooksError):
    """The posting date is on or before the lock date."""


class ConflictError(BooksError):
    """The state of the books does not allow it."""


class AlreadyReversedError(ConflictError):
    """A voucher can be reversed only once."""


class NotFoundError(BooksError):
    """What was named does not exist."""


class InvalidLineError(BooksError):
    """A line breaks a rule of the account it is posted to."""


def not_found(english: str, norwegian: str, what: object) -> NotFoundError:
    """`Account 6801 not found.` in both languages."""
    return NotFoundError(f"{english} {what} not found.", f"{norwegian} {what} finnes ikke.")
