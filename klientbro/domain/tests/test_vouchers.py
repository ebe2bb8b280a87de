"""Vouchers balance, and a running balance ends where the sum does."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.money import ZERO, sum_amounts
from klientbro.domain.vouchers import (
    Posting,
    Voucher,
    VoucherType,
    balances_to_zero,
    require_balance,
    running_balance,
)
from klientbro.lib.errors import UnbalancedVoucherError

amounts = st.integers(-(10**12), 10**12).map(lambda count: Decimal(count).scaleb(-2))


def voucher(*lines):
    postings = tuple(
        Posting(str(place), account, date(2026, 9, 28), Decimal(amount))
        for place, (account, amount) in enumerate(lines)
    )
    return Voucher("v1", 20418, VoucherType.SUPPLIER_INVOICE, date(2026, 9, 28), postings)


def test_voucher_that_balances_is_accepted():
    invoice = voucher(("6620", "18400.00"), ("2710", "4600.00"), ("2400", "-23000.00"))

    require_balance(invoice)

    assert invoice.difference == ZERO


def test_voucher_that_does_not_balance_is_refused_by_number_and_difference():
    invoice = voucher(("6620", "18400.00"), ("2400", "-18399.99"))

    with pytest.raises(UnbalancedVoucherError, match=r"20418 .* 0\.01"):
        require_balance(invoice)


def test_running_balance_shows_the_balance_after_each_line():
    balances = running_balance(Decimal("100.00"), [Decimal("-30.00"), Decimal("5.00")])

    assert list(balances) == [Decimal("70.00"), Decimal("75.00")]


def test_every_type_has_a_name_of_its_own():
    assert len({kind.label for kind in VoucherType}) == len(VoucherType)


@given(st.lists(amounts))
def test_amounts_with_their_counter_amount_balance(lines):
    assert balances_to_zero([*lines, -sum_amounts(lines)])


@given(amounts, st.lists(amounts, min_size=1))
def test_running_balance_ends_at_opening_and_sum(opening, lines):
    assert list(running_balance(opening, lines))[-1] == opening + sum_amounts(lines)
