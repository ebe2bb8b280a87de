"""What is odd about each special company, planned into otherwise ordinary books."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from ..chart import EXPENSE
from ..days import (
    DAY_TEXT,
    HOUR_MS,
    MONTHS_NB,
    moment_ms,
    moment_text,
    month_start,
    year_start,
)
from ..model import Account, LockDateSettings
from ..spec import Quirk
from .company import Bill, Company, share
from .masterdata import MasterData
from .trade import Trade

DUPLICATED_IN_FORESTRY = range(3000, 8000)


def plan_quirk(company: Company, master: MasterData, trade: Trade) -> None:
    """Add the events of the company's quirk, if it has one that needs any."""
    planner = _PLANNERS.get(company.spec.quirk)
    if planner is not None:
        planner(company, master, trade)


def add_lock_change(company: Company, ms: int, day: int, reason: str) -> None:
    """The lock date was moved at a moment."""
    settings = LockDateSettings(DAY_TEXT[day], reason, 4_711, moment_text(ms))
    company.lock_history.insert(0, settings)


def _sole_proprietor(company: Company, master: MasterData, trade: Trade) -> None:
    """Private withdrawals each month."""
    for month in company.months():
        day = month_start(month).toordinal() + 24

        def withdraw(ms: int, day: int) -> None:
            lines = company.pair(2060, 1920, 1_800_000, "Privatuttak")
            company.simple(ms, "BankJournal", day, "Privatuttak", lines)

        if day >= company.first_day:
            company.at(moment_ms(day + 1, 4 * HOUR_MS), withdraw, day, rows=2)


def _lock_reopened(company: Company, master: MasterData, trade: Trade) -> None:
    """Nine days ago the lock was opened for one voucher dated last year, and closed again."""
    start = year_start(company.spec.today, company.spec.year_end_month).toordinal()
    bill = Bill(master.suppliers[1])
    ms = moment_ms(company.today - 9, 9 * HOUR_MS)

    def open_and_close(ms: int) -> None:
        was = company.lock_history[0].LockDate if company.lock_history else DAY_TEXT[start - 1]
        add_lock_change(company, ms, company.first_day, "Åpnet for etterpostering")
        day = start - 38
        trade.post_costs(ms + 240_000, bill, day, [(6700, "1", 1_250_000, "Glemt faktura")])
        locked = date.fromisoformat(was).toordinal()
        add_lock_change(company, ms + 420_000, max(locked, start - 1), "Låst igjen")

    company.at(ms, open_and_close, rows=3)


def _vat_after_filing(company: Company, master: MasterData, trade: Trade) -> None:
    """A purchase with VAT dated in the latest term whose return had been sent already."""
    filed = [m for m in company.months() if company.filing_day(m) <= company.today - 4]
    if not filed:
        return
    end = company.term_end(filed[-1]).toordinal()
    created = max(company.filing_day(filed[-1]) + 2, company.today - 12)
    bill = Bill(master.suppliers[2])

    def post(ms: int) -> None:
        trade.post_costs(ms, bill, end - 9, [(6540, "1", 2_400_000, "Inventar, sen faktura")])

    company.at(company.moment(created), post, rows=3)


def _renumbered(company: Company, master: MasterData, trade: Trade) -> None:
    """Account 7798 became 7790 forty days ago; its Id stayed."""
    account = company.accounts[7798]
    for month in company.months():
        day = month_start(month).toordinal() + 16
        if day < company.first_day:
            continue

        def post(ms: int, day: int, month: int) -> None:
            lines = company.pair(7798, 1920, 41_900 + month % 7 * 1_000, "Diverse kostnad")
            company.simple(ms, "BankJournal", day, f"Diverse {MONTHS_NB[month % 12]}", lines)

        company.at(moment_ms(day + 1, 5 * HOUR_MS), post, day, month, rows=2)

    def renumber(ms: int) -> None:
        account.AccountNo = 7790
        account.LastChangedDateTimeOffset = moment_text(ms)

    company.at(moment_ms(company.today - 40, 12 * HOUR_MS), renumber)


def _matched_without_posting(company: Company, master: MasterData, trade: Trade) -> None:
    """Invoice and payment lay open for weeks; five days ago they were matched, nothing posted."""
    for number, day in enumerate((company.today - 70, company.today - 50)):
        _unmatched_pair(company, master, trade, day, number, is_matched=number == 0)


def _unmatched_pair(
    company: Company, master: MasterData, trade: Trade, day: int, number: int, *, is_matched: bool
) -> None:
    bill, payment = Bill(master.customers[number]), Bill(master.customers[number])
    company.at(moment_ms(day, 10 * HOUR_MS), trade.post_sale, bill, day, 1, 14, rows=3)

    def pay(ms: int) -> None:
        if bill.entry is None:
            return
        lines = [
            company.line(1920, bill.left, "Innbetaling uten KID"),
            company.line(1500, -bill.left, "Innbetaling uten KID", contact=bill.contact),
        ]
        _, entries = company.store.post(ms, "BankJournal", day + 20, "Innbetaling", lines)
        payment.entry = entries[0]

    def match(ms: int) -> None:
        if bill.entry is not None and payment.entry is not None:
            company.store.match((bill.entry, payment.entry), moment_text(ms))

    company.at(moment_ms(day + 21, 5 * HOUR_MS), pay, rows=2)
    if is_matched:
        company.at(moment_ms(company.today - 5, 12 * HOUR_MS + 1), match)


def _future(company: Company, master: MasterData, trade: Trade) -> None:
    """Posted four days ago, dated forty days ahead of today."""
    bill = Bill(master.suppliers[1])
    day = company.today + 40

    def post(ms: int) -> None:
        trade.post_costs(ms, bill, day, [(6860, "1", 900_000, "Kurs, påmelding")])

    company.at(moment_ms(company.today - 4, 11 * HOUR_MS), post, rows=2)


FIVE_DIGIT_ACCOUNTS = (
    (43100, "Materialer til produksjon", EXPENSE, "1"),
    (19205, "Bankinnskudd prosjektmidler", "Asset", "0"),
    (92000, "Intern fordeling verksted", EXPENSE, "0"),
    (92010, "Motkonto intern fordeling", EXPENSE, "0"),
)


def _five_digits(company: Company, master: MasterData, trade: Trade) -> None:
    """Production cost on 43100, a bank account 19205, and result accounts that begin with 9."""
    for number, name, kind, code in FIVE_DIGIT_ACCOUNTS:
        account = Account(
            number,
            company.id_base + number,
            name,
            kind,
            company.setup_stamp,
            VatCode=code,
            VatCodeId=company.vat[code].Id,
        )
        company.store.accounts.append(account)
        company.accounts[number] = account
    for month in company.months():
        day = month_start(month).toordinal() + 11
        if day < company.first_day:
            continue

        def post(ms: int, day: int, month: int) -> None:
            bill = Bill(master.suppliers[month % len(master.suppliers)])
            net = 3_000_000 + month % 5 * 212_300
            trade.post_costs(ms, bill, day, [(43100, "1", net, "Stål og profiler")])
            lines = company.pair(19205, 1920, share(net, 1000), "Avsatt til prosjekt")
            lines += company.pair(92000, 92010, share(net, 2500), "Fordelt verkstedtid")
            company.simple(ms + 1_000, "ManualJournal", day, "Intern fordeling", lines)

        company.at(company.moment(day + 2), post, day, month, rows=7)


def _farm(company: Company, master: MasterData, trade: Trade) -> None:
    """Farming and forestry: the same account numbers once for each; money lies under Finance."""
    shared = company.spec.guesses.agriculture_accounts_share_id
    for account in list(company.store.accounts):
        if account.AccountNo not in DUPLICATED_IN_FORESTRY:
            account.AgricultureDepartment = "Private" if account.AccountNo == 2060 else "Finance"
            continue
        account.AgricultureDepartment = "Farming"
        twin = Account(
            account.AccountNo,
            account.Id if shared else account.Id + 100_000,
            account.Name,
            account.GeneralLedgerAccountType,
            account.LastChangedDateTimeOffset,
            "Forestry",
            VatCode=account.VatCode,
            VatCodeId=account.VatCodeId,
        )
        company.store.accounts.append(twin)
        company.branches[account] = twin
    company.store.accounts.sort(key=lambda a: (a.Id, a.AgricultureDepartment))
    company.store.organization.IsAgricultureClient = True
    company.store.organization.DefaultAgricultureDepartment = "Farming"
    _sole_proprietor(company, master, trade)


_PLANNERS: dict[Quirk | None, Callable[[Company, MasterData, Trade], None]] = {
    Quirk.SOLE_PROPRIETOR: _sole_proprietor,
    Quirk.LOCK_REOPENED: _lock_reopened,
    Quirk.VAT_AFTER_FILING: _vat_after_filing,
    Quirk.ACCOUNT_RENUMBERED: _renumbered,
    Quirk.MATCHED_WITHOUT_POSTING: _matched_without_posting,
    Quirk.FUTURE_VOUCHER: _future,
    Quirk.FIVE_DIGITS: _five_digits,
    Quirk.FARM: _farm,
}
