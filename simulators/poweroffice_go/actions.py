"""What can be done to a company from the control page and the control API, as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import msgspec

from .books import Books, Line
from .books.model import Voucher
from .clock import OSLO

if TYPE_CHECKING:
    from .simulator import Simulator

Arguments = dict[str, Any]

ACTIONS: dict[str, Action] = {}


class ActionError(ValueError):
    """An action that cannot be done as asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Action:
    """``parameters`` maps each name to its default; ``...`` where it must be given."""

    name: str
    summary: str
    is_for_books: bool
    parameters: dict[str, Any]
    apply: Callable[..., Any]

    def checked(self, arguments: Arguments) -> Arguments:
        unknown = set(arguments).difference(self.parameters)
        if unknown:
            raise ActionError(
                f"'{self.name}' has no parameter {', '.join(sorted(unknown))}; "
                f"it has {', '.join(self.parameters) or 'none'}."
            )
        missing = [
            name
            for name, default in self.parameters.items()
            if default is ... and name not in arguments
        ]
        if missing:
            raise ActionError(f"'{self.name}' needs {', '.join(missing)}.")
        return {name: arguments.get(name, default) for name, default in self.parameters.items()}


def on_books(name: str, summary: str, /, **parameters: object) -> Callable[..., Any]:
    """A change to the books: gets the books, the arguments and the time."""
    return _enter(name, summary, True, parameters)


def on_company(name: str, summary: str, /, **parameters: object) -> Callable[..., Any]:
    """A change around the books: gets the simulator, environment, company and arguments."""
    return _enter(name, summary, False, parameters)


def _enter(
    name: str, summary: str, is_for_books: bool, parameters: Arguments
) -> Callable[..., Any]:
    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        ACTIONS[name] = Action(name, summary, is_for_books, parameters, function)
        return function

    return enter


# ---- reading arguments


def day(text: object, name: str) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise ActionError(f"{name} '{text}' is not a date like 2025-03-31.") from None


def amount(text: object) -> Decimal:
    """A number or a text, with a point or a comma, with or without spaces."""
    cleaned = str(text).replace("\u00a0", "").replace(" ", "").replace(",", ".")
    try:
        return Decimal(cleaned.replace("\u2212", "-"))
    except InvalidOperation:
        raise ActionError(f"'{text}' is not an amount.") from None


def today(now: datetime) -> date:
    return now.astimezone(OSLO).date()


def lines_of(given: object) -> list[Line]:
    """``[{"account_no": 1920, "amount": "-100.00"}, …]`` as lines of a voucher."""
    if not isinstance(given, list) or not given:
        raise ActionError("lines must be a list of {account_no, amount, …}.")
    known = {field.name for field in fields(Line)}
    lines = []
    for line in given:
        if not isinstance(line, dict) or "amount" not in line:
            raise ActionError("Each line needs an amount, and an account_no or a contact.")
        unknown = set(line).difference(known)
        if unknown:
            raise ActionError(f"A line has no {', '.join(sorted(unknown))}.")
        values = {"account_no": None, **line, "amount": amount(line["amount"])}
        for name in ("account_no", "customer_no", "supplier_no"):
            if values.get(name) is not None:
                values[name] = int(values[name])
        for name in ("posting_date", "due_date"):
            if values.get(name) is not None:
                values[name] = day(values[name], name)
        lines.append(Line(**values))
    return lines


def voucher_result(voucher: Voucher) -> Arguments:
    return {"voucher_no": voucher.VoucherNo, "voucher_id": voucher.Id, "lines": voucher.count}


def account_id(books: Books, arguments: Arguments) -> int:
    """An account is pointed at by number, or by id where a number has several."""
    if arguments.get("account_id") is not None:
        return int(arguments["account_id"])
    wanted = arguments.get("account_no")
    for account in books.accounts:
        if wanted is not None and account.AccountNo == int(wanted):
            return int(account.Id)
    raise ActionError(f"There is no account {wanted}.")


# ---- vouchers


@on_books(
    "post_voucher",
    "Post a voucher; the lines must sum to zero",
    lines=...,
    posting_date=None,
    voucher_date=None,
    voucher_type="ManualJournal",
    text="",
)
def _post_voucher(books: Books, a: Arguments, now: datetime) -> Arguments:
    posted = books.post_voucher(
        lines_of(a["lines"]),
        day(a["posting_date"], "posting_date") if a["posting_date"] else today(now),
        now=now,
        voucher_date=day(a["voucher_date"], "voucher_date") if a["voucher_date"] else None,
        voucher_type=a["voucher_type"],
        text=a["text"],
    )
    return voucher_result(posted)


@on_books("reverse_voucher", "Reverse a voucher", voucher_no=..., posting_date=None)
def _reverse_voucher(books: Books, a: Arguments, now: datetime) -> Arguments:
    moved = day(a["posting_date"], "posting_date") if a["posting_date"] else None
    return voucher_result(books.reverse_voucher(int(a["voucher_no"]), now=now, posting_date=moved))


@on_books(
    "correct_voucher",
    "Reverse a voucher and post a corrected one",
    voucher_no=...,
    lines=...,
    posting_date=None,
)
def _correct_voucher(books: Books, a: Arguments, now: datetime) -> Arguments:
    moved = day(a["posting_date"], "posting_date") if a["posting_date"] else None
    reversal, correction = books.correct_voucher(
        int(a["voucher_no"]), lines_of(a["lines"]), now=now, posting_date=moved
    )
    return {"reversal": voucher_result(reversal), "correction": voucher_result(correction)}


@on_books(
    "edit_text", "Change the text of a posted row", text=..., transaction_id=None, voucher_no=None
)
def _edit_text(books: Books, a: Arguments, now: datetime) -> Arguments:
    row_id = a["transaction_id"]
    if row_id is None:
        voucher = books.voucher(int(a["voucher_no"])) if a["voucher_no"] is not None else None
        if voucher is None:
            raise ActionError("Give the transaction_id of a row, or the voucher_no for its first.")
        row_id = books.voucher_rows(voucher)[0].Id
    row = books.edit_text(int(row_id), str(a["text"]), now=now)
    return {"transaction_id": row.Id, "text": row.Description}


@on_books("bulk_post", "Post many small vouchers", count=10, posting_date=None, days_ago=0)
def _bulk_post(books: Books, a: Arguments, now: datetime) -> Arguments:
    when = day(a["posting_date"], "posting_date") if a["posting_date"] else today(now)
    when -= timedelta(days=int(a["days_ago"]))
    return {"postings": books.bulk_post(int(a["count"]), now=now, posting_date=when)}


@on_books(
    "post_huge_voucher",
    "Post one voucher of very many lines",
    lines=1000,
    debit_account_no=6800,
    credit_account_no=1920,
    posting_date=None,
)
def _post_huge_voucher(books: Books, a: Arguments, now: datetime) -> Arguments:
    pairs = max(int(a["lines"]) // 2, 1)
    lines = [
        Line(account_no=int(a[name]), amount=sign * Decimal(number) / 100)
        for number in range(1, pairs + 1)
        for name, sign in (("debit_account_no", 1), ("credit_account_no", -1))
    ]
    when = day(a["posting_date"], "posting_date") if a["posting_date"] else today(now)
    return voucher_result(books.post_voucher(lines, when, now=now, text="Stort bilag"))


@on_books(
    "hide_voucher",
    "A voucher vanishes as if it had never been",
    voucher_no=...,
    also_from_balances=True,
)
def _hide_voucher(books: Books, a: Arguments, now: datetime) -> Arguments:
    books.hide_voucher(int(a["voucher_no"]), also_from_balances=bool(a["also_from_balances"]))
    return {"hidden": a["voucher_no"]}


@on_books(
    "remove_voucher_type",
    "All vouchers of a type vanish",
    voucher_type=...,
    also_from_balances=True,
)
def _remove_voucher_type(books: Books, a: Arguments, now: datetime) -> Arguments:
    removed = books.remove_voucher_type(
        a["voucher_type"], also_from_balances=bool(a["also_from_balances"])
    )
    return {"vouchers": removed}


@on_books("restore_hidden", "What vanished is back")
def _restore_hidden(books: Books, a: Arguments, now: datetime) -> Arguments:
    books.restore_hidden()
    return {}


@on_books("play_scenario", "What happens in this special company between two syncs")
def _play_scenario(books: Books, a: Arguments, now: datetime) -> Arguments:
    return {"happened": books.play_scenario(now=now)}


# ---- the voucher inbox


@on_books(
    "add_draft",
    "A voucher comes to the inbox, to be posted or approved",
    voucher_type="IncomingInvoice",
    in_approval=False,
)
def _add_draft(books: Books, a: Arguments, now: datetime) -> Arguments:
    added = books.inbox.add(str(a["voucher_type"]), in_approval=bool(a["in_approval"]), now=now)
    return {"draft_id": added.Id}


@on_books("post_draft", "A voucher of the inbox is posted", draft_id=...)
def _post_draft(books: Books, a: Arguments, now: datetime) -> Arguments:
    books.inbox.post(str(a["draft_id"]), now=now)
    return {"posted": a["draft_id"]}


@on_books("delete_draft", "A voucher of the inbox is deleted unposted", draft_id=...)
def _delete_draft(books: Books, a: Arguments, now: datetime) -> Arguments:
    books.inbox.delete(str(a["draft_id"]))
    return {"deleted": a["draft_id"]}


# ---- accounts, matching, lock date


@on_books(
    "add_account",
    "Add a ledger account",
    account_no=...,
    name=...,
    account_type=None,
    agriculture_department="None",
)
def _add_account(books: Books, a: Arguments, now: datetime) -> Arguments:
    added = books.add_account(
        int(a["account_no"]),
        str(a["name"]),
        now=now,
        kind=a["account_type"],
        agriculture_department=a["agriculture_department"],
    )
    result: Arguments = msgspec.to_builtins(added)
    return result


@on_books("rename_account", "Rename a ledger account", name=..., account_no=None, account_id=None)
def _rename_account(books: Books, a: Arguments, now: datetime) -> Arguments:
    books.rename_account(account_id(books, a), str(a["name"]), now=now)
    return {"name": a["name"]}


@on_books(
    "renumber_account", "Give an account a new number", new_no=..., account_no=None, account_id=None
)
def _renumber_account(books: Books, a: Arguments, now: datetime) -> Arguments:
    books.renumber_account(account_id(books, a), int(a["new_no"]), now=now)
    return {"account_no": int(a["new_no"])}


@on_books(
    "set_account_active",
    "Show or hide an account in the lists",
    active=...,
    account_no=None,
    account_id=None,
)
def _set_account_active(books: Books, a: Arguments, now: datetime) -> Arguments:
    books.set_account_active(account_id(books, a), bool(a["active"]), now=now)
    return {"active": bool(a["active"])}


@on_books("match", "Match ledger entries against each other", entry_ids=...)
def _match(books: Books, a: Arguments, now: datetime) -> Arguments:
    return {"match_id": books.match([int(number) for number in a["entry_ids"]], now=now)}


@on_books("unmatch", "Undo a match", match_id=...)
def _unmatch(books: Books, a: Arguments, now: datetime) -> Arguments:
    books.unmatch(int(a["match_id"]), now=now)
    return {"match_id": int(a["match_id"])}


@on_books("set_lock_date", "Move the lock date, forwards or backwards", date=..., reason=None)
def _set_lock_date(books: Books, a: Arguments, now: datetime) -> Arguments:
    books.set_lock_date(day(a["date"], "date"), now=now, reason=a["reason"])
    return {"lock_date": books.lock_date_settings.LockDate}


@on_books("change_year_end", "Let financial years end in another month from now on", month=...)
def _change_year_end(books: Books, a: Arguments, now: datetime) -> Arguments:
    month = int(a["month"])
    if not 1 <= month <= 12:
        raise ActionError("month must be 1 to 12.")
    books.change_year_end(month, now=now)
    return {"financial_year_end_month": books.financial_settings.FinancialYearEndMonth}


# ---- around the books


@on_company("add_extension", "Add the extension; gives the client key")
def _add_extension(simulator: Simulator, environment: str, number: int, a: Arguments) -> Arguments:
    added = simulator.environments[environment].add_extension(number, simulator.now())
    return {"client_key": added.client_key}


@on_company("remove_extension", "Remove the extension; the client key dies")
def _remove_extension(
    simulator: Simulator, environment: str, number: int, a: Arguments
) -> Arguments:
    return {"removed": simulator.environments[environment].remove_extension(number)}


@on_company("set_privilege", "Grant or take away a privilege", privilege=..., allowed=...)
def _set_privilege(simulator: Simulator, environment: str, number: int, a: Arguments) -> Arguments:
    changes = simulator.privilege_changes.setdefault((environment, number), {})
    changes[str(a["privilege"])] = bool(a["allowed"])
    valid, invalid = simulator.privileges(environment, number)
    return {"valid": valid, "invalid": invalid}
