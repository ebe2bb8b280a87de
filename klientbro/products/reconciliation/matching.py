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

from django.db.models import Case, DecimalField, F, Min, Q, QuerySet, Sum, When

from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month
from klientbro.ledger.queries.matching import (
    OpenPosting,
    changed_since,
    open_postings,
    postings_now,
    postings_sum,
)
from klientbro.ledger.rows import BooksState
from klientbro.products.reconciliation.models import Match, MatchMember, Statement, StatementLine

MOST_OPEN = 1000  # on each side: more is asked for by narrowing the days
MOST_UNEVEN = 100
BEFORE_FIRST_STATEMENT = timedelta(days=62)  # timing items from before the first statement
_MONEY = DecimalField(max_digits=20, decimal_places=2)
_SIGNED = Case(
    When(posting_id__isnull=False, then=F("amount")), default=-F("amount"), output_field=_MONEY
)


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
    lines: tuple[StatementLine, ...]
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
) -> Sides:
    """Both sides at the month's end. A fixed number of statements, all from one landing."""
    day = month.last_day
    first = _first_statement(client_id, account_id) if is_bank else None
    since = first.first_day if first is not None and first.first_day <= day else None
    suspended = suspended_matches(client_id, books, account_id)
    standing = _standing_members(client_id, account_id, [each.match.pk for each in suspended])
    every = MatchMember.objects.filter(
        client_id=client_id, match__account_id=account_id, is_standing=True
    )
    taken = [
        id_
        for id_ in every.filter(posting_id__isnull=False).values_list("posting_id", flat=True)
        if id_ is not None
    ]
    from_day = since or books.covered_from or date.min
    moved, _count = postings_sum(books.connection_id, account_id, from_day, day)
    open_lines, lines_sum = _lines(client_id, account_id, day, every) if since else ([], ZERO)
    sums = standing.filter(day__lte=day).aggregate(
        before=Sum("amount", filter=Q(posting_id__isnull=False, day__lt=from_day)),
        after=Sum("amount", filter=Q(posting_id__isnull=False, day__gte=from_day)),
        lines=Sum("amount", filter=Q(line__isnull=False)),
    )
    before, after = sums["before"] or ZERO, sums["after"] or ZERO
    matched_lines = sums["lines"] or ZERO
    ledger_opening = closing - moved
    waiting = _suspended_sums(suspended, books, account_id, from_day, day)
    opening = _opening(first) if since else None
    opening_difference = (
        None if opening is None else ledger_opening - opening - before - waiting.before
    )
    # where the first statement begins as the ledger stood, nothing earlier is left to explain
    earliest = from_day - BEFORE_FIRST_STATEMENT if since and opening_difference else from_day
    postings = open_postings(
        books.connection_id, account_id, earliest, day, taken, most=MOST_OPEN + 1
    )
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
        open_postings_sum=moved - after - waiting.after,
        open_lines_sum=lines_sum - matched_lines - waiting.lines,
        opening_difference=opening_difference,
        uneven=_uneven(standing, day),
        uneven_sum=before + after - matched_lines,
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


def _first_statement(client_id: int, account_id: str) -> Statement | None:
    return (
        Statement.objects.filter(client_id=client_id, account_id=account_id, removed_at=None)
        .annotate(moved=Sum("lines__amount"))
        .order_by("first_day", "last_day", "pk")
        .first()
    )


def _opening(first: Statement | None) -> Decimal | None:
    """What the bank held before the first statement; the closing less the movements else."""
    if first is None:
        return None
    if first.opening is None and first.closing is not None:
        moved: Decimal = first.moved or ZERO  # type: ignore[attr-defined]  # annotated above
        return first.closing - moved
    return first.opening


def _standing_members(
    client_id: int, account_id: str, without: Sequence[int]
) -> QuerySet[MatchMember]:
    return MatchMember.objects.filter(
        client_id=client_id, match__account_id=account_id, is_standing=True
    ).exclude(match_id__in=without)


def _lines(
    client_id: int, account_id: str, day: date, every: QuerySet[MatchMember]
) -> tuple[list[StatementLine], Decimal]:
    """Lines nothing has met, the newest first, and what every line until the day comes to."""
    counted = StatementLine.objects.filter(
        statement__client_id=client_id,
        statement__account_id=account_id,
        statement__removed_at=None,
        is_repeat=False,
        booked_on__lte=day,
    )
    taken = every.filter(line__isnull=False).values("line_id")
    total = counted.aggregate(total=Sum("amount"))["total"] or ZERO
    held = counted.exclude(pk__in=taken).exclude(amount=0).order_by("-booked_on", "-pk")
    return list(held[: MOST_OPEN + 1]), total


def _uneven(standing: QuerySet[MatchMember], day: date) -> tuple[Uneven, ...]:
    """Matches that do not come to zero by the day. Two statements."""
    sums = {
        row["match_id"]: row["total"]
        for row in standing.filter(day__lte=day)
        .values("match_id")
        .annotate(total=Sum(_SIGNED))
        .exclude(total=0)
        .order_by("match_id")[:MOST_UNEVEN]
    }
    held = Match.objects.filter(pk__in=sums).prefetch_related("members").order_by("pk")
    return tuple(
        Uneven(match, sums[match.pk], any(each.day > day for each in match.members.all()))
        for match in held
    )


def suspended_matches(client_id: int, books: BooksState, account_id: str) -> tuple[Suspended, ...]:
    """Standing matches of which a posting has changed amount, day or account, or is gone.

    Only postings with a version that ended after the oldest match are looked at, which the
    ledger's history gives: what has not changed costs nothing. A fixed number of statements.
    """
    matches = Match.objects.filter(client_id=client_id, account_id=account_id, undone_at=None)
    oldest = matches.filter(books_connection=books.connection_id).aggregate(landing=Min("landing"))[
        "landing"
    ]
    changed = (
        changed_since(books.connection_id, account_id, oldest) if oldest is not None else set()
    )
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
