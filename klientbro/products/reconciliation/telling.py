"""Who is to be told of signatures that were set aside: those who signed, and the responsible.

What a person changes on the account's own page is shown there and told to nobody by mail.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from klientbro.clients.services.assigned import who_may
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.periods import Month
from klientbro.domain.reconciliation.sign_offs import Change, ChangeKind
from klientbro.products.reconciliation.models import SuspensionNotice
from klientbro.tenants.permissions import Act

TOLD_WITHIN = timedelta(days=30)
OWN_DOING = (ChangeKind.DOCUMENTATION_CHANGED, ChangeKind.METHOD_CHANGED)

# Signatures that still rule for their account and month. The signers are those whose signatures
# stand together: the reviewer's, and the preparation it was given to.
_WAITING = """
select u.user_id, s.id, c.id, c.public_id, c.name, o.month, o.snapshot ->> 'number',
       o.snapshot ->> 'name', s.cause, s.detail
from reconciliation_suspension s
join reconciliation_signoff o on o.id = s.sign_off_id
join clients_client c on c.id = o.client_id
left join clients_clientfacts f on f.client_id = c.id
left join lateral (
  select p.by_id from reconciliation_signoff p
  where p.client_id = o.client_id and p.account_id = o.account_id and p.month = o.month
    and p.step = 'prepared' and p.id < o.id and o.step = 'reviewed'
  order by p.id desc limit 1
) p on true
cross join lateral (
  select distinct id as user_id from unnest(array[o.by_id, p.by_id, f.responsible_id]) id
  where id is not null
) u
where s.confirmed_at > %(since)s and s.ended_at is null and s.cause <> all(%(own)s)
  and not exists (select from reconciliation_signoff n where n.client_id = o.client_id
    and n.account_id = o.account_id and n.month = o.month and n.id > o.id)
  and not exists (select from reconciliation_suspensionnotice t
    where t.suspension_id = s.id and t.user_id = u.user_id)
order by c.sort_key collate "C", c.id, o.month, o.snapshot ->> 'number', s.id
"""


@dataclass(frozen=True, slots=True)
class SetAside:
    """One cause under one signature of a client's month."""

    suspension_id: int
    client_id: int
    client_public_id: UUID
    client_name: str
    month: Month
    account: str
    change: Change


def set_aside_for_people(now: datetime) -> dict[int, list[SetAside]]:
    """What each person has not been told of yet, by user id; of clients they still may see."""
    found: dict[int, list[SetAside]] = defaultdict(list)
    may = who_may()
    with connection.cursor() as cursor:
        cursor.execute(
            _WAITING, {"since": now - TOLD_WITHIN, "own": [kind.value for kind in OWN_DOING]}
        )
        for user_id, id_, client, public_id, name, month, number, title, cause, detail in cursor:
            if not may(user_id, client, Act.SEE):
                continue
            change = Change(ChangeKind(cause), **_texts(detail))
            found[user_id].append(
                SetAside(id_, client, public_id, name, Month.of(month), f"{number} {title}", change)
            )
    return found


def note_told(told: Sequence[SetAside], user_id: int) -> None:
    """Keeps what a person is told of, in the transaction that writes the mail."""
    SuspensionNotice.objects.bulk_create(
        [
            SuspensionNotice(
                firm_id=current_firm_id(), suspension_id=each.suspension_id, user_id=user_id
            )
            for each in told
        ],
        ignore_conflicts=True,
    )


def clients_told_of(user_id: int) -> dict[int, str]:
    """The clients, by name, whose signatures that are set aside the person has been told of."""
    found = SuspensionNotice.objects.filter(user_id=user_id).values_list(
        "suspension__sign_off__client_id", "suspension__sign_off__client__name"
    )
    return dict(found.distinct())


def forget_told(user_id: int, *, named_in: str) -> None:
    """A mail was not sent after all: of the clients it names the person has not been told."""
    named = [id_ for id_, name in clients_told_of(user_id).items() if name in named_in]
    SuspensionNotice.objects.filter(
        user_id=user_id, suspension__sign_off__client__in=named
    ).delete()


def _texts(detail: object) -> dict[str, str]:
    """What was before and is after, as note_suspensions keeps it."""
    held = json.loads(detail) if isinstance(detail, str) else detail
    if not isinstance(held, dict):
        return {}
    return {name: str(held.get(name) or "") for name in ("before", "after", "voucher")}
