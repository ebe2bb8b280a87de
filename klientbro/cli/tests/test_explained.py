"""`klientbro trial-balance --known-at` and `klientbro sync --full --from --to`; no worker runs."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from klientbro.cli import main, sync, trial_balance
from klientbro.ledger.tests.book_table import NOBODYS_ORGNR, BookTable, book_table
from klientbro.sync.models import State
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import create_firm

CHART = """
Konto | Navn             | Type    | Inngående
1920  | Driftskonto bank | asset   | 100,00
2000  | Aksjekapital     | equity  | -100,00
3000  | Salg             | income  |
"""


@pytest.fixture
def command(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Runs a command in a firm of its own, with one client's books."""
    firm = create_firm(f"Kommandolinjens Regnskap AS {uuid4()}")
    monkeypatch.setattr(trial_balance, "open_house", contextlib.nullcontext)
    monkeypatch.setattr(sync, "open_house", contextlib.nullcontext)

    def run(*arguments: str) -> int:
        code = main.main([*arguments, "--firm", firm.name])
        said = capsys.readouterr()
        run.out, run.err = said.out, said.err  # type: ignore[attr-defined]
        return code

    run.firm = firm  # type: ignore[attr-defined]
    return run


def post(book: BookTable, number: int, amount: str) -> None:
    book.post(f"""
        Bilag    | Dato       | Konto | Beløp
        {number} | 05.10.2026 | 1920  | {amount}
        {number} | 05.10.2026 | 3000  | -{amount}
    """)


@pytest.fixture
def book(command: Any) -> BookTable:
    with in_firm(command.firm.id):
        made = book_table(CHART, columns={"complete_at": datetime(2026, 11, 10, 9, tzinfo=UTC)})
        post(made, 1, "50,00")
        made.change(complete_at=datetime(2026, 11, 12, 9, tzinfo=UTC))
        post(made, 2, "7,00")
    return made


def bank(command: Any) -> str:
    rows = {row["account"]: row["balance"] for row in json.loads(command.out)}
    return str(rows["1920"])


def ask(command: Any, *more: str) -> int:
    return int(
        command("trial-balance", NOBODYS_ORGNR, "--date", "2026-10-31", "--format", "json", *more)
    )


def test_trial_balance_as_known_then_has_the_figures_of_then_and_a_checksum_that_stays(
    command: Any, book: BookTable
) -> None:
    assert ask(command) == 0
    assert bank(command) == "157.00"
    assert ask(command, "--known-at", "2026-11-11") == 0
    assert bank(command) == "150.00"
    first = re.findall(r"sha256 ([0-9a-f]{64})", command.err)
    with in_firm(command.firm.id):
        post(book, 3, "1000,00")
    ask(command, "--known-at", "2026-11-11")
    assert re.findall(r"sha256 ([0-9a-f]{64})", command.err) == first != []
    ask(command, "--known-at", "2026-11-12T10:00:01")
    assert bank(command) != "150.00"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("i går", "must be a moment such as"),
        ("2999-01-01", "has not been yet"),
        ("2020-01-01", "Nothing was known of"),
    ],
)
def test_moment_that_cannot_be_answered_says_why(
    command: Any, book: BookTable, moment: str, words: str
) -> None:
    assert ask(command, "--known-at", moment) != 0
    assert words in command.err


def test_full_sync_of_a_period_asks_for_that_period_by_command(
    command: Any, book: BookTable
) -> None:
    days = ("--from", "2026-10-01", "--to", "2026-10-31")
    assert command("sync", NOBODYS_ORGNR, "--full", *days) == 0
    with in_firm(command.firm.id):
        state = State.objects.get(connection=book.connection)
    assert (state.run_reason, state.requested_via) == ("refetch", "command")
    assert (str(state.refetch_first), str(state.refetch_last)) == ("2026-10-01", "2026-10-31")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "2026-10-01"), "need --full"),
        (("--full", "--from", "1. oktober"), "--from must be a day such as"),
        (("--full", "--from", "2026-10-02", "--to", "2026-10-01"), "is before --from"),
    ],
)
def test_period_that_makes_no_sense_is_refused_with_the_cure(
    command: Any, book: BookTable, arguments: tuple[str, ...], words: str
) -> None:
    assert command("sync", NOBODYS_ORGNR, *arguments) != 0
    assert words in command.err
