"""Signatures lose their ground by what happens in the accounting system, and people hear of it.

Everything through the real chain: the simulator, a sync, the counting job, the digest job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from klientbro.clients.facts import ClientFacts
from klientbro.connectors import http
from klientbro.domain.periods import Month
from klientbro.domain.reconciliation.methods import Frequency, Method
from klientbro.domain.reconciliation.sign_offs import ChangeKind
from klientbro.ledger.queries import books_of
from klientbro.operations.tasks import tell_people_now
from klientbro.products.reconciliation import recount, tasks
from klientbro.products.reconciliation.documentation import add_line
from klientbro.products.reconciliation.models import (
    PlanTemplate,
    Progress,
    SignOff,
    Statement,
    Suspension,
    SuspensionNotice,
)
from klientbro.products.reconciliation.plan import TypedPlan, save_plan
from klientbro.products.reconciliation.sheet import LineState, MonthSheet, month_sheet
from klientbro.products.reconciliation.signing import Seen, mark_of, prepare, review, send_back
from klientbro.products.reconciliation.tasks import recount_all_now
from klientbro.sync.models import Step
from klientbro.sync.tests.support import Connected
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import User
from klientbro.tenants.services import add_user

# Accounts made for the test: each gets one kind of change.
ACCOUNTS = {
    "back_dated": 1271,
    "earlier_month": 1272,
    "reversed": 1273,
    "corrected": 1274,
    "deleted": 1275,
    "renumbered": 1276,
    "text_edited": 1277,
    "renamed": 1278,
    "documented": 1279,
    "other_method": 1281,
    "statement": 1282,
    "moved_account": 1283,
    "cleared_again": 1284,
    "untouched": 1286,
}
OTHER = 1289


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACK_OFF_SECONDS", (0.01, 0.02))


class Signed:
    """A client whose last ended month is prepared by Kari and reviewed by Ola."""

    def __init__(self, connected: Connected) -> None:
        self.connected = connected
        self.firm = connected.firm
        self.client = connected.connection.client
        self.month = Month.of(timezone.localdate()).previous()
        self.kari, self.ola, self.siri = (
            add_user(self.firm.id, f"{name}@furulund.example", name)[0]
            for name in ("Kari", "Ola", "Siri")
        )
        self.vouchers: dict[str, int] = {}

    def post(self, account: int, amount: str, day: date | None = None, against: int = OTHER) -> int:
        posted = self.connected.do(
            "post_voucher",
            posting_date=str(day or self.month.first_day + timedelta(days=11)),
            text="Inventar",
            lines=[
                {"account_no": account, "amount": amount},
                {"account_no": against, "amount": str(-Decimal(amount))},
            ],
        )
        return int(posted["voucher_no"])

    def sheet(self) -> MonthSheet:
        books = books_of(self.client.pk)
        assert books is not None
        found = month_sheet(self.client, books, self.month)
        assert found is not None
        return found

    def numbers(self) -> Mapping[str, str]:
        """The source's account ids by the number they had when the test began."""
        return {line.account.number: line.account.id for line in self.sheet().lines}

    def sign(self, ids: list[str]) -> None:
        for step, by in ((prepare, self.kari), (review, self.ola)):
            sheet = self.sheet()
            seen = [Seen(id_, mark_of(sheet, sheet.line(id_))) for id_ in ids]
            step(sheet, seen, "Sett på", by=by)

    def tell(self, after: timedelta = timedelta(0)) -> list[Any]:
        mail.outbox.clear()
        tell_people_now(datetime.now(UTC) + after)
        return list(mail.outbox)


@pytest.fixture
def signed(connect: Callable[..., Connected]) -> Signed:
    connected = connect("holding")
    made = Signed(connected)
    for name, number in {**ACCOUNTS, "other": OTHER}.items():
        connected.do("add_account", account_no=number, name=name, account_type="Asset")
    for name, number in ACCOUNTS.items():
        made.vouchers[name] = made.post(number, "1000.00")
    connected.sync("first")
    assert connected.cause == ""
    with in_firm(made.firm.id):
        ClientFacts.objects.update_or_create(
            firm_id=made.firm.id, client=made.client, defaults={"responsible": made.siri}
        )
        ids = made.numbers()
        method = dict.fromkeys(ACCOUNTS.values(), Method.MANUAL)
        method[ACCOUNTS["statement"]] = Method.BANK
        for number, chosen in method.items():
            _plan(made, ids[str(number)], chosen, version=0)
        _statement(made, ids[str(ACCOUNTS["statement"])])
        made.sign([ids[str(number)] for number in ACCOUNTS.values()])
    recount_all_now()
    return made


def _plan(made: Signed, account: str, method: Method, *, version: int) -> None:
    typed = TypedPlan(method, Frequency.MONTHLY, None, Decimal(0), False, False, "")
    save_plan(made.client.pk, account, typed, version=version, by=made.ola)


def _statement(made: Signed, account: str) -> None:
    Statement.objects.create(
        firm_id=made.firm.id,
        client=made.client,
        account_id=account,
        first_day=made.month.first_day,
        last_day=made.month.last_day,
        opening=Decimal(0),
        closing=Decimal(1000),
        file_name="kontoutskrift.xml",
        file_sha256="0" * 64,
    )


def states_of(made: Signed, ids: Mapping[str, str]) -> dict[str, LineState]:
    with in_firm(made.firm.id):
        sheet = made.sheet()
        return {name: sheet.line(ids[str(number)]).state for name, number in ACCOUNTS.items()}


def causes_noted(made: Signed, ids: Mapping[str, str]) -> dict[str, set[ChangeKind]]:
    names = {ids[str(number)]: name for name, number in ACCOUNTS.items()}
    found: dict[str, set[ChangeKind]] = {}
    with in_firm(made.firm.id):
        for row in Suspension.objects.filter(ended_at=None).exclude(confirmed_at=None):
            name = names.get(SignOff.objects.get(pk=row.sign_off_id).account_id, "")
            found.setdefault(name, set()).add(ChangeKind(row.cause))
    return found


def change_everything(made: Signed, ids: Mapping[str, str]) -> None:
    """One change of its own kind to every account but the last."""
    do, number, voucher = made.connected.do, ACCOUNTS, made.vouchers
    day = str(made.month.first_day + timedelta(days=20))
    made.post(number["back_dated"], "250.00")
    made.post(number["earlier_month"], "300.00", made.month.previous().last_day)
    do("reverse_voucher", voucher_no=voucher["reversed"], posting_date=day)
    do(
        "correct_voucher",
        voucher_no=voucher["corrected"],
        posting_date=day,
        lines=[
            {"account_no": number["corrected"], "amount": "700.00"},
            {"account_no": OTHER, "amount": "-700.00"},
        ],
    )
    do(
        "correct_voucher",
        voucher_no=voucher["moved_account"],
        posting_date=day,
        lines=[
            {"account_no": 6540, "amount": "1000.00"},
            {"account_no": OTHER, "amount": "-1000.00"},
        ],
    )
    made.post(number["cleared_again"], "80.00")
    made.post(number["cleared_again"], "-80.00")
    do("hide_voucher", voucher_no=voucher["deleted"])
    do("renumber_account", account_no=number["renumbered"], new_no=1299)
    do("rename_account", account_no=number["renamed"], name="Et annet navn")
    do("edit_text", voucher_no=voucher["text_edited"], text="En annen tekst")
    with in_firm(made.firm.id):
        document = ids[str(number["documented"])]
        add_line(made.client.pk, document, made.month, "Liste", Decimal(1000), by=made.ola)
        _plan(made, ids[str(number["other_method"])], Method.LIST, version=1)
        Statement.objects.update(removed_at=timezone.now())


EXPECTED = {
    "back_dated": {ChangeKind.BALANCE_CHANGED, ChangeKind.POSTING_ADDED},
    "earlier_month": {ChangeKind.BALANCE_CHANGED, ChangeKind.OPENING_CHANGED},
    "reversed": {ChangeKind.BALANCE_CHANGED, ChangeKind.POSTING_ADDED},
    "corrected": {ChangeKind.BALANCE_CHANGED, ChangeKind.POSTING_ADDED},
    "moved_account": {ChangeKind.BALANCE_CHANGED, ChangeKind.POSTING_ADDED},
    "cleared_again": {ChangeKind.POSTING_ADDED},
    "deleted": {ChangeKind.BALANCE_CHANGED, ChangeKind.POSTING_REMOVED},
    "renumbered": {ChangeKind.ACCOUNT_NUMBER_CHANGED},
    "documented": {ChangeKind.DOCUMENTATION_CHANGED},
    "other_method": {ChangeKind.METHOD_CHANGED},
    "statement": {ChangeKind.STATEMENT_CHANGED},
}


def test_every_kind_of_later_change_sets_aside_its_own_signature_and_no_other(
    signed: Signed,
) -> None:
    with in_firm(signed.firm.id):
        ids = signed.numbers()
    assert set(states_of(signed, ids).values()) == {LineState.REVIEWED}
    assert causes_noted(signed, ids) == {}

    change_everything(signed, ids)
    signed.connected.sync("routine", full=True, accept=True)
    assert signed.connected.cause == ""
    recount_all_now()
    assert causes_noted(signed, ids) == EXPECTED
    states = states_of(signed, ids)
    assert {name for name, state in states.items() if state is LineState.SUSPENDED} == set(EXPECTED)
    with in_firm(signed.firm.id):
        counts = Progress.objects.get(client=signed.client, month=signed.month.first_day)
        assert (counts.suspended, counts.reviewed) == (len(EXPECTED), 3)

    told = signed.tell()
    assert {message.to[0].partition("@")[0] for message in told} == {"kari", "ola", "siri"}
    text = told[0].body
    assert f"/avstemming/{signed.client.public_id}/{signed.month.key}/" in text
    assert "1271 back_dated" in text
    assert "Saldoen var" in text
    assert "1279 documented" not in text, "what a colleague does on the page is shown there"
    assert "1286 untouched" not in text
    for later in (timedelta(0), timedelta(hours=30)):
        assert signed.tell(later) == [], "nobody is told twice"
    assert recount_all_now() == 0, "nothing has moved since"
    with in_firm(signed.firm.id):
        assert not Suspension.objects.filter(sign_off__account_id=ids["1286"]).exists()


def test_period_opened_again_and_a_month_that_differs_take_the_ground_of_all(
    signed: Signed,
) -> None:
    with in_firm(signed.firm.id):
        ids = signed.numbers()
        account = ids[str(ACCOUNTS["untouched"])]
    signed.connected.do("set_lock_date", date=str(signed.month.last_day))
    signed.connected.sync("routine", full=True)
    with in_firm(signed.firm.id):
        sheet = signed.sheet()
        assert sheet.is_locked
        send_back(sheet, account, "Om igjen", by=signed.ola)
        signed.sign([account])
    recount_all_now()
    assert causes_noted(signed, ids) == {}

    signed.connected.do("set_lock_date", date=str(signed.month.previous().last_day))
    signed.connected.sync("routine", full=True)
    recount_all_now()
    assert causes_noted(signed, ids) == {"untouched": {ChangeKind.PERIOD_REOPENED}}

    signed.connected.execute(
        "update ledger_month set state = 'differs' where connection_id = %s and month = %s",
        signed.connected.connection.pk,
        signed.month.first_day,
    )
    recount_all_now()
    found = causes_noted(signed, ids)
    assert set(found) == set(ACCOUNTS)
    assert all(ChangeKind.SOURCE_DIFFERS in causes for causes in found.values())
    signed.connected.execute(
        "update ledger_month set state = 'sealed' where connection_id = %s and month = %s",
        signed.connected.connection.pk,
        signed.month.first_day,
    )
    recount_all_now()
    assert set(causes_noted(signed, ids)) == {"untouched"}, "proved again, the others hold again"


def test_a_run_that_has_not_ended_sets_nothing_aside_and_no_mail_goes(signed: Signed) -> None:
    with in_firm(signed.firm.id):
        ids = signed.numbers()
    signed.post(ACCOUNTS["back_dated"], "250.00")
    signed.connected.sync("routine")
    with in_firm(signed.firm.id):  # as it stands between the landing and the proof
        left = Step.objects.create(
            firm_id=signed.firm.id, connection=signed.connected.connection, position=1, kind="proof"
        )
    assert recount_all_now() == 0
    assert signed.tell() == []
    with in_firm(signed.firm.id):
        left.delete()
    recount_all_now()
    assert set(causes_noted(signed, ids)) == {"back_dated"}


def test_job_killed_between_two_clients_keeps_the_first_and_goes_on(
    signed: Signed, connect: Callable[..., Connected], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = connect(3)
    other.sync("first")
    signed.post(ACCOUNTS["back_dated"], "250.00")
    signed.connected.sync("routine")
    real, counted = recount.recount_client, []

    def once(client_id: int, stale: Any) -> int:
        if counted:
            raise KeyboardInterrupt
        counted.append(client_id)
        return real(client_id, stale)

    monkeypatch.setattr(tasks, "recount_client", once)
    with pytest.raises(KeyboardInterrupt):
        recount_all_now()
    monkeypatch.setattr(tasks, "recount_client", real)
    with in_firm(signed.firm.id):
        assert Suspension.objects.exclude(confirmed_at=None).exists()
        assert not Progress.objects.filter(client=other.connection.client).exists()
    assert recount_all_now() == 1
    assert recount_all_now() == 0
    with in_firm(signed.firm.id):
        assert Progress.objects.filter(client=other.connection.client).exists()


def test_months_are_counted_anew_when_the_firm_edits_its_plan(signed: Signed) -> None:
    recount_all_now()
    assert recount_all_now() == 0
    with in_firm(signed.firm.id):
        plan = PlanTemplate.objects.create(firm_id=signed.firm.id, company_form="AS")
    assert recount_all_now() == 1
    with in_firm(signed.firm.id):
        PlanTemplate.objects.filter(pk=plan.pk).update(version=2)
    assert recount_all_now() == 1
    assert recount_all_now() == 0


def test_client_deactivated_with_work_open_keeps_its_signatures_and_counts(signed: Signed) -> None:
    with in_firm(signed.firm.id):
        ids = signed.numbers()
        before = Progress.objects.values_list("to_do", "reviewed", "suspended").get()
        signed.connected.connection.is_active = False
        signed.connected.connection.deactivated_at = timezone.now()
        signed.connected.connection.save()
    recount_all_now()
    assert set(states_of(signed, ids).values()) == {LineState.REVIEWED}
    with in_firm(signed.firm.id):
        assert Progress.objects.values_list("to_do", "reviewed", "suspended").get() == before
        assert not SuspensionNotice.objects.exists()


def test_whoever_signs_anew_is_not_told_of_the_old_signature(signed: Signed) -> None:
    with in_firm(signed.firm.id):
        account = signed.numbers()[str(ACCOUNTS["back_dated"])]
    signed.post(ACCOUNTS["back_dated"], "250.00")
    signed.connected.sync("routine")
    recount_all_now()
    with in_firm(signed.firm.id):
        signed.sign([account])
    assert signed.tell() == []


def test_people_who_have_left_the_firm_are_not_written_to(signed: Signed) -> None:
    User.objects.filter(pk=signed.siri.pk).update(is_active=False)
    signed.post(ACCOUNTS["back_dated"], "250.00")
    signed.connected.sync("routine")
    recount_all_now()
    assert {message.to[0].partition("@")[0] for message in signed.tell()} == {"kari", "ola"}
