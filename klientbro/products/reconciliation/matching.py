"""Both sides of an account at the end of a month: what is matched, what is open, what is explained.

For a bank account, with L the ledger's balance and B the bank's, from the first statement's day on:

    L − B = opening difference + open postings − open lines + uneven matches + suspended + rest

Uneven are those that do not come to zero by the day: the next month they may. The rest is what the
statements themselves leave out. All amounts debit positive, bank lines as the bank has them (money
in is positive).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q

from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month
from klientbro.ledger.queries.matching import (
    OpenPosting,
    changed_since,
    open_postings,
    postings_now,
    postings_sum,
)
from klientbro.ledger.queries.sql import fetch_all, fetch_one
from klientbro.ledger.rows import BooksState
from klientbro.products.reconciliation.models import Match, MatchMember

MOST_OPEN = 1000  # on each side: more is asked for by narrowing the days
MOST_UNEVEN = 100
BEFORE_FIRST_STATEMENT = timedelta(days=62)  # timing items from before the first statement

# What the first statement says, with all its movements where it does not say what it began with,
# and how far back the matches that stand were made, or of which other books.
_GROUND = """
select f.first_day, f.opening, f.closing, f.moved, m.oldest, m.is_elsewhere
from (
  select min(m.landing) filter (where m.books_connection = %(connection)s) as oldest,
         coalesce(bool_or(m.books_connection <> %(connection)s), false) as is_elsewhere
  from reconciliation_match m
  where m.client_id = %(client)s and m.account_id = %(account)s and m.undone_at is null
) m left join lateral (
  select s.first_day, s.opening, s.closing,
         case when s.opening is null then (
           select sum(l.amount) from reconciliation_statementline l
           where l.statement_id = s.id) end as moved
  from reconciliation_statement s
  where s.client_id = %(client)s and s.account_id = %(account)s and s.removed_at is null
  order by s.first_day, s.last_day, s.id limit 1
) f on true
"""

# What is matched by the day, the matches that do not come to zero by it, and what every line of
# the bank comes to. Where a match is suspended its postings are counted as they stand now instead.
_SUMS = """
with standing as (
  select m.match_id,
         sum(m.amount) filter (where m.posting_id is not null and m.day < %(first)s) as before,
         sum(m.amount) filter (where m.posting_id is not null and m.day >= %(first)s) as after,
         sum(m.amount) filter (where m.line_id is not null) as lines,
         sum(case when m.posting_id is not null then m.amount else -m.amount end) as total
  from reconciliation_matchmember m join reconciliation_match h on h.id = m.match_id
  where m.client_id = %(client)s and h.account_id = %(account)s and m.is_standing
    and m.day <= %(day)s and m.match_id <> all(%(without)s::bigint[])
  group by m.match_id
)
select coalesce(sum(before), 0), coalesce(sum(after), 0), coalesce(sum(lines), 0), (
         select coalesce(sum(l.amount), 0)
         from reconciliation_statementline l
         join reconciliation_statement s on s.id = l.statement_id
         where s.client_id = %(client)s and s.account_id = %(account)s and s.removed_at is null
           and not l.is_repeat and l.booked_on <= %(day)s),
       array_agg(match_id order by match_id) filter (where total <> 0),
       array_agg(total order by match_id) filter (where total <> 0)
from standing
"""

_TAKEN = """
select m.posting_id
from reconciliation_matchmember m join reconciliation_match h on h.id = m.match_id
where m.client_id = %(client)s and h.account_id = %(account)s and m.is_standing
  and m.posting_id is not null
"""

_LINES = """
select l.id, l.booked_on, l.amount, l.text, l.reference, l.party
from reconciliation_statementline l join reconciliation_statement s on s.id = l.statement_id
where s.client_id = %(client)s and s.account_id = %(account)s and s.removed_at is null
  and not l.is_repeat and l.booked_on <= %(day)s and l.amount <> 0
  and not exists (
    select from reconciliation_matchmember m join reconciliation_match h on h.id = m.match_id
    where m.line_id = l.id and m.client_id = %(client)s and h.account_id = %(account)s
      and m.is_standing)
order by l.booked_on desc, l.id desc
limit %(most)s
"""


class OpenLine(NamedTuple):
    """A line of the bank's that nothing has met. amount: as the bank has it."""

    pk: int
    booked_on: date
    amount: Decimal
    text: str
    reference: str
    party: str


@dataclass(frozen=True, slots=True)
class Suspended:
    """A match of which a posting has changed, with what has become of each that has."""

    match: Match
    causes: tuple[SuspendedCause, ...]


@dataclass(frozen=True, slots=True)
class SuspendedCause:
    """One posting behind a match: as it was matched, and as it is now (None: gone)."""

    words: str
    amount: Decimal
    day: date
    now: OpenPosting | None
    is_moved: bool  # to another account


@dataclass(frozen=True, slots=True)
class Uneven:
    """A standing match that does not come to zero by the day: a remainder, or one side is later."""

    match: Match
    amount: Decimal
    is_later: bool


@dataclass(frozen=True, slots=True)
class Sides:
    """An account's two sides by the end of a month. Without statements only the ledger's."""

    account_id: str
    day: date
    is_bank: bool
    since: date | None  # the first statement's day
    opening: Decimal | None  # what the bank stated then
    ledger_opening: Decimal  # what the ledger held then
    postings: tuple[OpenPosting, ...]
    lines: tuple[OpenLine, ...]
    open_postings_sum: Decimal
    open_lines_sum: Decimal
    opening_difference: Decimal | None
    uneven: tuple[Uneven, ...]
    uneven_sum: Decimal
    suspended: tuple[Suspended, ...]
    suspended_sum: Decimal
    has_more: bool

    @property
    def open_lines_turned(self) -> Decimal:
        """What the lines the ledger lacks do to ledger less bank."""
        return -self.open_lines_sum if self.open_lines_sum else ZERO

    @property
    def explained(self) -> Decimal:
        """What everything listed comes to."""
        listed = self.open_postings_sum - self.open_lines_sum + self.uneven_sum
        return (self.opening_difference or ZERO) + listed + self.suspended_sum


def sides_of(
    client_id: int,
    books: BooksState,
    account_id: str,
    month: Month,
    closing: Decimal,
    *,
    is_bank: bool,
    with_rows: bool = True,
) -> Sides:
    """Both sides at the month's end. A fixed number of statements, all from one landing.

    with_rows: the open rows themselves too; without them only what they come to.
    """
    day = month.last_day
    ground = _ground(client_id, books, account_id)
    first = ground.first_day if is_bank else None
    since = first if first is not None and first <= day else None
    suspended = _suspended(client_id, books, account_id, ground)
    from_day = since or books.covered_from or date.min
    moved, _count = postings_sum(books.connection_id, account_id, from_day, day)
    sums = _sums(client_id, account_id, from_day, day, suspended)
    lines_sum = sums.every_line if since else ZERO
    ledger_opening = closing - moved
    waiting = _suspended_sums(suspended, books, account_id, from_day, day)
    opening = ground.opening if since else None
    opening_difference = (
        None if opening is None else ledger_opening - opening - sums.before - waiting.before
    )
    # where the first statement begins as the ledger stood, nothing earlier is left to explain
    earliest = from_day - BEFORE_FIRST_STATEMENT if since and opening_difference else from_day
    postings: list[OpenPosting] = []
    open_lines: list[OpenLine] = []
    if with_rows:
        taken = _taken(client_id, account_id)
        postings = open_postings(
            books.connection_id, account_id, earliest, day, taken, most=MOST_OPEN + 1
        )
        open_lines = _lines(client_id, account_id, day) if since else []
    has_more = len(postings) > MOST_OPEN or len(open_lines) > MOST_OPEN
    return Sides(
        account_id=account_id,
        day=day,
        is_bank=is_bank,
        since=since,
        opening=opening,
        ledger_opening=ledger_opening,
        postings=tuple(reversed(postings[:MOST_OPEN])),
        lines=tuple(reversed(open_lines[:MOST_OPEN])),
        open_postings_sum=moved - sums.after - waiting.after,
        open_lines_sum=lines_sum - sums.lines - waiting.lines,
        opening_difference=opening_difference,
        uneven=_uneven(sums, day),
        uneven_sum=sums.before + sums.after - sums.lines,
        suspended=suspended,
        suspended_sum=waiting.total,
        has_more=has_more,
    )


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What suspended matches hold by a day: postings before and from a day, and lines."""

    before: Decimal = ZERO
    after: Decimal = ZERO
    lines: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.before + self.after - self.lines


def _suspended_sums(
    suspended: Sequence[Suspended], books: BooksState, account_id: str, from_day: date, day: date
) -> _Waiting:
    """As the postings stand now, whatever they were when they were matched. Two statements."""
    if not suspended:
        return _Waiting()
    members = list(MatchMember.objects.filter(match_id__in=[each.match.pk for each in suspended]))
    ids = [each.posting_id for each in members if each.posting_id is not None]
    now = [
        each
        for each in postings_now(books.connection_id, ids).values()
        if each.account_id == account_id and each.day <= day
    ]
    return _Waiting(
        sum((each.amount for each in now if each.day < from_day), ZERO),
        sum((each.amount for each in now if each.day >= from_day), ZERO),
        sum(
            (each.amount for each in members if each.line_id is not None and each.day <= day), ZERO
        ),
    )


class _Ground(NamedTuple):
    """What an account's two sides rest on. opening: what the bank held before its first
    statement; the closing less the movements where it does not say so."""

    first_day: date | None
    opening: Decimal | None
    oldest_landing: int | None
    is_elsewhere: bool  # a match that stands was made on other books


class _Sums(NamedTuple):
    """What stands matched by a day: postings before and from a day, lines; then every line."""

    before: Decimal
    after: Decimal
    lines: Decimal
    every_line: Decimal
    uneven: dict[int, Decimal]


def _ground(client_id: int, books: BooksState, account_id: str) -> _Ground:
    """One statement."""
    asked = {"client": client_id, "account": account_id, "connection": books.connection_id}
    row = fetch_one(_GROUND, asked)
    if row is None:
        return _Ground(None, None, None, is_elsewhere=False)
    first_day, opening, closing, moved, oldest, is_elsewhere = row
    if opening is None and closing is not None:
        opening = closing - (moved or ZERO)
    return _Ground(first_day, opening, oldest, is_elsewhere)


def _sums(
    client_id: int, account_id: str, from_day: date, day: date, suspended: Sequence[Suspended]
) -> _Sums:
    """One statement."""
    row = fetch_one(
        _SUMS,
        {
            "client": client_id,
            "account": account_id,
            "first": from_day,
            "day": day,
            "without": [each.match.pk for each in suspended],
        },
    )
    if row is None:
        return _Sums(ZERO, ZERO, ZERO, ZERO, {})
    before, after, lines, every_line, ids, totals = row
    uneven = dict(zip(ids or (), totals or (), strict=True))
    return _Sums(before, after, lines, every_line, uneven)


def _taken(client_id: int, account_id: str) -> list[str]:
    """Ids of the postings that a standing match holds."""
    return [id_ for (id_,) in fetch_all(_TAKEN, {"client": client_id, "account": account_id})]


def _lines(client_id: int, account_id: str, day: date) -> list[OpenLine]:
    """Lines nothing has met, the newest first."""
    asked = {"client": client_id, "account": account_id, "day": day, "most": MOST_OPEN + 1}
    return [OpenLine._make(row) for row in fetch_all(_LINES, asked)]


def _uneven(sums: _Sums, day: date) -> tuple[Uneven, ...]:
    """Matches that do not come to zero by the day. Two statements, none where there are none."""
    shown = list(sums.uneven)[:MOST_UNEVEN]
    held = Match.objects.filter(pk__in=shown).prefetch_related("members").order_by("pk")
    return tuple(
        Uneven(match, sums.uneven[match.pk], any(each.day > day for each in match.members.all()))
        for match in held
    )


def _suspended(
    client_id: int, books: BooksState, account_id: str, ground: _Ground
) -> tuple[Suspended, ...]:
    """Standing matches of which a posting has changed amount, day or account, or is gone.

    Only postings with a version that ended after the oldest match are looked at, which the
    ledger's history gives: what has not changed costs nothing. A fixed number of statements.
    """
    changed: set[str] = set()
    if ground.oldest_landing is not None:
        changed = changed_since(books.connection_id, account_id, ground.oldest_landing)
    if not changed and not ground.is_elsewhere:
        return ()
    matches = Match.objects.filter(client_id=client_id, account_id=account_id, undone_at=None)
    members = list(
        MatchMember.objects.filter(
            Q(posting_id__in=changed) | ~Q(match__books_connection=books.connection_id),
            match__in=matches,
            is_standing=True,
            posting_id__isnull=False,
        ).select_related("match", "match__made_by")
    )
    now = postings_now(books.connection_id, [each.posting_id or "" for each in members])
    causes: dict[int, list[SuspendedCause]] = {}
    held: dict[int, Match] = {}
    for member in members:
        cause = _cause(member, now, account_id)
        if cause is not None:
            held[member.match_id] = member.match
            causes.setdefault(member.match_id, []).append(cause)
    return tuple(Suspended(held[pk], tuple(causes[pk])) for pk in sorted(held))


def _cause(
    member: MatchMember, now: Mapping[str, OpenPosting], account_id: str
) -> SuspendedCause | None:
    posting = now.get(member.posting_id or "")
    if posting is None:
        return SuspendedCause(member.words, member.amount, member.day, None, is_moved=False)
    is_moved = posting.account_id != account_id
    if not is_moved and posting.amount == member.amount and posting.day == member.day:
        return None
    return SuspendedCause(member.words, member.amount, member.day, posting, is_moved=is_moved)


def made_matches(
    client_id: int, account_id: str, month: Month, *, without: Iterable[int], most: int
) -> list[Match]:
    """Matches that stand and touch the month, the newest first, with their members."""
    return list(
        Match.objects.filter(
            client_id=client_id,
            account_id=account_id,
            undone_at=None,
            members__day__gte=month.first_day,
            members__day__lte=month.last_day,
        )
        .exclude(pk__in=list(without))
        .distinct()
        .select_related("made_by", "rule")
        .prefetch_related("members")
        .order_by("-pk")[:most]
    )
