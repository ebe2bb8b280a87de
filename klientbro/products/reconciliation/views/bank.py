"""What the pages of bank statements and matching share: one account with both its sides."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse

from klientbro.domain.periods import Month
from klientbro.domain.reconciliation.methods import Method
from klientbro.ledger.queries import books_of
from klientbro.practice.books.access import ClientPage, read_client
from klientbro.practice.pages import month_name, read_month
from klientbro.products.reconciliation.bank_texts import rest_of
from klientbro.products.reconciliation.matching import Sides, sides_of
from klientbro.products.reconciliation.sheet import Line, MonthSheet, month_sheet
from klientbro.products.reconciliation.statements import StatementBalance


@dataclass(frozen=True, slots=True)
class AccountRead:
    """One account in a month, all of it from one landing."""

    page: ClientPage
    sheet: MonthSheet
    line: Line
    sides: Sides
    stated: StatementBalance | None

    @property
    def month(self) -> Month:
        return self.sheet.month

    @property
    def rest(self) -> Decimal | None:
        """What nothing listed explains of the difference."""
        return rest_of(
            self.line.closing, self.stated.balance if self.stated else None, self.sides.explained
        )

    @property
    def difference(self) -> Decimal | None:
        """The ledger less the bank."""
        balance = self.stated.balance if self.stated else None
        return None if balance is None else self.line.closing - balance


def read_account(
    client_id: UUID, month: str, account_id: str, *, with_rows: bool = True
) -> AccountRead:
    """The account with both its sides; 404 for what is not there. A fixed number of statements.

    with_rows: what is open row by row, for what shows or matches it.
    """
    chosen = read_month(month)

    def read(page: ClientPage) -> AccountRead:
        if not page.is_usable:
            raise Http404
        sheet = month_sheet(page.client, page.usable_books(), chosen, only=account_id)
        line = sheet.line(account_id) if sheet is not None else None
        if sheet is None or line is None:
            raise Http404
        return _with_sides(page, sheet, line, with_rows=with_rows)

    return read_client(client_id, read)


def _with_sides(page: ClientPage, sheet: MonthSheet, line: Line, *, with_rows: bool) -> AccountRead:
    """The rest of the account, in the landing that the sheet was read in."""
    account, client, month = line.account.id, page.client.pk, sheet.month
    is_bank = line.plan.method is Method.BANK
    sides = sides_of(
        client, sheet.books, account, month, line.closing, is_bank=is_bank, with_rows=with_rows
    )
    stated = sheet.grounds.statements.get(account) if is_bank and sheet.grounds else None
    return AccountRead(page, sheet, line, sides, stated)


def bank_context(page: ClientPage, sheet: MonthSheet, line: Line) -> dict[str, Any]:
    """The bank part of an account's page; nothing for accounts with another method.

    Where books have landed since the sheet was read, all of it is read anew.
    """
    if line.plan.method is not Method.BANK:
        return {}
    found = _with_sides(page, sheet, line, with_rows=False)
    now = books_of(page.client.pk)
    if now is None or now.landing != sheet.books.landing:
        found = read_account(
            page.client.public_id, sheet.month.key, line.account.id, with_rows=False
        )
    return {"bank": found}


def account_context(found: AccountRead) -> dict[str, Any]:
    """What every page below an account shows: the month, the account and its addresses."""
    arguments = [found.page.client.public_id, found.month.key, found.line.account.id]
    return {
        "month": found.month,
        "month_name": month_name(found.month),
        "line": found.line,
        "bank": found,
        "sides": found.sides,
        "is_closed": found.sheet.closed is not None,
        "account_address": reverse("reconciliation:account", args=arguments),
        "month_address": reverse("reconciliation:month", args=arguments[:2]),
        "statements_address": reverse("reconciliation:statements", args=arguments),
        "matching_address": reverse("reconciliation:matching", args=arguments),
        "rules_address": reverse("reconciliation:rules", args=arguments),
    }
