"""A sign-off's snapshot: its hash, and every later change named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.accounts import AccountType
from klientbro.domain.reconciliation.sign_offs import (
    ChangeKind,
    MovedTo,
    SignedPosting,
    Snapshot,
    compare_snapshots,
    is_suspended,
    snapshot_hash,
)

POSTING = SignedPosting(
    "p1", date(2026, 6, 5), Decimal("1000.00"), "10017", "Faktura 10234", "3", "10005", "AVD1"
)
SIGNED = Snapshot(
    account_id="a1",
    number="1500",
    name="Kundefordringer",
    type=AccountType.ASSET,
    first_day=date(2026, 6, 1),
    last_day=date(2026, 6, 30),
    opening=Decimal("500.00"),
    closing=Decimal("1250.00"),
    postings=(POSTING, SignedPosting("p2", date(2026, 6, 20), Decimal("-250.00"), "10018")),
    subledger_total=Decimal("1250.00"),
    statement="s1",
    documentation="d1",
    method="receivables",
    is_locked=True,
    is_proved=True,
)


def with_posting(**changes):
    return replace(SIGNED, postings=(replace(POSTING, **changes), SIGNED.postings[1]))


LATER = {
    ChangeKind.BALANCE_CHANGED: replace(SIGNED, closing=Decimal("1250.01")),
    ChangeKind.OPENING_CHANGED: replace(SIGNED, opening=Decimal("499.00")),
    ChangeKind.POSTING_ADDED: replace(
        SIGNED, postings=(*SIGNED.postings, SignedPosting("p3", date(2026, 6, 9), Decimal(0)))
    ),
    ChangeKind.POSTING_REMOVED: replace(SIGNED, postings=(POSTING,)),
    ChangeKind.AMOUNT_CHANGED: with_posting(amount=Decimal("1000.01")),
    ChangeKind.DATE_CHANGED: with_posting(day=date(2026, 6, 6)),
    ChangeKind.POSTING_MOVED_PERIOD: with_posting(day=date(2026, 7, 1)),
    ChangeKind.VOUCHER_CHANGED: with_posting(voucher="10019"),
    ChangeKind.VAT_CODE_CHANGED: with_posting(vat_code="31"),
    ChangeKind.PARTY_CHANGED: with_posting(party="10006"),
    ChangeKind.ACCOUNT_NUMBER_CHANGED: replace(SIGNED, number="1501"),
    ChangeKind.ACCOUNT_TYPE_CHANGED: replace(SIGNED, type=AccountType.LIABILITY),
    ChangeKind.SUBLEDGER_CHANGED: replace(SIGNED, subledger_total=Decimal("1249.00")),
    ChangeKind.STATEMENT_CHANGED: replace(SIGNED, statement="s2"),
    ChangeKind.DOCUMENTATION_CHANGED: replace(SIGNED, documentation=""),
    ChangeKind.METHOD_CHANGED: replace(SIGNED, method="list"),
    ChangeKind.PERIOD_REOPENED: replace(SIGNED, is_locked=False),
    ChangeKind.SOURCE_DIFFERS: replace(SIGNED, is_proved=False),
    ChangeKind.TEXT_CHANGED: with_posting(text="Faktura 10235"),
    ChangeKind.DIMENSION_CHANGED: with_posting(dimensions="AVD2"),
    ChangeKind.ACCOUNT_NAME_CHANGED: replace(SIGNED, name="Kunder"),
}
NOT_IN_HASH = {
    ChangeKind.TEXT_CHANGED,
    ChangeKind.DIMENSION_CHANGED,
    ChangeKind.ACCOUNT_NAME_CHANGED,
    ChangeKind.PERIOD_REOPENED,
    ChangeKind.SOURCE_DIFFERS,
}


@pytest.mark.parametrize("kind", LATER)
def test_each_later_change_is_named_alone(kind):
    changes = compare_snapshots(SIGNED, LATER[kind])

    assert [change.kind for change in changes] == [kind]
    assert is_suspended(changes) is kind.suspends
    assert (snapshot_hash(SIGNED) == snapshot_hash(LATER[kind])) is (kind in NOT_IN_HASH)


def test_at_least_ten_kinds_suspend():
    assert sum(1 for kind in ChangeKind if kind.suspends) == 19
    assert set(LATER) | {ChangeKind.POSTING_MOVED_ACCOUNT} == set(ChangeKind)


def test_posting_that_is_gone_is_followed_to_where_it_stands():
    now = replace(SIGNED, postings=(POSTING,))
    other_account = {"p2": MovedTo(date(2026, 6, 20), "1570")}
    other_month = {"p2": MovedTo(date(2026, 7, 2))}

    (moved,) = compare_snapshots(SIGNED, now, other_account)
    assert (moved.kind, moved.after) == (ChangeKind.POSTING_MOVED_ACCOUNT, "1570")
    (later,) = compare_snapshots(SIGNED, now, other_month)
    assert later.kind is ChangeKind.POSTING_MOVED_PERIOD
    assert (later.before, later.after, later.voucher) == ("2026-06-20", "2026-07-02", "10018")


def test_changes_say_what_was_and_what_is():
    (change,) = compare_snapshots(SIGNED, LATER[ChangeKind.AMOUNT_CHANGED])

    assert (change.before, change.after) == ("1000", "1000.01")
    assert (change.posting_id, change.voucher) == ("p1", "10017")


def test_what_suspends_comes_before_what_is_only_told():
    now = replace(with_posting(text="annet"), closing=Decimal(0), name="Kunder")

    kinds = [change.kind for change in compare_snapshots(SIGNED, now)]
    assert kinds == [
        ChangeKind.BALANCE_CHANGED,
        ChangeKind.TEXT_CHANGED,
        ChangeKind.ACCOUNT_NAME_CHANGED,
    ]


def test_a_period_locked_later_and_a_month_proved_later_change_nothing():
    open_ = replace(SIGNED, is_locked=False, is_proved=False)

    assert compare_snapshots(open_, SIGNED) == ()


def test_amounts_written_otherwise_are_the_same():
    assert snapshot_hash(replace(SIGNED, closing=Decimal("1250.0"))) == snapshot_hash(SIGNED)
    assert compare_snapshots(SIGNED, replace(SIGNED, closing=Decimal(1250))) == ()


def test_signs_in_marks_cannot_make_two_snapshots_look_alike():
    one = replace(SIGNED, statement="a;", documentation="")
    other = replace(SIGNED, statement="a", documentation=";")

    assert snapshot_hash(one) != snapshot_hash(other)


def test_two_accounts_or_periods_cannot_be_compared():
    with pytest.raises(ValueError, match="cannot be compared"):
        compare_snapshots(SIGNED, replace(SIGNED, account_id="a2"))
    with pytest.raises(ValueError, match="cannot be compared"):
        compare_snapshots(SIGNED, replace(SIGNED, last_day=date(2026, 7, 31)))


def test_posting_held_twice_is_refused():
    with pytest.raises(ValueError, match="holds a posting twice"):
        replace(SIGNED, postings=(POSTING, POSTING))


postings = st.builds(
    SignedPosting,
    id=st.sampled_from(["p1", "p2", "p3", "p12"]),
    day=st.dates(date(2026, 6, 1), date(2026, 7, 3)),
    amount=st.integers(-3, 3).map(lambda ore: Decimal(ore).scaleb(-2)),
    voucher=st.sampled_from(["", "1", "12", "2;1:3"]),
    text=st.sampled_from(["", "a"]),
    vat_code=st.sampled_from(["", "3"]),
)
snapshots = st.builds(
    lambda opening, closing, rows, total: replace(
        SIGNED, opening=opening, closing=closing, postings=tuple(rows), subledger_total=total
    ),
    st.sampled_from([Decimal(0), Decimal(1)]),
    st.sampled_from([Decimal(0), Decimal("0.10")]),
    st.lists(postings, max_size=4, unique_by=lambda one: one.id),
    st.sampled_from([None, Decimal(0)]),
)


@given(snapshots, snapshots)
def test_equal_hashes_mean_that_nothing_suspends_and_only_then(signed, now):
    changes = compare_snapshots(signed, now)

    assert (snapshot_hash(signed) == snapshot_hash(now)) is not is_suspended(changes)


@given(snapshots, st.randoms(use_true_random=False))
def test_order_of_postings_means_nothing(snapshot, random):
    rows = list(snapshot.postings)
    random.shuffle(rows)
    shuffled = replace(snapshot, postings=tuple(rows))

    assert snapshot_hash(shuffled) == snapshot_hash(snapshot)
    assert compare_snapshots(snapshot, shuffled) == ()
