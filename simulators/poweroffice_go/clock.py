"""The simulator's own time, which can be moved without touching the machine's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")


class Clock:
    """Wall time plus an offset; accounting dates follow Norwegian time."""

    def __init__(self, today: date | None = None) -> None:
        self.offset = timedelta()
        if today is not None:
            self.move_to(today)

    def move_to(self, day: date) -> None:
        """Make today ``day`` and keep the time of day, so that the clock goes on running."""
        local = datetime.now(OSLO)
        wanted = datetime.combine(day, time(local.hour, local.minute, local.second), OSLO)
        self.offset = wanted.astimezone(UTC) - local.astimezone(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def today(self) -> date:
        return self.now().astimezone(OSLO).date()
