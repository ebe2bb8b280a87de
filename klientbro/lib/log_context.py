"""What the running code works on, for every log line: run, firm, connection, job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

NAMES = ("job_id", "firm_id", "connection_id", "run_id")

_about: ContextVar[dict[str, str] | None] = ContextVar("klientbro_log_about", default=None)


def about() -> dict[str, str]:
    """What is known where this is called."""
    return dict(_about.get() or {})


def also_about(**what: object) -> None:
    """Adds what has become known, such as the run's id, for the rest of the block."""
    known = {name: str(value) for name, value in what.items() if value is not None}
    _about.set({**about(), **known})


@contextmanager
def working_on(**what: object) -> Iterator[None]:
    """Lines logged inside tell what they are about; threads started inside inherit it."""
    token = _about.set(about())
    also_about(**what)
    try:
        yield
    finally:
        _about.reset(token)
