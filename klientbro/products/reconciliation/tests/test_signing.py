"""A signature holds for what was signed and for nothing else, whoever or whatever moves it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from klientbro.clients.errors import RefusedError
from klientbro.domain.reconciliation.methods import Frequency, Method
from klientbro.domain.reconciliation.sign_offs import ChangeKind
from klientbro.ledger.tests.book_table import BookTable, run
from klientbro.products.reconciliation.closing import close_period, reopen_period
from klientbro.products.reconciliation.documentation import (
    add_line,
    carry_forward,
    documentation_of,
    remove_line,
    write_note,
)
from klientbro.products.reconciliation.models import DocumentedLine, SignOff, Suspension
from klientbro.products.reconciliation.plan import TypedPlan, save_plan
from klientbro.products.reconciliation.sheet import Line, LineState
from klientbro.products.reconciliation.signing import (
    Seen,
    mark_of,
    note_suspensions,
    prepare,
    review,
    send_back,
    sign_empty_accounts,
    withdraw,
)
from klientbro.products.reconciliation.tests.conftest import OCTOBER, open_items, sheet_now
from klientbro.products.reconciliation.written import written_for
from klientbro.tenants.models import User


def line_of(book: BookTable, number: str) -> Line:
    line = sheet_now(book).line(book.accounts[number])
    assert line is not None
    return line


def sign(book: BookTable, number: str, by: User, *, step=prepare, comment: str = "", **more) -> int:
    sheet = sheet_now(book)
    line = sheet.line(book.accounts[number])
    return step(sheet, [Seen(line.account.id, mark_of(sheet, line))], comment, by=by, **more)


def document(book: BookTable, number: str, amount: str, by: User) -> DocumentedLine:
    return add_line(book.client.pk, book.accounts[number], OCTOBER, "Liste", Decimal(amount), by=by)


@pytest.fixture
def signed(book: BookTable, user: User, reviewer: User) -> BookTable:
    """1250 documented by a list, 1500 by open items; both prepared and reviewed."""
    document(book, "1250", "282150", user)
    plan_every_month(book, "1250", user)
    open_items(book, "customer", "25000")
    for number in ("1250", "1500"):
        sign(book, number, user)
        sign(book, number, reviewer, step=review)
        assert line_of(book, number).state is LineState.REVIEWED
    return book


def plan_every_month(book: BookTable, number: str, by: User, **changed: object) -> None:
    values: dict[str, object] = {
        "method": Method.LIST,
        "frequency": Frequency.MONTHLY,
        "assignee_id": None,
        "materiality": Decimal(0),
        "needs_document": False,
        "is_left_out": False,
        "left_out_reason": "",
    } | changed
    version = line_of(book, number).plan.version
    save_plan(book.client.pk, book.accounts[number], TypedPlan(**values), version=version, by=by)


def test_receivables_are_held_against_the_open_items_by_themselves(book, user) -> None:
    assert line_of(book, "1500").state is LineState.WAITING
    open_items(book, "customer", "25000")
    assert line_of(book, "1500").state is LineState.READY
    open_items(book, "customer", "24000")
    line = line_of(book, "1500")
    assert (line.state, line.difference) == (LineState.DIFFERS, Decimal("1000.00"))


def test_a_difference_needs_a_comment_and_is_then_signed_with_it(book, user) -> None:
    open_items(book, "customer", "24000")
    with pytest.raises(RefusedError, match="differanse"):
        sign(book, "1500", user)
    assert not SignOff.objects.exists()
    sign(book, "1500", user, comment="Kreditnota kommer i november")
    assert SignOff.objects.get().comment == "Kreditnota kommer i november"


def test_within_the_materiality_no_comment_is_needed(book, user) -> None:
    plan_every_month(book, "1500", user, method=Method.RECEIVABLES, materiality=Decimal(2000))
    open_items(book, "customer", "24000")
    assert sign(book, "1500", user) == 1


def test_the_reviewer_is_another_person_unless_the_firm_has_one_only(book, user, reviewer) -> None:
    open_items(book, "customer", "25000")
    sign(book, "1500", user)
    with pytest.raises(RefusedError, match="selv"):
        sign(book, "1500", user, step=review)
    assert sign(book, "1500", user, step=review, may_review_own=True) == 1


def test_what_has_not_been_prepared_cannot_be_reviewed(book, reviewer) -> None:
    open_items(book, "customer", "25000")
    with pytest.raises(RefusedError, match="ikke utført"):
        sign(book, "1500", reviewer, step=review)


def test_nobody_signs_figures_they_have_not_seen(book, user) -> None:
    open_items(book, "customer", "25000")
    sheet = sheet_now(book)
    line = sheet.line(book.accounts["1500"])
    seen = [Seen(line.account.id, mark_of(sheet, line))]
    book.post(
        """
        Bilag | Dato       | Konto | Beløp     | Tekst
        20600 | 28.10.2026 | 1500  | 100,00    | Sen faktura
        20600 | 28.10.2026 | 3000  | -100,00   | Sen faktura
        """
    )
    with pytest.raises(RefusedError, match="endret"):
        prepare(sheet_now(book), seen, "", by=user)


def test_two_who_sign_at_once_do_not_overwrite_each_other(book, user, reviewer) -> None:
    open_items(book, "customer", "25000")
    sheet = sheet_now(book)
    line = sheet.line(book.accounts["1500"])
    seen = [Seen(line.account.id, mark_of(sheet, line))]
    prepare(sheet, seen, "", by=user)
    with pytest.raises(RefusedError, match="nettopp"):
        prepare(sheet, seen, "", by=reviewer)
    assert SignOff.objects.count() == 1


def late_voucher(book: BookTable, number: str = "1250", day: str = "28.10.2026") -> None:
    book.post(
        f"""
        Bilag | Dato  | Konto    | Beløp      | Tekst
        20978 | {day} | {number} | 18 400,00  | Kjøledisk
        20978 | {day} | 6620     | -18 400,00 | Kjøledisk
        """
    )


def replace_posting(book: BookTable, voucher: int, **changed: object) -> None:
    """The source edits a posting on 1250: its version ends and another begins, one landing on."""
    book.landing += 1
    keys = {"connection": book.connection.pk, "landing": book.landing, "voucher": voucher}
    book._land(sheet_now_at())
    columns = [
        "source_id", "account_id", "posting_date", "amount", "voucher_id", "voucher_no",
        "voucher_series", "voucher_type", "voucher_date", "text", "vat_code", "department_code",
        "customer_no", "is_reversed", "source_created_at",
    ]  # fmt: skip
    taken = ", ".join(f"%({name})s" if name in changed else name for name in columns)
    run(
        "update ledger_posting set known_to = %(landing)s where connection_id = %(connection)s "
        "and voucher_no = %(voucher)s and account_id = %(account)s and known_to = 2147483647",
        keys | {"account": book.accounts["1250"]},
    )
    run(
        f"insert into ledger_posting (firm_id, connection_id, known_from, {', '.join(columns)}) "
        f"select firm_id, connection_id, %(landing)s, {taken} from ledger_posting "
        "where connection_id = %(connection)s and known_to = %(landing)s",
        keys | changed,
    )
    book._keep_balances(False)


def sheet_now_at():
    from django.utils import timezone

    return timezone.now()


def edit_account(book: BookTable, **columns: object) -> None:
    for name, value in columns.items():
        run(
            f"update ledger_account set {name} = %(value)s where source_id = %(id)s",
            {"value": value, "id": book.accounts["1250"]},
        )


def attach_line(book: BookTable, user: User) -> None:
    document(book, "1250", "-100", user)


def another_method(book: BookTable, user: User) -> None:
    plan_every_month(book, "1250", user, method=Method.MANUAL)


LATER: dict[ChangeKind, Callable[[BookTable, User], object]] = {
    ChangeKind.BALANCE_CHANGED: lambda book, _user: late_voucher(book),
    ChangeKind.POSTING_ADDED: lambda book, _user: late_voucher(book),
    ChangeKind.OPENING_CHANGED: lambda book, _user: late_voucher(book, day="28.09.2026"),
    ChangeKind.POSTING_REMOVED: lambda book, _user: book.close(20502),
    ChangeKind.AMOUNT_CHANGED: lambda book, _user: replace_posting(book, 20502, amount="7000"),
    ChangeKind.DATE_CHANGED: lambda book, _user: replace_posting(
        book, 20502, posting_date="2026-10-25"
    ),
    ChangeKind.POSTING_MOVED_PERIOD: lambda book, _user: replace_posting(
        book, 20502, posting_date="2026-11-02"
    ),
    ChangeKind.POSTING_MOVED_ACCOUNT: lambda book, _user: replace_posting(
        book, 20502, account_id=book.accounts["6620"]
    ),
    ChangeKind.VAT_CODE_CHANGED: lambda book, _user: replace_posting(book, 20502, vat_code="1"),
    ChangeKind.PARTY_CHANGED: lambda book, _user: replace_posting(book, 20502, customer_no="9"),
    ChangeKind.VOUCHER_CHANGED: lambda book, _user: replace_posting(book, 20502, voucher_no=99),
    ChangeKind.ACCOUNT_NUMBER_CHANGED: lambda book, _user: edit_account(book, number="1251"),
    ChangeKind.ACCOUNT_TYPE_CHANGED: lambda book, _user: edit_account(book, type="equity"),
    ChangeKind.DOCUMENTATION_CHANGED: attach_line,
    ChangeKind.METHOD_CHANGED: another_method,
    ChangeKind.SOURCE_DIFFERS: lambda book, _user: book.prove("2026-10", "differs"),
}


@pytest.mark.parametrize("kind", LATER, ids=str)
def test_a_later_change_suspends_the_signature_and_names_its_cause(signed, user, kind) -> None:
    LATER[kind](signed, user)
    line = line_of(signed, "1250")
    assert line.state is LineState.SUSPENDED
    assert kind in {change.kind for change in line.causes}
    assert line.reviewed is not None, "the signature stays visible"


def test_a_changed_subledger_suspends_the_signature_of_its_account(signed) -> None:
    open_items(signed, "customer", "24000")
    line = line_of(signed, "1500")
    assert line.state is LineState.SUSPENDED
    assert {change.kind for change in line.causes} == {ChangeKind.SUBLEDGER_CHANGED}


def test_a_reopened_period_in_the_source_suspends_what_was_signed_when_locked(book, user) -> None:
    book.change(lock_date=OCTOBER.last_day)
    document(book, "1250", "282150", user)
    plan_every_month(book, "1250", user)
    sign(book, "1250", user)
    book.change(lock_date=None)
    causes = {change.kind for change in line_of(book, "1250").causes}
    assert causes == {ChangeKind.PERIOD_REOPENED}


def test_a_changed_text_is_told_and_suspends_nothing(signed) -> None:
    replace_posting(signed, 20502, text="Kjøledisk, ny")
    line = line_of(signed, "1250")
    assert line.state is LineState.REVIEWED
    assert {change.kind for change in line.changes} == {ChangeKind.TEXT_CHANGED}


def test_a_voucher_on_another_account_or_month_leaves_the_signature_alone(signed) -> None:
    late_voucher(signed, number="1920")
    late_voucher(signed, day="05.11.2026")
    assert line_of(signed, "1250").state is LineState.REVIEWED


def test_changed_and_changed_back_the_signature_holds_again(signed, user) -> None:
    line = document(signed, "1250", "-100", user)
    assert line_of(signed, "1250").state is LineState.SUSPENDED
    remove_line(signed.client.pk, line.public_id, by=user)
    assert line_of(signed, "1250").state is LineState.REVIEWED


def test_looking_again_and_signing_ends_the_suspension(signed, user, reviewer) -> None:
    late_voucher(signed)
    sign(signed, "1250", user, comment="Kjøledisken er på vei")
    assert line_of(signed, "1250").state is LineState.TO_REVIEW
    sign(signed, "1250", reviewer, step=review)
    assert line_of(signed, "1250").state is LineState.REVIEWED
    assert SignOff.objects.filter(account_id=signed.accounts["1250"]).count() == 4


def test_each_cause_is_noted_once_so_that_nobody_is_told_twice(signed) -> None:
    late_voucher(signed)
    first = note_suspensions(sheet_now(signed))
    assert {each.cause for each in first} == {"balance_changed", "posting_added"}
    assert note_suspensions(sheet_now(signed)) == []
    assert Suspension.objects.count() == 2


def test_sending_back_takes_both_signatures_away_and_says_why(signed, reviewer) -> None:
    with pytest.raises(RefusedError, match="hva som må gjøres"):
        send_back(sheet_now(signed), signed.accounts["1250"], " ", by=reviewer)
    send_back(sheet_now(signed), signed.accounts["1250"], "Mangler liste", by=reviewer)
    assert line_of(signed, "1250").state is LineState.RETURNED


def test_only_ones_own_signature_can_be_withdrawn_and_it_stays_in_the_history(
    signed, user, reviewer
) -> None:
    with pytest.raises(RefusedError, match="Ola Brekke"):
        withdraw(sheet_now(signed), signed.accounts["1250"], by=user)
    withdraw(sheet_now(signed), signed.accounts["1250"], by=reviewer)
    line = line_of(signed, "1250")
    assert line.prepared is None
    assert len(line.history) == 3


def test_an_unresolved_note_stops_the_review(book, user, reviewer) -> None:
    open_items(book, "customer", "25000")
    sign(book, "1500", user)
    write_note(
        book.client.pk, book.accounts["1500"], OCTOBER, "Sjekk 1001", by=user, must_be_resolved=True
    )
    with pytest.raises(RefusedError, match="ikke er avklart"):
        sign(book, "1500", reviewer, step=review)


def test_accounts_at_zero_are_signed_automatically_and_marked_so(book) -> None:
    book.add_account({"Konto": "1950", "Navn": "Skattetrekk", "Type": "asset", "Inngående": ""})
    book.post(
        """
        Bilag | Dato       | Konto | Beløp   | Tekst
        20700 | 01.10.2026 | 1950  | 50,00   | Inn
        20701 | 02.10.2026 | 1950  | -50,00  | Ut
        20700 | 01.10.2026 | 1920  | -50,00  | Inn
        20701 | 02.10.2026 | 1920  | 50,00   | Ut
        """
    )
    assert line_of(book, "1950").state is LineState.READY
    assert sign_empty_accounts(sheet_now(book)) == 1
    line = line_of(book, "1950")
    assert line.state is LineState.REVIEWED
    assert line.prepared.is_automatic


def test_month_closed_since_the_sheet_was_read_gets_no_automatic_signature(book, user) -> None:
    book.add_account({"Konto": "1950", "Navn": "Skattetrekk", "Type": "asset", "Inngående": ""})
    book.post(
        """
        Bilag | Dato       | Konto | Beløp   | Tekst
        20700 | 01.10.2026 | 1950  | 50,00   | Inn
        20700 | 01.10.2026 | 1950  | -50,00  | Ut
        """
    )
    seen = sheet_now(book)
    assert seen.closed is None
    close_period(book.client.pk, OCTOBER, by=user)
    with pytest.raises(RefusedError, match="lukket"):
        sign_empty_accounts(seen)
    assert line_of(book, "1950").prepared is None


def test_a_closed_month_refuses_everything_until_it_is_opened_with_a_reason(book, user) -> None:
    open_items(book, "customer", "25000")
    close_period(book.client.pk, OCTOBER, by=user)
    close_period(book.client.pk, OCTOBER, by=user)
    with pytest.raises(RefusedError, match="lukket"):
        sign(book, "1500", user)
    with pytest.raises(RefusedError, match="lukket"):
        document(book, "1250", "1", user)
    with pytest.raises(RefusedError, match="hvorfor"):
        reopen_period(book.client.pk, OCTOBER, "", by=user)
    reopen_period(book.client.pk, OCTOBER, "Sen faktura", by=user)
    assert sign(book, "1500", user) == 1


def test_carried_lines_come_once_however_often_they_are_carried(book, user) -> None:
    account = book.accounts["1250"]
    line = add_line(
        book.client.pk, account, OCTOBER, "Anlegg", Decimal("282150"), by=user, is_carried=True
    )
    november = OCTOBER.next()
    assert carry_forward(book.client.pk, november, by=user) == 1
    assert carry_forward(book.client.pk, november, by=user) == 0
    carried = documentation_of(written_for(book.client.pk, november))[account].lines
    assert [each.amount for each in carried] == [line.amount]


def test_a_plan_saved_by_another_meanwhile_is_not_overwritten(book, user) -> None:
    plan_every_month(book, "1250", user)
    with pytest.raises(RefusedError, match="i mellomtiden"):
        save_plan(
            book.client.pk,
            book.accounts["1250"],
            TypedPlan(Method.LIST, Frequency.YEARLY, None, Decimal(0), False, False, ""),
            version=0,
            by=user,
        )


def test_an_account_left_out_needs_a_reason(book, user) -> None:
    with pytest.raises(RefusedError, match="hvorfor kontoen"):
        plan_every_month(book, "1250", user, is_left_out=True)
    plan_every_month(book, "1250", user, is_left_out=True, left_out_reason="Ubetydelig")
    assert line_of(book, "1250").state is LineState.LEFT_OUT


def test_half_yearly_accounts_are_in_june_and_december_only(book, user) -> None:
    plan_every_month(book, "1250", user, frequency=Frequency.HALF_YEARLY)
    assert line_of(book, "1250").state is LineState.NOT_DUE
