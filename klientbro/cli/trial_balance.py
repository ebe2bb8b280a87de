"""`klientbro trial-balance`: a client's trial balance from our copy, as a table, CSV or JSON."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from klientbro.cli.choosing import add_firm, chosen_connections, existing_firm
from klientbro.cli.command import Command
from klientbro.cli.house import open_house
from klientbro.domain.periods import Month, Period
from klientbro.domain.trial_balance import TrialBalance
from klientbro.lib.csv import csv_lines
from klientbro.lib.dates import parse_typed_moment
from klientbro.lib.errors import ConfigurationError, KlientbroError
from klientbro.lib.numbers import format_nok

if TYPE_CHECKING:
    from klientbro.ledger.rows import BooksState

COLUMNS = ("account", "name", "opening", "movement", "balance")
UNDISPOSED = "Udisponert resultat tidligere år"


class Line(NamedTuple):
    """One line as printed; `account` is None for the derived one."""

    account: str | None
    name: str
    opening: Decimal
    movement: Decimal
    balance: Decimal


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="orgnr or public id from `client list`")
    parser.add_argument("--date", required=True, metavar="D", help="a month end, 2026-10-31")
    parser.add_argument(
        "--known-at",
        metavar="T",
        help="as it stood to our knowledge then: 2026-10-12T14:00 (Norwegian time) or a day's end",
    )
    parser.add_argument("--format", choices=("table", "csv", "json"), default="table")
    add_firm(parser)


def run(arguments: Namespace) -> int:
    """Opening at the start of the financial year, movement year to date, balance."""
    day = _month_end(arguments.date)
    with open_house():
        from klientbro.ledger.queries.books import books_of_connection, years_through
        from klientbro.ledger.queries.trial_balances import trial_balance
        from klientbro.tenants.context import firm

        with firm(existing_firm(arguments.firm)):
            [chosen] = chosen_connections([arguments.id])
            state = books_of_connection(chosen.pk)
            years = years_through(state, day) if state is not None else ()
            year = next((year for year in reversed(years) if year.start <= day), None)
            period = Period(year.first_month, Month.of(day)) if year is not None else None
            sheet: TrialBalance | None = None
            if arguments.known_at and state is not None and period is not None:
                sheet = _as_known(state, period, arguments.known_at, chosen.name)
            elif period is not None:
                sheet = trial_balance(chosen.pk, period)
            if sheet is None:
                raise KlientbroError(
                    f"{chosen.name} has no figures for {day}. "
                    f"Run `klientbro sync {arguments.id} --wait`."
                )
            rows = year_rows(sheet, chosen.name, day)
    if arguments.format == "json":
        print(json.dumps([_object(row) for row in rows], ensure_ascii=False))
    elif arguments.format == "csv":
        for line in csv_lines([COLUMNS, *((row.account or "", *row[1:]) for row in rows)]):
            sys.stdout.buffer.write(line)
    else:
        _print_table(rows)
    return 0


def _as_known(state: BooksState, period: Period, text: str, name: str) -> TrialBalance:
    """The sheet as we knew it, whose checksum goes to standard error beside the figures."""
    from django.utils import timezone

    from klientbro.ledger.queries import trial_balance_as_known

    moment = parse_typed_moment(text)
    if moment is None:
        raise ConfigurationError(
            f"--known-at must be a moment such as 2026-10-12T14:00, not {text!r}"
        )
    now = timezone.now()
    if moment > now:
        raise ConfigurationError(
            f"--known-at {text} has not been yet: what will be known then is not known"
        )
    known = trial_balance_as_known(state, period, moment, now)
    if known is None or known.sheet is None:
        raise KlientbroError(f"Nothing was known of {name} for {period.last_day} on {text}.")
    published = known.publication.published_at.isoformat(timespec="seconds")
    print(
        f"known at {text}: landing {known.publication.landing}, published {published}, "
        f"sha256 {known.sheet_hash}",
        file=sys.stderr,
    )
    return known.sheet


def year_rows(sheet: TrialBalance, name: str, day: date) -> list[Line]:
    """One line an account and the derived one; every column sums to zero.

    Result accounts open at zero. In a year converted midway the source's balances up to the
    conversion are part of their movement, and the derived line carries the other side.
    """
    lines: list[Line] = []
    for row in sheet.rows:
        figures = row.figures
        if figures.opening is None or figures.movement is None or figures.closing is None:
            raise KlientbroError(f"The history of {name} has not been fetched back to {day} yet.")
        if row.account is None:
            continue
        opening, movement = figures.opening, figures.movement
        if not row.account.type.is_balance_sheet:
            opening, movement = Decimal(0), opening + movement
        lines.append(Line(row.account.number, row.account.name, opening, movement, figures.closing))
    derived = Line(None, UNDISPOSED, *(-amount for amount in _totals(lines)))
    if derived.opening or derived.movement or derived.balance:
        lines.append(derived)
    return lines


def _totals(lines: list[Line]) -> tuple[Decimal, Decimal, Decimal]:
    zero = Decimal(0)
    return (
        sum((line.opening for line in lines), zero),
        sum((line.movement for line in lines), zero),
        sum((line.balance for line in lines), zero),
    )


def _month_end(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(
            f"--date must be a day such as 2026-10-31, not {text!r}"
        ) from error
    if day != Month.of(day).last_day:
        raise ConfigurationError(
            f"--date must be the last day of a month: {Month.of(day).last_day} for that one"
        )
    return day


def _object(line: Line) -> dict[str, str | None]:
    found: dict[str, str | None] = {
        "account": line.account,
        "name": line.name,
        "opening": f"{line.opening:.2f}",
        "movement": f"{line.movement:.2f}",
        "balance": f"{line.balance:.2f}",
    }
    if line.account is None:
        found["kind"] = "undisposed"
    return found


def _print_table(lines: list[Line]) -> None:
    width = max([len(line.name) for line in lines] + [4])
    print(f"{'':6} {'':{width}} {'opening':>18} {'movement':>18} {'balance':>18}")
    total = Line("", "", *_totals(lines))
    for line in (*lines, total):
        figures = " ".join(
            f"{format_nok(amount):>18}" for amount in (line.opening, line.movement, line.balance)
        )
        print(f"{line.account or '':6} {line.name:{width}} {figures}")


COMMAND = Command(
    "trial-balance", "a client's trial balance from our copy", run, add_arguments, place=33
)
