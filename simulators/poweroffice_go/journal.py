"""What people and tests have done, so that books can be made again and outlive a restart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import msgspec

from .options import Options


class Entry(msgspec.Struct, frozen=True):
    """One action, with the moment it was done at: done again, it gives the same result."""

    at: str
    environment: str
    company: int
    action: str
    arguments: dict[str, Any]

    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


class Header(msgspec.Struct, frozen=True):
    """What the books were made from; a file only fits the same."""

    seed: int
    scale: float
    today: str


class StateFileError(Exception):
    """The state file belongs to other books or cannot be read."""


class Journal:
    """Entries in the order they were done, kept in memory and, when asked, in a file."""

    def __init__(self, options: Options) -> None:
        self._entries: list[Entry] = []
        self._path = options.state
        self._header = Header(options.seed, options.scale, "")
        self.today: date | None = None
        if self._path is not None and self._path.exists():
            self._read()

    def _read(self) -> None:
        assert self._path is not None  # noqa: S101 the caller has looked
        content = self._path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):  # killed while the last line was being written
            self._path.write_bytes(whole)
        lines = whole.splitlines()
        try:
            header = msgspec.json.decode(lines[0], type=Header)
            self._entries = [msgspec.json.decode(line, type=Entry) for line in lines[1:]]
        except (IndexError, msgspec.DecodeError) as error:
            raise StateFileError(f"{self._path} is not a state file: {error}") from error
        if (header.seed, header.scale) != (self._header.seed, self._header.scale):
            raise StateFileError(
                f"{self._path} was made with --seed {header.seed} --scale {header.scale:g}. "
                "Use the same, or delete the file to start with new books."
            )
        # The books stay those of the first day, or every change would stand among other vouchers.
        self.today = date.fromisoformat(header.today)

    def begin(self, today: date) -> None:
        """Write the first line of a new file."""
        self.today = today
        if self._path is None or self._path.exists():
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        header = msgspec.structs.replace(self._header, today=today.isoformat())
        self._path.write_bytes(msgspec.json.encode(header) + b"\n")

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)
        if self._path is not None:
            with self._path.open("ab") as file:
                file.write(msgspec.json.encode(entry) + b"\n")

    def forget(self) -> None:
        """Empty the journal, and the file with it."""
        self._entries = []
        if self._path is not None and self.today is not None:
            self._path.unlink(missing_ok=True)
            self.begin(self.today)

    def entries(self) -> Iterable[Entry]:
        return tuple(self._entries)

    def entries_of(self, environment: str, company: int) -> Iterable[Entry]:
        return tuple(
            entry
            for entry in self._entries
            if entry.company == company and entry.environment == environment
        )
