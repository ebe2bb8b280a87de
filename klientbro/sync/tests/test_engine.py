"""The whole way from key to sealed figure, through the real simulator."""

from __future__ import annotations

from collections.abc import Callable

from klientbro.sync.tests.support import Connected


def test_ordinary_company_is_copied_and_every_month_is_sealed(
    connect: Callable[..., Connected],
) -> None:
    books = connect(1)
    books.sync("first")
    assert books.cause == ""
    assert books.value("select stage from ledger_books") == "current"
    states = books.rows("select state, count(*) from ledger_month group by 1")
    assert [state for state, _ in states] == ["sealed"]
