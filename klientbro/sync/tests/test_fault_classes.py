"""Each way a source is known to fail, by name: the right cause or none, the cure, equal afterwards.

The table of the stand-in's README; `docs/faults.md` counts how often the soak has met each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from klientbro.connectors import http
from klientbro.connectors.poweroffice import client, paging
from klientbro.connectors.poweroffice import settings as poweroffice_settings
from klientbro.sync.tests.support import Connected
from klientbro.sync.tests.test_faults import again, assert_explained, replace_key
from simulators.poweroffice_go.testing import Simulator

Connect = Callable[..., Connected]
TRANSACTIONS, BALANCE = "/accounttransactions", "/trialbalance"


@dataclass(frozen=True)
class Class:
    """One fault: where it strikes, during the first sync or a later one, and the cause it ends in.

    cause: empty where the run gets over it by itself.
    """

    kind: str
    cause: str = ""
    path: str = BALANCE
    is_first: bool = False
    rule: dict[str, Any] = field(default_factory=dict)

    def parameters(self, **parameters: object) -> Class:
        return Class(
            self.kind, self.cause, self.path, self.is_first, self.rule | {"parameters": parameters}
        )


def while_paging(kind: str, cause: str = "", **rule: Any) -> Class:
    return Class(kind, cause, TRANSACTIONS, True, {"after": 3, "count": 1, **rule})


CLASSES: dict[str, Class] = {
    "429 with Retry-After": Class("429", "throttled").parameters(retry_after=90),
    "429 without Retry-After": Class("429_without_retry_after", rule={"count": 1}),
    "500": Class("500", "unreachable"),
    "502": Class("502", "unreachable"),
    "503": Class("503", "unreachable"),
    "504": Class("504", "unreachable"),
    "time-out": Class("timeout", "unreachable").parameters(seconds=3.0),
    "reset": Class("reset", "unreachable"),
    "reset in the middle of an answer": while_paging("reset_midway"),
    "cut JSON": Class("cut_json", "unreadable"),
    "HTML instead of JSON": Class("html", "unreadable"),
    "wrong charset": Class("wrong_charset", "unreadable", TRANSACTIONS),
    "duplicated page": while_paging("duplicated_page"),
    "missing page": while_paging("missing_page"),
    "reordered pages": while_paging("reordered_pages"),
    "pages in another order for good": while_paging("reordered_pages", "unreachable", count=None),
    "row inserted while paging": while_paging("row_inserted"),
    "replica lag": Class("replica_lag", "moving", TRANSACTIONS).parameters(seconds=60),
    "clock skew behind": Class("clock_skew", "", TRANSACTIONS).parameters(seconds=-300),
    "clock skew ahead": Class("clock_skew", "", TRANSACTIONS).parameters(seconds=300),
    "token expired between pages": while_paging("token_expired"),
    "key revoked": while_paging("key_revoked", "key_rejected"),
    "privilege removed": while_paging("privilege_removed", "rights_missing"),
    "new field": while_paging("extra_field"),
    "removed field": while_paging("missing_field", "contract").parameters(field="Amount"),
    "changed type": Class("changed_type", "contract").parameters(field="Balance"),
    "renamed account": while_paging("renamed_account"),
    "voucher gap": Class("voucher_gap", rule={"count": 1}),
    "back-dated voucher": Class("back_dated_voucher", rule={"count": 1}),
    "text edit": while_paging("text_edit"),
    "huge voucher": while_paging("huge_voucher").parameters(lines=200),
}
FINDINGS = {"new field": "unknown_field"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACK_OFF_SECONDS", (0.01, 0.02))
    monkeypatch.setattr(poweroffice_settings, "TIMEOUT_SECONDS", 20.0)
    monkeypatch.setattr(paging, "PAGE_SIZE", 20)
    monkeypatch.setattr(client, "PAGE_SIZE", 20)


def set_right(books: Connected, *, has_key: bool) -> None:
    """Somebody does what the cause asks for, or the source gets over it."""
    books.simulator.clear_faults()
    books.execute("delete from sync_budget")  # the time the source asked for has passed
    books.do("set_privilege", privilege="AccountTransaction", allowed=True)
    if not has_key:
        replace_key(books, books.simulator.install(books.number))


@pytest.mark.parametrize("name", CLASSES)
def test_fault_has_its_cause_and_its_cure_and_leaves_the_ledger_equal_to_the_source(
    connect: Connect, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    fault = CLASSES[name]
    books = connect(simulator.add_company(1, postings=120, years=0))
    if not fault.is_first:
        books.sync("first")
        assert books.cause == ""
        books.post("10.00")
        books.do(
            "post_voucher",
            text="Årsgebyr på høyskolen",
            lines=[
                {"account_no": 6800, "amount": "77.00"},
                {"account_no": 1920, "amount": "-77.00"},
            ],
        )
    before = books.held()
    books.fault(fault.kind, path=fault.path, **fault.rule)

    with monkeypatch.context() as patch:
        if fault.kind == "timeout":  # short only here: elsewhere a busy machine may take its time
            patch.setattr(poweroffice_settings, "TIMEOUT_SECONDS", 1.5)
        books.sync("first" if fault.is_first else "routine")
    (rule,) = simulator.control("GET", "faults")
    assert rule["applied"] > 0, "the fault did not strike"
    if fault.cause:
        assert_explained(books, fault.cause)
    else:
        assert books.cause == ""
    assert books.held().keys() >= before.keys() - gone(books, fault), "a row was lost"

    set_right(books, has_key=fault.kind != "key_revoked")
    again(books)
    for _ in range(2):  # in motion: compared once more by itself
        if books.cause == "moving":
            books.sync("routine")
    assert books.cause == ""
    assert books.value("select failures from sync_state") == 0
    books.assert_equal_to_source()
    assert account_names(books) == source_account_names(books)
    assert texts(books) == source_texts(books)
    found = {kind for (kind,) in books.rows("select kind from ledger_finding")}
    assert found - {"voucher_gap"} == ({FINDINGS[name]} if name in FINDINGS else set())


def gone(books: Connected, fault: Class) -> set[str]:
    """What the source itself has taken away."""
    return books.held().keys() ^ books.source().keys() if fault.kind == "voucher_gap" else set()


def account_names(books: Connected) -> dict[str, str]:
    return dict(books.rows("select source_id, name from ledger_account"))


def source_account_names(books: Connected) -> dict[str, str]:
    token = books.simulator.token(books.simulator.install(books.number))
    rows = books.simulator.get("/GeneralLedgerAccounts", token, PageSize=1000).json()
    return {str(row["Id"]): row["Name"] for row in rows}


def texts(books: Connected) -> dict[str, str]:
    return dict(
        books.rows(
            "select source_id, coalesce(text, '') from ledger_posting where known_to = 2147483647"
        )
    )


def source_texts(books: Connected) -> dict[str, str]:
    token = books.simulator.token(books.simulator.install(books.number))
    year = books.value("select extract(year from conversion_date)::int from ledger_books")
    found: dict[str, str] = {}
    for each in range(year - 1, year + 2):
        rows = books.simulator.get(
            "/AccountTransactions",
            token,
            fromDate=f"{each}-01-01",
            toDate=f"{each}-12-31",
            PageSize=20_000,
            Fields="Id,Description",
        )
        found |= {
            str(row["Id"]): row.get("Description") or ""
            for row in (rows.json() if rows.content else [])
        }
    return found
