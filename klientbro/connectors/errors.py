"""What can go wrong between us and an accounting system, grouped by what the caller should do.

KlientbroError
  ConnectorError                 carries the connector and the request that failed, never secrets
    RetriableError               the same call may succeed later
      RateLimitedError           asked too often; carries retry_after_seconds
      UnavailableError           down, slow or cut off
        UnreadableError          answering something that is not an answer: a web page, cut JSON
      RangeTooLargeError         the range timed out: ask the source to split the unit
    FatalError                   stop this run
      AuthorizationError         the key is rejected: the customer must reconnect
      MissingRightError          a module or privilege is missing; carries its names
      ContractError              the answer is not as documented
      NoControlFiguresError      the source states no balances for the date asked
      OperatorSettingsError      our own keys or addresses are refused: the operator must act
    SkippableRecordError         keep one record aside as a finding, go on with the next
"""

from __future__ import annotations

from klientbro.lib.errors import KlientbroError


class ConnectorError(KlientbroError):
    """An accounting system did not do as asked. `request` is method and path, without secrets."""

    def __init__(self, message: str, *, connector: str = "", request: str = "") -> None:
        super().__init__(message)
        self.connector = connector
        self.request = request


class RetriableError(ConnectorError):
    """Try again later; nothing is wrong on our side."""


class RateLimitedError(RetriableError):
    """The source asked us to wait `retry_after_seconds`."""

    def __init__(
        self,
        message: str,
        *,
        retry_after_seconds: float = 1.0,
        connector: str = "",
        request: str = "",
    ) -> None:
        super().__init__(message, connector=connector, request=request)
        self.retry_after_seconds = retry_after_seconds


class UnavailableError(RetriableError):
    """The source is down, too slow, or cut the line."""


class UnreadableError(UnavailableError):
    """The source answered something that is not an answer: a web page, cut JSON, another alphabet.

    Something stands between us and the system, or it is being mended: trying later may help.
    """


class RangeTooLargeError(RetriableError):
    """The source timed out over a wide range; the unit should be split."""


class FatalError(ConnectorError):
    """This run cannot go on."""


class AuthorizationError(FatalError):
    """The key is rejected: removed in the source, mistyped, or for another environment."""


class MissingRightError(FatalError):
    """The key works, but lacks modules or privileges named in `rights`."""

    def __init__(
        self, message: str, *, rights: tuple[str, ...] = (), connector: str = "", request: str = ""
    ) -> None:
        super().__init__(message, connector=connector, request=request)
        self.rights = rights


class ContractError(FatalError):
    """The source answered in a form its documentation does not promise; the message says what."""


class NoControlFiguresError(FatalError):
    """The source states no balances for this date, so nothing can be proved there.

    Not the same as an empty answer, which is a sheet where every account stands at 0.00.
    """


class OperatorSettingsError(FatalError):
    """The source refuses our own subscription or application, whoever the customer is.

    Kept apart from AuthorizationError so that no customer is asked to reconnect for our fault.
    """


class SkippableRecordError(ConnectorError):
    """One record cannot be read. It becomes a finding; the rest goes on."""

    def __init__(self, message: str, *, record_id: str = "", connector: str = "") -> None:
        super().__init__(message, connector=connector)
        self.record_id = record_id
