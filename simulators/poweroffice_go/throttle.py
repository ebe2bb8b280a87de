"""The limit of ten calls in any second that PowerOffice Go keeps per subscription."""

from __future__ import annotations

import time
from collections import deque

WINDOW_SECONDS = 1.0


class Throttle:
    """A sliding window: a call is let through when fewer than the limit came in the last second.

    The window slides, so ten calls at 0.9 s and one at 1.1 s is one too many, which a counter
    that starts anew each whole second would have let through. Refused calls are not counted.
    """

    def __init__(self, calls_per_second: int) -> None:
        self.calls_per_second = calls_per_second
        self._accepted: dict[str, deque[float]] = {}

    def accept(self, subscription: str, now: float | None = None) -> bool:
        if self.calls_per_second <= 0:
            return True
        moment = time.monotonic() if now is None else now
        window = self._accepted.setdefault(subscription, deque())
        while window and window[0] <= moment - WINDOW_SECONDS:
            window.popleft()
        if len(window) >= self.calls_per_second:
            return False
        window.append(moment)
        return True
