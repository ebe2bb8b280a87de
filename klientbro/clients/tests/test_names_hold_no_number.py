"""Names of clients and labels stand in lists and exports: a personal number in one is refused."""

from __future__ import annotations

import pytest

from klientbro.clients.errors import RefusedError
from klientbro.clients.services import read_typed
from klientbro.clients.services.facts import set_labels
from klientbro.clients.tests.fixtures import orgnr_number, personal_number


@pytest.mark.parametrize("mark", ["", " ", "-"])
def test_name_with_a_personal_number_is_refused_and_says_where_it_belongs(mark: str) -> None:
    number = personal_number()
    with pytest.raises(RefusedError, match=r"personal number|fødselsnummer") as refused:
        read_typed(orgnr_number(3), f"Ola Ås {number[:6]}{mark}{number[6:]}", "key-1")
    assert refused.value.field == "name"
    assert number[6:] not in str(refused.value)


def test_name_with_another_number_is_taken() -> None:
    assert read_typed(orgnr_number(3), "Bygg 12345678901 AS", "key-1").name == "Bygg 12345678901 AS"


@pytest.mark.parametrize("mark", ["", " ", "-"])
def test_label_with_a_personal_number_is_refused_and_does_not_repeat_it(mark: str) -> None:
    number = personal_number()
    with pytest.raises(RefusedError, match=r"personal number|fødselsnummer") as refused:
        set_labels([], add=[f"Eier {number[:6]}{mark}{number[6:]}"])
    assert refused.value.field == "labels"
    assert number[6:] not in str(refused.value)
