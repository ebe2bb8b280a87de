"""Which firm the running code works for. Outside a firm, tenant tables look empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connections, transaction

SETTING = "klientbro.firm"
_firm: ContextVar[UUID | None] = ContextVar("klientbro_firm", default=None)

_user: ContextVar[int | None] = ContextVar("klientbro_user", default=None)


def current_firm() -> UUID | None:
    """The firm the running code works for, None outside one."""
    return _firm.get()


def acting_user() -> int | None:
    """The signed-in user the running code acts for, None in jobs and commands."""
    return _user.get()


@contextmanager
def acting_as(user_id: int | None) -> Iterator[None]:
    """Whose press it is, for what keeps a history of who did what."""
    token = _user.set(user_id)
    try:
        yield
    finally:
        _user.reset(token)


@contextmanager
def firm_set(firm_id: UUID | None) -> Iterator[None]:
    """Sets the firm for transactions begun inside. The database backend applies it.

    Inside an open transaction the firm before stands again when the block ends.
    """
    token = _firm.set(firm_id)
    try:
        yield
    finally:
        _firm.reset(token)
        go_back = getattr(connections["default"], "go_back_to_firm", None)
        if go_back is not None:
            go_back()


@contextmanager
def firm(firm_id: UUID) -> Iterator[None]:
    """One transaction of background code for one firm; commits when the block ends."""
    with firm_set(firm_id), transaction.atomic(durable=True):
        yield
