"""Errors carry what the caller acts on, also between processes."""

from __future__ import annotations

import pickle
from datetime import date
from decimal import Decimal

import pytest

from klientbro.lib.errors import (
    ClosedPeriodError,
    ConfigurationError,
    KlientbroError,
    LedgerError,
    UnbalancedVoucherError,
    UnknownAccountError,
)


@pytest.mark.parametrize(
    "error",
    [
        UnbalancedVoucherError("A 12", Decimal("0.01")),
        ClosedPeriodError(date(2025, 3, 4), date(2025, 3, 31)),
        UnknownAccountError(("7001920",)),
    ],
)
def test_ledger_error_keeps_its_facts_when_pickled(error):
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 our own bytes

    assert vars(copy) == vars(error)
    assert str(copy) == str(error)


@pytest.mark.parametrize("kind", [ConfigurationError, LedgerError, UnknownAccountError])
def test_all_errors_are_of_one_tree(kind):
    assert issubclass(kind, KlientbroError)
