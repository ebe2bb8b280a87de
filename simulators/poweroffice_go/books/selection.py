"""Finds posted rows: filters, order, and the last answers kept so that paging costs nothing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from .days import DAY_TEXT, ordinal_of
from .encoding import getter
from .model import Account, Transaction
from .store import Store

NumberRanges: TypeAlias = tuple[tuple[int, int | None], ...]
Order: TypeAlias = tuple[tuple[str, bool], ...]
NONE_CODES = frozenset(("-1",))
REMEMBERED = 6
_RANGE = re.compile(r"(\d+)\s*(?:(-)\s*(\d+)?)?")


def parse_number_ranges(text: str) -> NumberRanges:
    """`1000-1999, 2500, 3000-` → ((1000, 1999), (2500, 2500), (3000, None)), or ValueError."""
    ranges: list[tuple[int, int | None]] = []
    for part in text.split(","):
        if not (part := part.strip()):
            continue
        found = _RANGE.fullmatch(part)
        if found is None:
            raise ValueError(f"'{part}' is not a number or a range of numbers")
        first = int(found[1])
        if found[2] is None:
            ranges.append((first, first))
        else:
            ranges.append((first, int(found[3]) if found[3] else None))
    return tuple(ranges)


def in_ranges(number: int | None, ranges: NumberRanges) -> bool:
    """A number that lies in one of the ranges; None never does."""
    return number is not None and any(
        low <= number and (high is None or number <= high) for low, high in ranges
    )


def code_test(codes: frozenset[str], include_sub: bool = False) -> Callable[[str | None], bool]:
    """Whether a code is wanted: `-1` alone means none; with sub, `main` also takes `main.sub`."""
    if codes == NONE_CODES:
        return lambda code: code is None
    wanted = frozenset(code.lower() for code in codes)
    if not include_sub:
        return lambda code: code is not None and code.lower() in wanted
    return lambda code: (
        code is not None and (code.lower() in wanted or code.lower().partition(".")[0] in wanted)
    )


def in_order(rows: Sequence[Any], kind: type, order: Order) -> Sequence[Any]:
    """Sorted by API fields, absent values first; the last key decides least."""
    for name, descending in reversed(order):
        value = getter(kind, name)

        def key(row: object, value: Callable[[Any], Any] = value) -> tuple[bool, Any]:
            found = value(row)
            return (found is not None, found)

        rows = sorted(rows, key=key, reverse=descending)
    return rows


@dataclass(frozen=True, slots=True)
class TransactionQuery:
    """What AccountTransactions can ask for. Dates inclusive, moments exclusive."""

    from_date: str
    to_date: str
    account_numbers: NumberRanges | None = None
    voucher_numbers: NumberRanges | None = None
    voucher_types: frozenset[str] | None = None
    vat_codes: frozenset[str] | None = None
    agriculture_departments: frozenset[str] | None = None
    department_codes: frozenset[str] | None = None
    project_codes: frozenset[str] | None = None
    product_codes: frozenset[str] | None = None
    include_sub_project: bool = False
    created_after: str | None = None
    changed_after: str | None = None
    order_by: Order = ()


class Selection:
    """Answers queries over one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._answers: OrderedDict[tuple[int, TransactionQuery], Sequence[Transaction]] = (
            OrderedDict()
        )
        self._by_day: dict[str, list[Transaction]] = {}
        self._indexed = 0

    def find(self, query: TransactionQuery) -> Sequence[Transaction]:
        """All rows that meet the query, in its order."""
        key = (self._store.version, query)
        if key in self._answers:
            self._answers.move_to_end(key)
            return self._answers[key]
        rows: Sequence[Transaction] = self._filtered(query)
        if query.order_by not in ((), (("Id", False),)):
            rows = in_order(rows, Transaction, query.order_by)
        self._answers[key] = rows
        if len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        return rows

    def forget(self) -> None:
        """After rows have come into sight or gone out of it."""
        self._answers.clear()

    # ---- the fewest candidates first

    def _filtered(self, query: TransactionQuery) -> list[Transaction]:
        first, last = query.from_date, query.to_date
        candidates = self._candidates(query)
        if candidates is None:
            rows = self._in_window(first, last)
        else:
            rows = [row for row in candidates if first <= row.PostingDate <= last]
        for test in self._tests(query):
            rows = [row for row in rows if test(row)]
        hidden = self._store.unlisted
        if hidden:
            rows = [row for row in rows if row.voucher.VoucherNo not in hidden]
        return rows

    def _candidates(self, query: TransactionQuery) -> Iterable[Transaction] | None:
        if query.created_after is not None:
            return self._created_after(query.created_after)
        if query.changed_after is not None:
            return self._changed_after(query.changed_after)
        if query.voucher_numbers is not None:
            return self._vouchers(query.voucher_numbers)
        return None

    def _created_after(self, moment: str) -> list[Transaction]:
        rows = self._store.rows
        return rows[bisect_right(rows, moment, key=lambda row: row.voucher.CreatedDateTimeOffset) :]

    def _changed_after(self, moment: str) -> list[Transaction]:
        """New rows changed last when they were made; the rest stands in the log of changes."""
        new = self._created_after(moment)
        first_new = new[0].Id if new else None
        changes = self._store.changed_rows
        start = bisect_right(changes, moment, key=lambda change: change[0])
        older = {
            row_id: row
            for _, row_id, row in changes[start:]
            if first_new is None or row_id < first_new
        }
        return [older[row_id] for row_id in sorted(older)] + new

    def _vouchers(self, ranges: NumberRanges) -> list[Transaction]:
        store = self._store
        count = len(store.vouchers)
        wanted: set[int] = set()
        whole: list[tuple[int, int]] = []
        for low, high in ranges:
            low, top = max(1, low), count if high is None else min(high, count)
            if low == top:
                wanted.add(low)
            elif low < top:
                whole.append((low, top))
        rows: list[Transaction] = []
        end = 0
        whole += [(number, number) for number in wanted]
        for low, top in sorted(whole):
            low = max(low, end + 1)
            if low > top:
                continue
            final = store.vouchers[top - 1]
            rows += store.rows[store.vouchers[low - 1].first : final.first + final.count]
            end = top
        return rows

    def _in_window(self, first: str, last: str) -> list[Transaction]:
        """By posting date: a scan for most of the books, a merge of days for a narrow window."""
        rows = self._store.rows
        by_day = self._days()
        try:
            low, high = max(ordinal_of(first), 1), ordinal_of(last)
        except ValueError:
            return []
        days = [
            text
            for text in (
                (DAY_TEXT[day] for day in range(low, high + 1))
                if high - low < len(by_day)
                else by_day
            )
            if text in by_day and first <= text <= last
        ]
        count = sum(len(by_day[text]) for text in days)
        if count == len(rows):
            return list(rows)
        if count > len(rows) // 3:
            return [row for row in rows if first <= row.PostingDate <= last]
        found = [row for text in days for row in by_day[text]]
        found.sort(key=lambda row: row.Id)
        return found

    def _days(self) -> dict[str, list[Transaction]]:
        rows, by_day = self._store.rows, self._by_day
        for row in rows[self._indexed :] if self._indexed else rows:
            day = by_day.get(row.PostingDate)
            if day is None:
                by_day[row.PostingDate] = [row]
            else:
                day.append(row)
        self._indexed = len(rows)
        return by_day

    def _tests(self, query: TransactionQuery) -> list[Callable[[Transaction], bool]]:
        tests: list[Callable[[Transaction], bool]] = []
        if query.created_after is not None and query.changed_after is not None:
            moment = query.changed_after
            tests.append(lambda row: row.LastChangedDateTimeOffset > moment)
        if query.voucher_numbers is not None and (query.created_after or query.changed_after):
            ranges = query.voucher_numbers
            tests.append(lambda row: in_ranges(row.voucher.VoucherNo, ranges))
        if query.account_numbers is not None or query.agriculture_departments is not None:
            accounts = self._accounts(query)
            tests.append(lambda row: row.account in accounts)
        if (types := query.voucher_types) is not None:
            tests.append(lambda row: row.voucher.VoucherType in types)
        if query.vat_codes is not None:
            vat = code_test(query.vat_codes)
            tests.append(lambda row: vat(row.vat.Code))
        if query.department_codes is not None:
            department = code_test(query.department_codes)
            tests.append(lambda row: department(row.department.Code))
        if query.project_codes is not None:
            project = code_test(query.project_codes, query.include_sub_project)
            tests.append(lambda row: project(row.project.Code))
        if query.product_codes is not None:
            product = code_test(query.product_codes)
            tests.append(lambda row: product(row.extra.ProductCode))
        return tests

    def _accounts(self, query: TransactionQuery) -> set[Account]:
        numbers, departments = query.account_numbers, query.agriculture_departments
        return {
            account
            for account in self._store.accounts
            if (numbers is None or in_ranges(account.AccountNo, numbers))
            and (departments is None or account.AgricultureDepartment in departments)
        }
