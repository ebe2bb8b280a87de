"""What every company's books keep, whatever is odd about it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from simulators.poweroffice_go.books import (
    BalanceQuery,
    Books,
    LedgerQuery,
    Quirk,
    TrialBalanceQuery,
    build,
    encode_rows,
    roster,
)

from .conftest import EVERYTHING, TODAY, shared_books

SMALL = [None, *(q for q in Quirk if q is not Quirk.WHOLESALER)]
DAYS = [date(2022, 12, 31), date(2024, 5, 17), date(2025, 12, 31), TODAY, date(2026, 5, 31)]


def ore(amount: float) -> int:
    return round(amount * 100)


def balance_of(books: Books, day: date, number: int) -> int:
    rows = books.trial_balance(TrialBalanceQuery(day.isoformat(), ((number, number),)))
    return sum(ore(row.Balance) for row in rows)


@pytest.mark.parametrize("quirk", SMALL)
def test_every_voucher_balances_on_every_day_it_touches(quirk):
    books = shared_books(quirk)
    for voucher in books.store.vouchers:
        sums = Counter()
        for row in books.voucher_rows(voucher):
            sums[row.PostingDate] += ore(row.Amount)
        assert not any(sums.values())


@pytest.mark.parametrize("quirk", SMALL)
def test_numbers_ids_and_creation_ascend(quirk):
    books = shared_books(quirk)
    vouchers, rows = books.store.vouchers, books.store.rows
    created = [voucher.CreatedDateTimeOffset for voucher in vouchers]
    ids = [row.Id for row in rows]
    assert [voucher.VoucherNo for voucher in vouchers] == list(range(1, len(vouchers) + 1))
    assert created == sorted(created)
    assert created[-1] < TODAY.isoformat()
    assert ids == sorted(set(ids))
    assert all(len(row.LastChangedDateTimeOffset) == 33 for row in rows)


@pytest.mark.parametrize("quirk", SMALL)
@pytest.mark.parametrize("day", DAYS)
def test_subledgers_equal_their_control_accounts(quirk, day):
    books = shared_books(quirk)
    for ledger, number in ((books.customer_ledger, 1500), (books.supplier_ledger, 2400)):
        control = balance_of(books, day, number)
        items = ledger.open_items(LedgerQuery(date=day.isoformat()))
        contacts = ledger.balances(BalanceQuery(day.isoformat()))
        assert sum(ore(row.Balance) for row in items) == control
        assert sum(ore(row.Balance) for row in contacts) == control


@pytest.mark.parametrize("quirk", SMALL)
@pytest.mark.parametrize("day", DAYS)
def test_trial_balance_equals_the_postings(quirk, day):
    books = shared_books(quirk)
    start = date(day.year, 1, 1) if books.spec.year_end_month == 12 else None
    if start is None:
        start = date(day.year - (day.month < 7), 7, 1)
    expected = Counter()
    for row in books.store.rows:
        result = row.account.GeneralLedgerAccountType in ("Income", "Expense")
        first = start.isoformat() if result else ""
        if first <= row.PostingDate <= day.isoformat():
            expected[row.account.Id] += ore(row.Amount)
    sheet = {
        row.AccountId: ore(row.Balance)
        for row in books.trial_balance(TrialBalanceQuery(day.isoformat()))
    }
    assert {k: v for k, v in sheet.items() if v} == {k: v for k, v in expected.items() if v}


def test_the_same_spec_gives_the_same_bytes():
    spec = roster(None, 1, 7, TODAY)[7]
    first, second = build(spec), build(spec)
    for rows in (
        lambda books: books.transactions(EVERYTHING),
        lambda books: books.customer_ledger.statement(LedgerQuery(to_date="2999-12-31")),
        lambda books: books.supplier_ledger.open_items(LedgerQuery(date="2025-12-31")),
        lambda books: books.customers,
        lambda books: books.accounts,
        lambda books: books.voucher_documentation(),
    ):
        assert encode_rows(rows(first)) == encode_rows(rows(second))


def test_another_seed_gives_other_books():
    one, other = (build(roster(1, 0.1, seed, TODAY)[0]) for seed in (1, 2))
    assert encode_rows(one.transactions(EVERYTHING)) != encode_rows(other.transactions(EVERYTHING))


@pytest.mark.parametrize(
    "today", [date(2024, 2, 29), date(2025, 11, 22), date(2026, 1, 1), date(2027, 7, 2)]
)
def test_books_can_be_made_on_any_day(today):
    for spec in roster(None, 0.15, 3, today):
        if spec.quirk is Quirk.WHOLESALER:
            continue
        books = build(spec)
        sheet = books.trial_balance(TrialBalanceQuery((today + timedelta(days=800)).isoformat()))
        result = sum(
            ore(row.Amount)
            for row in books.store.rows
            if row.account.GeneralLedgerAccountType in ("Income", "Expense")
        )
        assert sum(ore(row.Balance) for row in sheet) == -result
        assert books.store.latest_stamp < today.isoformat()


def test_an_ordinary_company_has_all_that_a_small_firm_posts():
    spec = next(s for s in roster(None, 1, 1, TODAY) if s.name.startswith("Bakeriet"))
    types = {voucher.VoucherType for voucher in build(spec).store.vouchers}
    assert types >= {
        "OutgoingInvoice",
        "OutgoingCreditNote",
        "IncomingInvoice",
        "BankJournal",
        "IncomingBankRemittance",
        "ManualJournal",
        "PayrollJournal",
        "VatReturns",
        "DepreciationJournal",
        "YearEndJournal",
        "CashJournal",
        "TravelExpense",
        "ReversalVoucher",
        "CorrectionVoucher",
    }


def test_reversals_and_corrections_point_at_what_they_concern():
    store = build(roster(1, 1, 1, TODAY)[0]).store
    reversals = [v for v in store.vouchers if v.VoucherType == "ReversalVoucher"]
    corrections = [v for v in store.vouchers if v.VoucherType == "CorrectionVoucher"]
    assert len(reversals) == len(corrections) > 0
    for reversal, correction in zip(reversals, corrections, strict=True):
        old = store.vouchers[reversal.ReversedVoucherNo - 1]
        assert (old.Id, old.IsReversed) == (reversal.ReversedVoucherId, True)
        assert correction.CorrectionOfVoucherId == old.Id
        assert {row.LastChangedDateTimeOffset for row in store.rows_of(old)} == {
            reversal.CreatedDateTimeOffset
        }


def test_vat_accounts_are_empty_on_the_last_day_of_a_filed_term():
    books = build(roster(1, 1, 1, TODAY)[0])
    for voucher in books.store.vouchers:
        if voucher.VoucherType == "VatReturns":
            by_then = [
                row
                for row in books.store.rows
                if 2700 <= row.account.AccountNo < 2720 and row.PostingDate <= voucher.VoucherDate
            ]
            assert sum(ore(row.Amount) for row in by_then) == 0


def test_income_is_net_and_vat_has_a_row_of_its_own():
    store = build(roster(1, 1, 1, TODAY)[0]).store
    invoice = next(v for v in store.vouchers if v.VoucherType == "OutgoingInvoice")
    rows = store.rows_of(invoice)
    vat = sum(ore(row.Amount) for row in rows if 2700 <= row.account.AccountNo < 2720)
    assert vat == sum(ore(row.VatAmount) for row in rows)
    assert rows[0].IsNoteMainEntry
    assert rows[0].SubLedgerEntryId == store.customer_entries[-1].Id or rows[0].SubLedgerEntryId
    income = [row for row in rows if row.account.GeneralLedgerAccountType == "Income"]
    assert all(abs(ore(r.VatAmount) - ore(r.Amount) * r.vat.Rate) <= 1 for r in income)


def test_foreign_invoices_carry_euro_and_the_rate_moves():
    store = build(
        next(s for s in roster(None, 0.02, 1, TODAY) if s.quirk is Quirk.WHOLESALER)
    ).store
    euro = [row for row in store.rows if row.CurrencyCode == "EUR"]
    assert any(row.account.AccountNo in (8060, 8160) for row in euro)
    assert all(row.Amount != row.CurrencyAmount for row in euro if row.account.AccountNo == 1500)
    assert any("." in (row.project.Code or "") for row in store.rows)
    assert any(row.extra.ProductCode for row in store.rows)
