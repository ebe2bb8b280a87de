"""Groups of clients: made, changed, and summed with what is eliminated between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Client
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.money import LARGEST_AMOUNT, has_parts_of_ore
from klientbro.domain.periods import MONTHS_IN_YEAR, Month
from klientbro.domain.report_lines import LINES, LineMapping, Statement
from klientbro.domain.reporting.group import (
    Elimination,
    GroupReport,
    GroupSpan,
    Member,
    group_report,
    months_needed,
)
from klientbro.ledger.queries.books import books_of_each
from klientbro.ledger.queries.reporting import proved_months, report_books
from klientbro.ledger.rows import BooksState, MonthState
from klientbro.products.report.models import Group, GroupElimination, GroupMember
from klientbro.products.report.names import checked_name
from klientbro.products.report.sheet import mappings_of
from klientbro.tenants.models import User

MOST_MEMBERS = 30
LEAST_MEMBERS = 2


@dataclass(frozen=True, slots=True)
class GroupSheet:
    """A group's figures for a month, with what each rests on."""

    group: Group
    clients: Sequence[Client]
    states: dict[int, BooksState]
    report: GroupReport
    eliminations: Sequence[GroupElimination]
    unsealed: tuple[Client, ...]


def group_of(group_id: UUID) -> Group:
    """The group; 404 for another firm's."""
    found = Group.objects.filter(public_id=group_id).first()
    if found is None:
        raise Http404
    return found


def group_sheet(group: Group, month: Month, span: GroupSpan) -> GroupSheet:
    """Every member's figures with their sum. A fixed number of statements, whatever the members."""
    clients = members_of(group)
    states = books_of_each([client.pk for client in clients])
    mappings = mappings_of([client.pk for client in clients])
    # what no span shows month by month need not be told apart
    since = {
        GroupSpan.ROLLING: month.plus(-MONTHS_IN_YEAR + 1),
        GroupSpan.CALENDAR: Month(month.year, 1),
    }.get(span, month)
    held = report_books(list(states.values()), since, month)
    kept = defaultdict(list)
    for one in (
        GroupElimination.objects.filter(
            group=group,
            month__in=[each.first_day for each in months_needed(month)],
            removed_at=None,
        )
        .select_related("by")
        .order_by("pk")
    ):
        kept[Month.of(one.month)].append(one)
    members = []
    for client in clients:
        state = states.get(client.pk)
        books = held.get(state.connection_id) if state else None
        members.append(
            Member(
                client.name,
                books.books if books else None,
                mappings.get(client.pk) or LineMapping(),
            )
        )
    report = group_report(
        members,
        month,
        span,
        {each: [_elimination(one) for one in held] for each, held in kept.items()},
    )
    proofs = proved_months([state.connection_id for state in states.values()], month, month)
    unsealed = tuple(
        client
        for client in clients
        if (state := states.get(client.pk)) is not None
        and (
            (proof := proofs.get(state.connection_id, {}).get(month)) is None
            or proof.state is not MonthState.SEALED
        )
    )
    return GroupSheet(group, clients, states, report, kept[month], unsealed)


def members_of(group: Group) -> list[Client]:
    """The group's clients by name."""
    return list(
        Client.objects.filter(
            pk__in=GroupMember.objects.filter(group=group).values("client")
        ).order_by("sort_key", "pk")
    )


def make_group(name: str, client_ids: Collection[UUID]) -> Group:
    """A group of at least two clients."""
    kept = checked_name(name)
    clients = _checked_clients(client_ids)
    try:
        with transaction.atomic():
            group = Group.objects.create(firm_id=current_firm_id(), name=kept)
            _put(group, clients)
    except IntegrityError as error:
        raise _taken(error) from None
    return group


def change_group(group: Group, name: str, client_ids: Collection[UUID], *, seen: int) -> None:
    """Another name or other clients. RefusedError when somebody else has changed it since."""
    kept = checked_name(name)
    clients = _checked_clients(client_ids)
    try:
        with transaction.atomic():
            changed = Group.objects.filter(pk=group.pk, version=seen).update(
                name=kept, version=seen + 1
            )
            if not changed:
                raise RefusedError(
                    _("Somebody else has changed the group since you loaded the page."),
                    code="stale",
                )
            GroupMember.objects.filter(group=group).exclude(client__in=clients).delete()
            _put(group, clients)
    except IntegrityError as error:
        raise _taken(error) from None


def eliminate(
    group: Group,
    month: Month,
    text: str,
    line: str,
    other: str,
    amount: Decimal | None,
    *,
    by: User,
) -> None:
    """Takes an amount out of two lines of the month's sum, the year so far."""
    if amount is None:
        raise RefusedError(_("Write the amount as 1250 or 1 250,50."), field="amount")
    if not amount or abs(amount) > LARGEST_AMOUNT or has_parts_of_ore(amount):
        raise RefusedError(
            _("The amount must be other than zero, with at most two decimals."), field="amount"
        )
    if not (_takes(line) and _takes(other)):
        raise RefusedError(_("Choose two lines."), field="line")
    if line == other:
        raise RefusedError(_("Choose two different lines."), field="other")
    kept = " ".join(text.split())[:200]
    if not kept:
        raise RefusedError(_("Write what is eliminated, as «Rent within the group»."), field="text")
    GroupElimination.objects.create(
        firm_id=current_firm_id(),
        group=group,
        month=month.first_day,
        text=kept,
        line=line,
        other=other,
        amount=amount,
        by=by,
    )


def carry_eliminations(group: Group, month: Month, *, by: User) -> tuple[int, int]:
    """The eliminations of the month before, brought forward where this one has none.

    Answers with how many were, and how many were not: in a new year the old year's income and
    cost are past, and only what stands in the balance sheet follows along.
    """
    with transaction.atomic():
        Group.objects.select_for_update().get(pk=group.pk)
        if GroupElimination.objects.filter(
            group=group, month=month.first_day, removed_at=None
        ).exists():
            return 0, 0
        before = list(
            GroupElimination.objects.filter(
                group=group, month=month.previous().first_day, removed_at=None
            ).order_by("pk")
        )
        wanted = before
        if _begins_a_year(group, month):
            wanted = [one for one in before if not (_is_result(one.line) or _is_result(one.other))]
        GroupElimination.objects.bulk_create(
            GroupElimination(
                firm_id=one.firm_id,
                group=group,
                month=month.first_day,
                text=one.text,
                line=one.line,
                other=one.other,
                amount=one.amount,
                by=by,
            )
            for one in wanted
        )
    return len(wanted), len(before) - len(wanted)


def _begins_a_year(group: Group, month: Month) -> bool:
    """Whether the group's year begins with the month: the one its clients share, else January."""
    states = books_of_each([client.pk for client in members_of(group)])
    years = {year.first_month for one in states.values() if (year := one.year_of(month))}
    return month == (years.pop() if len(years) == 1 else Month(month.year, 1))


def _is_result(code: str) -> bool:
    line = LINES.get(code)
    return line is not None and line.statement is Statement.INCOME


def remove_elimination(group: Group, elimination_id: UUID, *, by: User) -> None:
    """Takes it out of the sum; it stays in the table, marked."""
    GroupElimination.objects.filter(group=group, public_id=elimination_id, removed_at=None).update(
        removed_at=timezone.now(), removed_by=by
    )


def _elimination(one: GroupElimination) -> Elimination:
    return Elimination(one.text, one.line, one.other, one.amount)


def _takes(code: str) -> bool:
    line = LINES.get(code)
    return line is not None and line.takes_accounts


def _put(group: Group, clients: Sequence[Client]) -> None:
    held = set(GroupMember.objects.filter(group=group).values_list("client_id", flat=True))
    GroupMember.objects.bulk_create(
        [
            GroupMember(firm_id=group.firm_id, group=group, client=client)
            for client in clients
            if client.pk not in held
        ],
        ignore_conflicts=True,
    )


def _checked_clients(client_ids: Collection[UUID]) -> list[Client]:
    clients = list(Client.objects.filter(public_id__in=list(client_ids)[: MOST_MEMBERS + 1]))
    if len(clients) < LEAST_MEMBERS:
        raise RefusedError(_("Choose at least two clients."), field="client")
    if len(clients) > MOST_MEMBERS:
        raise RefusedError(_("A group has at most 30 clients."), field="client")
    return clients


def _taken(error: IntegrityError) -> Exception:
    if "report_group_name" in str(error):
        return RefusedError(
            _("Another group has this name. Choose another name."), field="name", code="taken"
        )
    return error
