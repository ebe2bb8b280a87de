"""Sets what the firm knows of its clients, for one or many at once, and their labels.

Only what is named is changed. Everything happens in one transaction, with the clients' rows locked
in the order of their ids, so that two people at work at once wait for each other and neither loses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import Enum
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.facts import ClientFacts, ClientLabel, Label
from klientbro.clients.models import Client, Connection
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain import client_facts as domain
from klientbro.domain.client_facts import CompanyForm, VatFrequency
from klientbro.domain.national_id import hide_national_ids
from klientbro.domain.rates.employers_tax import AgaZone
from klientbro.lib.sorting import norwegian_sort_key
from klientbro.tenants.models import Membership, User


class Unchanged:
    """The mark of a fact that is to be left as it is; None means «not told»."""


UNCHANGED = Unchanged()
LABEL_LENGTH = 40


@dataclass(frozen=True, slots=True)
class FactChanges:
    """The facts to set. A field left out stays as it is on every client."""

    responsible_id: int | Unchanged | None = UNCHANGED
    company_form: CompanyForm | Unchanged | None = UNCHANGED
    vat_frequency: VatFrequency | Unchanged | None = UNCHANGED
    has_payroll: bool | Unchanged | None = UNCHANGED
    pay_day: int | Unchanged | None = UNCHANGED
    aga_zone: AgaZone | Unchanged | None = UNCHANGED
    starts_on: date | Unchanged | None = UNCHANGED
    ends_on: date | Unchanged | None = UNCHANGED

    def values(self) -> dict[str, Any]:
        """Column and value of each fact to set."""
        chosen = {field.name: getattr(self, field.name) for field in fields(self)}
        named = {name: value for name, value in chosen.items() if value is not UNCHANGED}
        for code in ("company_form", "vat_frequency", "aga_zone"):
            if code in named:
                value = named[code]
                named[code] = value.value if isinstance(value, Enum) else ""
        return named


def facts_mark(client: Client) -> str:
    """What a form showed of one client's facts and labels, as a short text: it changes when they
    do."""
    facts = ClientFacts.objects.filter(client=client).first()
    told = f"{facts.updated_at.isoformat() if facts else ''} {year_start_of(client)}"
    names = ClientLabel.objects.filter(client=client).values_list("label__sort_key", flat=True)
    return hashlib.sha256("|".join([told, *sorted(names)]).encode()).hexdigest()[:24]


def year_start_of(client: Client) -> int | None:
    """The financial year's first month as the firm has chosen it; None: as the source has it."""
    chosen = _connections_of([client.pk]).values_list("year_start_month", flat=True)
    return next((month for month in chosen if month is not None), None)


def set_year_start(client_ids: Collection[int], month: int | None) -> list[int]:
    """Chooses the financial year's first month, None to follow the source again. Gives the
    connections whose choice is another now: their settings must be read anew."""
    with transaction.atomic():
        clients = _locked(client_ids)
        is_so = Q(year_start_month=month) if month else Q(year_start_month__isnull=True)
        ids = list(_connections_of(clients).exclude(is_so).values_list("pk", flat=True))
        Connection.objects.filter(pk__in=ids).update(year_start_month=month)
        return ids


def _connections_of(client_ids: Collection[int]) -> QuerySet[Connection]:
    """Those that are in use or may be again."""
    return Connection.objects.filter(client_id__in=client_ids, deleted_at=None).order_by("pk")


def set_facts(
    client_ids: Collection[int],
    changes: FactChanges,
    *,
    by: User | None,
    seen: str | None = None,
) -> int:
    """Sets the facts on the clients; how many clients there were. RefusedError when a value is
    not possible; then nothing has changed.

    seen: the mark of what a form for one client showed; refused when it has changed meanwhile.
    """
    values = changes.values()
    _check(values)
    with transaction.atomic():
        clients = _locked(client_ids)
        if seen is not None and any(
            facts_mark(client) != seen for client in Client.objects.filter(pk__in=clients)
        ):
            raise RefusedError(
                _(
                    "Somebody else has changed the facts meanwhile. Close and open them again to "
                    "see what they are now."
                ),
                code="stale",
            )
        if not values:
            return len(clients)
        firm_id = current_firm_id()
        ClientFacts.objects.bulk_create(
            [ClientFacts(firm_id=firm_id, client_id=client_id) for client_id in clients],
            ignore_conflicts=True,
        )
        all_facts = list(ClientFacts.objects.filter(client_id__in=clients))
        now = timezone.now()
        for facts in all_facts:
            for name, value in values.items():
                setattr(facts, name, value)
            if facts.starts_on and facts.ends_on and facts.ends_on < facts.starts_on:
                raise RefusedError(
                    _("The work cannot end before it begins. Correct one of the dates."),
                    field="ends_on",
                )
            facts.updated_by, facts.updated_at = by, now
        ClientFacts.objects.bulk_update(
            all_facts, [*values, "updated_by", "updated_at"], batch_size=500
        )
        return len(clients)


def facts_for_rules(facts: ClientFacts | None, year_start_month: int = 1) -> domain.ClientFacts:
    """The facts as the rules want them. What nobody has told gives no duty."""
    if facts is None:
        return domain.ClientFacts(year_start_month=year_start_month)
    return domain.ClientFacts(
        company_form=CompanyForm(facts.company_form or CompanyForm.OTHER),
        vat_frequency=VatFrequency(facts.vat_frequency or VatFrequency.NOT_REGISTERED),
        has_payroll=bool(facts.has_payroll),
        pay_day=facts.pay_day,
        aga_zone=AgaZone(facts.aga_zone or AgaZone.I),
        year_start_month=year_start_month,
        starts_on=facts.starts_on,
        ends_on=facts.ends_on,
    )


def set_labels(
    client_ids: Collection[int], *, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> int:
    """Puts labels on the clients and takes others off; a label nobody carries is deleted."""
    wanted = [_label_name(name) for name in add if name.strip()]
    unwanted = [norwegian_sort_key(name.strip()) for name in remove if name.strip()]
    firm_id = current_firm_id()
    with transaction.atomic():
        clients = _locked(client_ids)
        Label.objects.bulk_create(
            [
                Label(firm_id=firm_id, name=name, sort_key=norwegian_sort_key(name))
                for name in wanted
            ],
            ignore_conflicts=True,
        )
        keys = [norwegian_sort_key(name) for name in wanted]
        labels = list(Label.objects.select_for_update().filter(sort_key__in=keys).order_by("pk"))
        ClientLabel.objects.bulk_create(
            [
                ClientLabel(firm_id=firm_id, client_id=client_id, label=label)
                for client_id in clients
                for label in labels
            ],
            ignore_conflicts=True,
        )
        ClientLabel.objects.filter(
            client_id__in=clients, label__sort_key__in=set(unwanted) - set(keys)
        ).delete()
        Label.objects.filter(clients=None).exclude(pk__in=[label.pk for label in labels]).delete()
        return len(clients)


def people_of_firm() -> list[User]:
    """Everybody who may be made responsible, by name."""
    people = User.objects.filter(pk__in=Membership.current.values("user_id"))
    return sorted(people, key=lambda person: norwegian_sort_key(str(person)))


def labels_of_firm() -> list[Label]:
    """The firm's labels in Norwegian order."""
    return sorted(Label.objects.all(), key=lambda label: label.sort_key)


def _locked(client_ids: Collection[int]) -> list[int]:
    """The clients' ids, locked; RefusedError when one is gone or was never the firm's."""
    wanted = set(client_ids)
    found = list(
        Client.objects.select_for_update()
        .filter(pk__in=wanted)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    if len(found) != len(wanted):
        raise RefusedError(
            _("A chosen client is no longer there. Load the page again and choose anew."),
            code="gone",
        )
    return found


def _check(values: dict[str, Any]) -> None:
    responsible = values.get("responsible_id")
    if responsible is not None and not Membership.current.filter(user_id=responsible).exists():
        raise RefusedError(
            _("The responsible person does not belong to the firm. Choose somebody else."),
            field="responsible",
        )
    day = values.get("pay_day")
    if day is not None and not 1 <= day <= 31:
        raise RefusedError(
            _("The pay day must be a day of the month, from 1 to 31."), field="pay_day"
        )


def _label_name(name: str) -> str:
    name = " ".join(name.split())
    if len(name) > LABEL_LENGTH:
        raise RefusedError(
            _("The label «%(name)s» is too long. Use at most %(most)s characters.")
            % {"name": name, "most": LABEL_LENGTH},
            field="labels",
        )
    if hide_national_ids(name) != name:
        raise RefusedError(
            _("A label cannot hold a personal number, since everybody sees it. Write another."),
            field="labels",
        )
    return name
