"""A job goes through every firm, also past one that fails."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

import pytest

from klientbro.tenants.context import current_firm
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import create_firm
from klientbro.tenants.walking import for_every_firm


@pytest.mark.django_db(transaction=True)
def test_firm_that_fails_is_logged_and_does_not_stop_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    firms: list[Any] = [create_firm(name) for name in ("Furulund AS", "Granli AS", "Hegg AS")]
    seen: list[UUID] = []

    def work(firm_id: UUID) -> int:
        with in_firm(firm_id):
            assert current_firm() == firm_id
            seen.append(firm_id)
            return 10 // (firm_id != firms[1].id)

    with caplog.at_level(logging.ERROR):
        assert for_every_firm(work, "counting") == 20
    assert seen == [each.id for each in firms]
    assert [record.getMessage() for record in caplog.records] == [
        f"counting failed for firm {firms[1].id}"
    ]
    assert current_firm() is None
