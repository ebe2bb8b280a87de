"""The Ctrl-K finder: clients one may see, and accounts and vouchers of the client one is on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from klientbro.clients.models import Client, Connection
from klientbro.ledger.queries import books_of, find
from klientbro.lib.sorting import norwegian_sort_key
from klientbro.shell.templatetags.kb import day, orgnr
from klientbro.tenants.permissions import Act

MOST_CLIENTS = 8
LONGEST_TEXT = 100
LEAST_DIGITS = 3
# People copy «312 480 778 MVA» and «NO312480778MVA».
_ORGNR = re.compile(r"(?:NO)?([0-9]{3,9})(?:MVA)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the finder."""

    label: str
    note: str
    address: str
    icon: str


@dataclass(frozen=True, slots=True)
class Findings:
    """Hits under their headings, in the order shown."""

    groups: tuple[tuple[str, tuple[Hit, ...]], ...]

    @property
    def is_empty(self) -> bool:
        return not any(hits for _heading, hits in self.groups)


def find_anything(text: str, client_id: UUID | None, acts: frozenset[Act]) -> Findings:
    """Hits in the signed-in firm that one's role may open; the database hides all other clients."""
    wanted = " ".join(text.replace("\x00", "").split())[:LONGEST_TEXT]
    if Act.SEE not in acts:
        found = _connected(wanted) if Act.SEE_SOURCES in acts else ()
        return Findings(((_("Clients"), found),))
    client = Client.objects.filter(public_id=client_id).first() if client_id else None
    groups = []
    if client is not None and wanted:
        groups += list(_in_books(client, wanted))
    groups.append((_("Clients"), _clients(wanted)))
    return Findings(tuple(groups))


def clients_matching(text: str) -> QuerySet[Client]:
    """By any part of the name, letters folded as in sorting, or by the beginning of the orgnr."""
    clients = Client.objects.order_by("sort_key", "pk")
    if not text:
        return clients
    folded = norwegian_sort_key(text).partition("\x01")[0]
    found = Q(name__icontains=text) | Q(sort_key__startswith=folded)
    digits = _ORGNR.fullmatch("".join(text.split()))
    if digits:
        found |= Q(orgnr__startswith=digits[1])
    return clients.filter(found)


def _clients(text: str) -> tuple[Hit, ...]:
    return tuple(
        Hit(client.name, orgnr(client.orgnr), address, "clients")
        for client in clients_matching(text)[:MOST_CLIENTS]
        if (address := _address("books:summary", [client.public_id]))
    )


def _connected(text: str) -> tuple[Hit, ...]:
    """For who sees no figures: a client leads to how it is fetched."""
    living = Connection.objects.filter(deleted_at=None).order_by("sort_key", "pk")
    if text:
        folded = norwegian_sort_key(text).partition("\x01")[0]
        found = Q(name__icontains=text) | Q(sort_key__startswith=folded)
        digits = _ORGNR.fullmatch("".join(text.split()))
        living = living.filter(found | Q(orgnr__startswith=digits[1]) if digits else found)
    return tuple(
        Hit(one.name, orgnr(one.orgnr), address, "plug")
        for one in living.select_related("integration")[:MOST_CLIENTS]
        if (address := _address("portal:runs", [one.integration.system, one.public_id]))
    )


def _in_books(client: Client, text: str) -> Sequence[tuple[str, tuple[Hit, ...]]]:
    books = books_of(client.pk)
    if books is None or not books.is_usable:
        return ()
    found = find(books.connection_id, text)
    accounts = tuple(
        Hit(f"{account.number} {account.name}", "", address, "reconciliation")
        for account in found.accounts
        if (address := _address("books:account", [client.public_id, account.id]))
    )
    vouchers = tuple(
        Hit(
            _("Voucher %(number)s") % {"number": voucher.voucher_no},
            day(voucher.posting_date),
            f"{address}?id={voucher.voucher_id}",
            "document",
        )
        for voucher in found.vouchers
        if voucher.voucher_no is not None
        and (address := _address("books:voucher", [client.public_id, voucher.voucher_no]))
    )
    return (
        (_("Accounts of %(client)s") % {"client": client.name}, accounts),
        (_("Vouchers of %(client)s") % {"client": client.name}, vouchers),
    )


def _address(name: str, arguments: Sequence[object]) -> str:
    """Empty where the pages of the books are not served: the shell does not depend on them."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
