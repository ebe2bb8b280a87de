"""Which clients a member works for: those chosen for them, and those they are responsible for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from uuid import UUID

from django.db import connection, transaction

from klientbro.clients.facts import ClientFacts
from klientbro.clients.models import AssignedClient, Client
from klientbro.clients.services.rows import current_firm_id
from klientbro.tenants.models import Membership
from klientbro.tenants.permissions import Act, acts_of

# One statement: it stands before every page of who works for chosen clients.
_ASSIGNED = """
with mine as (
  select client_id from clients_assignedclient where membership_id = %s
  union
  select client_id from clients_clientfacts
  where responsible_id = (select user_id from tenants_membership where id = %s)
)
select array(select client_id from mine order by 1),
       array(select id from clients_connection where client_id in (select client_id from mine)
             order by 1)
"""


def clients_of(member_id: int) -> tuple[list[int], list[int]]:
    """The clients of a member of the current firm and those clients' connections, by id."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ASSIGNED, [member_id, member_id])
        row = cursor.fetchone()
    return (list(row[0]), list(row[1])) if row else ([], [])


def choose_clients(member: Membership, wanted: Collection[UUID]) -> list[int]:
    """From now on the member works for these clients alone; ids of other firms are passed over.

    Locks the member first, so that of two who choose at once the later stands whole. The clients'
    ids.
    """
    firm_id = current_firm_id()
    with transaction.atomic():
        Membership.objects.select_for_update().get(pk=member.pk)
        found = list(Client.objects.filter(public_id__in=wanted).values_list("pk", flat=True))
        assigned = AssignedClient.objects.filter(membership=member)
        assigned.exclude(client_id__in=found).delete()
        have = set(assigned.values_list("client_id", flat=True))
        AssignedClient.objects.bulk_create(
            AssignedClient(firm_id=firm_id, membership=member, client_id=client_id)
            for client_id in sorted(set(found) - have)
        )
        return sorted(found)


def who_may() -> Callable[[int, int | None, Act], bool]:
    """Answers whether a person of the current firm may do an act on a client, for letters.

    A page asks the gate and the database. A letter goes to somebody who is not signed in: who has
    signed for a client may have got another role, or other clients, since. Three statements.
    """
    chosen: dict[int, set[int]] = defaultdict(set)
    for user_id, client_id in AssignedClient.objects.values_list(
        "membership__user_id", "client_id"
    ):
        chosen[user_id].add(client_id)
    for user_id, client_id in ClientFacts.objects.exclude(responsible=None).values_list(
        "responsible_id", "client_id"
    ):
        if user_id is not None:
            chosen[user_id].add(client_id)
    people = {member.user_id: member for member in Membership.current.all()}

    def may(user_id: int, client_id: int | None, act: Act) -> bool:
        member = people.get(user_id)
        if member is None or act not in acts_of(member.role):
            return False
        return member.has_all_clients or client_id in chosen[user_id]

    return may
