"""Making matches and undoing them. One transaction each, under the account's lock.

Two people at once: what each saw is sent back with the press, and an item that has been matched,
changed or removed meanwhile is named instead of taken. The database holds each item in one standing
match whatever happens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month
from klientbro.ledger.queries.matching import postings_now
from klientbro.ledger.rows import BooksState
from klientbro.products.reconciliation.closing import refuse_when_closed
from klientbro.products.reconciliation.importing import lock_account
from klientbro.products.reconciliation.models import Match, MatchMember, MatchRule, StatementLine
from klientbro.products.reconciliation.suggestions import OWN, Item, Suggestion
from klientbro.tenants.models import User

MANUAL = "manual"
MOST_AT_ONCE = 500
MOST_ITEMS = 200


def accept(
    client_id: int,
    books: BooksState,
    account_id: str,
    month: Month,
    suggestions: Sequence[Suggestion],
    *,
    by: User,
) -> int:
    """Makes the suggestions into matches, all or none. How many."""
    with transaction.atomic():
        _begin(client_id, account_id, month)
        every = [item for each in suggestions for item in each.items]
        _check(client_id, books, account_id, every)
        rules = {
            f"{OWN}{rule.public_id}": rule
            for rule in MatchRule.objects.filter(
                public_id__in=[
                    each.match.rule_id.removeprefix(OWN)
                    for each in suggestions
                    if each.match.rule_id.startswith(OWN)
                ]
            )
        }
        for each in suggestions:
            rule = rules.get(each.match.rule_id)
            reason = f"{OWN}{rule.name}" if rule is not None else each.match.rule_id
            _write(client_id, books, account_id, each.items, rule, reason, by)
    return len(suggestions)


def match_by_hand(
    client_id: int,
    books: BooksState,
    account_id: str,
    month: Month,
    items: Sequence[Item],
    comment: str,
    *,
    by: User,
) -> Match:
    """Matches what a person has chosen. A difference must be explained.

    RefusedError with nothing changed when an item is not as the person saw it.
    """
    comment = " ".join(comment.split())
    if len(items) < 2:
        raise RefusedError(_("Choose at least two rows that belong together."), code="few")
    if len(items) > MOST_ITEMS:
        raise RefusedError(
            _("Choose at most %(most)s rows at a time.") % {"most": MOST_ITEMS}, code="many"
        )
    difference = difference_of(items)
    if difference and not comment:
        raise RefusedError(
            _("The rows do not come to zero. Write why they belong together all the same."),
            field="comment",
            code="difference",
        )
    with transaction.atomic():
        _begin(client_id, account_id, month)
        _check(client_id, books, account_id, items)
        reason = f"{MANUAL}:{comment}" if comment else MANUAL
        return _write(client_id, books, account_id, items, None, reason[:300], by)


def difference_of(items: Iterable[Item]) -> Decimal:
    """What the rows come to together: the ledger's less the bank's."""
    return sum((each.value for each in items), ZERO)


def undo(
    client_id: int, account_id: str, month: Month, match_ids: Collection[UUID], *, by: User
) -> int:
    """Frees the items of the matches again. How many; those undone already are passed over."""
    with transaction.atomic():
        _begin(client_id, account_id, month)
        held = list(
            Match.objects.select_for_update().filter(
                client_id=client_id,
                account_id=account_id,
                public_id__in=match_ids,
                undone_at=None,
            )
        )
        MatchMember.objects.filter(match__in=held).update(is_standing=False)
        now = timezone.now()
        for match in held:
            match.undone_at, match.undone_by = now, by
            match.save(update_fields=["undone_at", "undone_by"])
    return len(held)


def _begin(client_id: int, account_id: str, month: Month) -> None:
    lock_account(client_id, account_id)
    refuse_when_closed(client_id, month)


def _check(client_id: int, books: BooksState, account_id: str, items: Sequence[Item]) -> None:
    """Every item is still as it was seen, and free."""
    postings = postings_now(
        books.connection_id, [each.key[2:] for each in items if not each.is_line]
    )
    lines: Mapping[str, StatementLine] = {
        str(line.pk): line
        for line in StatementLine.objects.filter(
            pk__in=[int(each.key[2:]) for each in items if each.is_line],
            statement__client_id=client_id,
            statement__account_id=account_id,
            statement__removed_at=None,
            is_repeat=False,
        )
    }
    standing = MatchMember.objects.filter(client_id=client_id, is_standing=True)
    taken = set(standing.filter(posting_id__in=list(postings)).values_list("posting_id", flat=True))
    taken_lines = set(
        standing.filter(line_id__in=[line.pk for line in lines.values()]).values_list(
            "line_id", flat=True
        )
    )
    for item in items:
        id_ = item.key[2:]
        if item.is_line:
            line = lines.get(id_)
            is_same = line is not None and (line.amount, line.booked_on) == (item.amount, item.day)
            is_taken = line is not None and line.pk in taken_lines
        else:
            posting = postings.get(id_)
            is_same = posting is not None and (
                (posting.amount, posting.day, posting.account_id)
                == (item.amount, item.day, account_id)
            )
            is_taken = id_ in taken
        if is_taken:
            raise RefusedError(
                _(
                    "«%(text)s» of %(day)s has just been matched by somebody else. Nothing has "
                    "been changed. Look at the rows again."
                )
                % _named(item),
                code="stale",
            )
        if not is_same:
            raise RefusedError(
                _(
                    "«%(text)s» of %(day)s has changed since you loaded the page. Nothing has "
                    "been changed. Look at the rows again."
                )
                % _named(item),
                code="stale",
            )


def _named(item: Item) -> dict[str, str]:
    return {"text": item.words or item.text or "–", "day": f"{item.day:%d.%m.%Y}"}


def _write(
    client_id: int,
    books: BooksState,
    account_id: str,
    items: Sequence[Item],
    rule: MatchRule | None,
    reason: str,
    by: User,
) -> Match:
    firm = current_firm_id()
    match = Match.objects.create(
        firm_id=firm,
        client_id=client_id,
        account_id=account_id,
        books_connection=books.connection_id,
        landing=books.landing,
        rule=rule,
        reason=reason,
        remainder=difference_of(items),
        made_by=by,
    )
    MatchMember.objects.bulk_create(
        [
            MatchMember(
                firm_id=firm,
                client_id=client_id,
                match=match,
                posting_id=None if item.is_line else item.key[2:],
                line_id=int(item.key[2:]) if item.is_line else None,
                amount=item.amount,
                day=item.day,
                words=" ".join(part for part in (item.words, item.text) if part)[:200],
            )
            for item in items
        ]
    )
    return match
