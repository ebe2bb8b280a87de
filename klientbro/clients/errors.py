"""Why a change to a client's connection is refused, for a person to read.

KlientbroError
  RefusedError               nothing was changed; `field` is the form's field, '' for the whole
"""

from __future__ import annotations

from klientbro.lib.errors import KlientbroError


class RefusedError(KlientbroError):
    """The change breaks a rule; the message names the reason and the cure, already translated."""

    def __init__(self, message: str, *, field: str = "", code: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.code = code
