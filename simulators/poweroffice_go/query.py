"""Reads query strings the way PowerOffice Go does: names in any case, lists, ranges, dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl

from .answers import ApiError, invalid_parameter, not_found, problem

DEFAULT_PAGE_SIZE = 5000
LARGEST_PAGE_SIZE = 20_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_TIMESTAMP = re.compile(
    r"^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?$",
    re.IGNORECASE,
)
_RANGE = re.compile(r"^(-?\d+)(?:\s*(-)\s*(\d+)?)?$")

NumberTest = Callable[[int | None], bool]


def bad_value(name: str, value: str) -> ApiError:
    """ASP.NET's answer to a value it cannot bind."""
    return problem(
        400,
        "One or more validation errors occurred.",
        f"The value '{value}' is not valid for {name}.",
    )


def ticks_of(moment: datetime) -> int:
    """Tenths of microseconds since 1970, the resolution of PowerOffice Go's timestamps."""
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 10_000_000 + delta.microseconds * 10


def timestamp_text(moment: datetime) -> str:
    """``2025-03-31T08:03:00.0000000+00:00``: seven decimals, always UTC."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond:06d}0+00:00"


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of a list, which columns, and in which order."""

    number: int
    size: int
    fields: tuple[str, ...] | None
    """Wanted names in lower case, or all of them."""
    order: tuple[tuple[str, bool], ...]
    """Names in lower case, each with True for descending."""


class Query:
    """The parameters of one call, looked up without regard to case."""

    def __init__(self, query_string: str) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in parse_qsl(query_string, keep_blank_values=True):
            self._values.setdefault(name.lower(), []).append(value)
            if name.startswith("$"):
                raise problem(
                    400,
                    "Invalid resourceParameter",
                    f"The query parameter '{name}' is not supported.",
                )

    def text(self, name: str) -> str | None:
        """The value, or None when absent or blank. Repeated names are joined as a list."""
        values = [value for value in self._values.get(name.lower(), ()) if value.strip()]
        return ",".join(values).strip() if values else None

    def names(self) -> Iterable[str]:
        return self._values.keys()

    def integer(self, name: str) -> int | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            return int(text)
        except ValueError:
            raise bad_value(name, text) from None

    def boolean(self, name: str, *, default: bool | None = None) -> bool | None:
        text = self.text(name)
        if text is None:
            return default
        lowered = text.lower()
        if lowered not in ("true", "false"):
            raise bad_value(name, text)
        return lowered == "true"

    def day(self, name: str) -> date | None:
        """A date; a full timestamp is accepted and cut to its date part."""
        text = self.text(name)
        if text is None:
            return None
        found = _TIMESTAMP.match(text)
        try:
            if found is None:
                raise ValueError(text)
            return date.fromisoformat(found[1])
        except ValueError:
            raise bad_value(name, text) from None

    def mandatory_day(self, name: str) -> date:
        """A missing date makes the real API miss its route, so that it answers 404, not 400."""
        day = self.day(name)
        if day is None:
            raise not_found(f"The required query parameter '{name}' is missing.")
        return day

    def moment(self, name: str) -> int | None:
        """A timestamp in ticks; ``+`` (sent as %2B), ``Z`` and a space for ``T`` all do."""
        text = self.text(name)
        if text is None:
            return None
        found = _TIMESTAMP.match(text)
        if found is None:
            raise bad_value(name, text)
        day, clock, seconds, decimals, zone = found.groups()
        try:
            moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}:{seconds or '00'}")
        except ValueError:
            raise bad_value(name, text) from None
        offset = timedelta()
        if zone and zone.upper() != "Z":
            digits = zone[1:].replace(":", "")
            offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            offset = -offset if zone[0] == "-" else offset
        return ticks_of(moment.replace(tzinfo=UTC) - offset) + int((decimals or "0").ljust(7, "0"))

    def numbers(self, name: str) -> NumberTest | None:
        """``1000-1999, 2500, 3000-``: single numbers and ranges, open-ended to the right."""
        text = self.text(name)
        if text is None:
            return None
        singles: set[int] = set()
        ranges: list[tuple[int, int]] = []
        for part in text.split(","):
            if not part.strip():
                continue
            found = _RANGE.match(part.strip())
            if found is None:
                raise bad_value(name, text)
            first = int(found[1])
            if found[2] is None:
                singles.add(first)
            else:
                ranges.append((first, int(found[3]) if found[3] else 2**63))
        return lambda number: (
            number is not None
            and (number in singles or any(low <= number <= high for low, high in ranges))
        )

    def codes(self, name: str) -> Callable[[str | None], bool] | None:
        """Comma-separated codes; ``-1`` alone means rows without one."""
        text = self.text(name)
        if text is None:
            return None
        wanted = {part.strip().lower() for part in text.split(",") if part.strip()}
        if wanted == {"-1"}:
            return lambda code: code is None
        return lambda code: code is not None and code.lower() in wanted

    def code_set(self, name: str) -> frozenset[str] | None:
        """The codes as given, ``-1`` among them."""
        text = self.text(name)
        if text is None:
            return None
        return frozenset(part.strip() for part in text.split(",") if part.strip())

    def enums(self, name: str, allowed: Iterable[str]) -> frozenset[str] | None:
        """Enum names without regard to case."""
        text = self.text(name)
        if text is None:
            return None
        known = {value.lower(): value for value in allowed}
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if any(part.lower() not in known for part in parts):
            raise bad_value(name, text)
        return frozenset(known[part.lower()] for part in parts)

    def ids(self, name: str, existing: Iterable[int]) -> set[int] | None:
        """Positive numbers only; a hyphen cannot be cast, and an unknown id is an error."""
        text = self.text(name)
        if text is None:
            return None
        try:
            wanted = {int(part) for part in text.split(",") if part.strip()}
        except ValueError:
            wanted = {-1}
        if any(number < 0 for number in wanted):
            raise problem(400, "Unable to cast object(s)", f"'{text}' is not a list of ids.")
        missing = wanted.difference(existing)
        if missing:
            listed = ", ".join(str(number) for number in sorted(missing))
            raise not_found(f"{name} with id = {listed} not found.")
        return wanted

    def guids(self, name: str) -> frozenset[str] | None:
        text = self.text(name)
        if text is None:
            return None
        return frozenset(part.strip().lower() for part in text.split(",") if part.strip())

    def page(self, columns: dict[str, str]) -> Page:
        """The common parameters. ``columns``: the list's own names, by their lower-case form."""
        number, size = self._bounded("PageNumber", 1), self._bounded("PageSize", DEFAULT_PAGE_SIZE)
        if number < 1:
            raise invalid_parameter("PageNumber must be 1 or greater.")
        if not 1 <= size <= LARGEST_PAGE_SIZE:
            raise invalid_parameter(f"PageSize must be between 1 and {LARGEST_PAGE_SIZE}.")
        return Page(number, size, self._fields(columns), self._order(columns))

    def _bounded(self, name: str, default: int) -> int:
        text = self.text(name)
        if text is None:
            return default
        try:
            return int(text)
        except ValueError:
            raise invalid_parameter(f"{name} '{text}' is not a number.") from None

    def _fields(self, columns: dict[str, str]) -> tuple[str, ...] | None:
        text = self.text("Fields")
        if text is None:
            return None
        wanted = [part.strip().lower() for part in text.split(",")]
        unknown = [part for part in wanted if part not in columns]
        if unknown:
            raise invalid_parameter(f"Fields contains unknown field '{unknown[0]}'.")
        return tuple(dict.fromkeys(wanted))

    def _order(self, columns: dict[str, str]) -> tuple[tuple[str, bool], ...]:
        text = self.text("OrderBy")
        if text is None:
            return ()
        order = []
        for part in text.split(","):
            words = part.split()
            if not words or len(words) > 2 or words[0].lower() not in columns:
                raise invalid_parameter(f"OrderBy '{part.strip()}' is not valid.")
            if len(words) == 2 and words[1].lower() not in ("asc", "desc"):
                raise invalid_parameter(f"OrderBy direction '{words[1]}' is not valid.")
            order.append((words[0].lower(), len(words) == 2 and words[1].lower() == "desc"))
        return tuple(order)
