"""Which firm the running code works for. Outside a firm, tenant tables look empty."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connections, transaction

SETTING = "klientbro.firm"
ACTOR_SETTING = "klientbro.actor"
CLIENTS_SETTING = "klientbro.clients"
CONNECTIONS_SETTING = "klientbro.connections"
_firm: ContextVar[UUID | None] = ContextVar("klientbro_firm", default=None)

_user: ContextVar[int | None] = ContextVar("klientbro_user", default=None)
_actor: ContextVar[str] = ContextVar("klientbro_actor", default="")
# Clients and connections the code may see, as the database's walls read them; empty: all.
_chosen: ContextVar[tuple[str, str]] = ContextVar("klientbro_chosen", default=("", ""))


def current_firm() -> UUID | None:
    """The firm the running code works for, None outside one."""
    return _firm.get()


def acting_user() -> int | None:
    """The signed-in user the running code acts for, None in jobs and commands."""
    return _user.get()


def chosen_setting() -> tuple[str, str]:
    """The clients and connections that alone can be seen, as two lists; both empty: all."""
    return _chosen.get()


def actor_setting() -> str:
    """Who acts, as the database's audit log reads it; empty in jobs."""
    return _actor.get()


@contextmanager
def acting_as(user_id: int | None, *, way: str = "web", address: str = "") -> Iterator[None]:
    """Whose press it is, and from where, for what keeps a history of who did what.

    It stands for the transactions begun inside.
    """
    user, actor = _user.set(user_id), _actor.set(_actor_text(user_id, way, address))
    try:
        yield
    finally:
        _user.reset(user)
        _actor.reset(actor)


def _actor_text(user_id: int | None, way: str, address: str) -> str:
    told: dict[str, object] = {"way": way[:20], "address": address[:64]}
    return json.dumps(told if user_id is None else told | {"user": user_id})


@contextmanager
def firm_set(firm_id: UUID | None) -> Iterator[None]:
    """Sets the firm for transactions begun inside. The database backend applies it.

    Inside an open transaction the firm before stands again when the block ends. Chosen clients are
    one firm's: for another firm none are chosen.
    """
    chosen = _chosen.get() if firm_id == _firm.get() else ("", "")
    firm_token, chosen_token = _firm.set(firm_id), _chosen.set(chosen)
    try:
        yield
    finally:
        _chosen.reset(chosen_token)
        _firm.reset(firm_token)
        _go_back()


@contextmanager
def chosen_clients(client_ids: Iterable[int], connection_ids: Iterable[int]) -> Iterator[None]:
    """Of the current firm only these clients are seen and changed inside; none is none at all."""
    token = _chosen.set((_array(client_ids), _array(connection_ids)))
    try:
        yield
    finally:
        _chosen.reset(token)
        _go_back()


def _array(ids: Iterable[int]) -> str:
    """As PostgreSQL writes a list; never empty, which would mean all."""
    return "{" + ",".join(str(each) for each in ids) + "}"


def _go_back() -> None:
    """The code around goes on in the same transaction: what stood before stands again."""
    go_back = getattr(connections["default"], "go_back_to_firm", None)
    if go_back is not None:
        go_back()


@contextmanager
def firm(firm_id: UUID) -> Iterator[None]:
    """One transaction of background code for one firm; commits when the block ends."""
    with firm_set(firm_id), transaction.atomic(durable=True):
        yield
