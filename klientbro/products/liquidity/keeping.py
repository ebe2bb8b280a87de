"""Keeps forecasts after landings: what was learned, the list's figures, offers, a day's forecast.

One statement finds the clients whose figures are no longer those of their books, so a job that
dies, runs twice or comes late finds the same work. A client in the middle of a run waits for it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from klientbro.clients.models import Client
from klientbro.domain.liquidity.buckets import Horizon
from klientbro.domain.liquidity.hits import points_of
from klientbro.domain.liquidity.lines import Kind
from klientbro.domain.liquidity.recurring import Category
from klientbro.domain.liquidity.recurring import Offer as Found
from klientbro.ledger.queries import Published, books_of, find_in_one_landing
from klientbro.ledger.queries.books import SUPPLIER_FIRST
from klientbro.ledger.rows import BooksState
from klientbro.products.liquidity.choosing import settings_of
from klientbro.products.liquidity.codec import ground_to_json, habits_to_json
from klientbro.products.liquidity.gathering import learn, start_of
from klientbro.products.liquidity.making import Made, bank_key, make
from klientbro.products.liquidity.models import KeptForecast, Learned, Offer, Standing

MOST_SEEN = 24
MOST_OFFERS = 40

_STALE = f"""
with supplied as materialized (
  select distinct on (c.client_id) c.client_id, c.id, b.landing, b.anchor_date, b.complete_at,
         b.stage
  from clients_connection c join ledger_books b on b.connection_id = c.id
  order by c.client_id, {SUPPLIER_FIRST}
)
select s.client_id from supplied s
left join liquidity_standing f on f.client_id = s.client_id
where s.anchor_date is not null and s.stage <> 'new' and s.complete_at is not null
  and s.client_id <> all(%(done)s::bigint[])
  and (not exists (select from sync_step t where t.connection_id = s.id)
       or exists (select from sync_state e where e.connection_id = s.id and e.cause <> ''
                  and e.cause_since < now() - interval '6 hours'))
  and (f.id is null or f.connection_id <> s.id or f.landing <> s.landing
       or f.start <> (s.complete_at at time zone 'Europe/Oslo')::date
       or f.items <> (select coalesce(max(i.id), 0) from ledger_item_snapshot i
                      where i.connection_id = s.id))
order by s.client_id limit %(most)s
"""  # noqa: S608 constants only

_ITEMS = "select coalesce(max(id), 0) from ledger_item_snapshot where connection_id = %s"


@dataclass(frozen=True, slots=True)
class _Read:
    """What is written for a client, all of it from one landing."""

    books: BooksState
    made: Made
    items: int


def stale_clients(most: int, done: Collection[int] = ()) -> list[int]:
    """Clients whose kept figures are not those of their books. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_STALE, {"most": most, "done": list(done)})
        return [row[0] for row in cursor.fetchall()]


def keep_client(client_id: int) -> bool:
    """Learns and keeps one client's forecast, in the caller's transaction; False when it cannot.

    Two jobs at once: the second leaves the client to the first.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_try_advisory_xact_lock(hashtextextended('liquidity:' || %s, 12))",
            [client_id],
        )
        if not cursor.fetchone()[0]:
            return False
    client = Client.objects.filter(pk=client_id).first()
    if client is None:
        return False

    def find() -> tuple[BooksState | None, Published | None]:
        books = books_of(client_id)
        if books is None or not books.is_usable:
            return None, None
        return books, Published(books.connection_id, books.landing)

    def read(books: BooksState | None) -> _Read | None:
        if books is None:
            return None
        _learn(client, books)
        return _Read(books, make(client_id, books, timezone.localdate()), _newest(books))

    found = find_in_one_landing(find, read)
    if found is None:
        return False
    write_standing(client, found.books, found.made, found.items)
    _keep_day(client, found)
    return True


def write_standing(client: Client, books: BooksState, made: Made, items: int | None = None) -> None:
    """The list's figures of the client; the newest wins."""
    base = made.base
    depth = made.depth(Horizon.WEEKS)
    weeks = base.balances(Horizon.WEEKS)
    Standing.objects.update_or_create(
        client_id=client.pk,
        defaults={
            "firm_id": client.firm_id,
            "connection_id": books.connection_id,
            "landing": books.landing,
            "items": _newest(books) if items is None else items,
            "start": base.start,
            "opening": base.opening,
            "limit": made.held.settings.limit,
            "lowest": depth.lowest.amount,
            "lowest_day": depth.lowest.day,
            "first_under": depth.first_under.day if depth.first_under else None,
            "closing": weeks[-1].amount,
            "is_complete": made.is_complete,
        },
    )


def _learn(client: Client, books: BooksState) -> None:
    start = start_of(books, timezone.localdate())
    chosen = list(settings_of(client.pk).bank_accounts)
    lessons = learn(books, start, chosen)
    Learned.objects.update_or_create(
        client_id=client.pk,
        defaults={
            "firm_id": client.firm_id,
            "connection_id": books.connection_id,
            "landing": books.landing,
            "start": start,
            "bank": bank_key(chosen),
            "ground": ground_to_json(lessons.ground),
            "habits": habits_to_json(lessons.habits),
        },
    )
    _offer(client, lessons.offers[:MOST_OFFERS])


def _offer(client: Client, found: Collection[Found]) -> None:
    """Offers what is new, brings undecided ones up to date, and takes back those no longer seen.

    What a person has taken or refused stays as it was decided.
    """
    held = {offer.key: offer for offer in Offer.objects.filter(client_id=client.pk)}
    keys = {one.key[:200] for one in found}
    gone = [
        offer.pk
        for offer in held.values()
        if offer.state == Offer.State.OFFERED and offer.key not in keys
    ]
    Offer.objects.filter(pk__in=gone, state=Offer.State.OFFERED).delete()
    new, changed = [], []
    for one in found:
        offer = held.get(one.key[:200])
        if offer is None:
            offer = Offer(firm_id=client.firm_id, client_id=client.pk, key=one.key[:200])
            new.append(offer)
        elif offer.state != Offer.State.OFFERED:
            continue
        else:
            changed.append(offer)
        offer.title, offer.amount, offer.interval = one.title[:200], one.amount, one.interval.value
        offer.next_day, offer.account, offer.party = one.next_day, one.account, one.party
        offer.kind = kind_of(one).value
        offer.seen = [
            [flow.day.isoformat(), str(flow.amount), flow.voucher_no]
            for flow in one.seen[-MOST_SEEN:]
        ]
    Offer.objects.bulk_create(new, ignore_conflicts=True)
    Offer.objects.bulk_update(
        changed, ["title", "amount", "interval", "next_day", "account", "party", "kind", "seen"]
    )


def kind_of(offer: Found) -> Kind:
    """What kind of line an offer becomes."""
    return {
        Category.SALES: Kind.CUSTOMERS,
        Category.PURCHASES: Kind.SUPPLIERS,
        Category.FINANCE: Kind.LOAN,
    }.get(offer.category, Kind.OTHER_IN if offer.amount > 0 else Kind.OTHER_OUT)


def _keep_day(client: Client, found: _Read) -> None:
    """The day's first forecast, once; nothing is kept of one that lacks what is owed."""
    base = found.made.base
    if not found.made.is_complete:
        return
    depth = found.made.depth(Horizon.WEEKS)
    points = points_of(base.opening, base.lines, base.start, base.until)
    KeptForecast.objects.bulk_create(
        [
            KeptForecast(
                firm_id=client.firm_id,
                client_id=client.pk,
                connection_id=found.books.connection_id,
                landing=found.books.landing,
                day=base.start,
                opening=base.opening,
                lowest=depth.lowest.amount,
                lowest_day=depth.lowest.day,
                limit=found.made.held.settings.limit,
                points=[[one.days, str(one.amount), str(one.outflow)] for one in points],
                bank=[[number, name] for number, name, _balance in found.made.ground.bank],
            )
        ],
        ignore_conflicts=True,
    )


def _newest(books: BooksState) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, [books.connection_id])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
