"""Each special company shows what it stands for."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from simulators.poweroffice_go.books import (
    Guesses,
    Quirk,
    TransactionQuery,
    TrialBalanceQuery,
)
from simulators.poweroffice_go.books.spec import Quirk as AllQuirks

from .conftest import EVERYTHING, NOW, TODAY, fresh_books, shared_books
from .test_ordinary_books import ore


def test_holding_has_about_thirty_postings():
    assert 24 <= shared_books(Quirk.HOLDING).posting_count <= 40


def test_numbers_are_missing_personal_or_shared():
    assert shared_books(Quirk.WITHOUT_NUMBER).organization_settings.OrganizationNumber is None
    assert len(shared_books(Quirk.SOLE_PROPRIETOR).organization_settings.OrganizationNumber) == 11
    first, second = (
        shared_books(quirk).organization_settings.OrganizationNumber
        for quirk in (Quirk.SAME_ORGNR_FIRST, Quirk.SAME_ORGNR_SECOND)
    )
    assert first == second


def test_broken_year_ends_in_june():
    books = shared_books(Quirk.BROKEN_YEAR)
    assert books.financial_settings.FinancialYearEndMonth == "June"
    sales = TrialBalanceQuery("2025-07-31", ((3000, 3999),))
    by_july = sum(ore(row.Balance) for row in books.trial_balance(sales))
    july = books.transactions(
        TransactionQuery("2025-07-01", "2025-07-31", account_numbers=((3000, 3999),))
    )
    assert by_july == sum(ore(row.Amount) for row in july) != 0


@pytest.mark.parametrize(
    ("quirk", "is_listed"),
    [(Quirk.CONVERTED_WITH_OPENING, True), (Quirk.CONVERTED_WITHOUT_OPENING, False)],
)
def test_converted_mid_year_with_and_without_the_opening_voucher(quirk, is_listed):
    books = shared_books(quirk)
    conversion = date.fromisoformat(books.financial_settings.ConversionDate)
    before = (conversion - timedelta(days=1)).isoformat()
    opening = books.trial_balance(TrialBalanceQuery(before))
    rows = books.transactions(TransactionQuery(before, before))
    assert conversion.month == 7
    assert any(3000 <= row.AccountNo < 4000 and row.Balance for row in opening)
    assert sum(ore(row.Balance) for row in opening) == 0
    assert bool(rows) is is_listed
    assert (
        len(books.transactions(EVERYTHING))
        + (0 if is_listed else len(books.voucher_rows(books.store.vouchers[0])))
        == books.posting_count
    )


def test_result_never_disposed_leaves_the_sheet_out_of_zero():
    books = shared_books(Quirk.NEVER_DISPOSED)
    sheet = books.trial_balance(TrialBalanceQuery("2025-06-30"))
    undisposed = books.undisposed_result(date(2023, 12, 31)) + books.undisposed_result(
        date(2024, 12, 31)
    )
    assert undisposed
    assert sum(Decimal(str(row.Balance)) for row in sheet) == undisposed


def test_undisposed_results_accumulate_under_the_other_guess():
    guesses = Guesses(year_end_restarts_result_accounts=False)
    for quirk in (Quirk.NEVER_DISPOSED, Quirk.BROKEN_YEAR):
        books = fresh_books(quirk, guesses)
        sheet = books.trial_balance(TrialBalanceQuery("2025-06-30"))
        assert sum(ore(row.Balance) for row in sheet) == 0


def test_disposed_six_months_late_and_dated_the_last_day_of_the_year():
    books = shared_books(Quirk.DISPOSED_LATE)
    rows = [row for row in books.transactions(EVERYTHING) if row.account.AccountNo == 8960]
    assert rows
    for row in rows:
        created = date.fromisoformat(row.voucher.CreatedDateTimeOffset[:10])
        assert row.PostingDate.endswith("12-31")
        assert 180 <= (created - date.fromisoformat(row.PostingDate)).days <= 184


def test_lock_was_opened_and_closed_and_a_voucher_slipped_in():
    books = shared_books(Quirk.LOCK_REOPENED)
    closed, opened = books.lock_date_history[:2]
    slipped = [
        row
        for row in books.transactions(EVERYTHING)
        if opened.LastChangedDateTimeOffset
        < row.voucher.CreatedDateTimeOffset
        < closed.LastChangedDateTimeOffset
    ]
    assert opened.LockDate < closed.LockDate
    assert slipped
    assert all(opened.LockDate < row.PostingDate <= closed.LockDate for row in slipped)


def test_vat_was_posted_into_a_filed_term():
    store = shared_books(Quirk.VAT_AFTER_FILING).store
    filed = [v for v in store.vouchers if v.VoucherType == "VatReturns"][-1]
    late = [
        row
        for row in store.rows
        if row.account.AccountNo == 2710
        and row.PostingDate <= filed.VoucherDate
        and row.voucher.CreatedDateTimeOffset > filed.CreatedDateTimeOffset
    ]
    assert late


@pytest.mark.parametrize("shared", [False, True])
def test_farm_has_account_numbers_once_per_department(shared):
    books = fresh_books(Quirk.FARM, Guesses(agriculture_accounts_share_id=shared))
    sales = books.trial_balance(TrialBalanceQuery("2025-12-31", ((3010, 3010),)))
    assert [row.AgricultureDepartment for row in sales] == ["Farming", "Forestry"]
    assert len({row.AccountId for row in sales}) == (1 if shared else 2)
    forestry = books.trial_balance(
        TrialBalanceQuery("2025-12-31", agriculture_departments=frozenset(("Forestry",)))
    )
    assert {row.AgricultureDepartment for row in forestry} == {"Forestry"}
    assert books.organization_settings.IsAgricultureClient


def test_renumbered_account_keeps_its_id_and_its_rows_show_the_new_number():
    books = shared_books(Quirk.ACCOUNT_RENUMBERED)
    account = next(a for a in books.accounts if a.AccountNo == 7790)
    assert account.Id % 200_000 == (7_000_000 + 7798) % 200_000
    assert account.LastChangedDateTimeOffset > "2026-01-01"
    query = TransactionQuery("1900-01-01", "2999-12-31", account_numbers=((7790, 7798),))
    numbers = {row.account.AccountNo for row in books.transactions(query)}
    assert numbers == {7790}


def test_entries_were_matched_without_any_posting():
    books = shared_books(Quirk.MATCHED_WITHOUT_POSTING)
    created = {voucher.CreatedDateTimeOffset for voucher in books.store.vouchers}
    moved = [
        entry
        for entry in books.store.customer_entries
        if entry.LastChangedDateTimeOffset not in created and entry.MatchId
    ]
    assert len(moved) == 2
    assert moved[0].MatchId == moved[1].MatchId


def test_a_voucher_lies_forty_days_ahead():
    latest = max(
        row.PostingDate for row in shared_books(Quirk.FUTURE_VOUCHER).transactions(EVERYTHING)
    )
    assert latest == (TODAY + timedelta(days=40)).isoformat()


def test_accounts_with_five_digits_are_posted_to():
    used = {
        row.account.AccountNo for row in shared_books(Quirk.FIVE_DIGITS).transactions(EVERYTHING)
    }
    assert {43100, 19205, 92000} <= used


@pytest.mark.parametrize("quirk", [q for q in AllQuirks if q is not Quirk.WHOLESALER])
def test_the_scenario_of_each_company_can_be_played_twice(quirk):
    books = fresh_books(quirk)
    before = books.version
    for _ in range(2):
        assert books.play_scenario(now=NOW)
    assert books.version > before


def test_playing_the_lock_scenario_leaves_the_lock_date_as_it_was():
    books = fresh_books(Quirk.LOCK_REOPENED)
    lock, count = books.lock_date_settings.LockDate, books.voucher_count
    books.play_scenario(now=NOW)
    assert books.lock_date_settings.LockDate == lock
    assert books.voucher_count == count + 1
    assert books.voucher_rows(books.store.vouchers[-1])[0].PostingDate <= lock
