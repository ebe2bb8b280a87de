"""Plain surroundings for running a source alone: in tests, benchmarks and at a prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from klientbro.connectors.contract import Sent, Surroundings

if TYPE_CHECKING:
    import httpx


@dataclass(slots=True)
class UnhurriedPacer:
    """Lets every request through at once, and remembers what it was told."""

    waits: int = 0
    left: int = 0
    told: list[float] = field(default_factory=list)

    async def wait(self) -> Callable[[], None]:
        self.waits += 1
        return self._has_left

    def _has_left(self) -> None:
        self.left += 1

    async def throttled(self, retry_after_seconds: float | None) -> float:
        self.told.append(1.0 if retry_after_seconds is None else retry_after_seconds)
        return self.told[-1]


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(slots=True)
class MemoryTokens:
    """Tokens of this process only."""

    kept: dict[str, tuple[str, datetime]] = field(default_factory=dict, repr=False)

    async def read(self, reference: str) -> tuple[str, datetime] | None:
        return self.kept.get(reference)

    async def write(self, reference: str, token: str, expires_at: datetime) -> None:
        self.kept[reference] = (token, expires_at)

    async def forget(self, reference: str) -> None:
        self.kept.pop(reference, None)


@dataclass(slots=True)
class ListedRequests:
    """Every request that was sent, in order: method, path and status."""

    sent: list[tuple[str, str, int]] = field(default_factory=list)

    lines: list[Sent] = field(default_factory=list)

    def record(self, sent: Sent) -> None:
        self.sent.append((sent.method, sent.path, sent.status))
        self.lines.append(sent)


def plain_surroundings(
    operator: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None
) -> Surroundings:
    """Surroundings without limits or storage."""
    return Surroundings(
        pacer=UnhurriedPacer(),
        clock=SystemClock(),
        tokens=MemoryTokens(),
        log=ListedRequests(),
        operator=operator,
        transport=transport,
    )
