"""What one seed will do: drawn once, before anything runs, so that a seed replays alone."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

TRANSACTIONS, BALANCE, TOKEN = "/accounttransactions", "/trialbalance", "/oauth/token"
ACCOUNTS, SETTINGS, LEDGERS, ANY = "/generalledgeraccounts", "/*settings", "/*ledger/*", "*"


class Death(StrEnum):
    """How a run is cut off."""

    KILL = "worker killed -9"
    CUT = "database connections cut"
    REBOOT = "host rebooted"


@dataclass(frozen=True)
class Strike:
    """One death, at a persisted step: a commit, or one that lands postings."""

    death: Death
    at: int
    is_before: bool
    is_landing: bool


@dataclass(frozen=True)
class Fault:
    """A rule for the simulator's dial."""

    kind: str
    path: str
    after: int
    count: int | None
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Round:
    """What people do, what goes wrong in the source, and who dies; then a run or several."""

    reason: str
    doings: tuple[str, ...]
    faults: tuple[Fault, ...]
    strikes: tuple[Strike, ...]
    workers: int


@dataclass(frozen=True)
class Schedule:
    """Everything that happens to one client."""

    seed: int
    postings: int
    years: int
    page_size: int
    is_by_queue: bool
    rounds: tuple[Round, ...]


# Everything on the dial but what needs a person's word (a vanished voucher type) and what lies
# about amounts for good (both have tests of their own); with where it may strike.
_EVERYWHERE = (TRANSACTIONS, TRANSACTIONS, BALANCE, ACCOUNTS, SETTINGS, LEDGERS, ANY)
_LISTS = (TRANSACTIONS, TRANSACTIONS, TRANSACTIONS, BALANCE, LEDGERS, ACCOUNTS)
_ROWS = (TRANSACTIONS, TRANSACTIONS, BALANCE)
KINDS: dict[str, tuple[tuple[str, ...], tuple[dict[str, Any], ...]]] = {
    "429": (_EVERYWHERE, ({"retry_after": 0.02}, {"retry_after": 90})),
    "429_without_retry_after": ((TRANSACTIONS, BALANCE), ({},)),
    "500": (_EVERYWHERE, ({},)),
    "502": (_EVERYWHERE, ({},)),
    "503": (_EVERYWHERE, ({},)),
    "504": (_EVERYWHERE, ({},)),
    "timeout": (_ROWS, ({"seconds": 1.2},)),
    "slow": (_ROWS, ({"seconds": 0.05},)),
    "slow_body": (_ROWS, ({"seconds": 0.05, "pieces": 4},)),
    "reset": (_EVERYWHERE, ({},)),
    "reset_midway": (_EVERYWHERE, ({},)),
    "cut_json": (_EVERYWHERE, ({}, {"share": 0.9})),
    "html": (_EVERYWHERE, ({}, {"status": 403}, {"status": 502})),
    "empty_body": (_EVERYWHERE, ({},)),
    "no_content": ((TRANSACTIONS, LEDGERS), ({},)),
    "wrong_charset": (_LISTS, ({},)),
    "byte_order_mark": (_LISTS, ({},)),
    "no_paging_header": (_LISTS, ({},)),
    "wrong_content_type": (_LISTS, ({},)),
    "wrong_date": (_EVERYWHERE, ({},)),
    "401": (_EVERYWHERE, ({},)),
    "403": (_LISTS, ({},)),
    "404": (_LISTS, ({},)),
    "invalid_client": ((TOKEN,), ({},)),
    "duplicated_page": (_LISTS, ({},)),
    "missing_page": (_LISTS, ({},)),
    "reordered_pages": (_LISTS, ({},)),
    "order_ignored": (_LISTS, ({},)),
    "duplicated_rows": (_ROWS, ({}, {"limit": 5})),
    "lost_rows": (_LISTS, ({}, {"limit": 7})),
    "reordered": (_LISTS, ({"seed": 3},)),
    "row_inserted": (_EVERYWHERE, ({}, {"count": 6}, {"days_ago": 3})),
    "back_dated_voucher": (_EVERYWHERE, ({}, {"days_ago": 130})),
    "huge_voucher": (_ROWS, ({"lines": 60},)),
    "text_edit": (_EVERYWHERE, ({}, {"back": 5})),
    "voucher_gap": (_ROWS, ({}, {"back": 3})),
    "renamed_account": (_EVERYWHERE, ({},)),
    "replica_lag": ((TRANSACTIONS,), ({"seconds": 3},)),
    "clock_skew": ((TRANSACTIONS,), ({"seconds": -300}, {"seconds": 300})),
    "token_expired": (_EVERYWHERE, ({},)),
    "key_revoked": (_EVERYWHERE, ({},)),
    "privilege_removed": (
        _EVERYWHERE,
        ({}, {"privilege": "TrialBalance"}, {"privilege": "CustomerLedger"}),
    ),
    "extra_field": (_LISTS, ({},)),
    "unknown_enum": (_LISTS, ({},)),
    "missing_field": (_ROWS, ({"field": "AccountId"}, {"field": "VoucherNo"})),
    "null_field": (_ROWS, ({"field": "AccountId"},)),
    "changed_type": (_ROWS, ({},)),
    "off_by": ((BALANCE,), ({"amount": 0.01}, {"amount": -300.0})),
}
DOINGS = (
    "post",
    "post",
    "post_many",
    "back_date",
    "post_ahead",
    "reverse",
    "correct",
    "edit_text",
    "hide",
    "huge",
    "rename",
    "renumber",
    "add_account",
)
REASONS = ("looking", "looking", "routine", "full", "prove")


def schedule_of(seed: int) -> Schedule:
    """The same seed, the same schedule."""
    chance = random.Random(f"soak:{seed}")  # noqa: S311 repeatable on purpose
    has_reboot = seed % 8 == 3  # a share of the seeds: it takes the server half a second
    rounds = [_round(chance, "first", has_reboot)]
    rounds += [
        _round(chance, chance.choice(REASONS), has_reboot and chance.random() < 0.3)
        for _ in range(chance.choice((1, 1, 1, 2)))
    ]
    return Schedule(
        seed=seed,
        # what goes wrong does so at the borders of pages: many small pages, not many postings
        postings=chance.randint(60, 130) if chance.random() < 0.9 else chance.randint(200, 260),
        years=chance.choice((0, 0, 0, 1)),  # with history to fetch in one of four
        page_size=chance.choice((16, 25, 40, 40, 60, 90)),
        is_by_queue=chance.random() < 0.25,
        rounds=tuple(rounds),
    )


def _round(chance: random.Random, reason: str, has_reboot: bool) -> Round:
    strikes = [
        _strike(chance, chance.choice((Death.KILL, Death.KILL, Death.CUT)))
        for _ in range(chance.choice((0, 1, 1, 2)))
    ]
    if has_reboot:
        strikes.insert(chance.randint(0, len(strikes)), _strike(chance, Death.REBOOT))
    return Round(
        reason=reason,
        doings=tuple(chance.choice(DOINGS) for _ in range(chance.randint(0, 4))),
        faults=tuple(_fault(chance) for _ in range(chance.choice((0, 1, 1, 2, 3)))),
        strikes=tuple(strikes),
        workers=2 if chance.random() < 0.15 else 1,
    )


def _strike(chance: random.Random, death: Death) -> Strike:
    is_landing = chance.random() < 0.5
    return Strike(
        death=death,
        at=chance.randint(1, 8) if is_landing else int(2 ** chance.uniform(0, 7)),
        is_before=chance.random() < 0.5,
        is_landing=is_landing,
    )


def _fault(chance: random.Random) -> Fault:
    kind = chance.choice(list(KINDS))
    paths, parameters = KINDS[kind]
    return Fault(
        kind=kind,
        path=chance.choice(paths),
        after=chance.choice((0, 0, 1, 2, 3, 5, 8)),
        count=chance.choice((1, 1, 2, 3, 6)),
        parameters=chance.choice(parameters),
    )
