"""Filters, order and paging of posted rows and ledger entries."""

from __future__ import annotations

import pytest

from simulators.poweroffice_go.books import (
    LedgerQuery,
    Quirk,
    TransactionQuery,
    TrialBalanceQuery,
    build,
    parse_number_ranges,
    roster,
)
from simulators.poweroffice_go.books.selection import in_ranges

from .conftest import EVERYTHING, TODAY, shared_books
from .test_ordinary_books import ore

AUGUST = "2025-08-01T00:00:00.0000000+00:00"
FAR = ("1900-01-01", "2999-12-31")


@pytest.fixture(scope="module")
def books():
    return build(next(s for s in roster(None, 0.02, 4, TODAY) if s.quirk is Quirk.WHOLESALER))


def test_number_ranges_are_read_as_documented():
    assert parse_number_ranges("1000-1999, 2500, 3000-") == (
        (1000, 1999),
        (2500, 2500),
        (3000, None),
    )
    for wrong in ("a", "1-2-3", "-5"):
        with pytest.raises(ValueError, match="not a number"):
            parse_number_ranges(wrong)


@pytest.mark.parametrize(
    ("first", "last"),
    [("2025-03-01", "2025-03-31"), ("2024-01-01", "2025-12-31"), ("2025-03-04", "2025-03-04")],
)
def test_windows_give_exactly_their_days_in_the_order_of_ids(books, first, last):
    found = books.transactions(TransactionQuery(first, last))
    expected = [row for row in books.store.rows if first <= row.PostingDate <= last]
    assert list(found) == expected


@pytest.mark.parametrize(
    ("wanted", "test"),
    [
        (
            {"account_numbers": ((3000, 3999), (6800, 6800))},
            lambda r: in_ranges(r.account.AccountNo, ((3000, 3999), (6800, 6800))),
        ),
        (
            {"voucher_numbers": ((5, 9), (7, 12), (1000, None), (3, 3))},
            lambda r: in_ranges(r.voucher.VoucherNo, ((3, 3), (5, 12), (1000, None))),
        ),
        (
            {"voucher_types": frozenset(("BankJournal", "VatReturns"))},
            lambda r: r.voucher.VoucherType in ("BankJournal", "VatReturns"),
        ),
        ({"vat_codes": frozenset(("3", "52"))}, lambda r: r.vat.Code in ("3", "52")),
        ({"department_codes": frozenset(("10",))}, lambda r: r.department.Code == "10"),
        ({"department_codes": frozenset(("-1",))}, lambda r: r.department.Code is None),
        ({"project_codes": frozenset(("101",))}, lambda r: r.project.Code == "101"),
        (
            {"project_codes": frozenset(("101",)), "include_sub_project": True},
            lambda r: (r.project.Code or "").split(".")[0] == "101",
        ),
        ({"product_codes": frozenset(("v103",))}, lambda r: r.extra.ProductCode == "V103"),
        ({"created_after": AUGUST}, lambda r: r.voucher.CreatedDateTimeOffset > "2025-08-01"),
        ({"changed_after": AUGUST}, lambda r: r.LastChangedDateTimeOffset > "2025-08-01"),
        (
            {"created_after": AUGUST, "voucher_numbers": ((1, 900),)},
            lambda r: r.voucher.CreatedDateTimeOffset > "2025-08-01" and r.voucher.VoucherNo <= 900,
        ),
    ],
)
def test_filters_give_what_a_scan_gives(books, wanted, test):
    found = books.transactions(TransactionQuery(*FAR, **wanted))
    assert list(found) == [row for row in books.store.rows if test(row)]


def test_moments_are_exclusive(books):
    moment = books.store.rows[-1].voucher.CreatedDateTimeOffset
    assert not books.transactions(TransactionQuery(*FAR, created_after=moment))


def test_order_by_several_fields(books):
    order = (("postingdate", True), ("AccountNo", False), ("Id", True))
    found = books.transactions(TransactionQuery("2025-01-01", "2025-02-28", order_by=order))
    keys = [(row.PostingDate, -row.account.AccountNo, row.Id) for row in found]
    assert keys == sorted(keys, reverse=True)


def test_the_next_page_costs_nothing(books):
    assert books.transactions(EVERYTHING) is books.transactions(EVERYTHING)


def test_trial_balance_by_department_and_project_is_the_sum_of_their_rows(books):
    for wanted, test in (
        ({"department_codes": frozenset(("10",))}, lambda r: r.department.Code == "10"),
        ({"project_code": "101"}, lambda r: r.project.Code == "101"),
        ({"product_code": "V103"}, lambda r: r.extra.ProductCode == "V103"),
    ):
        sheet = books.trial_balance(TrialBalanceQuery("2025-12-31", **wanted))
        rows = [r for r in books.store.rows if test(r) and "2025" <= r.PostingDate <= "2025-12-31"]
        assert sum(ore(row.Balance) for row in sheet) == sum(ore(row.Amount) for row in rows)


def test_ledger_filters(books):
    number = books.customers[3].Number
    query = LedgerQuery(from_date=FAR[0], to_date=FAR[1], contact_numbers=((number, number),))
    rows = books.customer_ledger.statement(query)
    assert rows
    assert {row.entry.row.contact.CustomerAccountNo for row in rows} == {number}
    small = LedgerQuery(date="2025-12-31", balance_less_than=5000.0)
    assert all(abs(row.Balance) < 5000 for row in books.customer_ledger.open_items(small))


def test_documentation_is_found_by_number_and_by_id():
    books = shared_books(Quirk.BROKEN_YEAR)
    first = books.voucher_documentation()[0]
    assert books.voucher_documentation(voucher_no=first.VoucherNo) == [first] or first.HasPdf
    assert books.voucher_documentation(voucher_id=first.VoucherId.upper())[0].VoucherNo == (
        first.VoucherNo
    )
    assert books.voucher_documentation(voucher_no=10**9) == []
