"""Every address that hands over a file is declared, so that it is counted before it is made."""

from __future__ import annotations

import pytest
from django.db import transaction

from klientbro.audit.models import Entry
from klientbro.operations.reading_middleware import is_file
from klientbro.tenants.context import firm_set
from klientbro.tenants.permissions import ADDRESSES, FILES, Open, Role, need_of

from .addresses import addresses
from .test_every_address import filled
from .test_every_role import KINDS, NOT_THERE, World, world

__all__ = ["world"]
# Handed over as a file at times only: counted by what the answer turns out to be.
AT_TIMES = {"books:document": "PDF and pictures are shown in the page, anything else is saved"}
# Files by their nature, which the furnished firm has none of that could be opened.
UNSEEN = {"reconciliation:attachment", "reconciliation:kept_file", "report:edition_file"}


def _noted(world: World) -> list[tuple[str, str, int | None, dict[str, str]]]:
    """The exports that the firm's log holds, the oldest first."""
    with firm_set(world.firm.id), transaction.atomic():
        found = Entry.objects.filter(action="export").order_by("number")
        return [(one.kind, one.object_id, one.client_id, one.after) for one in found]


@pytest.mark.timeout(600)
def test_every_address_that_hands_over_a_file_is_declared(world: World) -> None:
    found: set[str] = set()
    for route, short, space in addresses():
        name = f"{space}:{short}".strip(":")
        if need_of(name) in (Open.ANYBODY, Open.OWN):
            continue  # what is the person's own, or everybody's
        known = world.own | {"kind": KINDS.get(name, world.own["kind"])}
        for kind in {known["kind"], "xlsx", "csv"} if "kind" in route else {known["kind"]}:
            for method in ("get", "post"):
                with transaction.atomic():
                    path = filled(route, known | {"kind": kind})
                    before = _noted(world)
                    answer = getattr(world.browsers[Role.ADMINISTRATOR], method)(path)
                    noted = _noted(world)[len(before) :]
                    transaction.set_rollback(True)
                if is_file(answer):
                    found.add(name)
                    assert len(noted) == 1, (
                        f"{name} hands over a file that the log knows nothing of"
                    )
                    ((kept, object_id, client_id, told),) = noted
                    if kept != "audit_entry":  # which notes itself
                        assert (object_id, bool(told["file_name"])) == (name, True)
                    assert (client_id is not None) == ("client_id" in route), name
                for close in answer._resource_closers:  # as the server does once it is sent
                    close()
    assert found - FILES - set(AT_TIMES) == set(), "name them in FILES of tenants/permissions.py"
    assert found >= FILES - UNSEEN, "what hands over no file is no file"
    assert len(found) > 8


def test_what_is_declared_as_a_file_is_an_address_of_a_firm() -> None:
    assert set(ADDRESSES) >= FILES
    assert set(NOT_THERE) >= UNSEEN
    assert not [name for name in FILES if need_of(name) in (Open.ANYBODY, Open.OWN)]
