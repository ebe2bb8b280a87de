"""One path of the API, and what its handler is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .answers import Answer, unauthorized
from .books import Books
from .environment import Environment, Extension
from .faults import Call
from .query import Query

if TYPE_CHECKING:
    from .simulator import Simulator

Handler = Callable[["Reading"], Answer]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path of the API. A handler that needs books runs in a thread, beside other companies."""

    method: str
    path: str
    privilege: str | None
    handler: Callable[..., Any]
    needs_token: bool = True
    needs_books: bool = True


@dataclass(slots=True)
class Reading:
    """What a handler gets: the company's books, the question, and where it came from."""

    simulator: Simulator
    environment: Environment
    extension: Extension | None
    held: Books | None
    query: Query
    parts: dict[str, str]
    call: Call
    url: str
    body: bytes

    @property
    def books(self) -> Books:
        if self.held is None:
            raise LookupError("The endpoint did not ask for books.")
        return self.held

    @property
    def company(self) -> int:
        if self.extension is None:
            raise unauthorized()
        return self.extension.company
