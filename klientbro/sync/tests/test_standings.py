"""What lists over many clients say each stands at, against the source's own trial balance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

import pytest

from klientbro.domain.periods import Month
from klientbro.ledger.queries.many import books_of_clients, standings
from klientbro.sync.tests.support import Connected
from klientbro.tenants.context import firm as in_firm

Connect = Callable[..., Connected]


@pytest.mark.parametrize("company", ["holding", "broken_year", "sole_proprietor"])
def test_groups_and_result_equal_the_source_with_the_opening_voucher_among_the_postings(
    connect: Connect, company: str
) -> None:
    books = connect(company)
    books.sync("first")
    assert books.cause == ""
    month = Month.of(books.value("select max(month) from ledger_month where state = 'sealed'"))
    with in_firm(books.firm.id):
        found = books_of_clients([books.connection.client_id])
        standing = standings(list(found.values()), month)[books.connection.pk]

    groups, result = source_standing(books, month)
    ours = {(each.digits, each.type): each.amount for each in standing.groups if each.amount}
    assert ours == groups
    assert standing.result_this_year == result


def source_standing(
    books: Connected, month: Month
) -> tuple[dict[tuple[str, str], Decimal], Decimal]:
    """Balance-sheet accounts by two digits and type, and the sum of the result accounts."""
    types = {
        source_id: (number, kind)
        for source_id, number, kind in books.rows(
            "select source_id, number, type from ledger_account"
        )
    }
    token = books.simulator.token(books.simulator.install(books.number))
    answer = books.simulator.get(
        "/TrialBalance", token, date=str(month.last_day), PageSize=20_000
    ).json()
    groups: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    result = Decimal(0)
    for row in answer:
        number, kind = types[str(row["AccountId"])]
        amount = Decimal(str(row["Balance"])).quantize(Decimal("0.01"))
        if kind in ("income", "expense"):
            result += amount
        else:
            groups[(number[:2], kind)] += amount
    return {key: amount for key, amount in groups.items() if amount}, result
