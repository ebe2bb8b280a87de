"""Changes at run time keep what the books must keep."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from simulators.poweroffice_go.books import (
    AlreadyReversedError,
    ConflictError,
    Guesses,
    InvalidLineError,
    LedgerQuery,
    Line,
    NotFoundError,
    PeriodLockedError,
    Quirk,
    TransactionQuery,
    TrialBalanceQuery,
    UnbalancedVoucherError,
)

from .conftest import EVERYTHING, NOW, TODAY, fresh_books
from .test_ordinary_books import balance_of, ore

FAR = ("1900-01-01", "2999-12-31")


def lines(amount: str = "1250.00") -> list[Line]:
    return [Line(6800, Decimal(amount), vat_code="1"), Line(1920, -Decimal(amount))]


def assert_sound(books) -> None:
    for day in (date(2025, 12, 31), TODAY, date(2027, 1, 31)):
        for ledger, number in ((books.customer_ledger, 1500), (books.supplier_ledger, 2400)):
            items = ledger.open_items(LedgerQuery(date=day.isoformat()))
            assert sum(ore(row.Balance) for row in items) == balance_of(books, day, number)
    totals = {}
    for row in books.store.rows:
        if row.voucher.VoucherNo not in books.store.out_of_balances:
            totals[row.account] = totals.get(row.account, 0) + ore(row.Amount)
    for account, total in totals.items():
        assert sum(books.store.months(account).values()) == total
        assert sum(books.store.day_sums[account].values()) == total


def test_a_posted_voucher_is_new_and_shows_in_the_balances(books):
    before = books.store.latest_stamp
    was = balance_of(books, TODAY, 6800)
    voucher = books.post_voucher(lines(), TODAY, now=NOW, text="Papir")
    new = books.transactions(TransactionQuery(*FAR, created_after=before))
    assert [(r.account.AccountNo, r.Amount) for r in new] == [
        (6800, 1000.0),
        (2710, 250.0),
        (1920, -1250.0),
    ]
    assert new[0].voucher is voucher
    assert voucher.CreatedDateTimeOffset == "2026-03-17T09:30:15.1234560+00:00"
    assert balance_of(books, TODAY, 6800) == was + 100_000
    assert_sound(books)


def test_a_voucher_out_of_balance_or_in_a_locked_period_is_refused(books):
    count = books.posting_count
    with pytest.raises(UnbalancedVoucherError):
        books.post_voucher([Line(6800, Decimal(1))], TODAY, now=NOW)
    locked = date.fromisoformat(books.lock_date_settings.LockDate)
    with pytest.raises(PeriodLockedError) as caught:
        books.post_voucher(lines(), locked, now=NOW)
    assert "låst" in caught.value.norwegian
    with pytest.raises(InvalidLineError):
        books.post_voucher([Line(1500, Decimal(1)), Line(1920, Decimal(-1))], TODAY, now=NOW)
    with pytest.raises(NotFoundError):
        books.post_voucher([Line(6801, Decimal(1)), Line(1920, Decimal(-1))], TODAY, now=NOW)
    assert books.posting_count == count


def test_lock_date_moves_both_ways(books):
    books.set_lock_date(TODAY, now=NOW, reason="Mars er ferdig")
    with pytest.raises(PeriodLockedError):
        books.post_voucher(lines(), TODAY, now=NOW)
    books.set_lock_date(date(2020, 1, 1), now=NOW)
    books.post_voucher(lines(), date(2024, 1, 5), now=NOW)
    assert len(books.lock_date_history) >= 3


def test_reversing_a_paid_invoice_opens_its_payment_and_moves_last_changed(books):
    entry = next(e for e in books.store.customer_entries[::-1] if e.MatchId and e.InvoiceNo)
    invoice = entry.row.voucher
    before = books.store.latest_stamp
    reversal = books.reverse_voucher(invoice.VoucherNo, now=NOW)
    changed = books.transactions(TransactionQuery(*FAR, changed_after=before))
    assert invoice.IsReversed
    assert reversal.ReversedVoucherNo == invoice.VoucherNo
    assert {row.voucher.VoucherNo for row in changed} == {invoice.VoucherNo, reversal.VoucherNo}
    assert len(books.customer_ledger.entries_by_match_id(entry.MatchId)) == 2
    with pytest.raises(AlreadyReversedError):
        books.reverse_voucher(invoice.VoucherNo, now=NOW)
    assert_sound(books)


def test_reversal_leaves_last_changed_alone_under_the_other_guess():
    books = fresh_books(Quirk.BROKEN_YEAR, Guesses(reversal_moves_last_changed=False))
    before = books.store.latest_stamp
    reversal = books.reverse_voucher(books.voucher_count, now=NOW)
    changed = books.transactions(TransactionQuery(*FAR, changed_after=before))
    assert {row.voucher.VoucherNo for row in changed} == {reversal.VoucherNo}


def test_correcting_makes_a_reversal_and_a_new_voucher(books):
    old = books.post_voucher(lines(), TODAY, now=NOW)
    reversal, correction = books.correct_voucher(old.VoucherNo, lines("1000.00"), now=NOW)
    assert reversal.ReversedVoucherId == old.Id
    assert correction.CorrectionOfVoucherNo == old.VoucherNo
    assert correction.VoucherType == "CorrectionVoucher"
    assert_sound(books)


def test_a_correction_out_of_balance_leaves_the_old_voucher_alone(books):
    old = books.post_voucher(lines(), TODAY, now=NOW)
    with pytest.raises(UnbalancedVoucherError):
        books.correct_voucher(old.VoucherNo, [Line(6800, Decimal(1))], now=NOW)
    assert not old.IsReversed
    assert books.voucher_count == old.VoucherNo


def test_an_edited_text_is_found_by_last_changed_only(books):
    row = books.store.rows[100]
    before = books.store.latest_stamp
    books.edit_text(row.Id, "Ny tekst", now=NOW)
    assert list(books.transactions(TransactionQuery(*FAR, changed_after=before))) == [row]
    assert not books.transactions(TransactionQuery(*FAR, created_after=before))


def test_accounts_are_added_renamed_and_renumbered(books):
    account = books.add_account(67990, "Annen fremmed tjeneste, ny", now=NOW)
    assert account.GeneralLedgerAccountType == "Expense"
    books.rename_account(account.Id, "Fremmed tjeneste", now=NOW)
    sold = next(a for a in books.accounts if a.AccountNo == 3000)
    count = len(books.transactions(TransactionQuery(*FAR, account_numbers=((3000, 3000),))))
    books.renumber_account(sold.Id, 3005, now=NOW)
    moved = books.transactions(TransactionQuery(*FAR, account_numbers=((3005, 3005),)))
    assert len(moved) == count > 0
    assert account.Name == "Fremmed tjeneste"
    with pytest.raises(ConflictError):
        books.add_account(3005, "Opptatt", now=NOW)
    with pytest.raises(ConflictError):
        books.renumber_account(sold.Id, 1920, now=NOW)
    assert_sound(books)


def test_matching_and_unmatching_move_only_the_ledger_entries():
    books = fresh_books(Quirk.MATCHED_WITHOUT_POSTING)
    entry = next(e for e in books.store.customer_entries if e.MatchId is None and not e.InvoiceNo)
    other = next(
        e
        for e in books.store.customer_entries
        if e.InvoiceNo and e.MatchId is None and e.row.contact is entry.row.contact
    )
    before = books.store.latest_stamp
    match_id = books.match([entry.Id, other.Id], now=NOW)
    statement = LedgerQuery(from_date=FAR[0], to_date=FAR[1], changed_after=before)
    moved = books.customer_ledger.statement(statement)
    assert {row.entry.Id for row in moved} == {entry.Id, other.Id}
    assert [row.Balance for row in moved] == [0.0, 0.0]
    assert not books.transactions(TransactionQuery(*FAR, changed_after=before))
    assert len(books.customer_ledger.entries_by_match_id(match_id)) == 2
    assert books.supplier_ledger.entries_by_match_id(match_id) == []
    books.unmatch(match_id, now=NOW)
    assert entry.MatchId is None
    assert_sound(books)


def test_a_partial_payment_leaves_the_rest_on_the_invoice(books):
    customer = books.customers[0].Number
    invoice = [
        Line(None, Decimal("10000.00"), customer_no=customer, invoice_no="77"),
        Line(3000, Decimal("-10000.00"), vat_code="3"),
    ]
    payment = [Line(1920, Decimal(6000)), Line(None, Decimal(-6000), customer_no=customer)]
    books.post_voucher(invoice, date(2026, 3, 2), now=NOW, voucher_type="OutgoingInvoice")
    books.post_voucher(payment, date(2026, 3, 10), now=NOW, voucher_type="BankJournal")
    first, second = books.store.customer_entries[-2:]
    match_id = books.match([first.Id, second.Id], now=NOW)
    members = books.customer_ledger.entries_by_match_id(match_id)
    early = books.customer_ledger.open_items(
        LedgerQuery(date="2026-03-05", invoice_nos=frozenset(("77",)))
    )
    assert [row.Balance for row in members] == [4000.0, 0.0]
    assert [row.Balance for row in early] == [10000.0]
    assert_sound(books)


@pytest.mark.parametrize("also", [True, False])
def test_hidden_vouchers_vanish_and_come_back(books, also):
    whole = len(books.transactions(EVERYTHING))
    sheet = books.trial_balance(TrialBalanceQuery("2026-03-17"))
    gone = books.remove_voucher_type("IncomingInvoice", also_from_balances=also)
    books.hide_voucher(5, also_from_balances=also)
    left = books.transactions(EVERYTHING)
    assert gone
    assert len(left) < whole
    assert all(row.voucher.VoucherType != "IncomingInvoice" for row in left)
    assert (books.trial_balance(TrialBalanceQuery("2026-03-17")) != sheet) is also or not also
    assert_sound(books)
    books.restore_hidden()
    assert len(books.transactions(EVERYTHING)) == whole
    assert_sound(books)


def test_bulk_posting_adds_many_balanced_rows(books):
    before = books.store.latest_stamp
    assert books.bulk_post(999, now=NOW) == 1000
    new = books.transactions(TransactionQuery(*FAR, created_after=before))
    assert len(new) == 1000
    assert sum(ore(row.Amount) for row in new) == 0
    assert_sound(books)


def test_time_never_runs_backwards_in_the_books(books):
    books.post_voucher(lines(), TODAY, now=NOW)
    second = books.post_voucher(lines(), TODAY, now=NOW.replace(hour=3))
    assert second.CreatedDateTimeOffset == "2026-03-17T09:30:15.1234561+00:00"
