"""What was asked of the simulator, kept in memory so that tests can count requests."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

import msgspec

KEPT_REQUESTS = 200_000


class LoggedRequest(msgspec.Struct, frozen=True):
    """One call to the API or the token endpoint."""

    at: str
    second: float
    """Seconds on a clock that only goes forward, for counting calls in a sliding second."""
    method: str
    path: str
    query: str
    environment: str
    company: int | None
    status: int
    rows: int
    bytes: int
    milliseconds: float
    fault: str | None
    user_agent: str


class RequestLog:
    """The latest calls, oldest first."""

    def __init__(self) -> None:
        self.requests: deque[LoggedRequest] = deque(maxlen=KEPT_REQUESTS)

    def add(self, request: LoggedRequest) -> None:
        self.requests.append(request)

    def reset(self) -> None:
        self.requests.clear()

    def summary(self, company: int | None = None) -> dict[str, object]:
        """Counts per path and status, and the most calls that fell within any one second."""
        chosen = [r for r in self.requests if company is None or r.company == company]
        return {
            "total": len(chosen),
            "by_path": dict(Counter(r.path for r in chosen).most_common()),
            "by_status": {str(k): n for k, n in sorted(Counter(r.status for r in chosen).items())},
            "by_company": {
                str(k): n
                for k, n in Counter(r.company for r in chosen).most_common()
                if k is not None
            },
            "by_fault": dict(Counter(r.fault for r in chosen if r.fault).most_common()),
            "rows": sum(r.rows for r in chosen),
            "bytes": sum(r.bytes for r in chosen),
            "most_in_a_second": most_in_a_second(r.second for r in chosen),
            "most_accepted_in_a_second": most_in_a_second(
                r.second for r in chosen if r.status != 429
            ),
        }


def most_in_a_second(moments: Iterable[float]) -> int:
    """The largest number of moments inside any one sliding second.

    0.0, 0.9, 1.1 and 1.8 give 3: 0.9, 1.1 and 1.8 lie within one second of each other.
    """
    ordered = sorted(moments)
    most = first = 0
    for last, moment in enumerate(ordered):
        while ordered[first] <= moment - 1.0:
            first += 1
        most = max(most, last - first + 1)
    return most
