"""One seed from beginning to end: a client is made, its schedule played, its books checked."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.soak.check import Check, Verdict
from tests.soak.schedule import Round, Schedule, Strike
from tests.soak.tally import NO_CAUSE, Tally
from tests.soak.world import World

MOST_CURES = 8


class Client:
    """A client of the soak, and what is done to it."""

    def __init__(self, world: World, schedule: Schedule, tally: Tally) -> None:
        self.world = world
        self.schedule = schedule
        self.tally = tally
        self.firm, self.connection, self.number = world.make_client(
            schedule.seed, schedule.postings, schedule.years
        )
        self._notes = world.home / f"notes-{schedule.seed}"
        self._chance = random.Random(f"doings:{schedule.seed}")  # noqa: S311 repeatable
        self.story: list[str] = []

    def play(self) -> Verdict:
        """The whole schedule, then runs without faults until nothing is wrong; then the check."""
        for one in self.schedule.rounds:
            self._play_round(one)
        # what is under way was planned while things went wrong; then a day passes
        causes = [] if self._is_done() and not self._cause() else self._cure()
        self._execute("update sync_state set masters_read_at = null")
        causes += self._cure()
        verdict = Check(
            self.world.operator(), self.connection.pk, self.world.simulator, self.number
        ).verdict()
        if causes[-1]:
            verdict.wrong.append(
                f"not cured: {causes} {self._value('select cause_detail from sync_state')}"
            )
        return verdict

    def _cure(self) -> list[str]:
        """Runs until one ends without a cause; gives what each came to."""
        causes: list[str] = []
        while len(causes) < MOST_CURES and (not causes or causes[-1]):
            self.ask("looking", accept=bool(causes) and causes[-1] == "vanished")
            self.run(None, 1)
            causes.append(self._cause() or ("" if self._is_done() else "steps left"))
        return causes

    # ---- a round

    def _play_round(self, one: Round) -> None:
        for doing in one.doings:
            self._do(doing)
        rules = [
            self.world.simulator.fault(
                fault.kind,
                company=self.number,
                path=fault.path,
                after=fault.after,
                count=fault.count,
                parameters=fault.parameters,
            )["id"]
            for fault in one.faults
        ]
        self.ask(one.reason)
        fell: list[str] = []
        has_ended = False
        for strike in one.strikes:
            has_ended, struck = self.run(strike, one.workers)
            fell += struck
        if not has_ended:  # nobody has, after the last death; a cut line a worker survives
            self.run(None, one.workers)
        cause = self._cause()
        self.story.append(f"{one.reason} {one.doings} {fell} -> {cause or 'fine'}")
        kinds = {
            rule["kind"]
            for rule in self.world.simulator.control("GET", "faults")
            if rule["id"] in rules and rule["applied"]
        }
        for kind in kinds:
            self.tally.count(kind, cause or NO_CAUSE)
        for death in fell:
            self.tally.count(death, cause or NO_CAUSE)
        self._set_right()

    def run(
        self, strike: Strike | None, workers: int, finally_: Callable[[], object] = lambda: None
    ) -> tuple[bool, list[str]]:
        """Workers until they end or die: whether one ended by itself, and which deaths fell.

        What else died than workers is started again.
        """
        from tests.soak import worker

        before = len(self._noted())

        def work() -> None:
            worker.work(
                self.firm.id,
                self.connection.pk,
                page_size=self.schedule.page_size,
                is_by_queue=self.schedule.is_by_queue,
                strike=strike,
                data=self.world.server.paths.data,
                operator_url=self.world.server.superuser_url,
                note=self._note,
            )
            finally_()

        pids = [self.world.fork(work) for _ in range(workers)]
        codes = self.world.wait(pids)
        fell = self._noted()[before:]
        self.world.after(fell)
        if set(codes) - {0, -9}:
            raise AssertionError(f"a worker ended with {codes}")
        return 0 in codes, fell

    def _note(self, word: str) -> None:
        with self._notes.open("a") as file:
            file.write(word + "\n")

    def _noted(self) -> list[str]:
        return self._notes.read_text().splitlines() if self._notes.exists() else []

    def ask(self, reason: str, *, accept: bool = False) -> None:
        from klientbro.sync.services import queue_sync
        from klientbro.tenants.context import firm as in_firm

        with in_firm(self.firm.id):
            self.connection.refresh_from_db()
            queue_sync(
                self.connection,
                reason="looking" if reason == "full" else reason,
                full=reason == "full",
                accept_vanished=accept,
            )

    def _cause(self) -> str:
        return str(self._value("select cause from sync_state"))

    def _is_done(self) -> bool:
        return bool(self._value("select count(*) = 0 from sync_step"))

    def _value(self, query: str) -> object:
        """One figure about this connection."""
        row = self.world.operator().execute(self._narrowed(query)).fetchone()
        return row[0] if row else None

    def _execute(self, query: str) -> None:
        self.world.operator().execute(self._narrowed(query))

    def _narrowed(self, query: str) -> str:
        return f"{query} where connection_id = {self.connection.pk}"

    def _set_right(self) -> None:
        """The fault is over: the dial is off, rights and key are given back, time has passed."""
        from klientbro.tenants.context import firm as in_firm
        from klientbro.tenants.services import firm_envelopes

        simulator = self.world.simulator
        simulator.clear_faults()
        for privilege in ("AccountTransaction", "TrialBalance", "CustomerLedger"):
            simulator.do(self.number, "set_privilege", privilege=privilege, allowed=True)
        key = simulator.install(self.number)
        with in_firm(self.firm.id):
            envelopes = firm_envelopes()
            digest = envelopes.equality_hash("client_key", key)
            self.connection.refresh_from_db()
            if bytes(self.connection.key_hash) != digest:
                self.connection.key_hash = digest
                self.connection.key_sealed = envelopes.seal("client_key", key)
                self.connection.save()
        self.world.operator().execute("delete from sync_budget; delete from sync_budgetwait")

    # ---- what people do in the accounting system

    def _do(self, doing: str) -> None:
        actions: dict[str, Callable[[], Any]] = {
            "post": lambda: self._post(0),
            "post_many": lambda: self._act("bulk_post", count=self._chance.randint(4, 30)),
            "back_date": lambda: self._post(-self._chance.randint(20, 150)),
            "post_ahead": lambda: self._post(self._chance.randint(20, 200)),
            "reverse": lambda: self._act("reverse_voucher", voucher_no=self._voucher()),
            "correct": lambda: self._act(
                "correct_voucher", voucher_no=self._voucher(), lines=self._lines()
            ),
            "edit_text": lambda: self._act(
                "edit_text", voucher_no=self._voucher(), text=f"Rettet {self._chance.random():.6f}"
            ),
            "hide": lambda: self._act("hide_voucher", voucher_no=self._voucher()),
            "huge": lambda: self._act("post_huge_voucher", lines=self._chance.randint(20, 60)),
            "rename": lambda: self._act(
                "rename_account", account_no=6800, name=f"Kontor {self._chance.randint(1, 99)}"
            ),
            "renumber": lambda: self._act(
                "renumber_account",
                account_no=6900,
                new_no=self._chance.randint(6901, 6999),
            ),
            "add_account": lambda: self._act(
                "add_account",
                account_no=self._chance.randint(6400, 6499),
                name="Ny konto",
            ),
        }
        actions[doing]()

    def _act(self, action: str, **arguments: object) -> None:
        try:
            self.world.simulator.do(self.number, action, **arguments)
        except RuntimeError:  # locked, reversed already, taken: the source says no, as to anybody
            self.story.append(f"{action} was refused")

    def _post(self, days: int) -> None:
        day = date.today() + timedelta(days=days)  # noqa: DTZ011 the simulator's own day
        self._act("post_voucher", lines=self._lines(), posting_date=str(day))

    def _lines(self) -> list[dict[str, object]]:
        amount = f"{self._chance.randint(1, 999_999) / 100:.2f}"
        return [
            {"account_no": self._chance.choice((6800, 6300, 4300, 1250)), "amount": amount},
            {"account_no": 1920, "amount": f"-{amount}"},
        ]

    def _voucher(self) -> int:
        """A voucher of any age; the youngest are the likeliest."""
        latest = self.world.simulator.company(self.number)["vouchers"]
        return max(1, latest - int(self._chance.expovariate(0.1)))


def run_seed(world: World, schedule: Schedule, tally: Tally) -> tuple[Verdict, list[str]]:
    """Plays one seed; gives what it came to, and its story for whoever has to look into it."""
    client = Client(world, schedule, tally)
    verdict = client.play()
    tally.seeds += 1
    tally.lost += verdict.lost
    tally.doubled += verdict.doubled
    tally.difference += verdict.difference
    return verdict, client.story
