"""What stands inside a form is asked for too: approving, closing, and rules for all clients."""

from __future__ import annotations

from typing import Any

import pytest

from klientbro.ledger.tests.book_table import BookTable
from klientbro.products.reconciliation.models import MatchRule
from klientbro.products.reconciliation.tests.test_bank_matching import RULE
from klientbro.tenants.models import Membership, User
from klientbro.tenants.permissions import Role

BASE = "/avstemming/{client}/2026-10/"


@pytest.fixture
def month(book: BookTable) -> str:
    return BASE.format(client=book.client.public_id)


def become(user: User, role: Role) -> None:
    Membership.objects.filter(user=user).update(role=role)


def refused(signed_in: Any, path: str, **sent: str) -> bool:
    return bool(signed_in.post(path, sent).status_code == 403)


@pytest.mark.parametrize(("role", "is_refused"), [(Role.ACCOUNTANT, True), (Role.REVIEWER, False)])
def test_who_does_not_approve_neither_reviews_nor_closes_a_month(
    signed_in: Any, user: User, book: BookTable, month: str, role: Role, is_refused: bool
) -> None:
    become(user, role)
    account = book.accounts["1250"]
    one = f"{month}gjor/{account}/"
    assert (
        refused(signed_in, f"{month}signer/", step="review", account=f"{account}|x") == is_refused
    )
    assert refused(signed_in, f"{month}handling/", action="close") == is_refused
    assert refused(signed_in, f"{month}handling/", action="reopen", reason="feil") == is_refused
    assert refused(signed_in, f"{month}handling/", action="empty") == is_refused
    assert refused(signed_in, one, action="review", mark="x") == is_refused
    assert refused(signed_in, one, action="return", comment="se igjen") == is_refused
    assert not refused(signed_in, f"{month}signer/", step="prepare", account=f"{account}|x")


def test_rule_for_all_clients_is_for_administrators(
    signed_in: Any, user: User, book: BookTable, month: str
) -> None:
    bank = book.accounts["1920"]
    rule = MatchRule.objects.create(firm_id=book.client.firm_id, name="Felles", shape="one_to_one")
    become(user, Role.ACCOUNTANT)
    assert refused(signed_in, f"{month}regel-slett/{rule.public_id}/{bank}/")
    assert MatchRule.objects.filter(pk=rule.pk).exists()
    typed = RULE | {"scope": "firm", "version": "1", "step": "save"}
    assert refused(signed_in, f"{month}regel/{rule.public_id}/{bank}/", **typed)
    become(user, Role.ADMINISTRATOR)
    assert not refused(signed_in, f"{month}regel-slett/{rule.public_id}/{bank}/")
    assert not MatchRule.objects.filter(pk=rule.pk).exists()
