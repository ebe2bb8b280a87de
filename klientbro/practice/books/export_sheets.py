"""The sheets behind the exports: trial balance, an account's postings, vouchers, one voucher."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from klientbro.domain.accounts import UNDISPOSED_HEADING
from klientbro.domain.money import ZERO, round_to_ore
from klientbro.domain.periods import Month, Period
from klientbro.domain.trial_balance import TrialBalance
from klientbro.ledger.queries import (
    account,
    every_posting,
    every_voucher,
    month_marks,
    trial_balance_as_known,
    trial_balance_of,
)
from klientbro.ledger.rows import BooksState, PostingFilter, Voucher, VoucherFilter
from klientbro.lib.csv import Cell
from klientbro.lib.dates import format_date, format_time, oslo_date
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.exports import Sheet
from klientbro.practice.books.texts import month_name, state_words, voucher_type_name


def trial_balance_sheet(page: ClientPage, period: Period) -> Sheet:
    """The trial balance with every account and the derived line."""
    books = page.usable_books()
    sheet = trial_balance_of(books, period)
    return Sheet(
        title=_("Trial balance"),
        head=_head(page, books, period),
        columns=_trial_balance_columns(),
        rows=_trial_balance_rows(sheet) if sheet else (),
    )


def as_known_sheet(page: ClientPage, period: Period, moment: datetime) -> Sheet:
    """The trial balance as we knew it at a moment, with its checksum; empty before our time."""
    books = page.usable_books()
    known = trial_balance_as_known(books, period, moment, timezone.now())
    head = [*_whose(page, period), (_("As we knew it on"), _moment(moment))]
    if known is not None:
        head.append((_("Last completed fetch"), _moment(known.publication.published_at)))
        head.append((_("Checksum (SHA-256)"), known.sheet_hash))
    head.append((_("Fetched from"), page.system_name))
    head.append((_("Exported"), _moment(timezone.now())))
    return Sheet(
        title=_("Trial balance as it stood"),
        head=head,
        columns=_trial_balance_columns(),
        rows=_trial_balance_rows(known.sheet) if known is not None and known.sheet else (),
    )


def _trial_balance_columns() -> tuple[str, ...]:
    return (
        pgettext("ledger account", "Account"),
        _("Name"),
        _("Opening balance"),
        _("Movement"),
        _("Closing balance"),
        _("Last year"),
    )


def postings_sheet(
    page: ClientPage, account_id: str, period: Period, narrowed: PostingFilter
) -> Sheet:
    """An account's postings; the balance column is left empty when they are narrowed."""
    books = page.usable_books()
    found = account(books.connection_id, account_id)
    label = f"{found.number} {found.name}" if found else account_id
    return Sheet(
        title=label,
        head=_head(page, books, period, filtered=not narrowed.is_empty),
        columns=(
            _("Date"),
            _("Text"),
            pgettext("ledger", "Voucher"),
            _("Type"),
            _("Customer or supplier"),
            _("VAT code"),
            _("Department"),
            _("Project"),
            _("Amount"),
            pgettext("ledger account", "Balance"),
        ),
        rows=_posting_rows(books, account_id, period, narrowed),
    )


def vouchers_sheet(page: ClientPage, period: Period, narrowed: VoucherFilter) -> Sheet:
    """The vouchers of the list."""
    books = page.usable_books()
    is_filtered = narrowed != VoucherFilter()
    return Sheet(
        title=_("Vouchers"),
        head=_head(page, books, period, filtered=is_filtered),
        columns=(
            pgettext("ledger", "Voucher"),
            _("Text"),
            _("Date"),
            _("Type"),
            _("Lines"),
            _("Amount"),
            _("Changed after locking"),
        ),
        rows=_voucher_rows(books, period, narrowed),
    )


def voucher_sheet(page: ClientPage, found: Voucher) -> Sheet:
    """One voucher with all its lines."""
    books = page.usable_books()
    first = Month.of(min(line.posting_date for line in found.lines))
    last = Month.of(max(line.posting_date for line in found.lines))
    return Sheet(
        title=_("Voucher %(number)s") % {"number": found.voucher_no},
        head=_head(page, books, Period(first, last)),
        columns=(
            pgettext("ledger account", "Account"),
            _("Name"),
            _("Date"),
            _("Text"),
            _("Customer or supplier"),
            _("VAT code"),
            _("Department"),
            _("Project"),
            _("Debit"),
            _("Credit"),
        ),
        rows=_line_rows(found),
    )


def _head(
    page: ClientPage, books: BooksState, period: Period, *, filtered: bool = False
) -> list[tuple[str, str]]:
    """Whose it is, which period, as of when, from where, exported when, and sealed or not."""
    now = timezone.now()
    head = _whose(page, period)
    if books.as_of is not None:
        head.append((_("Figures as of"), _moment(books.as_of)))
    head.append((_("Fetched from"), page.system_name))
    head.append((_("Reconciled with the source"), seal_words(books, period, page)))
    head.append((_("Exported"), _moment(now)))
    if filtered:
        head.append((_("Selection"), _("Narrowed by a filter")))
    return head


def _whose(page: ClientPage, period: Period) -> list[tuple[str, str]]:
    head = [(_("Client"), page.client.name)]
    if page.client.orgnr:
        head.append((_("Organisation number"), page.client.orgnr))
    days = f"{format_date(period.first_day)}–{format_date(period.last_day)}"
    return [*head, (_("Period"), days)]


def seal_words(books: BooksState, period: Period, page: ClientPage) -> str:
    """Which of the period's months are sealed; those that are not are named."""
    marks = month_marks(books, period.first, period.last, page.today)
    unsealed = [mark for mark in marks if not mark.is_sealed]
    if not unsealed:
        return _("Yes, every month")
    named = ", ".join(
        f"{month_name(mark.month)} ({state_words(mark.state).lower()})" for mark in unsealed
    )
    return _("Not: %(months)s") % {"months": named}


def _moment(moment: datetime) -> str:
    return f"{format_date(oslo_date(moment))} {format_time(moment)}"


def _trial_balance_rows(sheet: TrialBalance) -> Iterator[Sequence[Cell]]:
    for row in sheet.rows:
        figures = row.figures
        yield (
            row.account.number if row.account else "",
            row.account.name if row.account else _(UNDISPOSED_HEADING),
            figures.opening,
            figures.movement,
            figures.closing,
            figures.last_year,
        )
    total = sheet.total
    yield ("", _("Total"), total.opening, total.movement, total.closing, total.last_year)


def _posting_rows(
    books: BooksState, account_id: str, period: Period, narrowed: PostingFilter
) -> Iterator[Sequence[Cell]]:
    for row in every_posting(books, account_id, period, narrowed):
        yield (
            row.posting_date,
            row.text,
            row.voucher_no,
            voucher_type_name(row.voucher_type),
            row.party,
            row.vat_code,
            row.department,
            row.project,
            row.amount,
            row.balance,
        )


def _voucher_rows(
    books: BooksState, period: Period, narrowed: VoucherFilter
) -> Iterator[Sequence[Cell]]:
    for row in every_voucher(books, period, narrowed):
        yield (
            row.voucher_no,
            row.text,
            row.posting_date,
            voucher_type_name(row.type),
            row.lines,
            round_to_ore(row.amount),  # half of a sum comes back as 1120000.0
            _("Yes") if row.is_late else "",
        )


def _line_rows(found: Voucher) -> Iterator[Sequence[Cell]]:
    for line in found.lines:
        yield (
            line.account_number,
            line.account_name,
            line.posting_date,
            line.text,
            line.party or line.party_no,
            line.vat_code,
            line.department,
            line.project,
            line.debit,
            line.credit,
        )
    total = (found.debit + ZERO, found.credit + ZERO)
    yield ("", _("Total"), None, "", "", "", "", "", *total)
