"""Taking bank statements in, and out again. Both are one transaction under the account's lock.

A line that overlapping statements have in common is kept with each of them, since it is part of
what each adds up to, and counts once: the later one is marked as a repeat.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.bank_statements import (
    BankStatement,
    Continuity,
    ContinuityFinding,
    FileLimits,
    StatementFile,
    StatementHead,
    check_continuity,
)
from klientbro.domain.national_id import hide_national_ids
from klientbro.domain.periods import Month
from klientbro.products.reconciliation.closing import refuse_when_closed
from klientbro.products.reconciliation.models import (
    Match,
    MatchMember,
    SignOff,
    Statement,
    StatementLine,
)
from klientbro.tenants.models import User

LIMITS = FileLimits(most_bytes=20_000_000, most_lines=50_000)
OUR_CURRENCY = "NOK"
_TEXT, _REFERENCE, _PARTY = 300, 100, 140


@dataclass(frozen=True, slots=True)
class BankAccountOf:
    """The ledger account that statements are for, and the numbers its bank accounts have."""

    client_id: int
    account_id: str
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """What a person says of a file that does not say it itself: its days and balances."""

    first_day: date | None = None
    last_day: date | None = None
    opening: Decimal | None = None
    closing: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What was found beside a statement that was taken in."""

    finding: ContinuityFinding
    statement: BankStatement


@dataclass(slots=True)
class Imported:
    """What became of a file: statements and lines taken in, and what to tell."""

    statements: int = 0
    lines: int = 0
    repeats: int = 0
    known: int = 0  # statements that were there already
    other_accounts: int = 0  # statements of other accounts in the same file
    told: list[Told] = field(default_factory=list)


def standing_statements(client_id: int, account_id: str) -> list[Statement]:
    """The account's imported statements, the oldest first."""
    return list(
        Statement.objects.filter(client_id=client_id, account_id=account_id, removed_at=None)
        .select_related("imported_by")
        .order_by("first_day", "last_day", "pk")
    )


def with_period(found: BankStatement, period: Period) -> BankStatement:
    """The statement with what the person says of it. One balance gives the other.

    RefusedError when a line lies outside the days.
    """
    first, last = period.first_day or found.first_day, period.last_day or found.last_day
    if first > last:
        raise RefusedError(_("The statement cannot end before it begins."), field="last_day")
    if found.first_day < first or found.last_day > last:
        raise RefusedError(
            _(
                "The file has lines from %(first)s to %(last)s. The days of the statement must "
                "hold them all."
            )
            % {"first": f"{found.first_day:%d.%m.%Y}", "last": f"{found.last_day:%d.%m.%Y}"},
            field="first_day",
        )
    opening = found.opening if found.opening is not None else period.opening
    closing = found.closing if found.closing is not None else period.closing
    if opening is None and closing is not None:
        opening = closing - found.movement
    elif closing is None and opening is not None:
        closing = opening + found.movement
    return replace(found, first_day=first, last_day=last, opening=opening, closing=closing)


def import_statements(
    account: BankAccountOf, content: bytes, name: str, file: StatementFile, *, by: User
) -> Imported:
    """Takes the file's statements in. RefusedError, and nothing changed, when none can be.

    Run twice, or by two at once, it takes each statement in once.
    """
    digest = hashlib.sha256(content).hexdigest()
    done = Imported()
    with transaction.atomic():
        lock_account(account.client_id, account.account_id)
        standing = standing_statements(account.client_id, account.account_id)
        refusals: list[tuple[ContinuityFinding, BankStatement]] = []
        for found in file.statements:
            findings = _place(found, account, standing)
            if findings and findings[0].finding.refuses:
                refusals.append((findings[0], found))
                continue
            refuse_when_closed(account.client_id, Month.of(found.last_day))
            lines, repeats = _with_repeats(found, findings, standing, file.format)
            if _adds_nothing(found, findings, lines, repeats):
                beside = next(one for one in findings if one.beside is not None)
                refusals.append((replace(beside, finding=Continuity.DUPLICATE), found))
                continue
            row = _write(account, found, file.format, name, digest, by)
            for line in lines:
                line.statement = row
            StatementLine.objects.bulk_create(lines, batch_size=2000)
            standing.append(row)
            done.statements += 1
            done.lines += len(lines) - repeats
            done.repeats += repeats
            done.told += [Told(finding, found) for finding in findings]
        kinds = Counter(finding.finding for finding, _found in refusals)
        done.known = kinds[Continuity.DUPLICATE]
        done.other_accounts = kinds[Continuity.OTHER_ACCOUNT]
        if not done.statements:
            raise _refusal(refusals, standing, account)
    return done


def remove_statement(client_id: int, account_id: str, statement_id: UUID, *, by: User) -> int:
    """Takes a statement out again; its matches are undone. How many matches.

    RefusedError where a signature or a closed month stands on it, or it is gone already.
    """
    with transaction.atomic():
        lock_account(client_id, account_id)
        statement = (
            Statement.objects.select_for_update()
            .filter(
                client_id=client_id, account_id=account_id, public_id=statement_id, removed_at=None
            )
            .first()
        )
        if statement is None:
            raise RefusedError(
                _("The import has been undone already. Load the page again."), code="gone"
            )
        _refuse_when_signed(statement)
        month = Month.of(statement.first_day)
        while month.first_day <= statement.last_day:
            refuse_when_closed(client_id, month)
            month = month.next()
        now = timezone.now()
        matches = list(
            MatchMember.objects.filter(line__statement=statement, is_standing=True)
            .values_list("match_id", flat=True)
            .distinct()
        )
        MatchMember.objects.filter(match_id__in=matches).update(is_standing=False)
        Match.objects.filter(pk__in=matches).update(undone_at=now, undone_by=by)
        statement.removed_at, statement.removed_by = now, by
        statement.save(update_fields=["removed_at", "removed_by"])
        _count_again(statement)
        return len(matches)


def lock_account(client_id: int, account_id: str) -> None:
    """One import or match at a time on an account, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 13))", [f"{client_id} {account_id}"]
        )


def _head(row: Statement) -> StatementHead:
    return StatementHead(
        row.reference,
        row.bank_account,
        row.currency,
        row.first_day,
        row.last_day,
        row.opening,
        row.closing,
        row.sequence,
        row.fingerprint,
    )


def _place(
    found: BankStatement, account: BankAccountOf, standing: Sequence[Statement]
) -> tuple[ContinuityFinding, ...]:
    """How the statement fits those beside it. Any number the ledger account has will do."""
    numbers = account.numbers or tuple(
        dict.fromkeys(row.bank_account for row in standing if row.bank_account)
    )
    heads = [_head(row) for row in standing]
    findings: tuple[ContinuityFinding, ...] = ()
    for number in numbers or ("",):
        findings = check_continuity(found, heads, account=number, currency=OUR_CURRENCY)
        if not findings or findings[0].finding is not Continuity.OTHER_ACCOUNT:
            break
    return findings


def _with_repeats(
    found: BankStatement,
    findings: Sequence[ContinuityFinding],
    standing: Sequence[Statement],
    kind: str,
) -> tuple[list[StatementLine], int]:
    """The lines to write, those that an overlapping statement holds already marked.

    The same bank writes a line alike in every file of a kind, but not in a CSV and a CAMT.053:
    there day and amount must do.
    """
    beside = {one.beside.fingerprint for one in findings if one.beside and _shares_days(one)}
    rows = [row for row in standing if row.fingerprint in beside]
    ids = [row.pk for row in rows]
    held = StatementLine.objects.filter(statement__in=ids, booked_on__gte=found.first_day)
    alike: set[str] = set()
    by_amount: Counter[tuple[date, Decimal]] = Counter()
    kinds = {row.pk: row.format for row in rows}
    for statement_id, fingerprint, day, amount in held.filter(
        booked_on__lte=found.last_day, is_repeat=False
    ).values_list("statement_id", "fingerprint", "booked_on", "amount"):
        if kinds[statement_id] == kind:
            alike.add(fingerprint)
        else:
            by_amount[day, amount] += 1
    lines, repeats = [], 0
    for position, line in enumerate(found.lines):
        is_repeat = line.id in alike
        if not is_repeat and by_amount[line.day, line.amount] > 0:
            by_amount[line.day, line.amount] -= 1
            is_repeat = True
        repeats += is_repeat
        lines.append(
            StatementLine(
                firm_id=current_firm_id(),
                position=position,
                booked_on=line.day,
                amount=line.amount,
                text=line.text[:_TEXT],
                reference=line.reference[:_REFERENCE],
                party=line.party[:_PARTY],
                fingerprint=line.id,
                is_repeat=is_repeat,
            )
        )
    return lines, repeats


def _shares_days(one: ContinuityFinding) -> bool:
    return one.finding in (Continuity.OVERLAP, Continuity.CHANGED)


def _adds_nothing(
    found: BankStatement,
    findings: Sequence[ContinuityFinding],
    lines: Sequence[StatementLine],
    repeats: int,
) -> bool:
    """Every line is there, within days and balances that are there: the same once more."""
    if repeats < len(lines) or not lines:
        return False
    return any(
        one.beside is not None
        and _shares_days(one)
        and one.beside.first_day <= found.first_day
        and one.beside.last_day >= found.last_day
        for one in findings
    )


def _write(
    account: BankAccountOf, found: BankStatement, kind: str, name: str, digest: str, by: User
) -> Statement:
    return Statement.objects.create(
        firm_id=current_firm_id(),
        client_id=account.client_id,
        account_id=account.account_id,
        bank_account=found.account[:40],
        currency=found.currency or OUR_CURRENCY,
        reference=found.id[:_REFERENCE],
        format=kind,
        fingerprint=found.fingerprint,
        sequence=found.sequence,
        first_day=found.first_day,
        last_day=found.last_day,
        opening=found.opening,
        closing=found.closing,
        file_name=hide_national_ids(name)[:200],
        file_sha256=digest,
        imported_by=by,
    )


def _refusal(
    refusals: Sequence[tuple[ContinuityFinding, BankStatement]],
    standing: Sequence[Statement],
    account: BankAccountOf,
) -> RefusedError:
    """Why nothing of the file was taken in; being there already says most."""
    finding, found = min(refusals, key=lambda one: _WORTH_SAYING.index(one[0].finding))
    match finding.finding:
        case Continuity.DUPLICATE:
            beside = finding.beside
            row = next(
                (each for each in standing if beside and each.fingerprint == beside.fingerprint),
                None,
            )
            if row is None:
                raise ValueError("a duplicate of nothing")
            return RefusedError(
                _(
                    "The statement for %(first)s–%(last)s was imported %(when)s by %(person)s. "
                    "Nothing has been changed."
                )
                % {
                    "first": f"{row.first_day:%d.%m.%Y}",
                    "last": f"{row.last_day:%d.%m.%Y}",
                    "when": f"{timezone.localtime(row.imported_at):%d.%m.%Y}",
                    "person": row.imported_by or "–",
                },
                field="file",
                code="duplicate",
            )
        case Continuity.OTHER_ACCOUNT:
            known = ", ".join(account.numbers) or ", ".join(
                dict.fromkeys(row.bank_account for row in standing)
            )
            return RefusedError(
                _(
                    "The file is for bank account %(found)s, but this account has %(known)s. "
                    "Choose the file for the right account."
                )
                % {"found": found.account, "known": known},
                field="file",
                code="other_account",
            )
        case _:
            return RefusedError(
                _(
                    "The file is in %(found)s, but the account is kept in %(ours)s. Document the "
                    "balance with a line and an attachment instead."
                )
                % {"found": found.currency, "ours": OUR_CURRENCY},
                field="file",
                code="other_currency",
            )


_WORTH_SAYING = [Continuity.DUPLICATE, Continuity.OTHER_CURRENCY, Continuity.OTHER_ACCOUNT]


def _refuse_when_signed(statement: Statement) -> None:
    """RefusedError when a month that the statement documents is signed."""
    newest: dict[date, SignOff] = {}
    for sign_off in (
        SignOff.objects.filter(
            client_id=statement.client_id,
            account_id=statement.account_id,
            month__gte=Month.of(statement.first_day).first_day,
            month__lte=Month.of(statement.last_day).first_day,
        )
        .select_related("by")
        .order_by("pk")
    ):
        newest[sign_off.month] = sign_off
    for month, sign_off in sorted(newest.items()):
        if sign_off.step in (SignOff.Step.PREPARED, SignOff.Step.REVIEWED):
            raise RefusedError(
                _(
                    "%(person)s has signed %(month)s on this statement. Withdraw or send back the "
                    "signature first."
                )
                % {
                    "person": sign_off.by or "–",
                    "month": f"{month:%m.%Y}",
                },
                code="signed",
            )


def _count_again(removed: Statement) -> None:
    """Repeats of lines that have been taken out count from now on, each once.

    What a repeat repeats is known by its content, as when it was taken in; where several
    statements repeat one line, the oldest of them counts it.
    """
    gone = list(
        removed.lines.filter(is_repeat=False).values_list("fingerprint", "booked_on", "amount")
    )
    if not gone:
        return
    alike = {fingerprint for fingerprint, _day, _amount in gone}
    by_amount = Counter((day, amount) for _fingerprint, day, amount in gone)
    left = (
        StatementLine.objects.filter(
            statement__client_id=removed.client_id,
            statement__account_id=removed.account_id,
            statement__removed_at=None,
            is_repeat=True,
            booked_on__gte=removed.first_day,
            booked_on__lte=removed.last_day,
        )
        .select_related("statement")
        .order_by("statement_id", "position")
    )
    wanted = []
    for line in left:
        is_same_kind = line.statement.format == removed.format
        key = (line.booked_on, line.amount)
        if is_same_kind and line.fingerprint in alike:
            alike.discard(line.fingerprint)
        elif is_same_kind or by_amount[key] <= 0:
            continue
        by_amount[key] -= 1
        wanted.append(line.pk)
    StatementLine.objects.filter(pk__in=wanted).update(is_repeat=False)
